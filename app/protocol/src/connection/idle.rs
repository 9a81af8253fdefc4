//! Something in between that cuts connections because nothing came over them for a while.

use super::{Action, Attempt, Connection, Millis, Phase, Transport};
use crate::frame::ClientFrame;

/// Two cuts are of one cause if they differ by less than this much of their time, and a little for the way, ms.
const ALIKE_PER_MILLE: u64 = 50;
const ALIKE: Millis = 500;

impl Connection {
    /// How long something in between lets a connection be idle, ms. None while nothing suggests that it cuts any.
    pub fn idle_limit(&self) -> Option<Millis> {
        self.idle_limit
    }

    /// A transport was cut without a word. Says whether it had been idle as long as one that was cut before: then the idle time is
    /// what it was cut for.
    pub(super) fn cut_while_idle(&mut self, now: Millis) -> bool {
        let idle = now.saturating_sub(self.last_heard.max(self.pinged_at));
        if idle < self.timing.shortest_idle || idle >= self.timing.dead {
            return false;
        }
        let alike = |before: Millis| before.abs_diff(idle) <= before * ALIKE_PER_MILLE / 1000 + ALIKE;
        let is_second = self.last_cut.replace(idle).filter(|before| alike(*before));
        if let Some(before) = is_second {
            self.idle_limit = Some(before.min(idle));
        }
        is_second.is_some()
    }

    /// The network is another one: what was learned of it no longer holds.
    pub(super) fn forget_idle_limit(&mut self) {
        (self.last_cut, self.idle_limit) = (None, None);
    }

    /// How long a connection is left idle: half of what it is cut for.
    fn rest(&self) -> Option<Millis> {
        self.idle_limit.map(|limit| limit / 2)
    }

    /// How long a poll waits at the server.
    pub(super) fn poll_wait(&self) -> Millis {
        self.rest().map_or(self.timing.poll_wait, |rest| rest.min(self.timing.poll_wait))
    }

    /// When the socket is pinged, so that nothing takes it for idle.
    pub(super) fn ping_at(&self) -> Option<Millis> {
        let Phase::Live { attempt: Some(_), .. } = self.phase else { return None };
        self.rest().filter(|_| self.fallback.transport() == Transport::Socket).map(|rest| self.last_heard.max(self.pinged_at) + rest)
    }

    /// Pings it, where it is time.
    pub(super) fn keep_alive(&mut self, now: Millis, attempt: Attempt) {
        if self.ping_at().is_some_and(|at| now >= at) {
            self.pinged_at = now;
            self.actions.push_back(Action::Send { attempt, frame: ClientFrame::Ping });
        }
    }
}
