//! Body of the administrators' activity call: what a server is doing now.

use serde::{Deserialize, Serialize};

use crate::{Code, api::User, id::UserId};

/// The transport of an open connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OpenTransport {
    /// A WebSocket.
    Socket,
    /// An event stream (`text/event-stream`).
    Stream,
    /// A long poll that is waiting for news.
    Poll,
}

/// The reply to `GET /api/admin/activity`: open connections, running answers and recent refusals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Activity {
    /// The server's time, ms since 1970.
    pub now: u64,
    /// Number of open sockets, streams and polls, over all users.
    pub connections: usize,
    /// Number of sockets that have not authenticated yet.
    pub unauthenticated: usize,
    /// Users with open connections, those with the most first; at most 200.
    pub present: Vec<Present>,
    /// Answers that are being written, the oldest first; at most 200.
    pub answers: Vec<Running>,
    /// Requests refused within the last hour, the newest first. Similar refusals are one entry.
    pub refusals: Vec<Refused>,
}

/// A user with their open connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Present {
    /// The user.
    pub user: User,
    /// Their open connections, the oldest first.
    pub open: Vec<Connection>,
}

/// An open connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Connection {
    /// Its transport.
    pub transport: OpenTransport,
    /// When it was opened, ms since 1970.
    pub since: u64,
    /// Name of the server process that holds it.
    pub node: String,
}

/// An answer that is being written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Running {
    /// Id of the user who gets the answer.
    pub user_id: UserId,
    /// Name of that user.
    pub username: String,
    /// Name of the provider that writes it.
    pub provider: String,
    /// Name of the model that writes it.
    pub model: String,
    /// When it was started, ms since 1970.
    pub since: u64,
    /// Length of its text so far, bytes.
    pub bytes: u64,
}

/// A group of similar refusals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Refused {
    /// Code of the refusal.
    pub code: Code,
    /// How many times it happened.
    pub count: u64,
    /// When it happened last, ms since 1970.
    pub at: u64,
    /// The path that was requested, as it is declared in the API (`/api/conversations/{id}`).
    pub path: String,
    /// Origin of the page that sent the request. `None` if the request carried none: programs and simple page loads send none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// IP address of the client.
    pub address: String,
    /// What to do about it: a sentence or a line of configuration.
    pub fix: String,
}
