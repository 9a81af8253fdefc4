//! Opening and losing transports.

use holdfast_protocol::{
    error::{ApiError, Code},
    frame::{ClientFrame, Have, Initial, Open},
    id::ConversationId,
};

use super::{Action, Attempt, Connection, Entry, Event, Millis, Phase, RequestError, Transport};
use crate::{foreign::Foreign, transcript::Transcript};

impl Connection {
    /// Reports that a socket is open, or that an event stream was answered with 200.
    pub fn handle_opened(&mut self, now: Millis, attempt: Attempt) {
        if self.upgrading.is_some_and(|(upgrading, _)| upgrading == attempt) {
            self.greet(attempt);
        } else if let Phase::Opening { attempt: opening, since, .. } = self.phase
            && opening == attempt
            && self.fallback.transport() == Transport::Socket
        {
            self.phase = Phase::Opening { attempt, since, greeted: true };
            self.last_received = now;
            self.greet(attempt);
        }
        self.flush(now);
    }

    /// Reports bytes of an event stream that are no frame (a comment). They show that it is alive.
    pub fn handle_alive(&mut self, now: Millis, attempt: Attempt) {
        if self.is_current(attempt) {
            self.last_received = now;
            if matches!(self.phase, Phase::Opening { .. }) && self.fallback.transport() == Transport::Stream {
                self.become_live(now, attempt);
            }
        }
        self.flush(now);
    }

