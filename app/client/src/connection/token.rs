//! The access token: fetches it in time, renews it on the open connection, and replaces it once if the server refuses it.

use std::fmt;

use holdfast_protocol::{api::Grant, error::Code, frame::ClientFrame};

use super::{Action, Connection, Event, Millis, Phase, RequestError, Timer, Transport};
use crate::foreign::Foreign;

#[derive(Clone)]
pub(super) struct Token {
    pub(super) secret: String,
    pub(super) renew_at: Millis,
    pub(super) ends_at: Millis,
    pub(super) refused: bool,
}

/// Hides the secret.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { renew_at, ends_at, refused, .. } = self;
        f.debug_struct("Token").field("renew_at", renew_at).field("ends_at", ends_at).field("refused", refused).finish_non_exhaustive()
    }
}

/// Share of its lifetime after which a token is renewed, ‰.
const RENEW_PER_MILLE: u64 = 800;
/// Waiting time before a failed renewal is tried again, ms.
const RENEW_RETRY: Millis = 5_000;

impl Connection {
    /// Returns the access token for the driver's own calls, or `None` if there is no valid one.
    pub fn token(&self, now: Millis) -> Option<&str> {
        self.credentials.token.as_ref().filter(|token| now < token.ends_at && !token.refused).map(|token| token.secret.as_str())
    }

    /// Reports that a token arrived.
    pub fn handle_token(&mut self, now: Millis, grant: Grant) {
        self.timers.stop(Timer::TokenFetch);
        let life = grant.expires_in_ms;
        self.credentials.token = Some(Token {
            secret: grant.access_token.clone(),
            renew_at: now + life * RENEW_PER_MILLE / 1000,
            ends_at: now + life,
            refused: false,
        });
        if self.credentials.user.as_ref() != Some(&grant.user) {
            if self.credentials.user.as_ref().is_some_and(|user| user.id != grant.user.id) {
                self.view.transcripts.clear(); // these belong to another user
                self.view.awaited.clear();
            }
            self.credentials.user = Some(grant.user.clone());
            self.out.events.push_back(Event::User(grant.user));
        }
        let follow_created = self.view.focus.is_none();
        self.address(now, follow_created);
        match self.phase {
            Phase::Authorising { diagnosing: true } => {
                // The server answers over HTTP and accepts the token, so only the socket is blocked.
                self.transports.fallback.failed();
                self.wait(now);
            }
            Phase::Authorising { diagnosing: false } => self.connect(now),
            Phase::Live { attempt: Some(attempt), .. } if self.transport() == Transport::Socket => {
                self.send(attempt, ClientFrame::Auth { token: grant.access_token });
            }
            // The next transport takes the new token.
            Phase::Live { .. } | Phase::Opening { .. } | Phase::Waiting | Phase::Idle | Phase::Refused(_) => {}
        }
        self.arm_renewal();
        self.flush(now);
    }

    /// Reports that no token could be fetched.
    pub fn handle_token_failed(&mut self, now: Millis, failure: RequestError) {
        self.timers.stop(Timer::TokenFetch);
        match failure {
            RequestError::Refused { status: 401, api_error } => {
                let was_live = matches!(self.phase, Phase::Live { .. });
                if !was_live || self.token(now).is_none() || api_error.code == Code::SessionRevoked {
                    self.end_session(api_error);
                } else {
                    self.renew_later(now);
                }
            }
            RequestError::Refused { status: 400..=403, api_error } if matches!(self.phase, Phase::Authorising { .. }) => {
                self.refuse(api_error)
            }
            RequestError::Refused { api_error, .. } if matches!(self.phase, Phase::Authorising { .. }) => {
                self.wait_at_least(now, api_error.retry_after_ms.unwrap_or(0));
            }
            RequestError::Foreign(Foreign::SignIn) if matches!(self.phase, Phase::Authorising { .. }) => {
                self.refuse(Foreign::SignIn.api_error())
            }
            RequestError::Unreachable | RequestError::Foreign(_) if matches!(self.phase, Phase::Authorising { .. }) => self.wait(now),
            RequestError::Refused { .. } | RequestError::Foreign(_) | RequestError::Unreachable => self.renew_later(now),
        }
        self.flush(now);
    }

    pub(super) fn fetch_token(&mut self, now: Millis, guest: bool) {
        if !self.timers.is_set(Timer::TokenFetch) {
            self.timers.set(Timer::TokenFetch, now + self.timing.open);
            self.arm_renewal();
            self.out.actions.push_back(Action::FetchToken { guest });
        }
    }

    /// Handles the timeout of a token request. A token that arrives later is still used.
    pub(super) fn token_fetch_timed_out(&mut self, now: Millis) {
        self.renew_later(now);
        if matches!(self.phase, Phase::Authorising { .. }) {
            self.wait(now);
        }
    }

    fn renew_later(&mut self, now: Millis) {
        self.credentials.retry_at = now + RENEW_RETRY;
        self.arm_renewal();
    }

    /// Sets the timer that renews the token. Only a live connection needs it; otherwise [`Connection::connect`] fetches one.
    pub(super) fn arm_renewal(&mut self) {
        let is_needed = matches!(self.phase, Phase::Live { .. }) && !self.timers.is_set(Timer::TokenFetch);
        let token = self.credentials.token.as_ref().filter(|_| is_needed);
        self.timers.reset(Timer::Renew, token.map(|token| token.renew_at.max(self.credentials.retry_at)));
    }
}
