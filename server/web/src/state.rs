//! What every request can reach.

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
use holdfast_core::ports::{ProviderRegistry, Repositories};
use holdfast_core::{auth::token::Claims, limits::Limits};
use holdfast_core::{clock::Millis, disk::Disk};
use holdfast_oidc::Oidc;
use holdfast_transfer::places::Imports;

/// One server.
pub struct App {
    /// What is configured.
    pub settings: Settings,
    /// The files of the site.
    pub site: Site,
    /// What this server is called among others.
    pub node: String,
    /// Users, sessions, conversations.
    pub store: Arc<dyn Repositories>,
    /// What people do with their own accounts and sessions.
    pub accounts: Accounts,
    /// What administrators do to the accounts of others.
    pub administration: Administration,
    /// Conversations and answers.
    pub chat: Arc<Chat>,
    /// Who answers.
    pub providers: Arc<dyn ProviderRegistry>,
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
    /// Registers a connection of this server as a listener for what concerns its user: see [`Accounts::register`].
    ///
    /// # Errors
    /// The session is over, or the user has too many connections already.
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

    /// When a client that is sent away should come back, ms: spread, so that all of them together
    /// are no storm.
    pub fn spread_return(&self) -> u64 {
        let clients = self.chat.hub().listeners() as u64;
        let spread = (clients * 2).clamp(500, 5_000);
        500 + u64::from(u32::from_le_bytes(holdfast_core::clock::secret_bytes())) % spread
    }
}
