//! Opening and losing transports.

use holdfast_protocol::{
    ApiError, Code, Reason,
    frame::{ClientFrame, Initial, Open},
    id::ConversationId,
};

use super::{Action, Attempt, Connection, Entry, Event, Millis, Phase, RequestError, Timer, Transport};
use crate::foreign::Foreign;

impl Connection {
    /// Reports that a socket is open, or that an event stream was answered with 200.
    pub fn handle_opened(&mut self, now: Millis, attempt: Attempt) {
        if self.transports.upgrade == Some(attempt) {
            self.greet(attempt);
        } else if matches!(self.phase, Phase::Opening { attempt: opening, .. } if opening == attempt)
            && self.transport() == Transport::Socket
        {
            self.heard(now);
            self.greet(attempt);
        }
        self.flush(now);
    }

    /// Reports bytes of an event stream that are no whole frame: a comment, or a part of a frame. They show that it is alive.
    pub fn handle_alive(&mut self, now: Millis, attempt: Attempt) {
        if self.is_current(attempt) {
            self.heard(now);
            if matches!(self.phase, Phase::Opening { .. }) && self.transport() == Transport::Stream {
                self.become_live(now, attempt);
            }
        }
        self.flush(now);
    }

    /// Reports that a socket was closed, with its code and reason. The code is 1006 if there was none.
    pub fn handle_closed(&mut self, now: Millis, attempt: Attempt, code: u16, reason: &str) {
        if self.transports.upgrade == Some(attempt) {
            // If the server announced that it is restarting or full, try again soon.
            let pause = if matches!(code, 1001 | 1012 | 1013) { self.timing.short_life } else { self.timing.upgrade };
            self.abandon_upgrade(now, pause);
            self.flush(now);
            return;
        }
        if !self.is_current(attempt) {
            return;
        }
        let before_ready = matches!(self.phase, Phase::Opening { .. });
        let lived = match self.phase {
            Phase::Live { since, .. } => now.saturating_sub(since),
            Phase::Opening { .. } | Phase::Idle | Phase::Authorising { .. } | Phase::Waiting | Phase::Refused(_) => 0,
        };
        let is_idle = !before_ready && code == 1006 && self.cut_while_idle(now);
        self.lost(now);
        let error = self.transports.last_error.take();
        match code {
            1000 => self.refuse(error.unwrap_or_else(|| Reason::ConnectionClosed.error())),
            1008 => self.closed_by_policy(now, Code::parse(reason), error),
            // The server announced that it is restarting or full. That says nothing about sockets.
            1001 | 1012 | 1013 => match self.transports.drained_until.take() {
                Some(until) => self.wait_until(until.max(now)),
                None => self.wait_at_least(now, error.and_then(|error| error.retry_after_ms).unwrap_or(0)),
            },
            _ if before_ready => self.failed_to_open(now),
            // From now on the socket is pinged more often, so it can still be used.
            _ if is_idle => self.wait(now),
            _ => {
                self.transports.fallback.lost_after(lived);
                self.wait(now);
            }
        }
        self.flush(now);
    }

    /// Reports that an event stream or poll ended: `None` if the server or a proxy closed it, `Some` if it was refused.
    pub fn handle_ended(&mut self, now: Millis, attempt: Attempt, failure: Option<RequestError>) {
        if !self.is_current(attempt) {
            return;
        }
        let lived = match self.phase {
            Phase::Live { since, .. } => Some(now.saturating_sub(since)),
            Phase::Opening { .. } | Phase::Idle | Phase::Authorising { .. } | Phase::Waiting | Phase::Refused(_) => None,
        };
        if lived.is_some() && self.transport() == Transport::Poll && matches!(failure, None | Some(RequestError::Unreachable)) {
            self.cut_while_idle(now);
        }
        self.lost(now);
        match failure {
            None => {
                if let Some(lived) = lived {
                    self.transports.fallback.lost_after(lived);
                }
                self.wait(now);
            }
            Some(RequestError::Foreign(Foreign::SignIn)) => self.refuse(Foreign::SignIn.api_error()),
            Some(RequestError::Unreachable | RequestError::Foreign(_)) => self.wait(now),
            Some(RequestError::Refused { status: 401, api_error }) => self.closed_by_policy(now, Some(api_error.code), Some(api_error)),
            Some(RequestError::Refused { status: 404, api_error }) if api_error.code == Code::ConversationNotFound => {
                if let Some(id) = self.view.focus {
                    self.not_found(id);
                }
                self.connect(now);
            }
            Some(RequestError::Refused { status: 403, api_error }) => self.refuse(api_error),
            Some(RequestError::Refused { api_error, .. }) => self.wait_at_least(now, api_error.retry_after_ms.unwrap_or(0)),
        }
        self.flush(now);
    }

    pub(super) fn is_current(&self, attempt: Attempt) -> bool {
        match self.phase {
            Phase::Opening { attempt: current, .. } | Phase::Live { attempt: Some(current), .. } => current == attempt,
            Phase::Live { attempt: None, .. } | Phase::Idle | Phase::Authorising { .. } | Phase::Waiting | Phase::Refused(_) => false,
        }
    }

