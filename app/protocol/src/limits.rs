//! Bodies of the calls about limits.

use serde::{Deserialize, Serialize};

/// Numbers and rates. Where they are set, each is 1 at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitNumbers {
    /// Sockets, streams and polls at once, a user.
    pub sockets: u32,
    /// Messages a minute, a user.
    pub messages: u32,
    /// Answers at once, a user.
    pub answers: u32,
    /// Attempts to sign in a minute, an address.
    pub sign_in: u32,
    /// Sockets that have not said who they are.
    pub unauthenticated: u32,
}

impl LimitNumbers {
    /// What holds where nobody said otherwise.
    pub const USUAL: Self = Self { sockets: 20, messages: 30, answers: 4, sign_in: 10, unauthenticated: 1_000 };
    /// What nobody means to allow more of.
    pub const MOST: u32 = 1_000_000;
}

/// `GET` and `PATCH /api/admin/limits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitsInfo {
    /// Whether they are in force. Off is a setting of the server, for measuring.
    pub on: bool,
    /// What is in force.
    pub numbers: LimitNumbers,
}

/// `PATCH /api/admin/limits`. What is left out stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitsPatch {
    /// Sockets, streams and polls at once, a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sockets: Option<u32>,
    /// Messages a minute, a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<u32>,
    /// Answers at once, a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<u32>,
    /// Attempts to sign in a minute, an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<u32>,
    /// Sockets that have not said who they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unauthenticated: Option<u32>,
}
