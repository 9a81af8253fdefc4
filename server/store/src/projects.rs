//! Projects, their files and their conversations.

use holdfast_core::clock::Millis;
use holdfast_protocol::{ConversationId, FileId, ProjectId, UserId, projects::Project};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{SqliteError, Store, settings, to_i64, to_u64};

/// Selects projects that are not removed.
const PROJECT: &str = "SELECT id, name, settings, provider, model, archived, created_at,
        (SELECT group_concat(hex(file_id)) FROM project_files WHERE project_id = projects.id) AS files,
        (SELECT count(*) FROM conversations WHERE project_id = projects.id AND removed_at IS NULL) AS conversations
    FROM projects WHERE user_id = ?1 AND removed_at IS NULL";

impl Store {
    /// Returns the projects of a user, in no particular order.
    pub async fn projects(&self, user: UserId) -> Result<Vec<Project>, SqliteError> {
        let rows = sqlx::query(PROJECT).bind(user.0).fetch_all(&self.readers).await?;
        rows.iter().map(project).collect()
    }

    /// Returns a project. Returns `None` if the user has no such project.
    pub async fn project(&self, user: UserId, id: ProjectId) -> Result<Option<Project>, SqliteError> {
        let sql = sqlx::AssertSqlSafe(format!("{PROJECT} AND id = ?2"));
        let row = sqlx::query(sql).bind(user.0).bind(id.0).fetch_optional(&self.readers).await?;
        row.as_ref().map(project).transpose()
    }

    /// Stores a new project of a user.
    ///
    /// # Errors
    /// [`SqliteError::OverQuota`] if the user's quota would be exceeded; otherwise an error of SQLite.
    pub async fn add_project(&self, user: UserId, project: &Project) -> Result<(), SqliteError> {
        let mut tx = self.write_more(user).await?;
        sqlx::query(
            "INSERT INTO projects (id, user_id, name, settings, provider, model, archived, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(project.id.0)
        .bind(user.0)
        .bind(&project.name)
        .bind(settings::written(&project.settings)?)
        .bind(&project.provider)
        .bind(&project.model)
        .bind(project.archived)
        .bind(to_i64(project.created_at))
        .execute(&mut *tx)
        .await?;
        set_files(&mut tx, user, project).await?;
        tx.commit().await
    }

    /// Stores all of an existing project except `created_at` and `conversations`. Returns false if the user has no such project.
    ///
    /// # Errors
    /// [`SqliteError::OverQuota`] if the user's quota would be exceeded; otherwise an error of SQLite.
    pub async fn set_project(&self, user: UserId, project: &Project) -> Result<bool, SqliteError> {
        let mut tx = self.write_more(user).await?;
        let done = sqlx::query(
            "UPDATE projects SET name = ?, settings = ?, provider = ?, model = ?, archived = ?
             WHERE id = ? AND user_id = ? AND removed_at IS NULL",
        )
        .bind(&project.name)
        .bind(settings::written(&project.settings)?)
        .bind(&project.provider)
        .bind(&project.model)
        .bind(project.archived)
        .bind(project.id.0)
        .bind(user.0)
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 1 {
            set_files(&mut tx, user, project).await?;
        }
        tx.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Removes a project; it can be restored for some time. Returns false if the user has no such project.
    pub async fn remove_project(&self, user: UserId, id: ProjectId, now: Millis) -> Result<bool, SqliteError> {
        let done = sqlx::query("UPDATE projects SET removed_at = ? WHERE id = ? AND user_id = ? AND removed_at IS NULL")
            .bind(to_i64(now))
            .bind(id.0)
            .bind(user.0)
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Restores a removed project; one that was not removed stays as it is. Returns false if the user has no such project, or it was
    /// erased.
    pub async fn restore_project(&self, user: UserId, id: ProjectId) -> Result<bool, SqliteError> {
        let done = sqlx::query("UPDATE projects SET removed_at = NULL WHERE id = ? AND user_id = ?")
            .bind(id.0)
            .bind(user.0)
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Erases the projects that were removed before a time. Their conversations stay.
    pub async fn forget_projects(&self, before: Millis) -> Result<u64, SqliteError> {
        let done = sqlx::query("DELETE FROM projects WHERE removed_at < ?").bind(to_i64(before)).execute(&self.writer).await?;
        Ok(done.rows_affected())
    }

    /// Returns the files of the project that a conversation belongs to. Returns none if it belongs to none.
    pub async fn project_files(&self, user: UserId, conversation: ConversationId) -> Result<Vec<FileId>, SqliteError> {
        let files: Vec<uuid::Uuid> = sqlx::query_scalar(
            "SELECT file_id FROM project_files
             JOIN projects ON projects.id = project_files.project_id AND projects.removed_at IS NULL
             JOIN conversations ON conversations.project_id = projects.id
             WHERE conversations.id = ? AND conversations.user_id = ? ORDER BY file_id",
        )
        .bind(conversation.0)
        .bind(user.0)
        .fetch_all(&self.readers)
        .await?;
        Ok(files.into_iter().map(FileId).collect())
    }
}

/// Replaces the files of a project. Files that the user does not have are left out.
async fn set_files(connection: &mut SqliteConnection, user: UserId, project: &Project) -> Result<(), SqliteError> {
    sqlx::query("DELETE FROM project_files WHERE project_id = ?").bind(project.id.0).execute(&mut *connection).await?;
    for file in &project.file_ids {
        sqlx::query("INSERT INTO project_files (project_id, file_id) SELECT ?, id FROM files WHERE id = ? AND user_id = ?")
            .bind(project.id.0)
            .bind(file.0)
            .bind(user.0)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

fn project(row: &SqliteRow) -> Result<Project, SqliteError> {
    let files: Option<String> = row.try_get("files")?;
    let files = files.iter().flat_map(|files| files.split(',')).map(uuid::Uuid::try_parse).collect::<Result<Vec<_>, _>>();
    Ok(Project {
        id: ProjectId(row.try_get("id")?),
        name: row.try_get("name")?,
        settings: settings::read(row.try_get("settings")?),
        provider: row.try_get("provider")?,
        model: row.try_get("model")?,
        file_ids: files.map_err(|error| SqliteError::Corrupt(error.to_string()))?.into_iter().map(FileId).collect(),
        archived: row.try_get("archived")?,
        created_at: to_u64(row.try_get("created_at")?),
        conversations: to_u64(row.try_get("conversations")?),
    })
}
