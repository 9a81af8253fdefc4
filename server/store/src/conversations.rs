use holdfast_protocol::{
    ConversationId, ProjectId, UserId,
    api::{ConversationPage, ConversationPatch, ConversationSummary, Shelf},
    settings::Settings,
};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{SqliteError, Store, settings, to_i64, to_u64};
use holdfast_core::{
    clock::Millis,
    conversations::{Cursor, NewConversation},
};

/// Columns for [`summary`].
pub(super) const SUMMARY: &str = "id, title, pinned, archived, provider, model, created_at, updated_at,
    (SELECT id FROM projects WHERE projects.id = conversations.project_id AND removed_at IS NULL) AS project_id,
    EXISTS (SELECT 1 FROM messages WHERE conversation_id = conversations.id AND status = 'streaming') AS answering";

impl Store {
    /// Creates a conversation. An existing one of the user stays as it is; a removed one is created again. Returns false if it belongs to
    /// someone else.
    ///
    /// # Errors
    /// [`SqliteError::OverQuota`] if the user's quota would be exceeded; otherwise an error of SQLite.
    pub async fn add_conversation(&self, new: &NewConversation, now: Millis) -> Result<bool, SqliteError> {
        self.erase_removed(new.user, new.id).await?;
        let mut tx = self.write_more(new.user).await?;
        let is_new = insert(&mut tx, new, now).await?;
        if is_new {
            describe(&mut tx, new.id, &new.settings, new.project).await?;
        }
        let owner: Option<uuid::Uuid> =
            sqlx::query_scalar("SELECT user_id FROM conversations WHERE id = ?").bind(new.id.0).fetch_optional(&mut *tx).await?;
        tx.commit().await?;
        Ok(owner == Some(new.user.0))
    }

    /// Returns a conversation of a user, with its revision.
    pub async fn conversation(&self, user: UserId, id: ConversationId) -> Result<Option<(ConversationSummary, u64)>, SqliteError> {
        let sql =
            sqlx::AssertSqlSafe(format!("SELECT rev, {SUMMARY} FROM conversations WHERE id = ? AND user_id = ? AND removed_at IS NULL"));
        let row = sqlx::query(sql).bind(id.0).bind(user.0).fetch_optional(&self.readers).await?;
        row.map(|row| Ok((summary(&row)?, to_u64(row.try_get("rev")?)))).transpose()
    }

    /// Returns the ids of all conversations of a user, newest first.
    pub async fn conversation_ids(&self, user: UserId) -> Result<Vec<ConversationId>, SqliteError> {
        let ids: Vec<uuid::Uuid> =
            sqlx::query_scalar("SELECT id FROM conversations WHERE user_id = ? AND removed_at IS NULL ORDER BY updated_at DESC, id DESC")
                .bind(user.0)
                .fetch_all(&self.readers)
                .await?;
        Ok(ids.into_iter().map(ConversationId).collect())
    }

