use async_trait::async_trait;
use holdfast_core::{
    conversations::SettingsLevels,
    ports::{AnswerSettings, StoreError},
};
use holdfast_protocol::{ConversationId, ProjectId, UserId, settings::Settings};

use crate::Store;

#[async_trait]
impl AnswerSettings for Store {
    async fn settings_levels(
        &self,
        user: UserId,
        conversation: Option<ConversationId>,
        project: Option<ProjectId>,
    ) -> Result<Option<SettingsLevels>, StoreError> {
        Ok(Self::settings_levels(self, user, conversation, project).await?)
    }

    async fn set_conversation_settings(&self, user: UserId, id: ConversationId, settings: &Settings) -> Result<bool, StoreError> {
        Ok(Self::set_conversation_settings(self, user, id, settings).await?)
    }

    async fn set_user_settings(&self, user: UserId, settings: &Settings) -> Result<(), StoreError> {
        Ok(Self::set_user_settings(self, user, settings).await?)
    }

    async fn server_settings(&self) -> Result<Settings, StoreError> {
        Ok(Self::server_settings(self).await?)
    }

    async fn set_server_settings(&self, settings: &Settings) -> Result<(), StoreError> {
        Ok(Self::set_server_settings(self, settings).await?)
    }
}
