//! Settings of answers at each level, as JSON.

use holdfast_protocol::{ConversationId, ProjectId, UserId, settings::Settings};
use sqlx::Row as _;

use super::{SqliteError, Store};
use holdfast_core::conversations::{ProjectSettings, SettingsLevels};

impl Store {
    /// Returns the settings that apply to a conversation of a user, or to a new one in `project`. Returns `None` if the user has no such
    /// conversation or project.
    pub async fn settings_levels(
        &self,
        user: UserId,
        conversation: Option<ConversationId>,
        project: Option<ProjectId>,
    ) -> Result<Option<SettingsLevels>, SqliteError> {
        let row = sqlx::query(
            "SELECT conversations.id AS conversation_id, conversations.settings AS conversation, projects.id AS project_id,
                 projects.name, projects.settings AS project, projects.provider, projects.model, users.settings AS user,
                 (SELECT settings FROM server_settings) AS server
             FROM users
             LEFT JOIN conversations ON conversations.id = ?2 AND conversations.user_id = users.id AND conversations.removed_at IS NULL
             LEFT JOIN projects ON projects.id = coalesce(conversations.project_id, ?3) AND projects.user_id = users.id
                 AND projects.removed_at IS NULL
             WHERE users.id = ?1",
        )
        .bind(user.0)
        .bind(conversation.map(|id| id.0))
        .bind(project.map(|id| id.0))
        .fetch_optional(&self.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let project_id: Option<uuid::Uuid> = row.try_get("project_id")?;
        let has_conversation = row.try_get::<Option<uuid::Uuid>, _>("conversation_id")?.is_some();
        if (conversation.is_some() && !has_conversation) || (!has_conversation && project.is_some() && project_id.is_none()) {
            return Ok(None);
        }
        let settings = |column: &str| Ok::<_, SqliteError>(read(row.try_get(column)?));
        let project = match project_id {
            Some(id) => Some(ProjectSettings {
                id: ProjectId(id),
                name: row.try_get("name")?,
                settings: settings("project")?,
                provider: row.try_get("provider")?,
                model: row.try_get("model")?,
            }),
            None => None,
        };
        Ok(Some(SettingsLevels { conversation: settings("conversation")?, project, user: settings("user")?, server: settings("server")? }))
    }

    /// Stores the settings of a conversation. Returns false if it does not belong to the user.
    ///
    /// # Errors
    /// [`SqliteError::OverQuota`] if the user's quota would be exceeded; otherwise an error of SQLite.
    pub async fn set_conversation_settings(&self, user: UserId, id: ConversationId, settings: &Settings) -> Result<bool, SqliteError> {
        let mut tx = self.write_more(user).await?;
        let done = sqlx::query("UPDATE conversations SET settings = ? WHERE id = ? AND user_id = ? AND removed_at IS NULL")
            .bind(written(settings)?)
            .bind(id.0)
            .bind(user.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Stores the settings of a user.
    ///
    /// # Errors
    /// [`SqliteError::OverQuota`] if the user's quota would be exceeded; otherwise an error of SQLite.
    pub async fn set_user_settings(&self, user: UserId, settings: &Settings) -> Result<(), SqliteError> {
        let mut tx = self.write_more(user).await?;
        sqlx::query("UPDATE users SET settings = ? WHERE id = ?").bind(written(settings)?).bind(user.0).execute(&mut *tx).await?;
        tx.commit().await
    }

    /// Returns the settings of the server.
    pub async fn server_settings(&self) -> Result<Settings, SqliteError> {
        let text: Option<String> = sqlx::query_scalar("SELECT settings FROM server_settings").fetch_optional(&self.readers).await?;
        Ok(read(text))
    }

    /// Stores the settings of the server.
    pub async fn set_server_settings(&self, settings: &Settings) -> Result<(), SqliteError> {
        let mut tx = self.write().await?;
        sqlx::query("INSERT INTO server_settings (id, settings) VALUES (1, ?) ON CONFLICT DO UPDATE SET settings = excluded.settings")
            .bind(written(settings)?.unwrap_or_else(|| "{}".to_owned()))
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }
}

/// Reads stored settings. What can't be read counts as not set, so that it can be set again.
pub(super) fn read(text: Option<String>) -> Settings {
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Returns settings as they are stored; `None` if none is set.
pub(super) fn written(settings: &Settings) -> Result<Option<String>, SqliteError> {
    let text = || serde_json::to_string(settings).map_err(|error| SqliteError::Corrupt(error.to_string()));
    if settings.is_empty() { Ok(None) } else { text().map(Some) }
}
