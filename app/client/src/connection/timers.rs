//! Network and visibility changes, and timers.

use holdfast_protocol::{error::ApiError, frame::ClientFrame};

use super::{Action, Attempt, Connection, Millis, Phase, Transport, token::RENEW_RETRY};
use crate::foreign::WANTS_SIGN_IN;

impl Connection {
    /// Reports whether the device has a network. The report may be wrong, so this only probes the connection.
    pub fn handle_online(&mut self, now: Millis, online: bool) {
        if online && !self.online {
            self.forget_idle_limit();
        }
        self.online = online;
        match self.phase {
            Phase::Waiting { .. } if online => {
                self.backoff.reset();
                self.connect(now);
            }
            Phase::Live { .. } => self.probe(now),
            _ => {}
        }
        self.flush(now);
    }

    /// Reports that the page was hidden or shown, or that the device woke up.
    pub fn handle_visible(&mut self, now: Millis, visible: bool) {
        self.visible = visible;
        if visible {
            match self.phase {
                Phase::Waiting { .. } => {
                    self.backoff.reset();
                    self.connect(now);
                }
                Phase::Live { .. } => self.probe(now),
                // The user may have signed in there in another tab.
                Phase::Refused(ApiError { error: ref why, .. }) if why == WANTS_SIGN_IN => self.connect(now),
                _ => {}
            }
        }
        self.flush(now);
    }

    /// Reports that a time from [`Connection::poll_timeout`] has come.
    pub fn handle_timeout(&mut self, now: Millis) {
        if let Some((attempt, since)) = self.upgrading
            && now >= since + self.timing.open
        {
            self.abandon_upgrade(now, attempt);
        }
        if self.fetching.is_some_and(|since| now >= since + self.timing.open) {
            // A token that still arrives is used; the machine only stops waiting for it.
            self.fetching = None;
            self.renew_retry_at = now + RENEW_RETRY;
            if matches!(self.phase, Phase::Authorising { .. }) {
                self.wait(now);
            }
        }
        match self.phase {
            Phase::Waiting { until } if now >= until => self.connect(now),
            Phase::Opening { attempt, since, .. }
                if self.fallback.transport() == Transport::Socket && now >= since + self.timing.slow_open =>
            {
                // Something blocks the upgrade, or the network is slow. The attempt goes on as an upgrade probe beside the next
                // transport, and is used as soon as it is ready.
                self.upgrading = Some((attempt, since));
                self.fallback.slow();
                self.phase = Phase::Opening { attempt: 0, since: now, greeted: false };
                self.reopen(now);
            }
            Phase::Opening { attempt, since, .. } if now >= since + self.opening_limit() => {
                self.actions.push_back(Action::Close { attempt });
                if self.fallback.transport() == Transport::Stream {
                    self.fallback.no_first_byte();
                    self.connect(now);
                } else {
                    self.failed_to_open(now);
                }
            }
            Phase::Live { attempt, since } => self.live_timeout(now, attempt, since),
            _ => {}
        }
        self.flush(now);
    }

    fn live_timeout(&mut self, now: Millis, attempt: Option<Attempt>, since: Millis) {
        let silent = attempt.is_some() && now >= self.last_received + self.silence_limit();
        let unanswered = self.probe_until.is_some_and(|until| now >= until);
        let unaccepted = self.sent_at.is_some_and(|sent| now >= sent + self.timing.accept);
        if silent || unanswered || unaccepted {
            // The transport is dead. The network is the likely cause, not the transport, except for event streams.
            if let Some(attempt) = attempt {
                self.actions.push_back(Action::Close { attempt });
            }
            if silent && self.fallback.transport() == Transport::Stream {
                self.fallback.fell_silent();
            }
            self.lost(now);
            self.wait(now);
            return;
        }
        if let Some(attempt) = attempt {
            self.keep_alive(now, attempt);
        }
        if now >= since + self.timing.short_life {
            self.backoff.reset();
        }
        if self.fallback.transport() > Transport::Socket && self.upgrading.is_none() && self.visible && now >= self.upgrade_at {
            let attempt = self.next_attempt();
            self.upgrading = Some((attempt, now));
            self.actions.push_back(Action::OpenSocket { attempt });
        }
        if self.token.as_ref().is_some_and(|token| now >= token.renew_at) && now >= self.renew_retry_at {
            self.fetch_token(now, false);
        }
    }

    pub(super) fn opening_limit(&self) -> Millis {
        match self.fallback.transport() {
            Transport::Socket => self.timing.slow_open,
            Transport::Stream => self.timing.first_byte,
            Transport::Poll => self.timing.poll_wait + self.timing.open,
        }
    }

    pub(super) fn silence_limit(&self) -> Millis {
        match self.fallback.transport() {
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
        match self.fallback.transport() {
            Transport::Socket if now >= self.last_received + self.timing.dead => {
                self.actions.push_back(Action::Close { attempt });
                self.lost(now);
                self.connect(now);
            }
            Transport::Socket => {
                if self.probe_until.is_none() {
                    self.probe_until = Some(now + self.timing.probe);
                    self.send(attempt, ClientFrame::Ping);
                }
            }
            // These can't be pinged, but opening them again is cheap and loses nothing.
            Transport::Stream => self.reopen(now),
            Transport::Poll => {
                self.actions.push_back(Action::Close { attempt });
                self.phase = Phase::Opening { attempt: 0, since: now, greeted: false };
                self.reopen(now);
            }
        }
    }
}
