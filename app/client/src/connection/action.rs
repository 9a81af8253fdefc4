//! Actions that the driver performs, and the errors of its HTTP calls.

use holdfast_protocol::{
    api::RegenerateRequest,
    error::ApiError,
    frame::{Chat, ClientFrame, Open, Regenerate},
    id::MessageId,
};

use super::Millis;
use crate::foreign::Foreign;

/// Number of an attempt to open a transport. Late reports with an older number are ignored.
pub type Attempt = u64;

/// Why an HTTP call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// There was no reply: no network, or no server.
    Unreachable,
    /// A program in front of the server replied.
    Foreign(Foreign),
    /// The server replied with an error.
    Refused {
        /// HTTP status.
        status: u16,
        /// Body of the reply.
        api_error: ApiError,
    },
}

/// An action for the driver.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Fetch an access token: by the session cookie (`POST /api/auth/refresh`), or as a new guest. Report the result with
    /// [`Connection::handle_token`] or [`Connection::handle_token_failed`].
    FetchToken {
        /// Whether to create a guest, because nobody is signed in.
        guest: bool,
    },
    /// Open a socket at `/ws`.
    OpenSocket {
        /// Number of the attempt.
        attempt: Attempt,
    },
    /// Open the event stream of a conversation.
    OpenStream {
        /// Number of the attempt.
        attempt: Attempt,
        /// The conversation, and what the client already has of it.
        open: Open,
    },
    /// Send one long poll for a conversation.
    Poll {
        /// Number of the attempt.
        attempt: Attempt,
        /// The conversation, and what the client already has of it.
        open: Open,
        /// How long the server may wait for news, ms.
        wait: Millis,
    },
    /// Send a frame over a socket.
    Send {
        /// Number of the attempt that opened the socket.
        attempt: Attempt,
        /// The frame.
        frame: ClientFrame,
    },
    /// Close a transport, or stop opening it. Ignore anything that it still delivers.
    Close {
        /// Number of the attempt.
        attempt: Attempt,
    },
    /// Send a message by `POST /api/conversations/{id}/messages`. Report the result with [`Connection::handle_posted`].
    Post {
        /// The message.
        chat: Chat,
    },
    /// Send a command by HTTP: `POST` to [`Command::path`] with [`Command::body`]. If it has a [`Command::new_answer`], report the result
    /// with [`Connection::handle_posted`] and that id.
    PostCommand {
        /// The command.
        command: Command,
    },
}

/// A request of the user about an answer. It goes over the socket as a frame, and otherwise as a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Stops an answer.
    Stop {
        /// Id of the answer.
        answer_id: MessageId,
    },
    /// Continues an interrupted answer.
    Continue {
        /// Id of the answer.
        answer_id: MessageId,
    },
    /// Requests another answer to a message.
    Regenerate(Regenerate),
}

impl Command {
    /// Returns the path of the call, which begins with `/api/`.
    pub fn path(&self) -> String {
        match self {
            Self::Stop { answer_id } => format!("/api/answers/{answer_id}/stop"),
            Self::Continue { answer_id } => format!("/api/answers/{answer_id}/continue"),
            Self::Regenerate(Regenerate { message_id, .. }) => format!("/api/messages/{message_id}/regenerate"),
        }
    }

    /// Returns the body of the call, or `None` if it has none.
    pub fn body(&self) -> Option<RegenerateRequest> {
        match self {
            Self::Stop { .. } | Self::Continue { .. } => None,
            Self::Regenerate(Regenerate { answer_id, provider, model, settings, .. }) => Some(RegenerateRequest {
                answer_id: *answer_id,
                provider: provider.clone(),
                model: model.clone(),
                settings: settings.clone(),
            }),
        }
    }

    /// Returns the id of the answer that the command begins. The reply to its call then is [`Accepted`](holdfast_protocol::frame::Accepted).
    /// Returns `None` if it begins none; then the reply has no body that matters.
    pub fn new_answer(&self) -> Option<MessageId> {
        match self {
            Self::Stop { .. } | Self::Continue { .. } => None,
            Self::Regenerate(Regenerate { answer_id, .. }) => Some(*answer_id),
        }
    }
}

impl From<Command> for ClientFrame {
    fn from(command: Command) -> Self {
        match command {
            Command::Stop { answer_id } => Self::Stop { answer_id },
            Command::Continue { answer_id } => Self::Continue { answer_id },
            Command::Regenerate(regenerate) => Self::Regenerate(regenerate),
        }
    }
}
