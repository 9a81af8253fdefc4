//! What the driver is told, to show or to keep.

use super::{Millis, Transport};
use crate::{
    api::User,
    error::ApiError,
    frame::{Listed, Regenerate},
    id::{ConversationId, MessageId},
};

/// What the driver shall show or keep.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// [`Connection::presence`] changed.
    Presence,
    /// From now on another transport is used, or tried first: to be kept for the tab's next page.
    Transport(Transport),
    /// Messages of a conversation came, went or changed.
    Transcript(ConversationId),
    /// An answer grew, and nothing else changed.
    Grew(ConversationId, MessageId),
    /// A `conversation` frame.
    Listed(Listed),
    /// Level again after a gap: what no frame tells (the list of conversations) is to be fetched.
    Level,
    /// The outbox changed: show it, and keep it.
    Outbox,
    /// Another answer is asked for: to be kept until the server has it.
    AskedAgain(Regenerate),
    /// The server has what was asked for by this answer's id, or wants none of it.
    AskedNoMore(MessageId),
    /// A message that begins a conversation now has the conversation's id.
    Begun(MessageId, ConversationId),
    /// The user is known, or another.
    User(User),
    /// The conversation that is followed does not exist (any more), for this user.
    NotFound(ConversationId),
    /// Something was refused that is not a message of the outbox.
    Refused(ApiError),
    /// The session is over.
    SignedOut(ApiError),
}

/// How the connection stands, as a person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Nobody is signed in, so there is nothing to be connected for yet.
    Ready,
    /// On its way, for less than a moment.
    Connecting,
    /// Everything arrives.
    Connected(Transport),
    /// Lost; tried again at a time of the driver's clock, or just now.
    Reconnecting {
        /// The next try; none while one is under way.
        at: Option<Millis>,
    },
    /// The machine says that it has no network. Tried all the same.
    Offline,
    /// Refused for good, until the person does something.
    Refused(ApiError),
}
