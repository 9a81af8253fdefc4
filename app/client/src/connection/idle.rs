//! Detects that a program on the way cuts connections that have been idle for some time.

use holdfast_protocol::frame::ClientFrame;

use super::{Action, Attempt, Connection, Millis, Phase, Transport};

/// Two cuts have the same cause if their idle times differ by less than this share (‰), plus an allowance for latency, ms.
const ALIKE_PER_MILLE: u64 = 50;
const ALIKE: Millis = 500;

impl Connection {
    /// Returns the idle time after which connections are cut, ms. Returns `None` while nothing suggests that they are.
    pub fn idle_limit(&self) -> Option<Millis> {
        self.idle_limit
    }

    /// Records that a transport was cut without notice. Returns whether it had been idle as long as one that was cut before; that idle
    /// time is then taken as the limit.
    pub(super) fn cut_while_idle(&mut self, now: Millis) -> bool {
        let idle = now.saturating_sub(self.last_received.max(self.pinged_at));
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

    /// Forgets the limit, because the network changed.
    pub(super) fn forget_idle_limit(&mut self) {
        (self.last_cut, self.idle_limit) = (None, None);
    }

    /// Returns how long a connection may stay idle: half of the limit.
    fn rest(&self) -> Option<Millis> {
        self.idle_limit.map(|limit| limit / 2)
    }

    /// Returns how long a poll may wait at the server.
    pub(super) fn poll_wait(&self) -> Millis {
        self.rest().map_or(self.timing.poll_wait, |rest| rest.min(self.timing.poll_wait))
    }

    /// Returns when to ping the socket so that it does not count as idle.
    pub(super) fn ping_at(&self) -> Option<Millis> {
        let Phase::Live { attempt: Some(_), .. } = self.phase else { return None };
        self.rest().filter(|_| self.fallback.transport() == Transport::Socket).map(|rest| self.last_received.max(self.pinged_at) + rest)
    }

    /// Pings the socket if it is time.
    pub(super) fn keep_alive(&mut self, now: Millis, attempt: Attempt) {
        if self.ping_at().is_some_and(|at| now >= at) {
            self.pinged_at = now;
            self.actions.push_back(Action::Send { attempt, frame: ClientFrame::Ping });
        }
    }
}
