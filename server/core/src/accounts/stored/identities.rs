//! What the rules and the store say to each other about identities at OpenID Connect providers.

use holdfast_protocol::{
    UserId,
    api::{Role, User},
};

use super::StoredUser;

/// A user as an OpenID Connect provider identifies them.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    /// The provider.
    pub issuer: &'a str,
    /// The user's id at the provider, which is never given to anybody else.
    pub subject: &'a str,
    /// The user's role here; `None` if the provider does not decide it.
    pub role: Option<Role>,
}

/// Whether a user without an account may create one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Yes.
    Open,
    /// With an invitation; this is the hash of its code.
    Invitation([u8; 32]),
    /// No.
    Closed,
}

/// The account to create if there is none yet.
#[derive(Clone, Copy, Debug)]
pub struct NewAccount<'a> {
    /// The guest who becomes the account's user, if there is one.
    pub guest: Option<UserId>,
    /// Id of the account, if no guest becomes its user.
    pub id: UserId,
    /// The preferred name.
    pub name: &'a str,
    /// Whether it may be created.
    pub admission: Admission,
}

/// The result of signing in through a provider.
pub enum SignInOutcome {
    /// The user had an account.
    Known {
        /// The user, with the current role.
        stored: StoredUser,
        /// The role before this sign-in.
        role_before: Role,
    },
    /// An account was created.
    New {
        /// Its user.
        user: User,
        /// Whether it was the guest's.
        was_guest: bool,
    },
    /// The user has no account, and may not create one.
    NotAdmitted,
    /// The invitation is not valid.
    BadInvitation,
}

/// The result of linking an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkOutcome {
    /// It is linked now, or was before.
    Done,
    /// The provider's user is linked to another account.
    Taken,
    /// The account is linked to another user of the provider.
    Other,
}

/// The result of unlinking an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnlinkOutcome {
    /// It is not linked any more.
    Done,
    /// It was not linked.
    Missing,
    /// It is the only way to sign in to the account.
    LastMethod,
}
