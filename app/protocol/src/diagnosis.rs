//! Why a page's socket does not get through: asked for once, over plain HTTP, when the page leaves the socket.

use serde::{Deserialize, Serialize};

/// The reply to `GET /ws?diagnose=1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SocketDiagnosis {
    /// What became of the newest request for a socket from the same address.
    pub cause: SocketCause,
    /// The line of configuration that mends it.
    #[serde(default)]
    pub fix: String,
}

/// What keeps a socket from getting through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SocketCause {
    /// The request arrived without its `Upgrade` header: a proxy removed it.
    Stripped,
    /// The server refused the page's origin.
    OriginRefused,
    /// No request for a socket arrived.
    NotArrived,
    /// The request arrived and was answered, and the answer or what follows it does not come back.
    Arrived,
    /// Something in front of the server wants the person to sign in.
    #[serde(skip)]
    SignIn,
    /// Something in front of the server answered with this status.
    #[serde(skip)]
    Status(u16),
}
