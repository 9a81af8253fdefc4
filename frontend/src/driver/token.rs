//! Access tokens.

use gloo_timers::future::TimeoutFuture;
use holdfast_client::{
    Foreign,
    connection::{Millis, RequestError, Transport},
};
use holdfast_protocol::{
    ApiError, Reason,
    api::Grant,
    diagnosis::{SocketCause, SocketDiagnosis},
};
use leptos::{
    prelude::{GetUntracked, Update},
    task::spawn_local,
};

use super::{Driver, now};
use crate::{
    http::{Call, Method, sentence},
    lock, storage,
};

const GUEST_LOCK: &str = "holdfast.guest";
/// Time after which another tab can read what this tab has stored, ms. Browsers copy stored values between processes in the background.
const STORAGE_DELAY: u32 = 300;

impl Driver {
    /// Returns the access token if there is a valid one.
    pub(crate) fn token(&self) -> Option<String> {
        self.0.machine.borrow().token(now()).map(str::to_owned)
    }

    /// Returns the access token, and fetches a new one if necessary.
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
        if self.granted(grant) { Ok(token) } else { Err(Reason::ReplyNotUnderstood.into()) }
    }

    /// Fetches a token for the state machine.
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

    /// Checks that the token belongs to the user of the page. If not, leaves the page to the other user.
    fn granted(&self, grant: Grant) -> bool {
        if self.0.user.get().is_some_and(|user| user != grant.user.id) {
            self.leave();
            return false;
        }
        self.0.state.connection.facts.update(|facts| facts.token_until = Some(grant.expires_at));
        self.0.ended.take();
        self.feed(|machine, now| machine.handle_token(now, grant));
        true
    }

    async fn refresh(&self) -> Result<Grant, RequestError> {
        Call::new(Method::Post, format!("{}/api/auth/refresh", self.base())).fetch().await
    }

    /// Creates a guest only if nobody is signed in in any tab. Tabs do this one after another: otherwise two tabs that want to send the
    /// same first message would become two guests, and the message would belong to one of them only.
    async fn begin_as_guest(&self) -> Result<Grant, RequestError> {
        let lock = lock::lock(GUEST_LOCK).await;
        let grant = self.refresh_or_create_guest().await?;
        storage::set_somebody(Some(grant.user.id));
        spawn_local(async move {
            TimeoutFuture::new(STORAGE_DELAY).await;
            drop(lock);
        });
        Ok(grant)
    }

    async fn refresh_or_create_guest(&self) -> Result<Grant, RequestError> {
        if let Some(api_error) = self.0.ended.borrow().clone() {
            // A user whose session ended must sign in again; a new guest would hide their conversations.
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

    /// Asks the server once, when the page falls back from the socket, why it does not get through.
    pub(super) fn diagnose(&self, transport: Transport) {
        let state = self.0.state;
        let has_left = transport > Transport::Socket;
        if self.0.diagnosed.replace(has_left) == has_left {
            return;
        }
        state.connection.facts.update(|facts| facts.problem = None);
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
                state.connection.facts.update(|facts| facts.problem = problem);
            }
        });
    }

    /// Explains a failed upload. A proxy may cut the connection instead of reporting that a file is too large; the server can then still
    /// be reached.
    pub(crate) async fn unless_cut(&self, sent: Result<(), RequestError>) -> Result<(), RequestError> {
        if matches!(sent, Err(RequestError::Unreachable)) && Call::new(Method::Get, format!("{}/health", self.base())).send().await.is_ok()
        {
            return Err(RequestError::Foreign(Foreign::Cut));
        }
        sent
    }

    /// Measures the round-trip time to the server.
    pub(super) fn measure_round_trip(&self) {
        let url = format!("{}/health", self.base());
        let (driver, state) = (self.clone(), self.0.state);
        spawn_local(async move {
            let before = driver.precise_now();
            let reply = Call::new(Method::Get, url).send().await;
            let took = (driver.precise_now() - before).round() as Millis;
            state.connection.facts.update(|facts| facts.round_trip = reply.is_ok().then_some(took));
            if let Err(failure) = reply
                && !state.connection.status.get_untracked().is_torn()
            {
                state.refused(sentence(failure));
            }
        });
    }
}

/// The error to show if the outbox can't be stored.
pub(super) fn storage_failed() -> ApiError {
    Reason::OutboxNotStored.into()
}
