//! What happens to the machine, and time that passes.

use super::{Action, Attempt, Connection, Millis, Phase, Rung, token::RENEW_RETRY};
use crate::{error::Refusal, foreign::WANTS_SIGN_IN, frame::ClientFrame};

impl Connection {
    /// The machine says whether it has a network. Not believed blindly: it probes.
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
        self.settle(now);
    }

    /// The page was hidden or shown, or the machine woke.
    pub fn handle_visible(&mut self, now: Millis, visible: bool) {
        self.visible = visible;
        if visible {
            match self.phase {
                Phase::Waiting { .. } => {
                    self.backoff.reset();
                    self.connect(now);
                }
                Phase::Live { .. } => self.probe(now),
                // The person may have signed in there in another tab.
                Phase::Refused(Refusal { error: ref why, .. }) if why == WANTS_SIGN_IN => self.connect(now),
                _ => {}
            }
        }
        self.settle(now);
    }

    /// A time that [`Connection::poll_timeout`] named has come.
    pub fn handle_timeout(&mut self, now: Millis) {
        if let Some((attempt, since)) = self.climbing
            && now >= since + self.timing.open
        {
            self.abandon_climb(now, attempt);
        }
        if self.fetching.is_some_and(|since| now >= since + self.timing.open) {
            // An answer that comes yet is welcome; it is only not waited for.
            self.fetching = None;
            self.renew_retry_at = now + RENEW_RETRY;
            if matches!(self.phase, Phase::Authorising { .. }) {
                self.wait(now);
            }
        }
        match self.phase {
            Phase::Waiting { until } if now >= until => self.connect(now),
            Phase::Opening { attempt, since, .. } if self.ladder.rung() == Rung::Socket && now >= since + self.timing.slow_open => {
                // Something swallows the upgrade, or the way is long. Nobody waits for it to be found out which: it goes on as an
                // upgrade probe beside the next transport, and is used as soon as it is ready.
                self.climbing = Some((attempt, since));
                self.ladder.slow();
                self.phase = Phase::Opening { attempt: 0, since: now, greeted: false };
                self.reopen(now);
            }
            Phase::Opening { attempt, since, .. } if now >= since + self.opening_limit() => {
                self.actions.push_back(Action::Close { attempt });
                if self.ladder.rung() == Rung::Stream {
                    self.ladder.starved();
                    self.connect(now);
                } else {
                    self.failed_to_open(now);
                }
            }
            Phase::Live { attempt, since } => self.live_timeout(now, attempt, since),
            _ => {}
        }
        self.settle(now);
    }

    fn live_timeout(&mut self, now: Millis, attempt: Option<Attempt>, since: Millis) {
        let silent = attempt.is_some() && now >= self.last_heard + self.silence_limit();
        let unanswered = self.probe_until.is_some_and(|until| now >= until);
        let unaccepted = self.sent_at.is_some_and(|sent| now >= sent + self.timing.accept);
        if silent || unanswered || unaccepted {
            // Dead without a word. That is a network's doing, not the transport's, but for event streams.
            if let Some(attempt) = attempt {
                self.actions.push_back(Action::Close { attempt });
            }
            if silent && self.ladder.rung() == Rung::Stream {
                self.ladder.fell_silent();
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
        if self.ladder.rung() > Rung::Socket && self.climbing.is_none() && self.visible && now >= self.climb_at {
            let attempt = self.next_attempt();
            self.climbing = Some((attempt, now));
            self.actions.push_back(Action::OpenSocket { attempt });
        }
        if self.token.as_ref().is_some_and(|token| now >= token.renew_at) && now >= self.renew_retry_at {
            self.fetch_token(now, false);
        }
    }

    pub(super) fn opening_limit(&self) -> Millis {
        match self.ladder.rung() {
            Rung::Socket => self.timing.slow_open,
            Rung::Stream => self.timing.first_byte,
            Rung::Poll => self.timing.poll_wait + self.timing.open,
        }
    }

    pub(super) fn silence_limit(&self) -> Millis {
        match self.ladder.rung() {
            Rung::Poll => self.timing.poll_wait + self.timing.open,
            Rung::Stream => self.timing.stream_silence,
            Rung::Socket => self.timing.dead,
        }
    }

    /// Asks a transport that seems alive whether it is.
    pub(super) fn probe(&mut self, now: Millis) {
        let Phase::Live { attempt: Some(attempt), .. } = self.phase else {
            return;
        };
        match self.ladder.rung() {
            Rung::Socket if now >= self.last_heard + self.timing.dead => {
                self.actions.push_back(Action::Close { attempt });
                self.lost(now);
                self.connect(now);
            }
            Rung::Socket => {
                if self.probe_until.is_none() {
                    self.probe_until = Some(now + self.timing.probe);
                    self.send(attempt, ClientFrame::Ping);
                }
            }
            // These can't be asked, but opening them again costs little and loses nothing.
            Rung::Stream => self.reopen(now),
            Rung::Poll => {
                self.actions.push_back(Action::Close { attempt });
                self.phase = Phase::Opening { attempt: 0, since: now, greeted: false };
                self.reopen(now);
            }
        }
    }
}
