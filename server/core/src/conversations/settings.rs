//! Settings of answers: who sets them, and which of them apply.

use holdfast_protocol::{
    ApiError, ConversationId, ProjectId, Reason, UserId,
    settings::{Effective, Level, RawSettings, Settings, SettingsInfo, resolve},
};
use tokio::sync::Mutex;

use super::Chat;
use crate::{auth::session_errors::session_revoked, clock};

/// The stored settings that apply to a conversation, level by level.
#[derive(Clone, Debug, Default)]
pub struct SettingsLevels {
    /// Those of the conversation.
    pub conversation: Settings,
    /// Its project; `None` if it belongs to none.
    pub project: Option<ProjectSettings>,
    /// Those of its user.
    pub user: Settings,
    /// Those of the server.
    pub server: Settings,
}

/// What a project decides about the answers in its conversations.
#[derive(Clone, Debug)]
pub struct ProjectSettings {
    /// Id of the project.
    pub id: ProjectId,
    /// Its name.
    pub name: String,
    /// Its settings.
    pub settings: Settings,
    /// The provider of its conversations; `None` for the default.
    pub provider: Option<String>,
    /// The model of its conversations; `None` for the default.
    pub model: Option<String>,
}

impl SettingsLevels {
    /// Returns the settings that apply to an answer whose message has these settings.
    pub fn effective(&self, message: &Settings) -> Effective {
        let project = self.project.iter().map(|project| (Level::Project, &project.settings));
        let before = [(Level::Message, message), (Level::Conversation, &self.conversation)];
        resolve(before.into_iter().chain(project).chain([(Level::User, &self.user), (Level::Server, &self.server)]))
    }
}

/// The model that settings are asked about.
#[derive(Clone, Copy, Debug, Default)]
pub struct AskedModel<'a> {
    /// Name of its provider.
    pub provider: Option<&'a str>,
    /// Its name.
    pub model: Option<&'a str>,
}

/// Serializes changes of settings, because a change reads what is stored.
pub(super) type Changing = Mutex<()>;

impl Chat {
    /// Returns the settings that are stored for a conversation, or for a new one in `project`.
    ///
    /// # Errors
    /// The user has no such conversation or project.
    pub(super) async fn levels(
        &self,
        user: UserId,
        conversation: Option<ConversationId>,
        project: Option<ProjectId>,
    ) -> Result<SettingsLevels, ApiError> {
        let missing = || match (conversation, project) {
            (Some(_), _) => Reason::ConversationNotFound.into(),
            (None, Some(_)) => Reason::ProjectNotFound.into(),
            (None, None) => session_revoked(),
        };
        self.store.settings_levels(user, conversation, project).await?.ok_or_else(missing)
    }

    /// Returns the settings of a conversation, and those that apply in it.
    ///
    /// # Errors
    /// The user has no such conversation.
    pub async fn conversation_settings(&self, user: UserId, id: ConversationId, model: AskedModel<'_>) -> Result<SettingsInfo, ApiError> {
        let levels = self.levels(user, Some(id), None).await?;
        let own = levels.conversation.clone();
        self.info(user, own, &levels, model).await
    }

    /// Returns the settings of a user, and those that apply to a new conversation, in `project` if one is named.
    ///
    /// # Errors
    /// The user has no such project.
    pub async fn user_settings(&self, user: UserId, project: Option<ProjectId>, model: AskedModel<'_>) -> Result<SettingsInfo, ApiError> {
        let levels = self.levels(user, None, project).await?;
        let own = levels.user.clone();
        self.info(user, own, &levels, model).await
    }

    /// Changes the settings of a user.
    ///
    /// # Errors
    /// A setting is invalid, or the user's quota is used up.
    pub async fn set_user_settings(&self, user: UserId, patch: &RawSettings) -> Result<SettingsInfo, ApiError> {
        let _one = self.setting.lock().await;
        let mut levels = self.levels(user, None, None).await?;
        levels.user = levels.user.patched(patch)?;
        self.store.set_user_settings(user, &levels.user).await?;
        let own = levels.user.clone();
        self.info(user, own, &levels, AskedModel::default()).await
    }

    /// Returns the settings of the server.
    ///
    /// # Errors
    /// The store failed.
    pub async fn server_settings(&self) -> Result<SettingsInfo, ApiError> {
        Ok(server_info(self.store.server_settings().await?))
    }

    /// Changes the settings of the server.
    ///
    /// # Errors
    /// A setting is invalid.
    pub async fn set_server_settings(&self, patch: &RawSettings) -> Result<SettingsInfo, ApiError> {
        let _one = self.setting.lock().await;
        let settings = self.store.server_settings().await?.patched(patch)?;
        self.store.set_server_settings(&settings).await?;
        Ok(server_info(settings))
    }

    /// Changes the settings of a conversation.
    pub(super) async fn patch_settings(&self, user: UserId, id: ConversationId, patch: &RawSettings) -> Result<(), ApiError> {
        let _one = self.setting.lock().await;
        let settings = self.levels(user, Some(id), None).await?.conversation.patched(patch)?;
        if !self.store.set_conversation_settings(user, id, &settings).await? {
            return Err(Reason::ConversationNotFound.into());
        }
        Ok(())
    }

    async fn info(&self, user: UserId, own: Settings, levels: &SettingsLevels, asked: AskedModel<'_>) -> Result<SettingsInfo, ApiError> {
        let Effective { settings: effective, from } = levels.effective(&Settings::default());
        let mut info = SettingsInfo {
            own,
            from,
            project_id: levels.project.as_ref().map(|project| project.id),
            project: levels.project.as_ref().map(|project| project.name.clone()),
            ..SettingsInfo::default()
        };
        if asked.model.is_some() {
            // A model that can't be chosen now is simply not described.
            if let Ok((provider, model)) = self.model_access.choose(user, asked.provider, asked.model, &Default::default()).await {
                info.ignored = provider.ignored(&model, &effective).into_iter().map(str::to_owned).collect();
                // The window that the model allows at most.
                info.context_tokens = provider.window(&model, Some(u32::MAX)).await.map(|window| window.tokens);
                let known = provider.window(&model, effective.context_tokens).await;
                let window = self.generator.window(provider.name(), &model, known);
                let wanted = effective.context_tokens;
                info.window_tokens = window.map_or(wanted, |window| Some(wanted.map_or(window, |wanted| wanted.min(window))));
            }
        }
        info.effective = effective;
        info.budget = self.spending.budget(user, clock::now()).await?;
        Ok(info)
    }
}

fn server_info(own: Settings) -> SettingsInfo {
    let Effective { settings: effective, from } = resolve([(Level::Server, &own)]);
    SettingsInfo { own, effective, from, ..SettingsInfo::default() }
}
