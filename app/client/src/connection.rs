//! The client's connection to the server: a state machine without I/O.
//!
//! A driver reports what happened (`handle_*`). Then it performs the actions from [`Connection::poll_action`] and shows the events from
//! [`Connection::poll_event`] until both return `None`, and sets one timer for [`Connection::poll_timeout`]. In the browser the driver
//! uses gloo-net, in the native client tokio; tests drive many machines under a virtual clock.
//!
//! The design follows `quinn-proto`.

mod action;
mod backoff;
mod event;
mod fallback;
mod idle;
mod outbox;
mod receiving;
mod regenerations;
mod sending;
mod timers;
mod timing;
mod token;
mod transport;
mod user_commands;

use std::collections::{HashMap, HashSet, VecDeque};

pub use action::{Action, Attempt, RequestError};
pub use backoff::{Backoff, SplitMix};
pub use event::{Event, Presence};
pub use fallback::{Fallback, Transport};
pub use outbox::{Delivery, Entry, Outbox};
pub use timing::{Millis, Timing};

use regenerations::PendingRegenerations;
use token::Token;

use crate::transcript::Transcript;
use holdfast_protocol::{
    api::User,
    error::ApiError,
    frame::ClientFrame,
    id::{ConversationId, MessageId},
};

#[derive(Clone, Debug, PartialEq)]
enum Phase {
    /// Not started, signed out, or without a user.
    Idle,
    /// Waiting for a token, to open a transport with it.
    Authorising { diagnosing: bool },
    /// Waiting to try again.
    Waiting { until: Millis },
    /// Opening a transport. `greeted` is true once `initial` was sent over a socket.
    Opening { attempt: Attempt, since: Millis, greeted: bool },
    /// Connected. Event stream and polling need no open transport while no conversation is followed.
    Live { attempt: Option<Attempt>, since: Millis },
    /// Refused; needs the user.
    Refused(ApiError),
}

/// The connection of one page or native client; the module's documentation says how to drive it.
#[derive(Debug)]
pub struct Connection {
    timing: Timing,
    random: SplitMix,
    phase: Phase,
    fallback: Fallback,
    backoff: Backoff,
    attempts: Attempt,
    upgrading: Option<(Attempt, Millis)>,
    upgrade_at: Millis,
    token: Option<Token>,
    /// When the fetch of a token began; `None` if there is none under way.
    fetching: Option<Millis>,
    /// Whether the server refused a token and another one was requested because of it.
    token_refused: bool,
    renew_retry_at: Millis,
    user: Option<User>,
    focus: Option<ConversationId>,
    transcripts: HashMap<ConversationId, Transcript>,
    outbox: Outbox,
    commands: Vec<ClientFrame>,
    regenerations: PendingRegenerations,
    /// Answers that were started but have not arrived yet, each with the latest attempt at that time.
    awaited: HashMap<ConversationId, (MessageId, Attempt)>,
    /// Conversations that the user left while an answer was being written. The socket's `conversation` frames say when it ends.
    left_answering: HashSet<ConversationId>,
    /// Conversations requested by `open` over the socket and not answered yet, oldest first. A `conversation_not_found` error does not
    /// name the conversation, so it is matched by order.
    opens: VecDeque<ConversationId>,
    sent_at: Option<Millis>,
    last_received: Millis,
    probe_until: Option<Millis>,
    drain_until: Option<Millis>,
    lost_at: Option<Millis>,
    /// When the machine last updated its actions and presence.
    last_flush: Millis,
    last_error: Option<ApiError>,
    online: bool,
    visible: bool,
    shown: Presence,
    reported_transport: Transport,
    /// How long the last transport that was cut while idle had been idle, ms.
    last_cut: Option<Millis>,
    /// Idle time after which a program on the way cuts connections, ms; `None` while no such limit is known.
    idle_limit: Option<Millis>,
    pinged_at: Millis,
    actions: VecDeque<Action>,
    events: VecDeque<Event>,
}

