//! Events for the driver, to show or to store.

use holdfast_protocol::{
    api::User,
    error::ApiError,
    files::FileChange,
    frame::{Listed, Regenerate},
    id::{ConversationId, MessageId},
};

use super::{Millis, Transport};

/// An event that the driver shows or stores.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// [`Connection::presence`] changed.
    Presence,
    /// Another transport is used, or tried first, from now on. Store it for the next page in this tab.
    Transport(Transport),
    /// Messages of a conversation were added, changed or removed.
    Transcript(ConversationId),
    /// The text of an answer grew, or one of its steps changed; nothing else did.
    Grew(ConversationId, MessageId),
    /// A `conversation` frame arrived.
    Listed(Listed),
    /// A `file` frame arrived.
    File(FileChange),
    /// The connection is up to date again after a gap. Fetch what no frame reports, such as the list of conversations.
    UpToDate,
    /// The outbox changed. Show it, and store it.
    Outbox,
    /// The user asked to regenerate an answer. Store the request until the server has accepted it.
    RegenerateRequested(Regenerate),
    /// The server has accepted the request for this answer, or refused it for good. Remove it from storage.
    RegenerateSettled(MessageId),
    /// A message that creates a conversation has received the conversation's id.
    ConversationCreated(MessageId, ConversationId),
    /// The user is known now, or is another one.
    User(User),
    /// The followed conversation does not exist for this user, or does not exist any more.
    NotFound(ConversationId),
    /// The server refused something other than a message of the outbox.
    Refused(ApiError),
    /// The session has ended.
    SignedOut(ApiError),
}

/// The state of the connection, as the user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Nobody is signed in, so no connection is needed yet.
    Ready,
    /// Connecting, for a moment so short that it is not shown as a gap.
    Connecting,
    /// Connected.
    Connected(Transport),
    /// The connection was lost; another attempt follows.
    Reconnecting {
        /// Time of the next attempt by the driver's clock; `None` while one is under way.
        at: Option<Millis>,
    },
    /// The device reports that it has no network. Attempts go on all the same.
    Offline,
    /// The server refused the connection, and only the user can change that.
    Refused(ApiError),
}
