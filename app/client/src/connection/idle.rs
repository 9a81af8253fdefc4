//! Detects proxies and other programs on the way that cut idle connections, and keeps connections from being idle that long.

use holdfast_protocol::frame::ClientFrame;

use super::{Connection, Millis, Phase, Timer, Transport};

/// Two cuts have the same cause if their idle times differ by less than this share (‰), plus an allowance for latency, ms.
const ALIKE_PER_MILLE: u64 = 50;
const ALIKE: Millis = 500;

impl Connection {
    /// Returns the idle time after which connections are cut, ms. Returns `None` while nothing suggests that they are.
    pub fn idle_limit(&self) -> Option<Millis> {
        self.heartbeat.idle_limit
    }

    /// Records that a transport was cut without notice. Returns true if it had been idle for about as long as the previous one that was
    /// cut; the shorter of the two idle times then becomes the limit.
    pub(super) fn cut_while_idle(&mut self, now: Millis) -> bool {
        let idle = now.saturating_sub(self.heartbeat.last_received.max(self.heartbeat.pinged_at));
        if idle < self.timing.shortest_idle || idle >= self.timing.dead {
            return false;
        }
        let alike = |before: Millis| before.abs_diff(idle) <= before * ALIKE_PER_MILLE / 1000 + ALIKE;
        let is_second = self.heartbeat.last_cut.replace(idle).filter(|before| alike(*before));
        if let Some(before) = is_second {
            self.heartbeat.idle_limit = Some(before.min(idle));
        }
        is_second.is_some()
    }

    /// Forgets the limit, because the network changed.
    pub(super) fn forget_idle_limit(&mut self) {
        (self.heartbeat.last_cut, self.heartbeat.idle_limit) = (None, None);
        self.arm_ping();
    }

    /// Returns how long a connection may stay idle: half of the limit.
    fn rest(&self) -> Option<Millis> {
        self.heartbeat.idle_limit.map(|limit| limit / 2)
    }

    /// Returns how long a poll may wait at the server.
    pub(super) fn poll_wait(&self) -> Millis {
        self.rest().map_or(self.timing.poll_wait, |rest| rest.min(self.timing.poll_wait))
    }

    /// Sets the timer that pings the socket so that it does not count as idle.
    pub(super) fn arm_ping(&mut self) {
        let is_socket = matches!(self.phase, Phase::Live { attempt: Some(_), .. }) && self.transport() == Transport::Socket;
        let rest = self.rest().filter(|_| is_socket);
        self.timers.reset(Timer::Ping, rest.map(|rest| self.heartbeat.last_received.max(self.heartbeat.pinged_at) + rest));
    }

    /// Pings the socket.
    pub(super) fn keep_alive(&mut self, now: Millis) {
        if let Phase::Live { attempt: Some(attempt), .. } = self.phase {
            self.heartbeat.pinged_at = now;
            self.send(attempt, ClientFrame::Ping);
            self.arm_ping();
        }
    }
}
