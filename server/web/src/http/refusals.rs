//! The list of recent refusals, for administrators. It contains codes and addresses, but not the sentences of the errors, because these
//! may quote user input.

use std::{
    borrow::Cow,
    collections::{HashMap, VecDeque},
    convert::Infallible,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::{header::ORIGIN, request::Parts},
    middleware::Next,
    response::Response,
};
use holdfast_protocol::{Code, activity::Refused};
use tracing::{info, warn};

use super::{
    client::{Client, KnownBy},
    error::ErrorCode,
    origin::Why,
};
use crate::state::App;
use holdfast_core::{address::ClientAddress, clock, clock::Millis};

/// Maximum number of entries.
const CACHED: usize = 500;
/// How long an entry is kept.
const HOUR: Millis = 3_600_000;
/// Maximum length of addresses and origins; longer ones are attempts.
const LONGEST: usize = 200;

/// The origin and target of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    address: ClientAddress,
    known_by: KnownBy,
    origin: Option<String>,
    path: String,
}

impl Caller {
    /// Returns the client's address.
    pub fn address(&self) -> ClientAddress {
        self.address
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let Client { address, known_by, .. } = Client::from_request_parts(parts, app).await?;
        let origin = parts.headers.get(ORIGIN).map(|origin| short(origin.to_str().unwrap_or("(not readable)")));
        // The path as it is declared in the router, so that it contains no ids or names.
        let path = parts.extensions.get::<MatchedPath>().map_or_else(|| page(parts.uri.path()), MatchedPath::as_str);
        Ok(Self { address, known_by, origin, path: short(path) })
    }
}

/// Returns the kind of an undeclared page. The rest of its path may contain the secret of a link, or user input.
fn page(path: &str) -> &'static str {
    let known = [("/s/", "/s/…"), ("/c/", "/c/…")];
    known.into_iter().find(|(start, _)| path.starts_with(start)).map_or("(page)", |(_, told)| told)
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// The recent refusals. Similar ones share an entry.
#[derive(Debug, Default)]
pub struct Refusals {
    inner: Mutex<Inner>,
    /// Whether it was logged that clients have no address.
    told_unknown: AtomicBool,
}

#[derive(Debug, Default)]
struct Inner {
    /// Newest last.
    list: VecDeque<Refused>,
    /// Number of refusals by code, since the start.
    counts: HashMap<Code, u64>,
}

impl Refusals {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a refusal. It is logged if there is no similar entry in the list.
    pub fn note(&self, caller: &Caller, code: Code, now: Millis) {
        let (fix, by_proxy) = lead(caller, code);
        let fix = &*fix;
        if self.add(caller, code, fix, now) {
            let Caller { address, origin, path, .. } = caller;
            if by_proxy {
                warn!(%address, path, origin, %code, fix, "refused");
            } else {
                info!(%address, path, origin, %code, fix, "refused");
            }
        }
    }

    /// Records a refusal because of the origin. It is logged if there is no similar entry in the list.
    pub fn note_origin(&self, caller: &Caller, why: Why, accepted: &[String], fix: &str, now: Millis) {
        if self.add(caller, Code::OriginNotAllowed, fix, now) {
            let Caller { address, origin, path, .. } = caller;
            let origin = origin.as_deref().unwrap_or_default();
            match why {
                Why::Foreign => warn!(%address, path, origin, ?accepted, fix, "refused: the page's origin is not this server's"),
                Why::UnknownName => {
                    warn!(%address, path, origin, ?accepted, fix, "refused: the page's host is not known as this server's")
                }
                Why::OtherPort => {
                    warn!(%address, path, origin, ?accepted, fix, "refused: a proxy seems to drop the page's port or scheme");
                }
            }
        }
    }

    /// Records a socket request whose upgrade a proxy removed. It is logged if there is no entry for the same address.
    pub fn note_upgrade(&self, caller: &Caller, fix: &str, now: Millis) {
        if self.add(caller, Code::BadFrame, fix, now) {
            let Caller { address, origin, path, .. } = caller;
            warn!(%address, path, origin, fix, "refused: a proxy removed the upgrade to a WebSocket");
        }
    }

    /// Adds a refusal. Returns whether there was no similar entry.
    fn add(&self, caller: &Caller, code: Code, fix: &str, now: Millis) -> bool {
        let Caller { address, origin, path, .. } = caller;
        let address = address.to_string();
        let mut inner = self.lock();
        *inner.counts.entry(code).or_default() += 1;
        let alike = |other: &Refused| other.code == code && other.origin == *origin && other.address == address && other.path == *path;
        let known = inner.list.iter().position(alike).and_then(|at| inner.list.remove(at)).filter(|known| known.at + HOUR > now);
        let count = known.as_ref().map_or(1, |known| known.count + 1);
        inner.list.push_back(Refused { code, count, at: now, path: path.clone(), origin: origin.clone(), address, fix: fix.to_owned() });
        if inner.list.len() > CACHED {
            inner.list.pop_front();
        }
        known.is_none()
    }

