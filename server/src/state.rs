//! What every request can reach.

use std::sync::Arc;

use holdfast_protocol::{
    ApiError, Code, UserId,
    activity::{Connection, OpenTransport},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::oidc::Oidc;
use crate::{
    auth::{
        password::Passwords,
        second_factor::SecondFactors,
        token::{Claims, Tokens},
    },
    chat::{self, Chat, UserSubscription, Wake},
    config::Settings,
    files::Files,
    http::{
        diagnosis::SocketRequests, health::Probes, public_address::Redirects, refusals::Refusals, rendering::Rendering,
        share_cache::ShareCache,
    },
    limits::Limits,
    model_access::ModelAccess,
    realtime::pending::PendingConnections,
    transfer::places::Imports,
};
use holdfast_core::{clock::Millis, disk::Disk};
use holdfast_providers::Providers;
use holdfast_store::{Seen, Store, StoredSession};

/// One server.
pub struct App {
    /// What is configured.
    pub settings: Settings,
    /// What this server is called among others.
    pub node: String,
    /// Users, sessions, conversations.
    pub store: Store,
    /// Access tokens.
    pub tokens: Tokens,
    /// Where passwords are hashed.
    pub passwords: Passwords,
    /// What accounts show besides their passwords.
    pub second_factors: SecondFactors,
    /// Conversations and answers.
    pub chat: Arc<Chat>,
    /// Who answers.
    pub providers: Arc<Providers>,
    /// Whom they answer.
    pub model_access: Arc<ModelAccess>,
    /// Who vouches for people besides this server.
    pub oidc: Oidc,
    /// Limits on numbers and rates.
    pub limits: Arc<Limits>,
    /// What was refused lately.
    pub refusals: Refusals,
    /// What became of requests for a socket.
    pub socket_requests: SocketRequests,
    /// The disk that the data is on.
    pub disk: Arc<Disk>,
    /// How store and disk were when somebody asked.
    pub probes: Probes,
    /// Who was sent to `public_url` lately.
    pub redirects: Redirects,
    /// Sockets that have not said who they are.
    pub pending: Arc<PendingConnections>,
    /// How many files may be open.
    pub files: Arc<Files>,
    /// Files that are being imported.
    pub imports: Arc<Imports>,
    /// Where pages with conversations are rendered.
    pub rendering: Rendering,
    /// What links for reading showed lately.
    pub share_cache: ShareCache,
    /// Cancelled: sockets and streams say good-bye.
    pub closing: CancellationToken,
    /// Open sockets: the end of the process waits for them.
    pub sockets: TaskTracker,
}

impl App {
    /// Who a token stands for, if it and its session hold (`grace` ms after its end are forgiven).
    ///
    /// # Errors
    /// Why not, in the codes of the contract.
    pub async fn authenticate(&self, token: &str, now: Millis, grace: Millis) -> Result<Claims, ApiError> {
        let claims = self.tokens.check(token, now, grace)?;
        self.confirm(claims, now).await
    }

    /// What the store says now of a token that is ours: its session may be over, its user suspended,
    /// renamed, raised.
    async fn confirm(&self, mut claims: Claims, now: Millis) -> Result<Claims, ApiError> {
        match self.store.session(claims.sid, now).await.map_err(chat::refused)? {
            Some(Seen::Open(StoredSession { user, suspended: None, .. })) if user.id == claims.sub => {
                claims.name = user.username;
                claims.role = user.role;
                Ok(claims)
            }
            Some(Seen::Open(StoredSession { suspended: Some(reason), .. })) => Err(suspended(&reason)),
            Some(Seen::Expired) => Err(session_expired()),
            _ => Err(session_revoked()),
        }
    }

    /// Lets somebody listen to what concerns them.
    ///
    /// They listen first and are looked up then: whoever ends their session meanwhile is either
    /// heard or seen.
    ///
    /// # Errors
    /// Their session is over, or they listen in too many places already.
    pub async fn register(
        &self,
        claims: Claims,
        transport: OpenTransport,
        wake: Wake,
        now: Millis,
    ) -> Result<(Claims, UserSubscription), ApiError> {
        let most = self.limits.sockets();
        let following =
            self.chat.hub().register(claims.sub, claims.sid, Connection { transport, since: now, node: self.node.clone() }, wake, most);
        let claims = self.confirm(claims, now).await?;
        let busy = || {
            ApiError::new(Code::Busy, format!("You have the maximum number of connections open ({most}). Close a tab.")).retry_after(10_000)
        };
        Ok((claims, following.ok_or_else(busy)?))
    }

    /// Ends what a user has open, and what is being written for them.
    pub fn end_user(&self, user: UserId, why: &ApiError) {
        let hub = self.chat.hub();
        hub.end_user(user, None, why);
        for answer in hub.answers().iter().filter(|answer| answer.user == user) {
            answer.stop.cancel();
        }
    }

    /// When a client that is sent away should come back, ms: spread, so that all of them together
    /// are no storm.
    pub fn spread_return(&self) -> u64 {
        let clients = self.chat.hub().listeners() as u64;
        let spread = (clients * 2).clamp(500, 5_000);
        500 + u64::from(u32::from_le_bytes(holdfast_core::clock::secret_bytes())) % spread
    }
}

/// The one wording for a session that is over, whatever ended it.
pub(crate) fn session_revoked() -> ApiError {
    ApiError::new(Code::SessionRevoked, "This session has ended: it was signed out, or its user was removed. Sign in again.")
}

/// The one wording for a session that came to its end by itself.
pub(crate) fn session_expired() -> ApiError {
    ApiError::new(Code::SessionRevoked, "Your sign-in has expired. Sign in again.")
}

/// Said to the sockets of a session that was ended from another.
pub(crate) fn signed_out_elsewhere() -> ApiError {
    ApiError::new(Code::SessionRevoked, "You were signed out from another device or tab. Sign in again.")
}

/// Said to the sockets of a session that was ended by who runs the server.
pub(crate) fn signed_out_by_admin() -> ApiError {
    ApiError::new(Code::SessionRevoked, "An administrator signed you out here. Sign in again.")
}

/// Said to the sockets of a user who is no more.
pub(crate) fn removed() -> ApiError {
    ApiError::new(Code::SessionRevoked, "This account and everything in it were removed.")
}

/// Said where another process ended a session, in its words.
pub(crate) fn ended(why: &str) -> ApiError {
    ApiError::new(Code::SessionRevoked, why)
}

/// Said to a user who is suspended, wherever they come.
pub(crate) fn suspended(reason: &str) -> ApiError {
    let reason = reason.trim().trim_end_matches('.');
    let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    ApiError::new(Code::SessionRevoked, format!("This account was suspended{why}. Ask an administrator."))
}
