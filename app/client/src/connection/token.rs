//! The access token: fetches it in time, renews it on the open connection, and replaces it once if the server refuses it.

use std::fmt;

use holdfast_protocol::{api::Grant, error::Code, frame::ClientFrame};

use super::{Action, Connection, Event, Millis, Phase, RequestError, Transport};
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
pub(super) const RENEW_RETRY: Millis = 5_000;

impl Connection {
    /// Returns the access token for the driver's own calls, or `None` if there is no valid one.
    pub fn token(&self, now: Millis) -> Option<&str> {
        self.token.as_ref().filter(|token| now < token.ends_at && !token.refused).map(|token| token.secret.as_str())
    }

    /// Reports that a token arrived.
    pub fn handle_token(&mut self, now: Millis, grant: Grant) {
        self.fetching = None;
        let life = grant.expires_in_ms;
        self.token = Some(Token {
            secret: grant.access_token.clone(),
            renew_at: now + life * RENEW_PER_MILLE / 1000,
            ends_at: now + life,
            refused: false,
        });
        if self.user.as_ref() != Some(&grant.user) {
            if self.user.as_ref().is_some_and(|user| user.id != grant.user.id) {
                self.transcripts.clear(); // these belong to another user
                self.awaited.clear();
            }
            self.user = Some(grant.user.clone());
            self.events.push_back(Event::User(grant.user));
        }
        let follow_created = self.focus.is_none();
        self.address(now, follow_created);
        match self.phase {
            Phase::Authorising { diagnosing: true } => {
                // The server answers over HTTP and accepts the token, so only the socket is blocked.
                self.fallback.failed();
                self.wait(now);
            }
            Phase::Authorising { diagnosing: false } => self.connect(now),
            Phase::Live { attempt: Some(attempt), .. } if self.fallback.transport() == Transport::Socket => {
                self.send(attempt, ClientFrame::Auth { token: grant.access_token });
            }
            _ => {}
        }
        self.flush(now);
    }

    /// Reports that no token could be fetched.
    pub fn handle_token_failed(&mut self, now: Millis, failure: RequestError) {
        self.fetching = None;
        match failure {
            RequestError::Refused { status: 401, api_error } => {
                let was_live = matches!(self.phase, Phase::Live { .. });
                if !was_live || self.token(now).is_none() || api_error.code == Code::SessionRevoked {
                    self.end_session(api_error);
                } else {
                    self.renew_retry_at = now + RENEW_RETRY;
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
            _ => self.renew_retry_at = now + RENEW_RETRY,
        }
        self.flush(now);
    }

    pub(super) fn fetch_token(&mut self, now: Millis, guest: bool) {
        if self.fetching.is_none() {
            self.fetching = Some(now);
            self.actions.push_back(Action::FetchToken { guest });
        }
    }
}
