//! Why a session is over, as a sentence for its user.

use holdfast_protocol::{ApiError, Code};

/// The error for a session that somebody ended.
pub fn session_revoked() -> ApiError {
    ApiError::new(Code::SessionRevoked, "This session has ended: it was signed out, or its user was removed. Sign in again.")
}

/// The error for a session whose time has run out.
pub fn session_expired() -> ApiError {
    ApiError::new(Code::SessionRevoked, "Your sign-in has expired. Sign in again.")
}

/// What connections are told whose session the user ended in another one.
pub fn signed_out_elsewhere() -> ApiError {
    ApiError::new(Code::SessionRevoked, "You were signed out from another device or tab. Sign in again.")
}

/// What connections are told whose session an administrator ended.
pub fn signed_out_by_admin() -> ApiError {
    ApiError::new(Code::SessionRevoked, "An administrator signed you out here. Sign in again.")
}

/// What the connections of a removed user are told.
pub fn removed() -> ApiError {
    ApiError::new(Code::SessionRevoked, "This account and everything in it were removed.")
}

/// What a suspended user is told, in each place.
pub fn suspended(reason: &str) -> ApiError {
    let reason = reason.trim().trim_end_matches('.');
    let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    ApiError::new(Code::SessionRevoked, format!("This account was suspended{why}. Ask an administrator."))
}
