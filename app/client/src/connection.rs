//! The client's connection to the server: a state machine without I/O.
//!
//! In the browser the driver uses gloo-net, in the native client tokio; tests drive many machines under a virtual clock. The design
//! follows `quinn-proto`.

mod action;
mod backoff;
mod event;
mod fallback;
mod idle;
mod liveness;
mod outbox;
mod receiving;
mod regenerations;
mod sending;
mod state;
mod timer;
mod timing;
mod token;
mod transport;
mod upgrade;
mod user_commands;

use holdfast_protocol::{api::User, id::ConversationId};

pub use action::{Action, Attempt, Command, RequestError};
pub use backoff::{Backoff, SplitMix};
pub use event::{Event, Presence};
pub use fallback::{Fallback, Transport};
pub use outbox::{Delivery, Entry, Outbox};
pub use timing::{Millis, Timing};

use regenerations::PendingRegenerations;
use state::{Credentials, Heartbeat, Outgoing, Page, Phase, Queues, Transports, View};
use timer::{Timer, TimerTable};
use token::Token;

use crate::transcript::Transcript;

/// The connection of one page or native client.
///
/// A driver calls it in this order, again and again:
///
/// 1. It reports one thing that happened, with the time: a `handle_*` method for the transports, the network, the page and the timer, or
///    one of the user's commands, such as [`Connection::submit`] and [`Connection::follow`].
/// 2. It performs the actions from [`Connection::poll_action`] until there are none. What becomes of them is reported as in 1, but not
///    from within this loop.
/// 3. It shows or stores the events from [`Connection::poll_event`] until there are none. They say what changed; the state itself is read
///    with [`Connection::transcript`], [`Connection::outbox`] and [`Connection::presence`].
/// 4. It sets its one timer to [`Connection::poll_timeout`], instead of any time that it was set to before. When the time comes, it calls
///    [`Connection::handle_timeout`]. Calling it too early or too late is harmless.
///
/// Before the first of these, [`Connection::begin_at`] and [`Connection::seed`] may tell what an earlier page knew. Time may stand still
/// between calls, but must not go back.
#[derive(Debug)]
pub struct Connection {
    timing: Timing,
    random: SplitMix,
    phase: Phase,
    timers: TimerTable,
    credentials: Credentials,
    transports: Transports,
    heartbeat: Heartbeat,
    view: View,
    outgoing: Outgoing,
    page: Page,
    out: Queues,
}

impl Connection {
    /// Creates an idle connection. `seed` randomizes its waiting times.
    pub fn new(timing: Timing, seed: u64) -> Self {
        Self {
            random: SplitMix::new(seed),
            phase: Phase::Idle,
            timers: TimerTable::default(),
            credentials: Credentials::default(),
            transports: Transports::new(&timing),
            heartbeat: Heartbeat::default(),
            view: View::default(),
            outgoing: Outgoing::default(),
            page: Page::default(),
            out: Queues::default(),
            timing,
        }
    }

    /// Returns the next action for the driver, or `None` if there is none.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.out.actions.pop_front()
    }

    /// Returns the next event to show or store, or `None` if there is none.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.out.events.pop_front()
    }

    /// Returns when to call [`Connection::handle_timeout`] next, or `None` if nothing is scheduled. A time that has already passed is
    /// still returned, so that none is missed.
    pub fn poll_timeout(&self) -> Option<Millis> {
        self.timers.next_timeout()
    }

    /// Changes the phase. Timers that do not run in the new one stop.
    fn enter(&mut self, phase: Phase) {
        self.timers.enter(&phase);
        self.phase = phase;
    }

    fn transport(&self) -> Transport {
        self.transports.fallback.transport()
    }

    /// Returns the state of the connection, as the page shows it.
    pub fn presence(&self, now: Millis) -> Presence {
        let gap_is_short = self.page.lost_at.is_none_or(|lost| now < lost + self.timing.quiet_gap);
        match &self.phase {
            Phase::Idle => Presence::Ready,
            Phase::Refused(api_error) => Presence::Refused(api_error.clone()),
            Phase::Live { .. } => Presence::Connected(self.transport()),
            Phase::Waiting | Phase::Authorising { .. } | Phase::Opening { .. } if gap_is_short => Presence::Connecting,
            Phase::Waiting | Phase::Authorising { .. } | Phase::Opening { .. } if !self.page.online => Presence::Offline,
            Phase::Waiting => Presence::Reconnecting { at: self.timers.get(Timer::Reconnect) },
            Phase::Authorising { .. } | Phase::Opening { .. } => Presence::Reconnecting { at: None },
        }
    }

    /// Returns whether the page is visible, as last reported.
    pub fn is_visible(&self) -> bool {
        self.page.visible
    }

    /// Returns the transcript of a conversation, or `None` if it was never followed.
    pub fn transcript(&self, id: ConversationId) -> Option<&Transcript> {
        self.view.transcripts.get(&id)
    }

    /// Returns the conversation that is followed.
    pub fn focus(&self) -> Option<ConversationId> {
        self.view.focus
    }

    /// Returns the messages that the server has not accepted yet.
    pub fn outbox(&self) -> &Outbox {
        &self.outgoing.outbox
    }

    /// Returns the signed-in user, once known.
    pub fn user(&self) -> Option<&User> {
        self.credentials.user.as_ref()
    }
}

#[cfg(test)]
mod tests;