    /// Returns a page of a user's conversations, of `project` if one is named, newest first.
    pub async fn conversations(
        &self,
        user: UserId,
        shelf: Shelf,
        project: Option<ProjectId>,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<ConversationPage, SqliteError> {
        let shelf = match shelf {
            Shelf::List => "archived = 0",
            Shelf::Pinned => "pinned = 1 AND archived = 0",
            Shelf::Archived => "archived = 1",
        };
        let of = if project.is_some() { " AND project_id = ?5" } else { "" };
        let Cursor(time, id) = after.unwrap_or(Cursor(Millis::MAX, ConversationId(uuid::Uuid::max())));
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {SUMMARY} FROM conversations WHERE user_id = ?1 AND {shelf} AND removed_at IS NULL AND (updated_at, id) < (?2, ?3){of}
             ORDER BY updated_at DESC, id DESC LIMIT ?4"
        ));
        let rows = sqlx::query(sql)
            .bind(user.0)
            .bind(to_i64(time))
            .bind(id.0)
            .bind(i64::from(limit) + 1)
            .bind(project.map(|project| project.0))
            .fetch_all(&self.readers)
            .await?;
        let mut conversations = rows.iter().map(summary).collect::<Result<Vec<_>, _>>()?;
        let more = conversations.len() > limit as usize;
        conversations.truncate(limit as usize);
        let next = conversations.last().filter(|_| more).map(|last| Cursor(last.updated_at, last.id).to_string());
        Ok(ConversationPage { conversations, next })
    }

    /// Renames, pins, archives or moves a conversation. Returns false if it does not belong to the user.
    ///
    /// # Errors
    /// [`SqliteError::OverQuota`] if a longer title would exceed the user's quota; otherwise an error of SQLite.
    pub async fn change_conversation(&self, user: UserId, id: ConversationId, change: &ConversationPatch) -> Result<bool, SqliteError> {
        // An unchanged title is not written, so that the search index need not be updated.
        let title = if change.title.is_some() { "title = ?3, " } else { "" };
        let project = if change.project_id.is_some() { "project_id = ?6, " } else { "" };
        let sql = sqlx::AssertSqlSafe(format!(
            "UPDATE conversations SET {title}{project}pinned = coalesce(?4, pinned), archived = coalesce(?5, archived)
             WHERE id = ?1 AND user_id = ?2 AND removed_at IS NULL"
        ));
        let mut tx = self.write_more(user).await?;
        let done = sqlx::query(sql)
            .bind(id.0)
            .bind(user.0)
            .bind(&change.title)
            .bind(change.pinned)
            .bind(change.archived)
            .bind(change.project_id.flatten().map(|project| project.0))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Removes a conversation; it can be restored for some time. Returns false if it does not belong to the user.
    pub async fn remove_conversation(&self, user: UserId, id: ConversationId, now: Millis) -> Result<bool, SqliteError> {
        let done = sqlx::query("UPDATE conversations SET removed_at = ? WHERE id = ? AND user_id = ? AND removed_at IS NULL")
            .bind(to_i64(now))
            .bind(id.0)
            .bind(user.0)
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Restores a removed conversation, and returns its revision. One that was not removed stays as it is. Returns `None` if it does not
    /// belong to the user or was erased.
    ///
    /// # Errors
    /// [`SqliteError::OverQuota`] if the user's quota would be exceeded; otherwise an error of SQLite.
    pub async fn restore_conversation(&self, user: UserId, id: ConversationId) -> Result<Option<u64>, SqliteError> {
        let mut tx = self.write_more(user).await?;
        let rev: Option<i64> = sqlx::query_scalar(
            "UPDATE conversations SET removed_at = NULL WHERE id = ? AND user_id = ? AND importing = 0 AND erasing = 0 RETURNING rev",
        )
        .bind(id.0)
        .bind(user.0)
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(rev.map(to_u64))
    }

    /// Marks up to `limit` conversations that were removed before a time as to be erased (see [`Store::erase_piece`]). Returns their
    /// number.
    pub async fn forget_conversations(&self, before: Millis, limit: u32) -> Result<u64, SqliteError> {
        let forget = "UPDATE conversations SET erasing = 1 WHERE id IN (
            SELECT id FROM conversations WHERE removed_at < ? AND erasing = 0 LIMIT ?)";
        let done = sqlx::query(forget).bind(to_i64(before)).bind(limit).execute(&self.writer).await?;
        Ok(done.rows_affected())
    }
}

/// Sets what a new conversation begins with.
pub(super) async fn describe(
    connection: &mut SqliteConnection,
    id: ConversationId,
    settings: &Settings,
    project: Option<ProjectId>,
) -> Result<(), SqliteError> {
    if settings.is_empty() && project.is_none() {
        return Ok(());
    }
    sqlx::query("UPDATE conversations SET settings = ?, project_id = ? WHERE id = ?")
        .bind(settings::written(settings)?)
        .bind(project.map(|project| project.0))
        .bind(id.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Inserts a conversation. Returns false if there is one with this id.
async fn insert(connection: &mut SqliteConnection, new: &NewConversation, now: Millis) -> Result<bool, SqliteError> {
    sqlx::query("DELETE FROM conversations WHERE id = ? AND user_id = ? AND removed_at IS NOT NULL")
        .bind(new.id.0)
        .bind(new.user.0)
        .execute(&mut *connection)
        .await?;
    let done = sqlx::query(
        "INSERT INTO conversations (id, user_id, title, rev, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING",
    )
    .bind(new.id.0)
    .bind(new.user.0)
    .bind(&new.title)
    .bind(to_i64(now))
    .bind(to_i64(now))
    .bind(to_i64(now))
    .execute(&mut *connection)
    .await?;
    sqlx::query("INSERT INTO revisions SELECT id, rev FROM conversations WHERE id = ? ON CONFLICT DO NOTHING")
        .bind(new.id.0)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) fn summary(row: &SqliteRow) -> Result<ConversationSummary, SqliteError> {
    Ok(ConversationSummary {
        id: ConversationId(row.try_get("id")?),
        title: row.try_get("title")?,
        created_at: to_u64(row.try_get("created_at")?),
        updated_at: to_u64(row.try_get("updated_at")?),
        answering: row.try_get("answering")?,
        pinned: row.try_get("pinned")?,
        archived: row.try_get("archived")?,
        provider: row.try_get("provider")?,
        model: row.try_get("model")?,
        project_id: row.try_get::<Option<uuid::Uuid>, _>("project_id")?.map(ProjectId),
    })
}