    pub(super) fn next_attempt(&mut self) -> Attempt {
        self.transports.latest += 1;
        self.transports.latest
    }

    /// Opens the current transport, and first fetches a token if there is no valid one.
    pub(super) fn connect(&mut self, now: Millis) {
        let holds = self.credentials.token.as_ref().is_some_and(|token| now < token.renew_at && !token.refused);
        if !holds {
            self.enter(Phase::Authorising { diagnosing: false });
            // Nobody is signed in, and the user wrote something. If there is a cookie after all, the driver finds out.
            let begins = |entry: &Entry| entry.chat.conversation_id.is_none();
            let guest =
                self.credentials.token.is_none() && self.credentials.user.is_none() && self.outgoing.outbox.entries().iter().any(begins);
            self.fetch_token(now, guest);
            return;
        }
        self.enter(Phase::Opening { attempt: 0, since: now });
        self.reopen(now);
    }

    /// Opens the current transport again without waiting.
    pub(super) fn reopen(&mut self, now: Millis) {
        let was_live = match self.phase {
            Phase::Live { attempt, since } => {
                if let Some(attempt) = attempt
                    && self.transport() == Transport::Stream
                {
                    self.out.actions.push_back(Action::Close { attempt });
                }
                Some(since)
            }
            Phase::Opening { .. } | Phase::Idle | Phase::Authorising { .. } | Phase::Waiting | Phase::Refused(_) => None,
        };
        let transport = self.transport();
        if transport == Transport::Socket {
            let attempt = self.next_attempt();
            self.open(now, attempt);
            self.out.actions.push_back(Action::OpenSocket { attempt });
            return;
        }
        let Some(open) = self.focus_open() else {
            // No conversation is followed: messages go by `POST`, which needs no open transport.
            self.become_live_with(now, None);
            return;
        };
        let attempt = self.next_attempt();
        match transport {
            Transport::Poll => {
                // The first poll returns at once, which shows that polling works.
                let wait = if was_live.is_some() { self.poll_wait() } else { 0 };
                self.out.actions.push_back(Action::Poll { attempt, open, wait });
            }
            Transport::Socket | Transport::Stream => self.out.actions.push_back(Action::OpenStream { attempt, open }),
        }
        match was_live {
            Some(since) if transport == Transport::Poll => {
                self.enter(Phase::Live { attempt: Some(attempt), since });
                // Silence counts from the poll, however long nothing was followed before it.
                self.timers.set(Timer::Silence, now + self.silence_limit());
            }
            Some(_) | None => self.open(now, attempt),
        }
    }

    /// Waits until a transport is ready, for as long as it may take.
    fn open(&mut self, now: Millis, attempt: Attempt) {
        self.enter(Phase::Opening { attempt, since: now });
        self.timers.set(Timer::Open, now + self.opening_limit());
    }

    fn opening_limit(&self) -> Millis {
        match self.transport() {
            Transport::Socket => self.timing.slow_open,
            Transport::Stream => self.timing.first_byte,
            Transport::Poll => self.timing.poll_wait + self.timing.open,
        }
    }

    pub(super) fn focus_open(&self) -> Option<Open> {
        let conversation_id = self.view.focus.filter(|id| !self.is_only_in_outbox(*id))?;
        Some(self.place_in(conversation_id))
    }

    /// Returns whether a conversation exists only in the outbox: the server has not accepted its first message yet.
    pub(super) fn is_only_in_outbox(&self, id: ConversationId) -> bool {
        let Some(user) = &self.credentials.user else { return false };
        let begins = |entry: &Entry| ConversationId::created_by(user.id, entry.chat.message_id) == id;
        let is_known = self.view.transcripts.get(&id).is_some_and(|transcript| transcript.cursor().is_some());
        !is_known && self.outgoing.outbox.entries().iter().any(begins)
    }

    /// Returns what the client has of a conversation, to open it there.
    pub(super) fn place_in(&self, id: ConversationId) -> Open {
        let transcript = self.view.transcripts.get(&id).and_then(|transcript| Some((transcript, transcript.open_cursor()?)));
        let (conversation_id, cursor) = (id, transcript.map(|(_, cursor)| cursor));
        // Without a cursor the server can't tell which store the texts come from.
        let (have, have_steps) = transcript.map_or_else(Default::default, |(here, _)| (here.have(), here.have_steps()));
        Open { conversation_id, cursor, have, have_steps }
    }

    pub(super) fn greet(&mut self, attempt: Attempt) {
        let Some(token) = &self.credentials.token else { return };
        let initial = Initial { token: token.secret.clone(), ..Initial::default() };
        self.out.actions.push_back(Action::Send { attempt, frame: ClientFrame::Initial(initial) });
    }

    pub(super) fn send(&mut self, attempt: Attempt, frame: ClientFrame) {
        self.out.actions.push_back(Action::Send { attempt, frame });
    }

