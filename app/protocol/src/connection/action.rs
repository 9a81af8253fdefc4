//! What the driver is asked to do, and how an HTTP call that it made can fail.

use super::Millis;
use crate::{
    error::ApiError,
    foreign::Foreign,
    frame::{Chat, ClientFrame, Open},
};

/// Names one opening of a transport; what comes late of an earlier one is not mistaken for news.
pub type Attempt = u64;

/// Why an HTTP call did not give what it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// No answer: no network, or no server.
    Unreachable,
    /// The answer of something in front of the server.
    Foreign(Foreign),
    /// The server's answer.
    Refused {
        /// HTTP status.
        status: u16,
        /// Its body.
        api_error: ApiError,
    },
}

/// What the driver shall do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Get an access token: by the session cookie (`POST /api/auth/refresh`), or as a new guest.
    /// Answer with [`Connection::handle_token`] or [`Connection::handle_token_failed`].
    FetchToken {
        /// Nobody is signed in: make a guest.
        guest: bool,
    },
    /// Open a socket at `/ws`.
    OpenSocket {
        /// Its name.
        attempt: Attempt,
    },
    /// Open the event stream of a conversation.
    OpenStream {
        /// Its name.
        attempt: Attempt,
        /// What to follow, and from where.
        open: Open,
    },
    /// Ask once for what is new in a conversation, waiting for it at the server.
    Poll {
        /// Its name.
        attempt: Attempt,
        /// What to follow, and from where.
        open: Open,
        /// How long the server may wait, ms.
        wait: Millis,
    },
    /// Send a frame over a socket.
    Send {
        /// Over which.
        attempt: Attempt,
        /// What.
        frame: ClientFrame,
    },
    /// Close a transport, or give up opening it. Nothing of it is wanted any more.
    Close {
        /// Which.
        attempt: Attempt,
    },
    /// Send a message by `POST /api/conversations/{id}/messages`. Answer with
    /// [`Connection::handle_posted`].
    Post {
        /// What.
        chat: Chat,
    },
    /// Stop (or continue, or regenerate) an answer by HTTP. How `regenerate` went is told by
    /// [`Connection::handle_posted`], with the new answer's id.
    PostAnswer {
        /// The `stop`, `continue` or `regenerate` frame.
        frame: ClientFrame,
    },
}
