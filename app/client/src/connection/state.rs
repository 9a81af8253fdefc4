//! The state of a connection, grouped by what it is about. Times at which something happens by itself are in [`super::timer`].

use std::collections::{HashMap, HashSet, VecDeque};

use holdfast_protocol::{
    api::User,
    error::ApiError,
    id::{ConversationId, MessageId},
};

use super::{Action, Attempt, Backoff, Command, Event, Fallback, Millis, Outbox, PendingRegenerations, Presence, Timing, Token, Transport};
use crate::transcript::Transcript;

/// How far the connection is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Phase {
    /// Not started, signed out, or without a user.
    Idle,
    /// Waiting for a token, to open a transport with it.
    Authorising { diagnosing: bool },
    /// Waiting to try again.
    Waiting,
    /// Opening a transport.
    Opening { attempt: Attempt, since: Millis },
    /// Connected. Event stream and polling need no open transport while no conversation is followed.
    Live { attempt: Option<Attempt>, since: Millis },
    /// Refused; needs the user.
    Refused(ApiError),
}

/// The user, and the token that proves who they are.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    pub(super) token: Option<Token>,
    /// Whether the server refused a token and another one was requested because of it.
    pub(super) was_refused: bool,
    /// When a failed renewal may be tried again.
    pub(super) retry_at: Millis,
    pub(super) user: Option<User>,
}

/// Which transport is opened next, and what is opened beside it.
#[derive(Debug)]
pub(super) struct Transports {
    pub(super) fallback: Fallback,
    pub(super) backoff: Backoff,
    /// Number of the latest attempt.
    pub(super) latest: Attempt,
    /// The socket that is being opened beside another transport.
    pub(super) upgrade: Option<Attempt>,
    /// When the socket may be tried beside another transport.
    pub(super) upgrade_at: Millis,
    /// When to connect again, if the server announced that it is shutting down.
    pub(super) drained_until: Option<Millis>,
    /// The last error that was about no message. The close of the socket that follows may be because of it.
    pub(super) last_error: Option<ApiError>,
}

impl Transports {
    pub(super) fn new(timing: &Timing) -> Self {
        Self {
            fallback: Fallback::new(timing.short_life),
            backoff: Backoff::new(timing.backoff_base, timing.backoff_cap),
            latest: 0,
            upgrade: None,
            upgrade_at: 0,
            drained_until: None,
            last_error: None,
        }
    }
}

/// Signs of life, and what is known about programs on the way that cut idle connections.
#[derive(Debug, Default)]
pub(super) struct Heartbeat {
    pub(super) last_received: Millis,
    pub(super) pinged_at: Millis,
    /// How long the last transport that was cut while idle had been idle, ms.
    pub(super) last_cut: Option<Millis>,
    /// Idle time after which a program on the way cuts connections, ms; `None` while no such limit is known.
    pub(super) idle_limit: Option<Millis>,
}

/// What the user is looking at, and what is known of the conversations.
#[derive(Debug, Default)]
pub(super) struct View {
    /// The conversation that is followed.
    pub(super) focus: Option<ConversationId>,
    pub(super) transcripts: HashMap<ConversationId, Transcript>,
    /// Answers that were started but have not arrived yet, each with the latest attempt at that time.
    pub(super) awaited: HashMap<ConversationId, (MessageId, Attempt)>,
    /// Conversations that the user left while an answer was being written. The socket's `conversation` frames say when it ends.
    pub(super) left_answering: HashSet<ConversationId>,
    /// Conversations requested by `open` over the socket and not answered yet, oldest first. A `conversation_not_found` error does not
    /// name the conversation, so it is matched by order.
    pub(super) opens: VecDeque<ConversationId>,
}

/// What is still to be sent to the server.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    pub(super) outbox: Outbox,
    /// Commands that are sent once, as soon as a transport can send them.
    pub(super) commands: Vec<Command>,
    pub(super) regenerations: PendingRegenerations,
}

/// The page: what it reported, and what it was told last.
#[derive(Debug)]
pub(super) struct Page {
    /// Whether the device has a network, as last reported.
    pub(super) online: bool,
    /// Whether the page is visible, as last reported.
    pub(super) visible: bool,
    /// When the connection was lost; `None` while there is one.
    pub(super) lost_at: Option<Millis>,
    /// The presence that the page was told last.
    pub(super) presence: Presence,
    /// The transport that the page was told last.
    pub(super) transport: Transport,
}

impl Default for Page {
    fn default() -> Self {
        Self { online: true, visible: true, lost_at: None, presence: Presence::Ready, transport: Transport::Socket }
    }
}

/// What the driver has not picked up yet.
#[derive(Debug, Default)]
pub(super) struct Queues {
    pub(super) actions: VecDeque<Action>,
    pub(super) events: VecDeque<Event>,
}