    pub(super) fn open_focus(&mut self, attempt: Attempt) {
        if let Some(open) = self.focus_open() {
            self.send_open(attempt, open);
        }
    }

    pub(super) fn send_open(&mut self, attempt: Attempt, open: Open) {
        self.view.opens.push_back(open.conversation_id);
        self.send(attempt, ClientFrame::Open(open));
    }

    pub(super) fn become_live(&mut self, now: Millis, attempt: Attempt) {
        self.become_live_with(now, Some(attempt));
        if self.transport() == Transport::Socket {
            self.open_focus(attempt);
        }
    }

    pub(super) fn become_live_with(&mut self, now: Millis, attempt: Option<Attempt>) {
        if !matches!(self.phase, Phase::Live { .. }) {
            self.transports.upgrade_at = now + self.timing.upgrade;
            self.out.events.push_back(Event::UpToDate);
        }
        self.enter(Phase::Live { attempt, since: now });
        self.timers.stop(Timer::Probe);
        self.timers.stop(Timer::Accept);
        self.timers.set(Timer::Stable, now + self.timing.short_life);
        self.heard(now);
        self.arm_upgrade();
        self.arm_renewal();
        self.end_gap();
        self.transports.drained_until = None;
        self.credentials.was_refused = false;
        // The state of other conversations is unknown after a gap.
        self.view.left_answering.clear();
        self.view.opens.clear();
        self.requeue();
    }

    /// Records that the transport is lost. What was being sent may or may not have arrived.
    pub(super) fn lost(&mut self, now: Millis) {
        if let Some(attempt) = self.take_upgrade() {
            self.out.actions.push_back(Action::Close { attempt });
        }
        if self.page.lost_at.is_none() {
            self.begin_gap(now);
        }
        self.timers.stop(Timer::Probe);
        self.timers.stop(Timer::Accept);
        self.requeue();
    }

    pub(super) fn wait(&mut self, now: Millis) {
        self.wait_at_least(now, 0);
    }

    pub(super) fn wait_at_least(&mut self, now: Millis, least: Millis) {
        let until = now + least + self.transports.backoff.next(&mut self.random);
        self.wait_until(until);
    }

    fn wait_until(&mut self, until: Millis) {
        self.enter(Phase::Waiting);
        self.timers.set(Timer::Reconnect, until);
    }

    /// Records that the connection is missing from now on. The gap is shown if it lasts.
    pub(super) fn begin_gap(&mut self, now: Millis) {
        self.page.lost_at = Some(now);
        self.timers.set(Timer::QuietGap, now + self.timing.quiet_gap);
    }

    pub(super) fn end_gap(&mut self) {
        self.page.lost_at = None;
        self.timers.stop(Timer::QuietGap);
    }

    /// Handles a transport that did not become ready. A browser can't see why, so ask over HTTP: the server may be down (wait), it may
    /// refuse the client (report it), or the transport is blocked (fall back).
    pub(super) fn failed_to_open(&mut self, now: Millis) {
        self.lost(now);
        if self.transport() == Transport::Socket {
            self.enter(Phase::Authorising { diagnosing: true });
            self.fetch_token(now, false);
        } else {
            self.wait(now);
        }
    }

    pub(super) fn closed_by_policy(&mut self, now: Millis, code: Option<Code>, error: Option<ApiError>) {
        let api_error = error.unwrap_or_else(|| ApiError { code: code.unwrap_or(Code::Internal), ..Reason::ConnectionRefused.error() });
        match code {
            Some(Code::TokenExpired) => {
                if let Some(token) = &mut self.credentials.token {
                    token.renew_at = 0;
                }
                self.connect(now);
            }
            // The server's secret may have changed, so a fresh token may be accepted. Try that once.
            Some(Code::TokenInvalid | Code::TokenMalformed | Code::AuthRequired) if !self.credentials.was_refused => {
                self.credentials.was_refused = true;
                if let Some(token) = &mut self.credentials.token {
                    token.refused = true;
                }
                self.connect(now);
            }
            Some(Code::AuthTimeout) => self.wait(now),
            Some(Code::SessionRevoked) => self.end_session(api_error),
            // Whatever it is, the user reads it.
            _ => self.refuse(api_error),
        }
    }

    pub(super) fn refuse(&mut self, api_error: ApiError) {
        self.drop_transports();
        self.enter(Phase::Refused(api_error));
    }

    pub(super) fn end_session(&mut self, api_error: ApiError) {
        self.drop_transports();
        self.enter(Phase::Idle);
        self.credentials.token = None;
        self.credentials.user = None;
        self.end_gap();
        self.out.events.push_back(Event::SignedOut(api_error));
    }

    pub(super) fn drop_transports(&mut self) {
        if let Phase::Opening { attempt, .. } | Phase::Live { attempt: Some(attempt), .. } = self.phase {
            self.out.actions.push_back(Action::Close { attempt });
        }
        if let Some(attempt) = self.take_upgrade() {
            self.out.actions.push_back(Action::Close { attempt });
        }
        self.timers.stop(Timer::Accept);
        self.requeue();
    }
}
