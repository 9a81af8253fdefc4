//! Bodies of the calls about two-factor authentication.

use serde::{Deserialize, Serialize};

/// The reply to `POST /api/auth/second-factor`: what the user enters into an authenticator app.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Setup {
    /// The secret in base 32, for typing.
    pub secret: String,
    /// The secret as an `otpauth:` URI, which authenticator apps open.
    pub uri: String,
    /// The URI as a QR code.
    pub picture: Picture,
}

/// A QR code.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Picture {
    /// Number of squares in each direction, without the margin of four squares that must surround them.
    pub size: u32,
    /// The dark squares as an SVG path in which each square is 1 by 1.
    pub path: String,
}

/// Body of `POST /api/auth/second-factor/confirm`: turns two-factor authentication on.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FactorCode {
    /// The current code of the authenticator app.
    pub code: String,
}

/// The reply to `POST /api/auth/second-factor/confirm`: recovery codes. Each can be used once instead of a code of the authenticator app.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryCodes {
    /// The recovery codes. No other call returns them.
    pub codes: Vec<String>,
}

/// Body of `POST /api/auth/second-factor/remove`: turns two-factor authentication off.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FactorRemoval {
    /// Password of the account. An account without a password must have signed in within the last ten minutes instead.
    #[serde(default)]
    pub password: String,
    /// A code of the authenticator app, or a recovery code.
    pub code: String,
}

hides!(Setup, Picture, FactorCode, RecoveryCodes, FactorRemoval);