    /// Logs once what to set if clients come over the Unix socket and no proxy reports their address.
    fn note_unknown(&self, caller: &Caller) {
        let is_own = matches!(caller.path.as_str(), "/health" | "/health/full" | "/metrics"); // health checks and metrics on this machine
        if caller.address == ClientAddress::Unix && !is_own && !self.told_unknown.swap(true, Ordering::Relaxed) {
            warn!(
                fix = "nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; and unix in HOLDFAST_TRUSTED_PROXIES where that is set",
                "requests on the Unix socket carry no client address: limits per address count all clients as one"
            );
        }
    }

    /// Returns the refusals of the last hour, newest first.
    pub fn list(&self, now: Millis) -> Vec<Refused> {
        let mut inner = self.lock();
        inner.list.retain(|refused| refused.at + HOUR > now);
        inner.list.iter().rev().cloned().collect()
    }

    /// Returns the number of refusals by code, since the start.
    pub fn counts(&self) -> Vec<(Code, u64)> {
        let inner = self.lock();
        Code::ALL.iter().map(|code| (*code, inner.counts.get(code).copied().unwrap_or(0))).collect()
    }
}

/// Records error responses.
pub async fn watch(State(app): State<Arc<App>>, caller: Caller, request: Request, next: Next) -> Response {
    app.refusals.note_unknown(&caller);
    let response = next.run(request).await;
    if let Some(ErrorCode(code)) = response.extensions().get() {
        app.refusals.note(&caller, *code, clock::now());
    }
    response
}

/// Returns what administrators can do about a refusal, and whether a proxy is the likely cause.
fn lead(caller: &Caller, code: Code) -> (Cow<'static, str>, bool) {
    let address = caller.address;
    // These have limits by address. If all clients of a proxy seem to have the same address, they use up one limit together.
    let is_by_address = caller.path.starts_with("/api/auth/") || caller.path.starts_with("/auth/oidc/");
    match (code, caller.known_by) {
        (Code::RateLimited, _) if !is_by_address => {
            let fix = "A user sends more than the limit allows and was told when to continue. Settings → Limits shows the numbers.";
            (fix.into(), false)
        }
        (Code::RateLimited, KnownBy::Stranger) => {
            let fix = format!(
                "Sign-in attempts are counted per address, and {address} says that it forwards requests of others. If it is your proxy, add {address} to HOLDFAST_TRUSTED_PROXIES. If not, someone is guessing passwords: you need to do nothing."
            );
            (fix.into(), true)
        }
        (Code::RateLimited, KnownBy::SilentProxy) => {
            let fix = format!(
                "Sign-in attempts are counted per address. {address} is a trusted proxy but does not send the client's address, so all its clients count as one. In nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; If there is no proxy, you need to do nothing."
            );
            (fix.into(), !address.is_loopback())
        }
        (Code::RateLimited, KnownBy::Itself | KnownBy::Proxy) => {
            let fix = "Someone tried to sign in too often from this address. If many people share it, raise limit_sign_in under Settings → Limits.";
            (fix.into(), false)
        }
        // A silent socket nearly always means that a proxy holds its frames back.
        (Code::AuthTimeout, _) => (fix(code).into(), true),
        _ => (fix(code).into(), false),
    }
}

