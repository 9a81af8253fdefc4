//! Sends messages, and begins, continues, repeats and stops their answers.

use std::sync::Arc;

use holdfast_protocol::{
    ApiError, Author, ConversationId, FileId, Message, MessageId, Reason, Status, UserId,
    api::ConversationSummary,
    frame,
    incoming::ApiKeys,
    message::Attachment,
    settings::{RawSettings, Settings},
};

use super::{Acceptance, Chat, NewAnswer, NewMessage, SettingsLevels, title};
use crate::{
    answers::{LiveAnswer, Task, Writer},
    clock,
    model::Provider,
};

/// A conversation accepts no more messages and answers when it has this many bytes of text.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Maximum number of files attached to a message.
const MOST_ATTACHMENTS: usize = 50;

impl Chat {
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
            return Err(Reason::MessageEmpty.into());
        }
        let (bytes, most) = (chat.content.len(), self.message_bytes);
        if bytes > most {
            return Err(Reason::MessageTooLong.with("bytes", bytes).with("most", most));
        }
        // A client that creates a conversation derives its id from the message (see `ConversationId::created_by`).
        let begin = begin || conversation == ConversationId::created_by(user, chat.message_id);
        let before = self.store.before_message(user, chat.message_id, conversation).await?;
        let known = before.is_known;
        if !known {
            self.admit(user, conversation, Some(before.stored_bytes.unwrap_or(0))).await?;
        }
        let attachments = self.attachments(user, &chat.attachments, known).await?;
        let own = chat.settings.as_ref().map(RawSettings::read).transpose()?.unwrap_or_default();
        // What the message that creates a conversation brings becomes the conversation's, so its later answers are like the first.
        let (levels, own, first) = match before.stored_bytes {
            Some(_) => (self.levels(user, Some(conversation), None).await?, own, Settings::default()),
            None => (self.levels(user, None, chat.project_id).await?, Settings::default(), own),
        };
        let levels = SettingsLevels { conversation: if first.is_empty() { levels.conversation } else { first.clone() }, ..levels };
        let settings = levels.effective(&own).settings;
        let last = before.model.or_else(|| levels.project.and_then(|project| Some((project.provider, project.model?))));
        let named = (chat.provider.as_deref(), chat.model.as_deref());
        let (provider, model) = match (named, last) {
            ((None, None), Some((provider, model))) => self.choose_again(user, provider.as_deref(), &model, keys).await?,
            ((provider, model), _) => self.model_access.choose(user, provider, model, keys).await?,
        };
        if !known {
            self.refuse_if_used_up(user, &*provider).await?;
        }
        let answer = MessageId(clock::id());
        let new = NewMessage {
            user,
            conversation,
            begin,
            title: title::from_message(&chat.content),
            id: chat.message_id,
            content: chat.content,
            attachments,
            parent: chat.parent_id,
            edits: chat.edits,
            answer,
            provider: provider.name().to_owned(),
            model: model.clone(),
            settings: first,
            project: chat.project_id,
        };
        // Register the answer with the hub before the store has it. Otherwise a reader could find an unfinished answer in the store that
        // nobody writes.
        let live = Arc::new(LiveAnswer::new(answer, conversation, user, writer(&*provider, &model), String::new(), Vec::new()));
        self.add_answer(&live, known)?;
        let accepted = match self.store.accept_message(&new, clock::now()).await {
            Ok(Acceptance::New { rev, begun }) => {
                self.hub.announce(conversation, rev);
                let stored_bytes = begun.as_ref().map(|begun| begun.stored_bytes);
                match begun {
                    Some(begun) => self.hub.list_changed(user, begun.summary.into()),
                    None => self.announce_in_list(user, conversation).await,
                }
                self.generator.write(live, Task { provider, model, stored_bytes, settings });
                return Ok(frame::Accepted { message_id: new.id, conversation_id: conversation, answer_id: answer });
            }
            Ok(Acceptance::Known { conversation, answer }) => {
                Ok(frame::Accepted { message_id: new.id, conversation_id: conversation, answer_id: answer })
            }
            Ok(Acceptance::Conflict) => Err(Reason::IdUsed.with("field", "message_id")),
            Ok(Acceptance::NotFound) => Err(Reason::ConversationNotFound.into()),
            Err(error) => Err(error.into()),
        };
        self.hub.remove_answer(&live);
        accepted
    }

    /// Returns the files that are attached to a message. Those of a known message do not matter.
    ///
    /// # Errors
    /// There are too many, or the user has no such file.
    async fn attachments(&self, user: UserId, files: &[FileId], is_known: bool) -> Result<Vec<Attachment>, ApiError> {
        if is_known {
            return Ok(Vec::new());
        }
        if files.len() > MOST_ATTACHMENTS {
            return Err(Reason::TooManyAttachments.with("most", MOST_ATTACHMENTS));
        }
        let mut attachments = Vec::new();
        for id in files {
            let file = self.store.file(user, *id).await?.ok_or(Reason::NotFound)?;
            attachments.push(Attachment { file_id: *id, name: file.info.name });
        }
        Ok(attachments)
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
        self.refuse_if_used_up(user, &*provider).await?;
        let _naming = self.naming.lock().await;
        if is_going_on() {
            return Ok(accepted(named.parent_id));
        }
        // Read it again, now that nobody is writing it.
        let found = self.answer_of(user, answer).await?;
        if found.status == Status::Complete {
            return Err(Reason::NothingToContinue.into());
        }
        self.admit(user, found.conversation_id, None).await?;
        let settings = self.levels(user, Some(found.conversation_id), None).await?.effective(&Settings::default()).settings;
        let live = Arc::new(LiveAnswer::new(answer, found.conversation_id, user, writer(&*provider, &model), found.content, found.steps));
        if let Some(usage) = found.usage {
            live.add_usage(&usage, None);
        }
        self.add_answer(&live, false)?;
        match self.store.reopen_answer(user, answer, clock::now()).await {
            Ok(Some((message, rev))) => {
                self.hub.announce(message.conversation_id, rev);
                self.announce_in_list(user, message.conversation_id).await;
                self.generator.write(live, Task { provider, model, stored_bytes: None, settings });
                Ok(accepted(message.parent_id))
            }
            Ok(None) => {
                self.hub.remove_answer(&live);
                Err(Reason::NothingToContinue.into())
            }
            Err(error) => {
                self.hub.remove_answer(&live);
                Err(error.into())
            }
        }
    }

    /// Starts another answer to a message, beside the answers it has. The same request again returns the same answer.
    ///
    /// # Errors
    /// The user has no such message, or no provider can answer it.
    pub async fn regenerate(self: &Arc<Self>, user: UserId, again: frame::Regenerate) -> Result<frame::Accepted, ApiError> {
        let named = self.store.message(user, again.message_id).await?.ok_or(Reason::MessageNotFound)?;
        let message = match named.role {
            Author::User => named.id,
            Author::Assistant => named.parent_id.ok_or(Reason::MessageNotFound)?,
        };
        let conversation = named.conversation_id;
        let known = self.store.message(user, again.answer_id).await?.is_some();
        if !known {
            self.admit(user, conversation, None).await?;
        }
        let own = again.settings.as_ref().map(RawSettings::read).transpose()?.unwrap_or_default();
        let settings = self.levels(user, Some(conversation), None).await?.effective(&own).settings;
        let (provider, model) =
            self.choose(user, conversation, again.provider.as_deref(), again.model.as_deref(), &ApiKeys::default()).await?;
        if !known {
            self.refuse_if_used_up(user, &*provider).await?;
        }
        let new = NewAnswer { user, message, id: again.answer_id, provider: provider.name().to_owned(), model: model.clone() };
        let accepted = frame::Accepted { message_id: message, conversation_id: conversation, answer_id: new.id };
        let _naming = self.naming.lock().await;
        let live = Arc::new(LiveAnswer::new(new.id, conversation, user, writer(&*provider, &model), String::new(), Vec::new()));
        let is_running = self.hub.answer(user, new.id).is_some();
        if !is_running {
            self.add_answer(&live, known)?;
        }
        let api_error = match self.store.accept_answer(&new, clock::now()).await {
            Ok(Acceptance::New { rev, .. }) => {
                self.hub.announce(conversation, rev);
                self.announce_in_list(user, conversation).await;
                self.generator.write(live, Task { provider, model, stored_bytes: None, settings });
                return Ok(accepted);
            }
            Ok(Acceptance::Known { .. }) => Ok(accepted),
            Ok(Acceptance::Conflict) => Err(Reason::IdUsed.with("field", "answer_id")),
            Ok(Acceptance::NotFound) => Err(Reason::MessageNotFound.into()),
            Err(error) => Err(error.into()),
        };
        if !is_running {
            self.hub.remove_answer(&live);
        }
        api_error
    }

    /// Admits a request that asks a model: a message, another answer, or more of one. `stored_bytes` is the length of the conversation, if
    /// the caller knows it. The rate comes last, so a request that is refused for another reason does not count.
    ///
    /// # Errors
    /// Why the request is refused.
    async fn admit(&self, user: UserId, conversation: ConversationId, stored_bytes: Option<u64>) -> Result<(), ApiError> {
        self.refuse_if_closing()?;
        self.disk.room()?;
        self.refuse_if_full(conversation, stored_bytes).await?;
        self.generator.refuse_over_quota(user).await?;
        self.limits.message(user)
    }

    /// Refuses an answer that its user's budget has no room for. What it needs is reserved later, when its prompt is known.
    ///
    /// # Errors
    /// The budget is used up.
    async fn refuse_if_used_up(&self, user: UserId, provider: &dyn Provider) -> Result<(), ApiError> {
        if provider.is_own_key() || provider.repeats_itself() {
            return Ok(());
        }
        self.spending.refuse_if_used_up(user, clock::now()).await
    }

    fn refuse_if_closing(&self) -> Result<(), ApiError> {
        if self.closing.is_cancelled() {
            return Err(Reason::MessageWaitsForRestart.error().retry_after(2_000));
        }
        Ok(())
    }

    /// Refuses a conversation that is too long to be opened quickly.
    async fn refuse_if_full(&self, conversation: ConversationId, stored_bytes: Option<u64>) -> Result<(), ApiError> {
        // The stored size includes more than the texts, so this is sufficient.
        if stored_bytes.is_some_and(|bytes| bytes < MOST_BYTES as u64) {
            return Ok(());
        }
        if self.store.conversation_bytes(conversation).await? < MOST_BYTES {
            return Ok(());
        }
        Err(Reason::ConversationFull.into())
    }

    /// Registers a new answer with the hub. A request for a `known` answer starts none if it is running.
    fn add_answer(&self, live: &Arc<LiveAnswer>, known: bool) -> Result<(), ApiError> {
        let most = if known { usize::MAX } else { self.limits.answers() };
        if !self.hub.add_answer(live.clone(), most) {
            return Err(Reason::TooManyAnswers.with("most", most).retry_after(2_000));
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
        match self.store.conversation(user, conversation).await? {
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
        let message = self.store.message(user, id).await?;
        message.filter(|message| message.role == Author::Assistant).ok_or_else(|| Reason::AnswerNotFound.into())
    }
}

fn writer(provider: &dyn Provider, model: &str) -> Writer {
    Writer { provider: provider.name().to_owned(), model: model.to_owned(), since: clock::now() }
}

/// Explains why the last provider and model can't answer.
fn not_as_before(provider: Option<&str>, model: &str, api_error: ApiError) -> ApiError {
    let short = |name: &str| name.chars().take(100).collect::<String>();
    api_error.with("last_model", short(model)).with_some("last_provider", provider.map(short))
}
