//! What the rules and the store say to each other about users, invitations and links.

use holdfast_protocol::{ApiError, InvitationId, UserId, api::User, people::InvitationState};

use crate::clock::Millis;

/// A user with data that only the server may see.
#[derive(Clone)]
pub struct StoredUser {
    /// What others may see.
    pub user: User,
    /// Password hash in PHC format; `None` for guests, and for users who sign in only through a provider.
    pub password_hash: Option<String>,
    /// Why the user is suspended; `None` if not.
    pub suspended: Option<String>,
}

/// The result of a change that must leave an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The change was made.
    Done,
    /// There is no such user.
    Missing,
    /// The user is the only administrator.
    LastAdmin,
}

/// The user who becomes the first administrator.
pub enum NewAdmin<'a> {
    /// An existing user.
    Raised(UserId),
    /// A new account, or a guest who gets one.
    Made {
        /// Id of the guest, or a new id.
        id: UserId,
        /// Name of the account.
        username: &'a str,
        /// Password hash in PHC format.
        password_hash: &'a str,
    },
}

/// The result of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// This user is the administrator now.
    Admin(User),
    /// The link was used, has expired, or never existed.
    BadLink,
    /// The name is taken; the link can be used again.
    NameTaken,
}

/// An invitation to create.
pub struct NewInvitation {
    /// Its id.
    pub id: InvitationId,
    /// Hash of its code.
    pub hash: [u8; 32],
    /// A note about it.
    pub note: String,
    /// Maximum number of accounts that can be created with it.
    pub uses: u32,
    /// The time after which no account can be created with it, ms since 1970.
    pub expires_at: Millis,
}

/// The result of signing up with an invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joined {
    /// The account was created.
    Member(User),
    /// The invitation is not valid.
    BadInvitation(InvitationState),
    /// The name is taken; the invitation was not used.
    NameTaken,
}

/// A change that another process made to a user, after which the running server closes the user's connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Increases with each revocation.
    pub seq: i64,
    /// The user whose connections are closed.
    pub user: UserId,
    /// Why, for the user.
    pub why: ApiError,
    /// Whether the answers that are being written for the user stop as well.
    pub stop_answers: bool,
}

/// The two-factor secret of an account.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredFactor {
    /// The encrypted secret.
    pub secret: Vec<u8>,
    /// Whether signing in requires a code.
    pub in_force: bool,
}
