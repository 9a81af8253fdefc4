//! Conversations, their messages, and answers while they are written.

use std::time::Duration;

use async_trait::async_trait;
use holdfast_protocol::{
    ApiError, ConversationId, Message, MessageId, UserId,
    api::{ConversationPage, ConversationPatch, ConversationSummary, SearchPage, Shelf},
};

use super::StoreError;
use crate::{
    answers::{Ended, Ending, Gain},
    clock::Millis,
    conversations::{Acceptance, BeforeMessage, Changes, Cursor, NewAnswer, NewConversation, NewMessage, Outline, Span},
    imported::{BoundedConversation, GoOn, ImportOutcome},
};

/// Users' conversations.
#[async_trait]
pub trait Conversations: Send + Sync {
    /// Adds a conversation. One that the user has already stays as it is. Returns false if the id is another user's.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if the user would store too much.
    async fn add_conversation(&self, new: &NewConversation, now: Millis) -> Result<bool, StoreError>;

    /// Returns a conversation and its revision. `None` if it is not this user's.
    async fn conversation(&self, user: UserId, id: ConversationId) -> Result<Option<(ConversationSummary, u64)>, StoreError>;

    /// Returns a page of a user's conversations, newest first.
    async fn conversations(&self, user: UserId, shelf: Shelf, after: Option<Cursor>, limit: u32) -> Result<ConversationPage, StoreError>;

    /// Returns the ids of all conversations of a user, newest first.
    async fn conversation_ids(&self, user: UserId) -> Result<Vec<ConversationId>, StoreError>;

    /// Renames, pins or archives a conversation. Returns false if it is not this user's.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if a longer title would be too much for the user to store.
    async fn change_conversation(&self, user: UserId, id: ConversationId, change: &ConversationPatch) -> Result<bool, StoreError>;

    /// Removes a conversation, so that it can be restored for a while. Returns false if it is not this user's.
    async fn remove_conversation(&self, user: UserId, id: ConversationId, now: Millis) -> Result<bool, StoreError>;

    /// Restores a removed conversation and returns its revision; one that was not removed stays as it is. `None` if it is not this
    /// user's, or gone for good.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if the user would store too much.
    async fn restore_conversation(&self, user: UserId, id: ConversationId) -> Result<Option<u64>, StoreError>;

    /// Adds a conversation out of a file, or what is new of one that is here. Returns its id here, its revision, and which it is. A new
    /// one is not to be seen until all of it is here. `go_on` is asked between pieces.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if the user would store too much.
    async fn import(
        &self,
        user: UserId,
        conversation: BoundedConversation,
        now: Millis,
        go_on: &mut GoOn<'_>,
    ) -> Result<(ConversationId, u64, ImportOutcome), StoreError>;

    /// Returns what a conversation takes with its messages, bytes.
    async fn stored_bytes(&self, id: ConversationId) -> Result<u64, StoreError>;

    /// Returns how long the texts of a conversation are together, bytes.
    async fn conversation_bytes(&self, id: ConversationId) -> Result<usize, StoreError>;

    /// Checks whether a user may store more, beside `writing` bytes that are being written for them.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if they may not.
    async fn has_room(&self, user: UserId, writing: u64) -> Result<(), StoreError>;
}

/// Messages, as a tree in each conversation.
#[async_trait]
pub trait Messages: Send + Sync {
    /// Returns what is to be known before a message of a user is accepted.
    async fn before_message(&self, user: UserId, id: MessageId, conversation: ConversationId) -> Result<BeforeMessage, StoreError>;

    /// Saves a message and begins its answer, once, however often it is sent.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if the user would store too much.
    async fn accept_message(&self, new: &NewMessage, now: Millis) -> Result<Acceptance, StoreError>;

    /// Returns one message of a user.
    async fn message(&self, user: UserId, id: MessageId) -> Result<Option<Message>, StoreError>;

    /// Returns the messages that lead to `id`, with itself, oldest first: the newest of them that have at most
    /// [`LONGEST_PATH`](crate::limits::reading::LONGEST_PATH) bytes.
    async fn path_to(&self, user: UserId, id: MessageId) -> Result<Vec<Message>, StoreError>;

