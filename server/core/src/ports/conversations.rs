//! Conversations, their messages, and answers while they are written.

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use holdfast_protocol::{
    ApiError, ConversationId, Message, MessageId, ProjectId, Step, UserId,
    api::{ConversationPage, ConversationPatch, ConversationSummary, SearchPage, Shelf},
};

use super::StoreError;
use crate::{
    answers::{Checkpoint, Ended, Ending, Gain, StepGain},
    clock::Millis,
    conversations::{Acceptance, BeforeMessage, Changes, Cursor, NewAnswer, NewConversation, NewMessage, Outline, Span},
    imported::{BoundedConversation, GoOn, ImportOutcome},
};

/// Users' conversations.
#[async_trait]
pub trait Conversations: Send + Sync {
    /// Creates a conversation. An existing one of the user stays as it is; a removed one is created again. Returns false if it belongs to
    /// another user.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if the user's quota would be exceeded.
    async fn add_conversation(&self, new: &NewConversation, now: Millis) -> Result<bool, StoreError>;

    /// Returns a conversation and its revision. Returns `None` if the user has no such conversation.
    async fn conversation(&self, user: UserId, id: ConversationId) -> Result<Option<(ConversationSummary, u64)>, StoreError>;

    /// Returns a page of at most `limit` conversations of a user, of `project` if one is named, newest first. `after` is the last one of
    /// the previous page.
    async fn conversations(
        &self,
        user: UserId,
        shelf: Shelf,
        project: Option<ProjectId>,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<ConversationPage, StoreError>;

    /// Returns the ids of all conversations of a user, newest first.
    async fn conversation_ids(&self, user: UserId) -> Result<Vec<ConversationId>, StoreError>;

    /// Renames, pins, archives or moves a conversation. Returns false if the user has no such conversation.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if a longer title would exceed the user's quota.
    async fn change_conversation(&self, user: UserId, id: ConversationId, change: &ConversationPatch) -> Result<bool, StoreError>;

    /// Removes a conversation; it can be restored until it is erased. Returns false if the user has no such conversation.
    async fn remove_conversation(&self, user: UserId, id: ConversationId, now: Millis) -> Result<bool, StoreError>;

    /// Restores a removed conversation, and returns its revision. One that was not removed stays as it is. Returns `None` if the user has
    /// no such conversation, or it was erased.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if the user's quota would be exceeded.
    async fn restore_conversation(&self, user: UserId, id: ConversationId) -> Result<Option<u64>, StoreError>;

    /// Imports a conversation, or the new messages of an existing one. Returns its id here, its revision, and the result. A new
    /// conversation is invisible until all of it is written. `go_on` is called between pieces, and can stop the import.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if the user's quota would be exceeded.
    async fn import(
        &self,
        user: UserId,
        conversation: BoundedConversation,
        now: Millis,
        go_on: &mut GoOn<'_>,
    ) -> Result<(ConversationId, u64, ImportOutcome), StoreError>;

    /// Returns the storage that a conversation takes with its messages, bytes.
    async fn stored_bytes(&self, id: ConversationId) -> Result<u64, StoreError>;

    /// Returns the total length of a conversation's texts, bytes.
    async fn conversation_bytes(&self, id: ConversationId) -> Result<usize, StoreError>;

    /// Checks whether a user may store more, in addition to `writing` bytes of running answers.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if not.
    async fn has_room(&self, user: UserId, writing: u64) -> Result<(), StoreError>;
}

/// Messages. Those of a conversation form a tree.
#[async_trait]
pub trait Messages: Send + Sync {
    /// Returns what must be known before a user's message is accepted.
    async fn before_message(&self, user: UserId, id: MessageId, conversation: ConversationId) -> Result<BeforeMessage, StoreError>;

    /// Stores a message and starts its answer. The same message again has no further effect.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if the user's quota would be exceeded.
    async fn accept_message(&self, new: &NewMessage, now: Millis) -> Result<Acceptance, StoreError>;

    /// Returns a message of a user.
    async fn message(&self, user: UserId, id: MessageId) -> Result<Option<Message>, StoreError>;

    /// Returns the messages that lead to `id`, including itself, oldest first. If they have more than
    /// [`LONGEST_PATH`](crate::limits::reading::LONGEST_PATH) bytes, returns only the newest ones. They come without their steps.
    async fn path_to(&self, user: UserId, id: MessageId) -> Result<Vec<Message>, StoreError>;

    /// Returns the steps of the answers in a conversation of a user, without answers that have none. If they have more than
    /// [`LONGEST_PATH`](crate::limits::reading::LONGEST_PATH) bytes, returns only those of the newest answers.
    async fn steps_in(&self, user: UserId, id: ConversationId) -> Result<HashMap<MessageId, Vec<Step>>, StoreError>;

