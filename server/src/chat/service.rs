//! The operations on conversations, for all transports.

use std::{sync::Arc, time::Duration};

use holdfast_protocol::{
    ApiError, Author, Code, ConversationId, Message, MessageId, ServerFrame, Status, UserId,
    api::{ConversationPatch, ConversationSummary},
    frame::{self, Listed},
    incoming::ApiKeys,
    message::AnswerError,
};
use tokio::{sync::Mutex, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, error, info, warn};

use super::{Flusher, Hub, LiveAnswer, Metrics, Outcome, Writer, generation, searching::Searching, title};
use crate::model_access::ModelAccess;
use holdfast_core::conversations::{Acceptance, NewAnswer, NewConversation, NewMessage};
use holdfast_core::imported::{BoundedConversation, GoOn, ImportOutcome};
use holdfast_core::limits::{Limits, reading::ReadingBudget};
use holdfast_core::model::{Provider, Windows};
use holdfast_core::ports::{Repositories, StoreError};
use holdfast_core::{
    clock::{self, Millis},
    disk::{self, Disk},
    names,
};

/// A conversation accepts no more messages and answers when it has this many bytes of text.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The conversations and answers of one server.
pub struct Chat {
    pub(super) store: Arc<dyn Repositories>,
    pub(super) searching: Searching,
    hub: Arc<Hub>,
    model_access: Arc<ModelAccess>,
    pub(super) flusher: Arc<Flusher>,
    tasks: TaskTracker,
    limits: Arc<Limits>,
    reading: ReadingBudget,
    /// Maximum length of a message, bytes.
    message_bytes: usize,
    disk: Arc<Disk>,
    /// Context windows as learned from providers.
    pub(super) windows: Windows,
    /// Held while an answer is started whose id a client made. Otherwise two simultaneous requests could start two writers with the same
    /// id, and a reader could wait for the one that does not write.
    naming: Mutex<()>,
    /// Cancelled when no new answers are accepted.
    closing: CancellationToken,
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
        bounds: Bounds,
    ) -> Self {
        Self {
            searching: Searching::new(store.searches_at_once(), bounds.search_within),
            store,
            hub,
            model_access,
            flusher,
            tasks: TaskTracker::new(),
            limits,
            reading: bounds.reading,
            message_bytes: bounds.message_bytes,
            disk: bounds.disk,
            windows: Windows::default(),
            naming: Mutex::default(),
            closing: CancellationToken::new(),
        }
    }

    /// Returns the memory for conversations that are being read.
    pub(crate) fn reading(&self) -> &ReadingBudget {
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

    /// Accepts a message and begins its answer; the same message again returns the same answer. `begin` creates the conversation if it
    /// does not exist. `keys` are the sender's own, for this answer alone.
    ///
    /// # Errors
    /// Why the message was not accepted.
    pub async fn send(
        self: &Arc<Self>,
        user: UserId,
        chat: frame::Chat,
        conversation: ConversationId,
        begin: bool,
        keys: &ApiKeys,
    ) -> Result<frame::Accepted, ApiError> {
        if chat.content.trim().is_empty() {
            return Err(ApiError::new(Code::BadFrame, "The message is empty. Write something."));
        }
        let (bytes, most) = (chat.content.len(), self.message_bytes);
        if bytes > most {
            let sentence = format!("The message has {bytes} bytes. The maximum is {most}. Send it in parts.");
            return Err(ApiError::new(Code::TooLarge, sentence));
        }
        // A client that creates a conversation derives its id from the message (see `ConversationId::created_by`).
        let begin = begin || conversation == ConversationId::created_by(user, chat.message_id);
        let before = self.store.before_message(user, chat.message_id, conversation).await.map_err(refused)?;
        let known = before.is_known;
        if !known {
            self.limits.message(user)?;
            self.refuse_if_closing()?;
            self.disk.room()?;
            self.refuse_if_full(conversation, Some(before.stored_bytes.unwrap_or(0))).await?;
            self.refuse_over_quota(user).await?;
        }
        let named = (chat.provider.as_deref(), chat.model.as_deref());
        let (provider, model) = match (named, before.model) {
            ((None, None), Some((provider, model))) => self.choose_again(user, provider.as_deref(), &model, keys).await?,
            ((provider, model), _) => self.model_access.choose(user, provider, model, keys).await?,
        };
        let answer = MessageId(clock::id());
        let new = NewMessage {
            user,
            conversation,
            begin,
            title: title::from_message(&chat.content),
            id: chat.message_id,
            content: chat.content,
            parent: chat.parent_id,
            edits: chat.edits,
            answer,
            provider: provider.name().to_owned(),
            model: model.clone(),
        };
        // Register the answer with the hub before the store has it. Otherwise a reader could find an unfinished answer in the store that
        // nobody writes.
        let live = Arc::new(LiveAnswer::new(answer, conversation, user, writer(&*provider, &model), String::new()));
        self.add_answer(&live, known)?;
        let accepted = match self.store.accept_message(&new, clock::now()).await {
            Ok(Acceptance::New { rev, begun }) => {
                self.hub.announce(conversation, rev);
                let stored_bytes = begun.as_ref().map(|begun| begun.stored_bytes);
                match begun {
                    Some(begun) => self.hub.list_changed(user, begun.summary.into()),
                    None => self.announce_in_list(user, conversation).await,
                }
                self.write(live, provider, model, stored_bytes);
                return Ok(frame::Accepted { message_id: new.id, conversation_id: conversation, answer_id: answer });
            }
            Ok(Acceptance::Known { conversation, answer }) => {
                Ok(frame::Accepted { message_id: new.id, conversation_id: conversation, answer_id: answer })
            }
            Ok(Acceptance::Conflict) => Err(conflict("message_id")),
            Ok(Acceptance::NotFound) => Err(ApiError::conversation_not_found()),
            Err(error) => Err(refused(error)),
        };
        self.hub.remove_answer(&live);
        accepted
    }

    /// Stops an answer. An answer that has ended stays as it is.
    ///
    /// # Errors
    /// The user has no such answer.
    pub async fn stop(&self, user: UserId, answer: MessageId) -> Result<(), ApiError> {
        if let Some(live) = self.hub.answer(user, answer) {
            live.stop.cancel();
            return Ok(());
        }
        self.answer_of(user, answer).await.map(|_| ())
    }

    /// Continues an answer that ended early; new text is appended.
    ///
    /// # Errors
    /// The user has no such answer, it is complete, or too many answers are running.
    pub async fn go_on(self: &Arc<Self>, user: UserId, answer: MessageId) -> Result<frame::Accepted, ApiError> {
        let named = self.answer_of(user, answer).await?;
        let accepted = |parent: Option<MessageId>| frame::Accepted {
            message_id: parent.unwrap_or(answer),
            conversation_id: named.conversation_id,
            answer_id: answer,
        };
        let is_going_on = || self.hub.answer(user, answer).is_some();
        if is_going_on() {
            return Ok(accepted(named.parent_id));
        }
        // Outside of the lock, which is shared by all users: a provider may be asked for its models.
        let (provider, model) =
            self.choose(user, named.conversation_id, named.provider.as_deref(), named.model.as_deref(), &ApiKeys::default()).await?;
        let _naming = self.naming.lock().await;
        if is_going_on() {
            return Ok(accepted(named.parent_id));
        }
        // Read it again, now that nobody is writing it.
        let found = self.answer_of(user, answer).await?;
        if found.status == Status::Complete {
            return Err(nothing_to_continue());
        }
        self.refuse_if_closing()?;
        self.disk.room()?;
        self.refuse_if_full(found.conversation_id, None).await?;
        self.refuse_over_quota(user).await?;
        // This asks the provider as a message does, so it counts as one.
        self.limits.message(user)?;
        let live = Arc::new(LiveAnswer::new(answer, found.conversation_id, user, writer(&*provider, &model), found.content));
        self.add_answer(&live, false)?;
        match self.store.reopen_answer(user, answer, clock::now()).await {
            Ok(Some((message, rev))) => {
                self.hub.announce(message.conversation_id, rev);
                self.announce_in_list(user, message.conversation_id).await;
                self.write(live, provider, model, None);
                Ok(accepted(message.parent_id))
            }
            Ok(None) => {
                self.hub.remove_answer(&live);
                Err(nothing_to_continue())
            }
            Err(error) => {
                self.hub.remove_answer(&live);
                Err(refused(error))
            }
        }
    }

    /// Starts another answer to a message, beside the answers it has. The same request again returns the same answer.
    ///
    /// # Errors
    /// The user has no such message, or no provider can answer it.
    pub async fn regenerate(self: &Arc<Self>, user: UserId, again: frame::Regenerate) -> Result<frame::Accepted, ApiError> {
        let missing = || ApiError::new(Code::ConversationNotFound, "This message does not exist.");
        let named = self.store.message(user, again.message_id).await.map_err(refused)?.ok_or_else(missing)?;
        let message = match named.role {
            Author::User => named.id,
            Author::Assistant => named.parent_id.ok_or_else(missing)?,
        };
        let conversation = named.conversation_id;
        let known = self.store.message(user, again.answer_id).await.map_err(refused)?.is_some();
        if !known {
            self.limits.message(user)?;
            self.refuse_if_closing()?;
            self.disk.room()?;
            self.refuse_if_full(conversation, None).await?;
            self.refuse_over_quota(user).await?;
        }
        let (provider, model) =
            self.choose(user, conversation, again.provider.as_deref(), again.model.as_deref(), &ApiKeys::default()).await?;
        let new = NewAnswer { user, message, id: again.answer_id, provider: provider.name().to_owned(), model: model.clone() };
        let accepted = frame::Accepted { message_id: message, conversation_id: conversation, answer_id: new.id };
        let _naming = self.naming.lock().await;
        let live = Arc::new(LiveAnswer::new(new.id, conversation, user, writer(&*provider, &model), String::new()));
        let is_running = self.hub.answer(user, new.id).is_some();
        if !is_running {
            self.add_answer(&live, known)?;
        }
        let api_error = match self.store.accept_answer(&new, clock::now()).await {
            Ok(Acceptance::New { rev, .. }) => {
                self.hub.announce(conversation, rev);
                self.announce_in_list(user, conversation).await;
                self.write(live, provider, model, None);
                return Ok(accepted);
            }
            Ok(Acceptance::Known { .. }) => Ok(accepted),
            Ok(Acceptance::Conflict) => Err(conflict("answer_id")),
            Ok(Acceptance::NotFound) => Err(missing()),
            Err(error) => Err(refused(error)),
        };
        if !is_running {
            self.hub.remove_answer(&live);
        }
        api_error
    }

    /// Returns the list entry of a conversation.
    ///
    /// # Errors
    /// The user has no such conversation.
    pub async fn summary(&self, user: UserId, id: ConversationId) -> Result<ConversationSummary, ApiError> {
        let found = self.store.conversation(user, id).await.map_err(refused)?;
        found.map(|(summary, _)| summary).ok_or_else(ApiError::conversation_not_found)
    }

    /// Creates a conversation; an existing one stays as it is.
    ///
    /// # Errors
    /// It belongs to someone else, the user created too many, the user's quota is used up, or the store failed.
    pub async fn begin(&self, user: UserId, id: ConversationId, title: Option<&str>) -> Result<ConversationSummary, ApiError> {
        let title = title.map(good_title).transpose()?.unwrap_or_default();
        self.disk.room()?;
        if self.store.conversation(user, id).await.map_err(refused)?.is_none() {
            self.limits.conversation(user)?;
        }
        if !self.store.add_conversation(&NewConversation { id, user, title }, clock::now()).await.map_err(refused)? {
            return Err(ApiError::conversation_not_found());
        }
        self.announce_in_list(user, id).await;
        self.summary(user, id).await
    }

    /// Renames, pins or archives a conversation.
    ///
    /// # Errors
    /// The user has no such conversation, or the title is not acceptable.
    pub async fn change(&self, user: UserId, id: ConversationId, patch: ConversationPatch) -> Result<ConversationSummary, ApiError> {
        let title = patch.title.as_deref().map(good_title).transpose()?;
        if !self.store.change_conversation(user, id, &ConversationPatch { title, ..patch }).await.map_err(refused)? {
            return Err(ApiError::conversation_not_found());
        }
        self.announce_in_list(user, id).await;
        self.summary(user, id).await
    }

    /// Restores a removed conversation.
    ///
    /// # Errors
    /// The user has no such conversation, or it was erased.
    pub async fn restore(&self, user: UserId, id: ConversationId) -> Result<ConversationSummary, ApiError> {
        let rev = self.store.restore_conversation(user, id).await.map_err(refused)?.ok_or_else(ApiError::conversation_not_found)?;
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
        if !self.store.remove_conversation(user, id, clock::now()).await.map_err(refused)? {
            return Err(ApiError::conversation_not_found());
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
        self.tasks.close();
        let running = self.hub.answers().len();
        if running > 0 {
            info!(running, "waiting for running answers");
        }
        if tokio::time::timeout(grace, self.tasks.wait()).await.is_err() {
            for answer in self.hub.answers() {
                answer.finish(Outcome { status: Status::Interrupted, error: Some(restart_error()) });
                answer.stop.cancel();
                self.flusher.report(&answer);
            }
            self.tasks.wait().await;
        }
    }

    /// Sets what an answer without text is waiting for (`None`: nothing), and how many messages it is written without. If that can't be
    /// saved, it is not shown.
    pub(super) async fn tell_unfinished(&self, answer: &LiveAnswer, what: Option<String>) {
        let what = what.map(|sentence| AnswerError::new(Code::Busy, sentence));
        match self.store.tell_unfinished(answer.user, answer.id, what, answer.left_out(), clock::now()).await {
            Ok(Some(rev)) => self.hub.announce(answer.conversation, rev),
            Ok(None) => {}
            Err(cause) => debug!(%cause, "could not save the notice of an unfinished answer"),
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

    /// Starts the task that writes an answer. `stored_bytes` is the size of the conversation, if it is known.
    fn write(self: &Arc<Self>, live: Arc<LiveAnswer>, provider: Arc<dyn Provider>, model: String, stored_bytes: Option<u64>) {
        let chat = self.clone();
        self.tasks.spawn(async move {
            generation::write(generation::Task { provider, model, stored_bytes }, live, &chat).await;
        });
    }

    fn refuse_if_closing(&self) -> Result<(), ApiError> {
        if self.closing.is_cancelled() {
            return Err(ApiError::new(Code::Busy, "The server is restarting. The message is sent when it is back.").retry_after(2_000));
        }
        Ok(())
    }

    /// Refuses a conversation that is too long to be opened quickly.
    async fn refuse_if_full(&self, conversation: ConversationId, stored_bytes: Option<u64>) -> Result<(), ApiError> {
        // The stored size includes more than the texts, so this is sufficient.
        if stored_bytes.is_some_and(|bytes| bytes < MOST_BYTES as u64) {
            return Ok(());
        }
        if self.store.conversation_bytes(conversation).await.map_err(refused)? < MOST_BYTES {
            return Ok(());
        }
        let sentence =
            "This conversation has reached its maximum of 64 MB. Start a new conversation. You can still read and export this one.";
        Err(ApiError::new(Code::TooLarge, sentence))
    }

    /// Checks whether a user may store more, in addition to running answers.
    pub(super) async fn refuse_over_quota(&self, user: UserId) -> Result<(), ApiError> {
        self.store.has_room(user, self.hub.writing(user)).await.map_err(refused)
    }

    /// Registers a new answer with the hub. A request for a `known` answer starts none if it is running.
    fn add_answer(&self, live: &Arc<LiveAnswer>, known: bool) -> Result<(), ApiError> {
        let most = if known { usize::MAX } else { self.limits.answers() };
        if !self.hub.add_answer(live.clone(), most) {
            let sentence = format!("{most} answers are already being written for you. Wait for one, or stop one.");
            return Err(ApiError::new(Code::Busy, sentence).retry_after(2_000));
        }
        Ok(())
    }

    async fn choose(
        &self,
        user: UserId,
        conversation: ConversationId,
        provider: Option<&str>,
        model: Option<&str>,
        keys: &ApiKeys,
    ) -> Result<(Arc<dyn Provider>, String), ApiError> {
        if provider.is_some() || model.is_some() {
            return self.model_access.choose(user, provider, model, keys).await;
        }
        match self.store.conversation(user, conversation).await.map_err(refused)? {
            Some((ConversationSummary { provider, model: Some(model), .. }, _)) => {
                self.choose_again(user, provider.as_deref(), &model, keys).await
            }
            _ => self.model_access.choose(user, None, None, keys).await,
        }
    }

    /// Returns the provider and model that answered last in a conversation. No other provider is chosen, because it must not read the
    /// conversation without the user's wish.
    async fn choose_again(
        &self,
        user: UserId,
        provider: Option<&str>,
        model: &str,
        keys: &ApiKeys,
    ) -> Result<(Arc<dyn Provider>, String), ApiError> {
        let chosen = self.model_access.choose(user, provider, Some(model), keys).await;
        chosen.map_err(|api_error| not_as_before(provider, model, api_error))
    }

    async fn answer_of(&self, user: UserId, id: MessageId) -> Result<Message, ApiError> {
        let message = self.store.message(user, id).await.map_err(refused)?;
        message
            .filter(|message| message.role == Author::Assistant)
            .ok_or_else(|| ApiError::new(Code::ConversationNotFound, "This answer does not exist."))
    }

    async fn announce_in_list(&self, user: UserId, id: ConversationId) {
        if let Ok(Some((summary, _))) = self.store.conversation(user, id).await {
            self.hub.list_changed(user, summary.into());
        }
    }
}

fn writer(provider: &dyn Provider, model: &str) -> Writer {
    Writer { provider: provider.name().to_owned(), model: model.to_owned(), since: clock::now() }
}

/// Explains why the last provider and model can't answer.
fn not_as_before(provider: Option<&str>, model: &str, api_error: ApiError) -> ApiError {
    let short = |name: &str| name.chars().take(100).collect::<String>();
    let what = match provider {
        Some(provider) => format!("`{}` of the provider `{}`", short(model), short(provider)),
        None => format!("`{}`", short(model)),
    };
    let error = format!(
        "This conversation is answered by {what}, which can't be asked now. {} Choose another model to go on here.",
        api_error.error
    );
    ApiError { error, ..api_error }
}

fn nothing_to_continue() -> ApiError {
    ApiError::new(Code::BadFrame, "This answer is complete, so there is nothing to continue. Ask for more in a new message.")
}

fn conflict(field: &str) -> ApiError {
    let sentence = format!("This {field} was used for another message. Create a new one (a random UUID) for each message.");
    ApiError::new(Code::MessageConflict, sentence)
}

fn good_title(title: &str) -> Result<String, ApiError> {
    let title = names::display_name("A title", title, 200)?;
    if title.is_empty() {
        return Err(ApiError::new(Code::BadFrame, "A title has 1 to 200 characters."));
    }
    Ok(title)
}

/// Returns the error of answers that a restart interrupted.
pub(crate) fn restart_error() -> AnswerError {
    let error = "The server was restarted while this was being written. What was there is kept; “continue” goes on from it.";
    AnswerError::new(Code::Restarted, error)
}

/// Logs a store error, and returns the error for the client.
pub(crate) fn refused(cause: impl Into<StoreError>) -> ApiError {
    let cause = cause.into();
    match &cause {
        StoreError::TooLong => {
            warn!("search took too long and was ended");
            let sentence = "This search took too long and was ended. Look for a longer word, or for more words.";
            return ApiError::new(Code::Busy, sentence).retry_after(2_000);
        }
        StoreError::Busy(_) => {
            warn!("store overloaded: a call waited 30 s for its turn and was refused");
            return ApiError::new(Code::Busy, "The server is overloaded. Try again in a moment.").retry_after(5_000);
        }
        StoreError::Full(cause) => {
            warn!(%cause, "could not write to the store: the disk is full");
            return disk::full();
        }
        StoreError::OverQuota(full) => return full.api_error(),
        StoreError::Corrupt(_) | StoreError::Failed(_) => {}
    }
    error!(%cause, "the store failed");
    ApiError::new(Code::Internal, "The server can't read or write its data now. Nothing is lost. Try again in a moment.").retry_after(1_000)
}
