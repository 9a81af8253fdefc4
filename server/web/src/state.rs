//! The state of one server, which every request shares.

use std::sync::Arc;

use holdfast_protocol::{
    ApiError,
    activity::{Connection, OpenTransport},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    files::Files,
    http::{
        diagnosis::SocketRequests, health::Probes, public_address::Redirects, refusals::Refusals, rendering::Rendering,
        share_cache::ShareCache, site::Site,
    },
    realtime::pending::PendingConnections,
    settings::Settings,
};
use holdfast_core::access::ModelAccess;
use holdfast_core::accounts::{Accounts, Administration};
use holdfast_core::answers::{UserSubscription, Wake};
use holdfast_core::conversations::Chat;
use holdfast_core::materials::Materials;
use holdfast_core::ports::{ProviderRegistry, Repositories};
use holdfast_core::spending::Spending;
use holdfast_core::{auth::token::Claims, limits::Limits};
use holdfast_core::{clock::Millis, disk::Disk};
use holdfast_oidc::Oidc;
use holdfast_transfer::places::Imports;

/// The state of one server.
pub struct App {
    /// The configured settings.
    pub settings: Settings,
    /// The site's static files.
    pub site: Site,
    /// Name of this server process, to tell it from others.
    pub node: String,
    /// The database: users, sessions, conversations and everything else that is stored.
    pub store: Arc<dyn Repositories>,
    /// Operations of users on their own accounts and sessions.
    pub accounts: Accounts,
    /// Operations of administrators on other users' accounts.
    pub administration: Administration,
    /// Conversations and answers.
    pub chat: Arc<Chat>,
    /// Files of users.
    pub materials: Arc<Materials>,
    /// Model providers.
    pub providers: Arc<dyn ProviderRegistry>,
    /// Which user may use which provider and model.
    pub model_access: Arc<ModelAccess>,
    /// Prices, budgets, and what users used.
    pub spending: Arc<Spending>,
    /// OpenID Connect providers, which users can sign in through.
    pub oidc: Oidc,
    /// Limits on the number and rate of requests, messages and connections.
    pub limits: Arc<Limits>,
    /// Recently refused requests, for administrators.
    pub refusals: Refusals,
    /// The latest WebSocket requests and what happened to them, to find out why a socket fails.
    pub socket_requests: SocketRequests,
    /// The disk of the data folder.
    pub disk: Arc<Disk>,
    /// The latest health check of store and disk.
    pub probes: Probes,
    /// Recent redirects to `public_url`, so that no client is redirected in a loop.
    pub redirects: Redirects,
    /// Sockets that are not authenticated yet.
    pub pending: Arc<PendingConnections>,
    /// The limit of open files, which connections share with the store.
    pub files: Arc<Files>,
    /// Running imports of conversations.
    pub imports: Arc<Imports>,
    /// Slots to render pages with conversations.
    pub rendering: Rendering,
    /// Cached pages of read-only links.
    pub share_cache: ShareCache,
    /// Cancelled when the server shuts down. Sockets and streams then announce it and close.
    pub closing: CancellationToken,
    /// Open sockets and running imports. The process waits for them before it exits.
    pub sockets: TaskTracker,
}

impl App {
    /// Registers a connection of this server, so that it hears of changes that concern its user. See [`Accounts::register`].
    ///
    /// # Errors
    /// The session has ended, or the user has too many connections.
    pub async fn register(
        &self,
        claims: Claims,
        transport: OpenTransport,
        wake: Wake,
        now: Millis,
    ) -> Result<(Claims, UserSubscription), ApiError> {
        let connection = Connection { transport, since: now, node: self.node.clone() };
        self.accounts.register(claims, connection, wake, now).await
    }

    /// Returns the time after which a disconnected client should reconnect, ms. It is random and grows with the number of clients, so that
    /// they do not all reconnect at the same moment.
    pub fn spread_return(&self) -> u64 {
        let clients = self.chat.hub().listeners() as u64;
        let spread = (clients * 2).clamp(500, 5_000);
        500 + u64::from(u32::from_le_bytes(holdfast_core::clock::secret_bytes())) % spread
    }
}