    /// Returns how many messages a conversation has.
    async fn message_count(&self, id: ConversationId) -> Result<usize, StoreError>;

    /// Returns a conversation's revision and all of its messages without their texts, in the order in which they were made. `None` if
    /// it is not this user's.
    async fn outline(&self, user: UserId, id: ConversationId) -> Result<Option<(u64, Vec<Outline>)>, StoreError>;

    /// Returns these messages of a user, in this order, without those that are gone by now.
    async fn outlined(&self, user: UserId, outline: &[Outline]) -> Result<Vec<Message>, StoreError>;
}

/// Answers while they are written.
#[async_trait]
pub trait Answers: Send + Sync {
    /// Begins another answer to a message, once, however often it is asked for.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if the user would store too much.
    async fn accept_answer(&self, new: &NewAnswer, now: Millis) -> Result<Acceptance, StoreError>;

    /// Opens an answer that ended early, so that the same text grows again. Returns it with the conversation's revision; `None` if
    /// the user has no such answer, or it is complete or being written.
    async fn reopen_answer(&self, user: UserId, id: MessageId, now: Millis) -> Result<Option<(Message, u64)>, StoreError>;

    /// Saves, in one transaction, what running answers have gained, and those that end. Returns what became of each ending's
    /// conversation, in the order of `endings`, and the number of the journal's newest row (0 without gains). Journal rows with smaller
    /// numbers than `keep_from` may go: no running answer needs them.
    async fn save_answers(
        &self,
        gains: &[Gain],
        endings: &[Ending],
        keep_from: Option<i64>,
        now: Millis,
    ) -> Result<(Vec<Ended>, i64), StoreError>;

    /// Moves the texts of running answers out of the journal into their messages.
    async fn checkpoint_answers(&self, answers: &[(UserId, MessageId, String)]) -> Result<(), StoreError>;

    /// Notes of an unfinished answer what it waits for (`None`: for nothing any more) and how many of the first messages the model does
    /// not see. Returns the conversation's revision, or `None` if the answer has ended.
    async fn tell_unfinished(
        &self,
        user: UserId,
        answer: MessageId,
        waits_for: Option<ApiError>,
        left_out: u32,
        now: Millis,
    ) -> Result<Option<u64>, StoreError>;

    /// Ends answers that nobody writes any more, because the server ended: they become `interrupted` for this reason, with every byte
    /// that was saved. Returns how many there were. Call it before answers are begun.
    async fn recover_answers(&self, reason: &ApiError, now: Millis) -> Result<usize, StoreError>;
}

/// What changed in a conversation since a revision.
#[async_trait]
pub trait Revisions: Send + Sync {
    /// Returns what changed since `cursor`, if that is little: a few messages with at most `most` bytes. `None` if it is more;
    /// `Some(None)` if the conversation is not this user's. With `unfinished`, unfinished answers that did not change come too. A cursor
    /// that was never given out counts as none.
    async fn few_changes(
        &self,
        user: UserId,
        id: ConversationId,
        cursor: Option<u64>,
        unfinished: bool,
        most: usize,
    ) -> Result<Option<Option<Changes>>, StoreError>;

    /// Returns which changes since `cursor` to read next: about a [`PIECE`](crate::conversations::PIECE), up to a revision that was given
    /// out. `None` if the conversation is not this user's.
    async fn next_span(&self, user: UserId, id: ConversationId, cursor: Option<u64>) -> Result<Option<Span>, StoreError>;

    /// Returns what changed within a span, oldest first, with older unfinished answers if `unfinished`. `None` if the conversation is not
    /// this user's.
    async fn changes(&self, user: UserId, id: ConversationId, span: Span, unfinished: bool) -> Result<Option<Changes>, StoreError>;
}

/// Full-text search.
#[async_trait]
pub trait Search: Send + Sync {
    /// Returns a user's conversations whose titles or texts contain all words of `query`, newest first.
    ///
    /// # Errors
    /// [`StoreError::TooLong`] if it took longer than `within`.
    async fn search(
        &self,
        user: UserId,
        query: &str,
        after: Option<Cursor>,
        limit: u32,
        within: Duration,
    ) -> Result<SearchPage, StoreError>;

    /// Returns how many searches can run at once; at least 2.
    fn searches_at_once(&self) -> u32;
}
