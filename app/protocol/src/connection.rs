//! The client's connection: a state machine that does no I/O.
//!
//! A driver tells it what happened (`handle_*`), then does what it asks for ([`Connection::poll_action`])
//! and shows what it tells ([`Connection::poll_event`]) until both are empty, and arms one timer for
//! [`Connection::poll_timeout`]. The browser drives it over gloo-net, the native client over tokio,
//! and tests drive many of them under a virtual clock.
//!
//! After the manner of `quinn-proto`.

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

use crate::{
    api::User,
    error::ApiError,
    frame::ClientFrame,
    id::{ConversationId, MessageId},
    transcript::Transcript,
};

#[derive(Clone, Debug, PartialEq)]
enum Phase {
    /// Not started, signed out, or nobody there.
    Idle,
    /// Waits for a token, to open a transport then.
    Authorising { diagnosing: bool },
    /// Waits to try again.
    Waiting { until: Millis },
    /// A transport is being opened; `greeted` once a socket has `initial`.
    Opening { attempt: Attempt, since: Millis, greeted: bool },
    /// Everything arrives. On the lower rungs with nothing to follow there is no transport.
    Live { attempt: Option<Attempt>, since: Millis },
    /// Refused for good.
    Refused(ApiError),
}

/// See the module.
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
    /// Since when a token is being fetched.
    fetching: Option<Millis>,
    /// A token was refused, and another has been asked for since.
    token_doubted: bool,
    renew_retry_at: Millis,
    user: Option<User>,
    focus: Option<ConversationId>,
    transcripts: HashMap<ConversationId, Transcript>,
    outbox: Outbox,
    commands: Vec<ClientFrame>,
    regenerations: PendingRegenerations,
    /// Answers that were begun and have not been seen yet, with the newest attempt at that time.
    awaited: HashMap<ConversationId, (MessageId, Attempt)>,
    /// Conversations that were left while an answer was written in them. The socket's `conversation` frames say when it ends.
    left_answering: HashSet<ConversationId>,
    /// What was asked for over the socket by `open` and not answered yet, oldest first: a `conversation_not_found` does not say of what.
    opens: VecDeque<ConversationId>,
    sent_at: Option<Millis>,
    last_heard: Millis,
    probe_until: Option<Millis>,
    drain_until: Option<Millis>,
    lost_at: Option<Millis>,
    /// When it last saw what is to be done and how things stand.
    looked_at: Millis,
    last_error: Option<ApiError>,
    online: bool,
    visible: bool,
    shown: Presence,
    told_rung: Transport,
    /// The last time that a transport was idle for until it was cut, ms.
    last_cut: Option<Millis>,
    /// How long something in between lets a connection be idle, ms, once that is known.
    idle_limit: Option<Millis>,
    pinged_at: Millis,
    actions: VecDeque<Action>,
    events: VecDeque<Event>,
}

impl Connection {
    /// A connection at rest. `seed` spreads its waits.
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
            token_doubted: false,
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
            last_heard: 0,
            probe_until: None,
            drain_until: None,
            lost_at: None,
            looked_at: 0,
            last_error: None,
            online: true,
            visible: true,
            shown: Presence::Ready,
            told_rung: Transport::Socket,
            last_cut: None,
            idle_limit: None,
            pinged_at: 0,
            actions: VecDeque::new(),
            events: VecDeque::new(),
            timing,
        }
    }

    /// The next thing to do.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// The next thing to show or keep.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Connection::handle_timeout`] is to be called next. What came due since the machine last looked is still named,
    /// so that no time is missed however late this is asked.
    pub fn poll_timeout(&self) -> Option<Millis> {
        let looked = self.looked_at;
        let mut next: Option<Millis> = None;
        let mut at = |time: Millis| next = Some(next.map_or(time, |next| next.min(time)));
        match &self.phase {
            Phase::Waiting { until } => at(*until),
            Phase::Opening { since, .. } => at(since + self.opening_limit()),
            Phase::Live { attempt, since } => {
                if attempt.is_some() {
                    at(self.last_heard + self.silence_limit());
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

    /// How the connection stands.
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

    /// Whether the page is seen, as was told last.
    pub fn is_visible(&self) -> bool {
        self.visible
    }

    /// A conversation, if it was ever followed.
    pub fn transcript(&self, id: ConversationId) -> Option<&Transcript> {
        self.transcripts.get(&id)
    }

    /// The conversation that is followed.
    pub fn focus(&self) -> Option<ConversationId> {
        self.focus
    }

    /// What was written and not yet accepted.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Who is signed in, once that is known.
    pub fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }
}

#[cfg(test)]
mod tests;