/// Returns what administrators can usually do about a refusal.
fn fix(code: Code) -> &'static str {
    match code {
        Code::AuthRequired => {
            "Someone called without signing in, or with a wrong name or password. If this happens often, look at the address."
        }
        Code::SecondFactorRequired => "Someone is signing in with two-factor authentication. You need to do nothing.",
        Code::AuthTimeout => "A socket sent nothing. If this happens often, a proxy blocks what clients send.",
        Code::TokenMalformed => "A client sends something that is not a token. It must send access_token unchanged.",
        Code::TokenInvalid => {
            "The token is not from this server. If its secret was changed, set the old one as HOLDFAST_SECRET_BEFORE to accept old tokens for a while."
        }
        Code::TokenExpired => "Pages renew their token by themselves. A program must call /api/auth/refresh or sign in again.",
        Code::SessionRevoked => "The user was signed out, suspended or removed. If that was a mistake, lift the suspension under People.",
        Code::UserMismatch => "A client names another user than its token. Fix the client.",
        Code::NotAllowed => "This user may not do this. If they should, change their role under People.",
        Code::NotFound | Code::ConversationNotFound => "It was removed, or belongs to another user. You need to do nothing.",
        Code::OriginNotAllowed => "A page of another origin called. To allow it, add its origin to HOLDFAST_ALLOWED_ORIGINS.",
        Code::BadFrame | Code::UnknownType => "A client sends an invalid call. The reply says what is wrong; /api/docs lists the calls.",
        Code::TooLarge => "The data exceeded a size limit. It must be sent in parts.",
        Code::QuotaExceeded => {
            "A user's budget for this month is used up, or the storage of a user or of the server is full. Settings → Usage shows budgets and sets them; Settings → People shows how much each user stores, and Settings → Limits sets the maximum."
        }
        Code::RateLimited => "Too many requests in a short time. The client tries again by itself.",
        Code::MessageConflict => "A client used one id for two messages. It must create a random UUID for each.",
        Code::Busy => "The server was overloaded or shutting down. The client tries again by itself.",
        Code::DiskFull => {
            "The disk is full or nearly full. The log names the folder. Free some space; waiting messages are then sent by themselves."
        }
        Code::ProviderUnavailable => "The provider does not answer. Test it under Providers.",
        Code::ProviderRefused => "The provider refused: because of its key, its quota or its rules. Test it under Providers.",
        Code::ContentFiltered => "The provider's filter blocked it. Other words or another model may work.",
        Code::ContextFull => {
            "The conversation is longer than the model's window. Start a new conversation, or use a model with a larger window."
        }
        Code::LengthLimit | Code::ModelRefused | Code::EmptyAnswer | Code::ToolFailed => {
            "The model did not finish its answer. The user was told what to do."
        }
        Code::Restarted => "The server shut down during an answer. The text is kept, and the answer can be continued.",
        Code::ModelNotFound => "No provider has this model, or it is not visible to this user.",
        Code::Internal => "The server failed. Its log says why.",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn caller(path: &str) -> Caller {
        Caller { address: "192.0.2.1".parse().unwrap(), known_by: KnownBy::Itself, origin: None, path: path.into() }
    }

    #[test]
    fn those_that_are_alike_are_one_and_an_hour_is_enough() {
        let refusals = Refusals::default();
        for now in [1, 2, 3] {
            refusals.note(&caller("/a"), Code::BadFrame, now);
            refusals.note(&caller("/b"), Code::BadFrame, now);
        }
        refusals.note(&caller("/a"), Code::Busy, 4);
        let list = refusals.list(5);
        let list: Vec<_> = list.iter().map(|it| (it.path.as_str(), it.code, it.count, it.at)).collect();
        assert_eq!(list, [("/a", Code::Busy, 1, 4), ("/b", Code::BadFrame, 3, 3), ("/a", Code::BadFrame, 3, 3)]);
        assert_eq!(refusals.list(HOUR + 3).len(), 1);
        assert_eq!(refusals.list(HOUR + 4).len(), 0);
        refusals.note(&caller("/a"), Code::Busy, 2 * HOUR);
        assert_eq!(refusals.list(2 * HOUR)[0].count, 1);
    }

    #[test]
    fn a_proxy_is_named_where_it_is_one_and_nowhere_else() {
        let lead_of = |known_by, path: &str| {
            let (fix, by_proxy) = lead(&Caller { known_by, ..caller(path) }, Code::RateLimited);
            (fix.into_owned(), by_proxy)
        };
        let (fix, by_proxy) = lead_of(KnownBy::Stranger, "/api/auth/login");
        assert!(by_proxy && fix.contains("add 192.0.2.1 to HOLDFAST_TRUSTED_PROXIES"), "{fix}");
        let (fix, by_proxy) = lead_of(KnownBy::SilentProxy, "/api/auth/login");
        assert!(by_proxy && fix.contains("X-Forwarded-For") && !fix.contains("TRUSTED_PROXIES"), "{fix}");
        for (known_by, path) in [
            (KnownBy::Proxy, "/api/auth/login"),
            (KnownBy::Itself, "/api/auth/guest"),
            (KnownBy::Stranger, "/ws"),
            (KnownBy::SilentProxy, "/api/chat"),
        ] {
            let (fix, by_proxy) = lead_of(known_by, path);
            assert!(!by_proxy && !fix.contains("PROX") && !fix.contains("X-Forwarded"), "{known_by:?} {path}: {fix}");
        }
    }

    #[test]
    fn there_is_an_end_to_what_is_kept() {
        let refusals = Refusals::default();
        for n in 0..2 * CACHED {
            refusals.note(&caller(&n.to_string()), Code::Busy, 1);
        }
        assert_eq!(refusals.list(1).len(), CACHED);
        assert_eq!(refusals.counts().iter().find(|(code, _)| *code == Code::Busy).unwrap().1, 2 * CACHED as u64);
    }
}
