//! What the rules and the store say to each other about sessions.

use holdfast_protocol::{SessionId, UserId, api::User};

use crate::clock::Millis;

/// A session to be.
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// Hash of its cookie.
    pub cookie_hash: [u8; 32],
    /// Hash of the part of its cookies that stays.
    pub family_hash: [u8; 32],
    /// When it ends unless it is used.
    pub expires_at: Millis,
    /// What it is on, in a few words.
    pub device: String,
    /// Whether its owner has shown just now who they are.
    pub proved: bool,
}

/// A session that holds.
#[derive(Clone, Debug)]
pub struct StoredSession {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub user: User,
    /// Why the user is suspended, where that is so. Suspending keeps sessions, so that it can be undone.
    pub suspended: Option<String>,
}

/// A session that was not revoked.
#[derive(Clone, Debug)]
pub enum SessionState {
    /// It is valid.
    Open(StoredSession),
    /// It has expired.
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
    /// It has expired.
    Expired,
    /// No such session.
    Gone,
}