    /// Returns the number of messages in a conversation.
    async fn message_count(&self, id: ConversationId) -> Result<usize, StoreError>;

    /// Returns a conversation's revision and all of its messages without their texts, in order of creation. Returns `None` if the user has
    /// no such conversation.
    async fn outline(&self, user: UserId, id: ConversationId) -> Result<Option<(u64, Vec<Outline>)>, StoreError>;

    /// Returns these messages of a user, in this order, without those that were removed meanwhile.
    async fn outlined(&self, user: UserId, outline: &[Outline]) -> Result<Vec<Message>, StoreError>;
}

/// Answers while they are written.
#[async_trait]
pub trait Answers: Send + Sync {
    /// Stores a new answer to a message, and starts it. The same request again has no further effect.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if the user's quota would be exceeded.
    async fn accept_answer(&self, new: &NewAnswer, now: Millis) -> Result<Acceptance, StoreError>;

    /// Reopens an answer that ended early, so that it can be continued. Returns it with the conversation's revision. Returns `None` if the
    /// user has no such answer, or if it is complete or being written.
    async fn reopen_answer(&self, user: UserId, id: MessageId, now: Millis) -> Result<Option<(Message, u64)>, StoreError>;

    /// Saves new text and steps of running answers, and the end of others, in one transaction. Returns the conversation of each ended answer, in the
    /// order of `endings`, and the number of the new journal row (0 without gains).
    ///
    /// Deletes journal rows with numbers below `keep_from`, because no running answer needs them.
    async fn save_answers(
        &self,
        gains: &[Gain],
        steps: &[StepGain],
        endings: &[Ending],
        keep_from: Option<i64>,
        now: Millis,
    ) -> Result<(Vec<Ended>, i64), StoreError>;

    /// Moves the text and the steps of running answers into their messages, so that the journal's rows can be deleted.
    async fn checkpoint_answers(&self, answers: &[Checkpoint]) -> Result<(), StoreError>;

    /// Records what an unfinished answer is waiting for (`None`: nothing), how many messages at the beginning of the conversation were
    /// not sent to the model, and the names of the settings that it does not accept. Returns the conversation's revision, or `None` if the answer has ended.
    async fn tell_unfinished(
        &self,
        user: UserId,
        answer: MessageId,
        waits_for: Option<ApiError>,
        left_out: u32,
        ignored: Vec<String>,
        now: Millis,
    ) -> Result<Option<u64>, StoreError>;

    /// Ends the answers that were being written when the server stopped: they become `interrupted` for this reason, with every byte that
    /// was saved, and so do their running steps. Returns their number. Call this at the start, before any new answer.
    async fn recover_answers(&self, reason: &ApiError, now: Millis) -> Result<usize, StoreError>;
}

/// Changes of a conversation since a revision.
#[async_trait]
pub trait Revisions: Send + Sync {
    /// Returns the changes since `cursor`, if they are few and have at most `most` bytes. Returns `None` if they are more; read those in
    /// spans ([`Revisions::next_span`]). Returns `Some(None)` if the user has no such conversation.
    ///
    /// With `unfinished`, unfinished answers are included even if they did not change. A cursor that this store never gave to a client
    /// counts as `None`, which means all messages.
    async fn few_changes(
        &self,
        user: UserId,
        id: ConversationId,
        cursor: Option<u64>,
        unfinished: bool,
        most: usize,
    ) -> Result<Option<Option<Changes>>, StoreError>;

    /// Returns the next range of changes since `cursor`: about a [`PIECE`](crate::conversations::PIECE), up to a revision that clients may
    /// use as a cursor. Returns `None` if the user has no such conversation.
    async fn next_span(&self, user: UserId, id: ConversationId, cursor: Option<u64>) -> Result<Option<Span>, StoreError>;

    /// Returns the changes in a span, oldest first; with older unfinished answers if `unfinished`. Returns `None` if the user has no such
    /// conversation.
    async fn changes(&self, user: UserId, id: ConversationId, span: Span, unfinished: bool) -> Result<Option<Changes>, StoreError>;
}

/// Full-text search.
#[async_trait]
pub trait Search: Send + Sync {
    /// Returns a page of a user's conversations whose titles or texts match `query`, newest first. `after` is the last one of the previous
    /// page.
    ///
    /// # Errors
    /// [`StoreError::TooLong`] if the search took longer than `within`.
    async fn search(
        &self,
        user: UserId,
        query: &str,
        after: Option<Cursor>,
        limit: u32,
        within: Duration,
    ) -> Result<SearchPage, StoreError>;

    /// Returns the number of searches that can run at the same time; at least 2.
    fn searches_at_once(&self) -> u32;
}
