//! Why a session is over.

use holdfast_protocol::{ApiError, Reason};

/// The error for a session that somebody ended.
pub fn session_revoked() -> ApiError {
    Reason::SessionEnded.into()
}

/// The error for a session whose time has run out.
pub fn session_expired() -> ApiError {
    Reason::SessionExpired.into()
}

/// What connections are told whose session the user ended in another one.
pub fn signed_out_elsewhere() -> ApiError {
    Reason::SignedOutElsewhere.into()
}

/// What connections are told whose session an administrator ended.
pub fn signed_out_by_admin() -> ApiError {
    Reason::SignedOutByAdministrator.into()
}

/// What the connections of a removed user are told.
pub fn removed() -> ApiError {
    Reason::AccountRemoved.into()
}

/// What a suspended user is told, in each place.
pub fn suspended(reason: &str) -> ApiError {
    let why = reason.trim().trim_end_matches('.');
    Reason::AccountSuspended.error().with_some("why", Some(why).filter(|why| !why.is_empty()))
}