impl Connection {
    /// Creates an idle connection. `seed` randomizes its waiting times.
    pub fn new(timing: Timing, seed: u64) -> Self {
        Self {
            random: SplitMix::new(seed),
            phase: Phase::Idle,
            fallback: Fallback::new(timing.short_life),
            backoff: Backoff::new(timing.backoff_base, timing.backoff_cap),
            attempts: 0,
            upgrading: None,
            upgrade_at: 0,
            token: None,
            fetching: None,
            token_refused: false,
            renew_retry_at: 0,
            user: None,
            focus: None,
            transcripts: HashMap::new(),
            outbox: Outbox::default(),
            commands: Vec::new(),
            regenerations: PendingRegenerations::default(),
            awaited: HashMap::new(),
            left_answering: HashSet::new(),
            opens: VecDeque::new(),
            sent_at: None,
            last_received: 0,
            probe_until: None,
            drain_until: None,
            lost_at: None,
            last_flush: 0,
            last_error: None,
            online: true,
            visible: true,
            shown: Presence::Ready,
            reported_transport: Transport::Socket,
            last_cut: None,
            idle_limit: None,
            pinged_at: 0,
            actions: VecDeque::new(),
            events: VecDeque::new(),
            timing,
        }
    }

    /// Returns the next action for the driver, or `None` if there is none.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Returns the next event to show or store, or `None` if there is none.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Returns when to call [`Connection::handle_timeout`] next, or `None` if nothing is scheduled. A time that has already passed is
    /// still returned, so that none is missed.
    pub fn poll_timeout(&self) -> Option<Millis> {
        let looked = self.last_flush;
        let mut next: Option<Millis> = None;
        let mut at = |time: Millis| next = Some(next.map_or(time, |next| next.min(time)));
        match &self.phase {
            Phase::Waiting { until } => at(*until),
            Phase::Opening { since, .. } => at(since + self.opening_limit()),
            Phase::Live { attempt, since } => {
                if attempt.is_some() {
                    at(self.last_received + self.silence_limit());
                }
                if since + self.timing.short_life > looked {
                    at(since + self.timing.short_life);
                }
                if self.fallback.transport() > Transport::Socket && self.upgrading.is_none() && self.visible {
                    at(self.upgrade_at);
                }
                if let Some(token) = &self.token
                    && self.fetching.is_none()
                {
                    at(token.renew_at.max(self.renew_retry_at));
                }
                if let Some(sent) = self.sent_at {
                    at(sent + self.timing.accept);
                }
                self.probe_until.into_iter().chain(self.ping_at()).for_each(&mut at);
                self.outbox.wake_at(looked).into_iter().for_each(&mut at);
                self.regenerations.wake_at(looked).into_iter().for_each(&mut at);
            }
            Phase::Idle | Phase::Authorising { .. } | Phase::Refused(_) => {}
        }
        if let Some((_, since)) = self.upgrading {
            at(since + self.timing.open);
        }
        if let Some(since) = self.fetching {
            at(since + self.timing.open);
        }
        if let Some(lost) = self.lost_at
            && lost + self.timing.quiet_gap > looked
        {
            at(lost + self.timing.quiet_gap);
        }
        next
    }

    /// Returns the state of the connection, as the page shows it.
    pub fn presence(&self, now: Millis) -> Presence {
        let gap_is_short = self.lost_at.is_none_or(|lost| now < lost + self.timing.quiet_gap);
        match &self.phase {
            Phase::Idle => Presence::Ready,
            Phase::Refused(api_error) => Presence::Refused(api_error.clone()),
            Phase::Live { .. } => Presence::Connected(self.fallback.transport()),
            _ if gap_is_short => Presence::Connecting,
            _ if !self.online => Presence::Offline,
            Phase::Waiting { until } => Presence::Reconnecting { at: Some(*until) },
            Phase::Authorising { .. } | Phase::Opening { .. } => Presence::Reconnecting { at: None },
        }
    }

    /// Returns whether the page is visible, as last reported.
    pub fn is_visible(&self) -> bool {
        self.visible
    }

    /// Returns the transcript of a conversation, or `None` if it was never followed.
    pub fn transcript(&self, id: ConversationId) -> Option<&Transcript> {
        self.transcripts.get(&id)
    }

    /// Returns the conversation that is followed.
    pub fn focus(&self) -> Option<ConversationId> {
        self.focus
    }

    /// Returns the messages that the server has not accepted yet.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Returns the signed-in user, once known.
    pub fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }
}

#[cfg(test)]
mod tests;
