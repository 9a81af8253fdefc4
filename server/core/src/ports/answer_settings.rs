//! Settings of answers.

use async_trait::async_trait;
use holdfast_protocol::{ConversationId, ProjectId, UserId, settings::Settings};

use super::StoreError;
use crate::conversations::SettingsLevels;

/// Settings of answers at each level.
#[async_trait]
pub trait AnswerSettings: Send + Sync {
    /// Returns the settings that apply to a conversation of a user, or to a new one in `project`. Returns `None` if the user has no such
    /// conversation or project.
    async fn settings_levels(
        &self,
        user: UserId,
        conversation: Option<ConversationId>,
        project: Option<ProjectId>,
    ) -> Result<Option<SettingsLevels>, StoreError>;

    /// Stores the settings of a conversation. Returns false if the user has no such conversation.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if the user's quota would be exceeded.
    async fn set_conversation_settings(&self, user: UserId, id: ConversationId, settings: &Settings) -> Result<bool, StoreError>;

    /// Stores the settings of a user.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if the user's quota would be exceeded.
    async fn set_user_settings(&self, user: UserId, settings: &Settings) -> Result<(), StoreError>;

    /// Returns the settings of the server.
    async fn server_settings(&self) -> Result<Settings, StoreError>;

    /// Stores the settings of the server.
    async fn set_server_settings(&self, settings: &Settings) -> Result<(), StoreError>;
}