    /// Reports that a socket was closed, with its code and reason. The code is 1006 if there was none.
    pub fn handle_closed(&mut self, now: Millis, attempt: Attempt, code: u16, reason: &str) {
        if self.upgrading.is_some_and(|(upgrading, _)| upgrading == attempt) {
            self.abandon_upgrade(now, attempt);
            if matches!(code, 1001 | 1012 | 1013) {
                self.upgrade_at = now + self.timing.short_life; // the server announced that it is restarting or full, so try again soon
            }
            self.flush(now);
            return;
        }
        if !self.is_current(attempt) {
            return;
        }
        let before_ready = matches!(self.phase, Phase::Opening { .. });
        let lived = match self.phase {
            Phase::Live { since, .. } => now.saturating_sub(since),
            _ => 0,
        };
        let is_idle = !before_ready && code == 1006 && self.cut_while_idle(now);
        self.lost(now);
        let error = self.last_error.take();
        match code {
            1000 => self.refuse(error.unwrap_or_else(|| ApiError::new(Code::Internal, "The server closed the connection. Try again."))),
            1008 => self.closed_by_policy(now, Code::parse(reason), error),
            // The server announced that it is restarting or full. That says nothing about sockets.
            1001 | 1012 | 1013 => match self.drain_until.take() {
                Some(until) => self.phase = Phase::Waiting { until: until.max(now) },
                None => self.wait_at_least(now, error.and_then(|error| error.retry_after_ms).unwrap_or(0)),
            },
            _ if before_ready => self.failed_to_open(now),
            // From now on the socket is pinged more often, so it can still be used.
            _ if is_idle => self.wait(now),
            _ => {
                self.fallback.lost_after(lived);
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
            _ => None,
        };
        if lived.is_some() && self.fallback.transport() == Transport::Poll && matches!(failure, None | Some(RequestError::Unreachable)) {
            self.cut_while_idle(now);
        }
        self.lost(now);
        match failure {
            None => {
                if let Some(lived) = lived {
                    self.fallback.lost_after(lived);
                }
                self.wait(now);
            }
            Some(RequestError::Foreign(Foreign::SignIn)) => self.refuse(Foreign::SignIn.api_error()),
            Some(RequestError::Unreachable | RequestError::Foreign(_)) => self.wait(now),
            Some(RequestError::Refused { status: 401, api_error }) => self.closed_by_policy(now, Some(api_error.code), Some(api_error)),
            Some(RequestError::Refused { status: 404, api_error }) if api_error.code == Code::ConversationNotFound => {
                if let Some(id) = self.focus {
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
            _ => false,
        }
    }

    pub(super) fn next_attempt(&mut self) -> Attempt {
        self.attempts += 1;
        self.attempts
    }

    /// Opens the current transport, and first fetches a token if there is no valid one.
    pub(super) fn connect(&mut self, now: Millis) {
        let holds = self.token.as_ref().is_some_and(|token| now < token.renew_at && !token.refused);
        if !holds {
            self.phase = Phase::Authorising { diagnosing: false };
            // Nobody is signed in, and the user wrote something. If there is a cookie after all, the driver finds out.
            let begins = |entry: &Entry| entry.chat.conversation_id.is_none();
            let guest = self.token.is_none() && self.user.is_none() && self.outbox.entries().iter().any(begins);
            self.fetch_token(now, guest);
            return;
        }
        self.phase = Phase::Opening { attempt: 0, since: now, greeted: false };
        self.reopen(now);
    }

    /// Opens the current transport again without waiting.
    pub(super) fn reopen(&mut self, now: Millis) {
        let was_live = match self.phase {
            Phase::Live { attempt, since } => {
                if let Some(attempt) = attempt
                    && self.fallback.transport() == Transport::Stream
                {
                    self.actions.push_back(Action::Close { attempt });
                }
                Some(since)
            }
            _ => None,
        };
        let transport = self.fallback.transport();
        if transport == Transport::Socket {
            let attempt = self.next_attempt();
            self.phase = Phase::Opening { attempt, since: now, greeted: false };
            self.actions.push_back(Action::OpenSocket { attempt });
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
                self.actions.push_back(Action::Poll { attempt, open, wait });
            }
            _ => self.actions.push_back(Action::OpenStream { attempt, open }),
        }
        self.phase = match was_live {
            Some(since) if transport == Transport::Poll => Phase::Live { attempt: Some(attempt), since },
            _ => Phase::Opening { attempt, since: now, greeted: false },
        };
    }

    pub(super) fn focus_open(&self) -> Option<Open> {
        let conversation_id = self.focus.filter(|id| !self.is_only_in_outbox(*id))?;
        let (cursor, have) = self.place_in(conversation_id);
        Some(Open { conversation_id, cursor, have })
    }

    /// Returns whether a conversation exists only in the outbox: the server has not accepted its first message yet.
    pub(super) fn is_only_in_outbox(&self, id: ConversationId) -> bool {
        let Some(user) = &self.user else { return false };
        let begins = |entry: &Entry| ConversationId::created_by(user.id, entry.chat.message_id) == id;
        let is_known = self.transcripts.get(&id).is_some_and(|transcript| transcript.cursor().is_some());
        !is_known && self.outbox.entries().iter().any(begins)
    }

    pub(super) fn place_in(&self, id: ConversationId) -> (Option<u64>, Have) {
        let transcript = self.transcripts.get(&id);
        let Some(cursor) = transcript.and_then(Transcript::open_cursor) else {
            // Without a cursor the server can't tell which store the texts come from.
            return (None, Have::new());
        };
        (Some(cursor), transcript.map_or_else(Have::new, Transcript::have))
    }

    pub(super) fn greet(&mut self, attempt: Attempt) {
        let Some(token) = &self.token else { return };
        let initial = Initial { token: token.secret.clone(), ..Initial::default() };
        self.actions.push_back(Action::Send { attempt, frame: ClientFrame::Initial(initial) });
    }

    pub(super) fn send(&mut self, attempt: Attempt, frame: ClientFrame) {
        self.actions.push_back(Action::Send { attempt, frame });
    }

    pub(super) fn open_focus(&mut self, attempt: Attempt) {
        if let Some(open) = self.focus_open() {
            self.send_open(attempt, open);
        }
    }

    pub(super) fn send_open(&mut self, attempt: Attempt, open: Open) {
        self.opens.push_back(open.conversation_id);
        self.send(attempt, ClientFrame::Open(open));
    }

    pub(super) fn become_live(&mut self, now: Millis, attempt: Attempt) {
        self.become_live_with(now, Some(attempt));
        if self.fallback.transport() == Transport::Socket {
            self.open_focus(attempt);
        }
    }

    pub(super) fn become_live_with(&mut self, now: Millis, attempt: Option<Attempt>) {
        if !matches!(self.phase, Phase::Live { .. }) {
            self.upgrade_at = now + self.timing.upgrade;
            self.events.push_back(Event::UpToDate);
        }
        self.phase = Phase::Live { attempt, since: now };
        self.last_received = now;
        self.lost_at = None;
        self.probe_until = None;
        self.drain_until = None;
        self.sent_at = None;
        self.token_refused = false;
        // The state of other conversations is unknown after a gap.
        self.left_answering.clear();
        self.opens.clear();
        self.requeue();
    }

    /// Records that the transport is lost. What was being sent may or may not have arrived.
    pub(super) fn lost(&mut self, now: Millis) {
        if let Some((attempt, _)) = self.upgrading.take() {
            self.actions.push_back(Action::Close { attempt });
        }
        if self.lost_at.is_none() {
            self.lost_at = Some(now);
        }
        self.probe_until = None;
        self.sent_at = None;
        self.requeue();
    }

    pub(super) fn wait(&mut self, now: Millis) {
        self.wait_at_least(now, 0);
    }

    pub(super) fn wait_at_least(&mut self, now: Millis, least: Millis) {
        let until = now + least + self.backoff.next(&mut self.random);
        self.phase = Phase::Waiting { until };
    }

    /// Handles a transport that did not become ready. A browser can't see why, so ask over HTTP: the server may be down (wait), it may
    /// refuse the client (report it), or the transport is blocked (fall back).
    pub(super) fn failed_to_open(&mut self, now: Millis) {
        self.lost(now);
        if self.fallback.transport() == Transport::Socket {
            self.phase = Phase::Authorising { diagnosing: true };
            self.fetch_token(now, false);
        } else {
            self.wait(now);
        }
    }

    pub(super) fn closed_by_policy(&mut self, now: Millis, code: Option<Code>, error: Option<ApiError>) {
        let api_error = error.unwrap_or_else(|| ApiError::new(code.unwrap_or(Code::Internal), "The server refused the connection."));
        match code {
            Some(Code::TokenExpired) => {
                if let Some(token) = &mut self.token {
                    token.renew_at = 0;
                }
                self.connect(now);
            }
            // The server's secret may have changed, so a fresh token may be accepted. Try that once.
            Some(Code::TokenInvalid | Code::TokenMalformed | Code::AuthRequired) if !self.token_refused => {
                self.token_refused = true;
                if let Some(token) = &mut self.token {
                    token.refused = true;
                }
                self.connect(now);
            }
            Some(Code::AuthTimeout) => self.wait(now),
            Some(Code::SessionRevoked) => self.end_session(api_error),
            _ => self.refuse(api_error),
        }
    }

    pub(super) fn refuse(&mut self, api_error: ApiError) {
        self.drop_transports();
        self.phase = Phase::Refused(api_error);
    }

    pub(super) fn end_session(&mut self, api_error: ApiError) {
        self.drop_transports();
        self.phase = Phase::Idle;
        self.token = None;
        self.user = None;
        self.lost_at = None;
        self.events.push_back(Event::SignedOut(api_error));
    }

    pub(super) fn drop_transports(&mut self) {
        if let Phase::Opening { attempt, .. } | Phase::Live { attempt: Some(attempt), .. } = self.phase {
            self.actions.push_back(Action::Close { attempt });
        }
        if let Some((attempt, _)) = self.upgrading.take() {
            self.actions.push_back(Action::Close { attempt });
        }
        self.sent_at = None;
        self.requeue();
    }

    pub(super) fn abandon_upgrade(&mut self, now: Millis, attempt: Attempt) {
        self.actions.push_back(Action::Close { attempt });
        self.upgrading = None;
        self.upgrade_at = now + self.timing.upgrade;
    }
}
