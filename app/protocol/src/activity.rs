//! What is going on at a server, for those who run it.

use serde::{Deserialize, Serialize};

use crate::{Code, api::User, id::UserId};

/// What is open over what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OpenTransport {
    /// A WebSocket.
    Socket,
    /// An event stream.
    Stream,
    /// A poll that waits.
    Poll,
}

/// `GET /api/admin/activity`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Activity {
    /// The server's time, ms since 1970.
    pub now: u64,
    /// How many sockets, streams and polls are open in all.
    pub connections: usize,
    /// Sockets that have not said who they are.
    pub unauthenticated: usize,
    /// Who has something open; at most 200, those with the most first.
    pub present: Vec<Present>,
    /// Answers that are being written, the oldest first; at most 200.
    pub answers: Vec<Running>,
    /// What was refused within the last hour, the newest first.
    pub refusals: Vec<Refused>,
}

/// A user, and what they have open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Present {
    /// Who.
    pub user: User,
    /// What; the oldest first.
    pub open: Vec<Connection>,
}

/// Something that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Connection {
    /// Over what.
    pub transport: OpenTransport,
    /// Since when, ms since 1970.
    pub since: u64,
    /// At which server, by its name.
    pub node: String,
}

/// An answer that is being written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Running {
    /// For whom.
    pub user_id: UserId,
    /// Their name.
    pub username: String,
    /// Who writes it.
    pub provider: String,
    /// With which model.
    pub model: String,
    /// Since when, ms since 1970.
    pub since: u64,
    /// How long it is, bytes.
    pub bytes: u64,
}

/// What was refused, once or more often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Refused {
    /// Why.
    pub code: Code,
    /// How often.
    pub count: u64,
    /// When last, ms since 1970.
    pub at: u64,
    /// What was asked for.
    pub path: String,
    /// By a page of which origin; none: by a program, or by a page that asked nothing but to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// From which address.
    pub address: String,
    /// What would mend it.
    pub fix: String,
}
