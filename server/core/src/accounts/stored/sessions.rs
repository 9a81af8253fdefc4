//! What the rules and the store say to each other about sessions.

use holdfast_protocol::{SessionId, UserId, api::User};

use crate::clock::Millis;

/// A session that is to be created.
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// The user who signs in.
    pub user: UserId,
    /// Hash of its cookie.
    pub cookie_hash: [u8; 32],
    /// Hash of the part of its cookies that all of them have in common.
    pub family_hash: [u8; 32],
    /// When it ends if it is not used before, ms since 1970.
    pub expires_at: Millis,
    /// The browser and system that it is used on, for the list of sessions.
    pub device: String,
    /// Whether the user has just given a password, code or the like. Some changes ask for that.
    pub proved: bool,
}

/// A valid session.
#[derive(Clone, Debug)]
pub struct StoredSession {
    /// Its id.
    pub id: SessionId,
    /// The user who is signed in.
    pub user: User,
    /// Why the user is suspended; `None` if they are not. Suspending keeps sessions, so that it can be undone.
    pub suspended: Option<String>,
}

/// A session that was not revoked.
#[derive(Clone, Debug)]
pub enum SessionState {
    /// The session is valid.
    Open(StoredSession),
    /// The session has expired.
    Expired,
}

impl SessionState {
    /// Returns the session if it is valid.
    pub fn open(self) -> Option<StoredSession> {
        match self {
            SessionState::Open(session) => Some(session),
            SessionState::Expired => None,
        }
    }
}

/// Hashes of the cookies of a rotation.
pub struct CookieRotation {
    /// Of the one that came.
    pub old: [u8; 32],
    /// Of the one that is to take its place.
    pub new: [u8; 32],
    /// Of what both share.
    pub family: [u8; 32],
}

/// What came of a rotation.
pub enum Rotation {
    /// The session goes on, with the new cookie.
    Rotated(StoredSession),
    /// It goes on with the cookie that is there: it was rotated a moment ago, by another tab perhaps, or its user is suspended.
    Recent(StoredSession),
    /// An old cookie came back after it was replaced: someone has a copy. The session is ended.
    Stolen(SessionId, UserId),
    /// The session has expired.
    Expired,
    /// No such session.
    Gone,
}
