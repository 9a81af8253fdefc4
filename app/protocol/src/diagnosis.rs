//! Body of the call by which a page asks, over plain HTTP, why its socket does not get through.

use serde::{Deserialize, Serialize};

/// The reply to `GET /ws?diagnose=1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SocketDiagnosis {
    /// What happened to the latest WebSocket request from the same address.
    pub cause: SocketCause,
    /// The line of proxy configuration that fixes it; empty if there is nothing to fix.
    #[serde(default)]
    pub fix: String,
}

/// Why a WebSocket does not get through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SocketCause {
    /// The request arrived without its `Upgrade` header, because a proxy removed it.
    Stripped,
    /// The server refused the page's origin.
    OriginRefused,
    /// No WebSocket request arrived.
    NotArrived,
    /// The request arrived and was answered, but the reply or what follows it does not reach the browser.
    Arrived,
    /// A program in front of the server wants the user to sign in.
    #[serde(skip)]
    SignIn,
    /// A program in front of the server answered with this HTTP status.
    #[serde(skip)]
    Status(u16),
}
