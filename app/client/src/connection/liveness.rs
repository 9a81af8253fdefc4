//! Finds out whether the transport is alive: reports of the page, timers, probes.

use holdfast_protocol::{Reason, frame::ClientFrame};

use super::{Action, Connection, Millis, Phase, Timer, Transport};

impl Connection {
    /// Reports whether the device has a network. The report may be wrong, so this only probes the connection.
    pub fn handle_online(&mut self, now: Millis, online: bool) {
        if online && !self.page.online {
            self.forget_idle_limit();
        }
        self.page.online = online;
        match self.phase {
            Phase::Waiting if online => {
                self.transports.backoff.reset();
                self.connect(now);
            }
            Phase::Live { .. } => self.probe(now),
            Phase::Waiting | Phase::Idle | Phase::Authorising { .. } | Phase::Opening { .. } | Phase::Refused(_) => {}
        }
        self.flush(now);
    }

    /// Reports that the page was hidden or shown, or that the device woke up.
    pub fn handle_visible(&mut self, now: Millis, visible: bool) {
        self.page.visible = visible;
        self.arm_upgrade();
        if visible {
            match self.phase {
                Phase::Waiting => {
                    self.transports.backoff.reset();
                    self.connect(now);
                }
                Phase::Live { .. } => self.probe(now),
                // The user may have signed in there in another tab.
                Phase::Refused(ref why) if why.is(Reason::ProxySignIn) => self.connect(now),
                Phase::Refused(_) | Phase::Idle | Phase::Authorising { .. } | Phase::Opening { .. } => {}
            }
        }
        self.flush(now);
    }

    /// Reports that the time from [`Connection::poll_timeout`] has come, and handles every timer that has expired.
    pub fn handle_timeout(&mut self, now: Millis) {
        while let Some(timer) = self.timers.expire_before(now) {
            match timer {
                Timer::UpgradeOpen => self.abandon_upgrade(now, self.timing.upgrade),
                Timer::TokenFetch => self.token_fetch_timed_out(now),
                Timer::Reconnect => self.connect(now),
                Timer::Open => self.open_timed_out(now),
                Timer::Silence => self.died(now, true),
                Timer::Probe | Timer::Accept => self.died(now, false),
                Timer::Ping => self.keep_alive(now),
                Timer::Stable => self.transports.backoff.reset(),
                Timer::Upgrade => self.begin_upgrade(now),
                Timer::Renew => self.fetch_token(now, false),
                // What may be sent, and what is shown, is decided below.
                Timer::Resend | Timer::QuietGap => {}
            }
        }
        self.flush(now);
    }

    fn open_timed_out(&mut self, now: Millis) {
        let Phase::Opening { attempt, since } = self.phase else { return };
        match self.transport() {
            Transport::Socket => {
                // Something blocks the upgrade, or the network is slow. The attempt goes on as an upgrade probe beside the next
                // transport, and is used as soon as it is ready.
                self.continue_as_upgrade(attempt, since);
                self.transports.fallback.slow();
                self.enter(Phase::Opening { attempt: 0, since: now });
                self.reopen(now);
            }
            Transport::Stream => {
                self.out.actions.push_back(Action::Close { attempt });
                self.transports.fallback.no_first_byte();
                self.connect(now);
            }
            Transport::Poll => {
                self.out.actions.push_back(Action::Close { attempt });
                self.failed_to_open(now);
            }
        }
    }

    /// Gives up a dead transport and waits to reconnect. The network is the likely cause, so this does not count against the transport,
    /// except for event streams that fell silent.
    fn died(&mut self, now: Millis, is_silent: bool) {
        let Phase::Live { attempt, .. } = self.phase else { return };
        if let Some(attempt) = attempt {
            self.out.actions.push_back(Action::Close { attempt });
        }
        if is_silent && self.transport() == Transport::Stream {
            self.transports.fallback.fell_silent();
        }
        self.lost(now);
        self.wait(now);
    }

    /// Records a sign of life, which moves the times at which the transport counts as dead or idle.
    pub(super) fn heard(&mut self, now: Millis) {
        self.heartbeat.last_received = now;
        self.arm_silence();
        self.arm_ping();
    }

    fn arm_silence(&mut self) {
        let is_open = matches!(self.phase, Phase::Live { attempt: Some(_), .. });
        self.timers.reset(Timer::Silence, is_open.then(|| self.heartbeat.last_received + self.silence_limit()));
    }

    pub(super) fn silence_limit(&self) -> Millis {
        match self.transport() {
            Transport::Poll => self.timing.poll_wait + self.timing.open,
            Transport::Stream => self.timing.stream_silence,
            Transport::Socket => self.timing.dead,
        }
    }

    /// Checks whether the transport is still alive.
    pub(super) fn probe(&mut self, now: Millis) {
        let Phase::Live { attempt: Some(attempt), .. } = self.phase else {
            return;
        };
        match self.transport() {
            Transport::Socket if now >= self.heartbeat.last_received + self.timing.dead => {
                self.out.actions.push_back(Action::Close { attempt });
                self.lost(now);
                self.connect(now);
            }
            Transport::Socket => {
                if !self.timers.is_set(Timer::Probe) {
                    self.timers.set(Timer::Probe, now + self.timing.probe);
                    self.send(attempt, ClientFrame::Ping);
                }
            }
            // These can't be pinged, but opening them again is cheap and loses nothing.
            Transport::Stream => self.reopen(now),
            Transport::Poll => {
                self.out.actions.push_back(Action::Close { attempt });
                self.enter(Phase::Opening { attempt: 0, since: now });
                self.reopen(now);
            }
        }
    }
}
