//! Bodies of the calls about the second factor.

use serde::{Deserialize, Serialize};

/// What is said where one is in force already.
pub const IS_ON: &str = "This account has a second step already.";

/// The answer to `POST /api/auth/second-factor`: what an app for codes is told.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Setup {
    /// In base 32, to be typed.
    pub secret: String,
    /// The same as an address that apps open (`otpauth:`).
    pub uri: String,
    /// The same as a QR code.
    pub picture: Picture,
}

/// A QR code.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Picture {
    /// Squares in each direction, without the margin of four that belongs around them.
    pub size: u32,
    /// The dark ones, as the path of an SVG in which each is 1 by 1.
    pub path: String,
}

/// `POST /api/auth/second-factor/confirm`.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FactorCode {
    /// That the app shows.
    pub code: String,
}

/// The answer to that: codes for an emergency. Each is good once, in place of one that the app shows.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryCodes {
    /// Shown never again.
    pub codes: Vec<String>,
}

/// `POST /api/auth/second-factor/remove`.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FactorRemoval {
    /// The password; who has none must have signed in within the last ten minutes.
    #[serde(default)]
    pub password: String,
    /// That the app shows, or one for an emergency.
    pub code: String,
}

hides!(Setup, Picture, FactorCode, RecoveryCodes, FactorRemoval);
