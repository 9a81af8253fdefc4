//! The operations on conversations, for all transports.

use std::{sync::Arc, time::Duration};

use holdfast_protocol::{
    ApiError, ConversationId, Reason, ServerFrame, Status, UserId,
    api::{self, ConversationPatch, ConversationSummary},
    frame::Listed,
    settings::RawSettings,
};
use tokio::{sync::Mutex, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::{NewConversation, searching::Searching, settings::Changing};
use crate::{
    access::ModelAccess,
    answers::{Flusher, Generator, Hub, Metrics, Outcome, restart_error},
    clock::{self, Millis},
    disk::Disk,
    imported::{BoundedConversation, GoOn, ImportOutcome},
    limits::{Limits, reading::ReadingBudget},
    names,
    ports::{Repositories, StoreError},
    spending::Spending,
};

/// The conversations and answers of one server.
pub struct Chat {
    pub(super) store: Arc<dyn Repositories>,
    pub(super) searching: Searching,
    pub(super) hub: Arc<Hub>,
    pub(super) model_access: Arc<ModelAccess>,
    pub(super) generator: Arc<Generator>,
    pub(super) spending: Arc<Spending>,
    flusher: Arc<Flusher>,
    pub(super) limits: Arc<Limits>,
    reading: Arc<ReadingBudget>,
    /// Maximum length of a message, bytes.
    pub(super) message_bytes: usize,
    pub(super) disk: Arc<Disk>,
    /// Held while an answer is started whose id a client made. Otherwise two simultaneous requests could start two writers with the same
    /// id, and a reader could wait for the one that does not write.
    pub(super) naming: Mutex<()>,
    /// Held while settings are changed.
    pub(super) setting: Changing,
    /// Cancelled when no new answers are accepted.
    pub(super) closing: CancellationToken,
}

/// Limits and resources of the chat.
pub struct Bounds {
    /// Maximum length of a message, bytes.
    pub message_bytes: usize,
    /// Time limit of a search.
    pub search_within: Duration,
    /// Memory for conversations that are being read.
    pub reading: ReadingBudget,
    /// The disk that must have space for new data.
    pub disk: Arc<Disk>,
}

impl Chat {
    /// Creates the chat from these parts.
    pub fn new(
        store: Arc<dyn Repositories>,
        hub: Arc<Hub>,
        model_access: Arc<ModelAccess>,
        flusher: Arc<Flusher>,
        limits: Arc<Limits>,
        spending: Arc<Spending>,
        bounds: Bounds,
    ) -> Self {
        let reading = Arc::new(bounds.reading);
        Self {
            generator: Arc::new(Generator::new(store.clone(), hub.clone(), flusher.clone(), reading.clone(), spending.clone())),
            spending,
            searching: Searching::new(store.searches_at_once(), bounds.search_within),
            store,
            hub,
            model_access,
            flusher,
            limits,
            reading,
            message_bytes: bounds.message_bytes,
            disk: bounds.disk,
            naming: Mutex::default(),
            setting: Changing::default(),
            closing: CancellationToken::new(),
        }
    }

    /// Returns the memory for conversations that are being read.
    pub fn reading(&self) -> &ReadingBudget {
        &self.reading
    }

    /// Returns the listeners and running answers.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Returns the metrics.
    pub fn metrics(&self) -> &Metrics {
        self.flusher.metrics()
    }

    /// Returns the error with which to end the wait for an answer requested at `asked`, or `None` if the wait may go on.
    pub fn unable_to_save(&self, asked: Instant) -> Option<ApiError> {
        self.flusher.unable(asked)
    }

    /// Returns the store.
    pub(super) fn store(&self) -> &dyn Repositories {
        &*self.store
    }

    /// Returns the list entry of a conversation.
    ///
    /// # Errors
    /// The user has no such conversation.
    pub async fn summary(&self, user: UserId, id: ConversationId) -> Result<ConversationSummary, ApiError> {
        let found = self.store.conversation(user, id).await?;
        found.map(|(summary, _)| summary).ok_or_else(|| Reason::ConversationNotFound.into())
    }

    /// Creates a conversation; an existing one stays as it is.
    ///
    /// # Errors
    /// It belongs to someone else, the user created too many, the user's quota is used up, or the store failed.
    pub async fn begin(&self, user: UserId, id: ConversationId, new: &api::NewConversation) -> Result<ConversationSummary, ApiError> {
        let title = new.title.as_deref().map(good_title).transpose()?.unwrap_or_default();
        let settings = new.settings.as_ref().map(RawSettings::read).transpose()?.unwrap_or_default();
        if new.project_id.is_some() {
            self.levels(user, None, new.project_id).await?;
        }
        self.disk.room()?;
        if self.store.conversation(user, id).await?.is_none() {
            self.limits.conversation(user)?;
        }
        if !self.store.add_conversation(&NewConversation { id, user, title, settings, project: new.project_id }, clock::now()).await? {
            return Err(Reason::ConversationNotFound.into());
        }
        self.announce_in_list(user, id).await;
        self.summary(user, id).await
    }

    /// Renames, pins, archives or moves a conversation, or changes its settings.
    ///
    /// # Errors
    /// The user has no such conversation or project, or the title or a setting is not acceptable.
    pub async fn change(&self, user: UserId, id: ConversationId, patch: ConversationPatch) -> Result<ConversationSummary, ApiError> {
        let title = patch.title.as_deref().map(good_title).transpose()?;
        if let Some(Some(project)) = patch.project_id {
            self.project(user, project).await?;
        }
        if let Some(settings) = &patch.settings {
            self.patch_settings(user, id, settings).await?;
        }
        if !self.store.change_conversation(user, id, &ConversationPatch { title, ..patch }).await? {
            return Err(Reason::ConversationNotFound.into());
        }
        self.announce_in_list(user, id).await;
        self.summary(user, id).await
    }

    /// Restores a removed conversation.
    ///
    /// # Errors
    /// The user has no such conversation, or it was erased.
    pub async fn restore(&self, user: UserId, id: ConversationId) -> Result<ConversationSummary, ApiError> {
        let rev = self.store.restore_conversation(user, id).await?.ok_or(Reason::ConversationNotFound)?;
        self.hub.announce(id, rev);
        self.announce_in_list(user, id).await;
        self.summary(user, id).await
    }

    /// Imports a conversation, or the new messages of one that exists.
    ///
    /// # Errors
    /// It could not be stored.
    pub async fn import(
        &self,
        user: UserId,
        conversation: BoundedConversation,
        now: Millis,
        go_on: &mut GoOn<'_>,
    ) -> Result<ImportOutcome, StoreError> {
        let (id, rev, outcome) = self.store.import(user, conversation, now, go_on).await?;
        if outcome != ImportOutcome::Same {
            self.hub.announce(id, rev);
            self.announce_in_list(user, id).await;
        }
        Ok(outcome)
    }

    /// Removes a conversation, and stops its running answers. It can be restored for some time.
    ///
    /// # Errors
    /// The user has no such conversation.
    pub async fn remove(&self, user: UserId, id: ConversationId) -> Result<(), ApiError> {
        if !self.store.remove_conversation(user, id, clock::now()).await? {
            return Err(Reason::ConversationNotFound.into());
        }
        for answer in self.hub.answers_in(id) {
            answer.stop.cancel();
        }
        self.hub.list_changed(user, ServerFrame::Conversation(Listed::removed(id)));
        Ok(())
    }

    /// Ends the service: accepts no new work, gives running answers `grace` to finish, and saves the rest as `interrupted`.
    pub async fn drain(&self, grace: Duration) {
        self.closing.cancel();
        self.generator.tasks().close();
        let running = self.hub.answers().len();
        if running > 0 {
            info!(running, "waiting for running answers");
        }
        if tokio::time::timeout(grace, self.generator.tasks().wait()).await.is_err() {
            for answer in self.hub.answers() {
                answer.finish(Outcome { status: Status::Interrupted, error: Some(restart_error()) }, clock::now());
                answer.stop.cancel();
                self.flusher.report(&answer);
            }
            self.generator.tasks().wait().await;
        }
    }

    /// Returns the disk of the store.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Returns the token that is cancelled when the server begins to shut down.
    pub fn closing(&self) -> &CancellationToken {
        &self.closing
    }

    /// Returns whether new work is refused.
    pub fn is_closing(&self) -> bool {
        self.closing.is_cancelled()
    }

    pub(super) async fn announce_in_list(&self, user: UserId, id: ConversationId) {
        if let Ok(Some((summary, _))) = self.store.conversation(user, id).await {
            self.hub.list_changed(user, summary.into());
        }
    }
}

fn good_title(title: &str) -> Result<String, ApiError> {
    let title = names::display_name("A title", title, 200)?;
    if title.is_empty() {
        return Err(Reason::TitleEmpty.into());
    }
    Ok(title)
}
