//! Getting access tokens.

use holdfast_app::strings::{NOT_KEPT, NOT_UNDERSTOOD};
use holdfast_protocol::{
    ApiError, Code, Foreign,
    api::Grant,
    connection::{Millis, RequestError, Transport},
    diagnosis::{SocketCause, SocketDiagnosis},
};
use leptos::{
    prelude::{GetUntracked, Update},
    task::spawn_local,
};

use super::{Driver, now};
use crate::{
    http::{Call, Method, sentence},
    storage,
};

impl Driver {
    /// The access token, while there is one that holds.
    pub(crate) fn token(&self) -> Option<String> {
        self.0.machine.borrow().token(now()).map(str::to_owned)
    }

    /// The access token, or a new one.
    pub(crate) async fn fresh_token(&self) -> Result<String, ApiError> {
        if let Some(token) = self.token() {
            return Ok(token);
        }
        let grant = match self.refresh().await {
            Ok(grant) => grant,
            Err(failure) => {
                if matches!(failure, RequestError::Refused { status: 401, .. }) && self.user_id().is_some() {
                    let why = failure.clone();
                    self.feed(|machine, now| machine.handle_token_failed(now, why));
                }
                return Err(sentence(failure));
            }
        };
        let token = grant.access_token.clone();
        if self.granted(grant) { Ok(token) } else { Err(ApiError::new(Code::Internal, NOT_UNDERSTOOD)) }
    }

    /// Gets a token for the machine.
    pub(super) fn fetch_token(&self, guest: bool) {
        let driver = self.clone();
        spawn_local(async move {
            let reply = if guest { driver.begin_as_guest().await } else { driver.refresh().await };
            match reply {
                Ok(grant) => {
                    driver.granted(grant);
                }
                Err(failure) => driver.feed(|machine, now| machine.handle_token_failed(now, failure)),
            }
        });
    }

    /// Says whether the token is of who is here. If it is another's, the page is left to them.
    fn granted(&self, grant: Grant) -> bool {
        if self.0.user.get().is_some_and(|user| user != grant.user.id) {
            self.leave();
            return false;
        }
        self.0.state.facts.update(|facts| facts.token_until = Some(grant.expires_at));
        self.0.ended.take();
        self.feed(|machine, now| machine.handle_token(now, grant));
        true
    }

    async fn refresh(&self) -> Result<Grant, RequestError> {
        Call::new(Method::Post, format!("{}/api/auth/refresh", self.base())).fetch().await
    }

    /// A guest's account is made only where nobody is signed in, in whichever tab.
    async fn begin_as_guest(&self) -> Result<Grant, RequestError> {
        if let Some(api_error) = self.0.ended.borrow().clone() {
            // Whoever was signed out signs in again, and does not become somebody else unawares.
            return Err(RequestError::Refused { status: 401, api_error });
        }
        if self.0.user.get().is_some() || storage::somebody().is_some() {
            match self.refresh().await {
                Err(RequestError::Refused { status: 401, .. }) => {}
                reply => return reply,
            }
        }
        Call::new(Method::Post, format!("{}/api/auth/guest", self.base())).fetch().await
    }

    /// Asks once, when the page leaves the socket, why that does not get through.
    pub(super) fn diagnose(&self, transport: Transport) {
        let state = self.0.state;
        let has_left = transport > Transport::Socket;
        if self.0.diagnosed.replace(has_left) == has_left {
            return;
        }
        state.facts.update(|facts| facts.problem = None);
        if !has_left {
            return;
        }
        let (driver, url) = (self.clone(), format!("{}/ws?diagnose=1", self.base()));
        spawn_local(async move {
            let problem = match Call::new(Method::Get, url).fetch::<SocketDiagnosis>().await {
                Ok(diagnosis) => Some(diagnosis),
                Err(RequestError::Foreign(foreign)) => {
                    let cause = match foreign {
                        Foreign::SignIn => SocketCause::SignIn,
                        Foreign::Other(status) | Foreign::Away(status) => SocketCause::Status(status),
                        Foreign::TooLarge | Foreign::Cut => SocketCause::Status(413),
                        Foreign::TooSlow => SocketCause::Status(408),
                    };
                    Some(SocketDiagnosis { cause, fix: String::new() })
                }
                Err(RequestError::Unreachable | RequestError::Refused { .. }) => None,
            };
            if driver.0.diagnosed.get() {
                state.facts.update(|facts| facts.problem = problem);
            }
        });
    }

    /// What became of a file on its way. A proxy may cut the connection instead of saying that a file is too large for it: then the
    /// server can be reached all the same.
    pub(crate) async fn unless_cut(&self, sent: Result<(), RequestError>) -> Result<(), RequestError> {
        if matches!(sent, Err(RequestError::Unreachable)) && Call::new(Method::Get, format!("{}/health", self.base())).send().await.is_ok()
        {
            return Err(RequestError::Foreign(Foreign::Cut));
        }
        sent
    }

    /// Times the way to the server and back.
    pub(super) fn measure_round_trip(&self) {
        let url = format!("{}/health", self.base());
        let (driver, state) = (self.clone(), self.0.state);
        spawn_local(async move {
            let before = driver.precise_now();
            let reply = Call::new(Method::Get, url).send().await;
            let took = (driver.precise_now() - before).round() as Millis;
            state.facts.update(|facts| facts.round_trip = reply.is_ok().then_some(took));
            if let Err(failure) = reply
                && !state.connection.get_untracked().is_torn()
            {
                state.refused(sentence(failure));
            }
        });
    }
}

/// What is said where storage can't keep the outbox.
pub(super) fn not_kept() -> ApiError {
    ApiError::new(Code::Internal, NOT_KEPT)
}
