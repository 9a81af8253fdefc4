//! Accounts: users, sessions, sign-in methods, links and invitations.

use async_trait::async_trait;
use holdfast_protocol::{
    ApiError, InvitationId, SessionId, UserId,
    api::{Role, User},
    people::{Invitation, InvitationState, People, Person, SessionInfo},
};

use super::StoreError;
use crate::{
    accounts::stored::{
        Change, Claimed, CookieRotation, Identity, Joined, LinkOutcome, NewAccount, NewAdmin, NewInvitation, NewSession, Revocation,
        Rotation, SessionState, SignInOutcome, StoredFactor, StoredUser, UnlinkOutcome,
    },
    clock::Millis,
};

/// Guests and accounts.
#[async_trait]
pub trait Users: Send + Sync {
    /// Creates a guest.
    async fn add_guest(&self, id: UserId, now: Millis) -> Result<User, StoreError>;

    /// Creates an account, or turns a guest into one, who keeps all data. Returns `None` if the name is taken.
    async fn add_member(&self, id: UserId, username: &str, password_hash: &str, now: Millis) -> Result<Option<User>, StoreError>;

    /// Returns the user with this id.
    async fn user(&self, id: UserId) -> Result<Option<StoredUser>, StoreError>;

    /// Returns the user with this name.
    async fn user_by_name(&self, username: &str) -> Result<Option<StoredUser>, StoreError>;

    /// Returns those of these users that exist.
    async fn users(&self, ids: &[UserId]) -> Result<Vec<User>, StoreError>;

    /// Renames a user. Returns false if the name is taken.
    async fn rename_user(&self, id: UserId, username: &str) -> Result<bool, StoreError>;

    /// Changes a user's password. Links to set it become invalid.
    async fn set_password(&self, id: UserId, password_hash: &str) -> Result<(), StoreError>;

    /// Changes the role of an account. A guest has no account, so returns [`Change::Missing`] for one.
    async fn set_role(&self, id: UserId, role: Role) -> Result<Change, StoreError>;

    /// Suspends a user with a reason, or ends the suspension.
    async fn set_suspended(&self, id: UserId, reason: Option<&str>, now: Millis) -> Result<Change, StoreError>;

    /// Removes a user: the user is invisible, can't sign in, and the name is free. The user's data is erased later in
    /// pieces, or at once if it is little.
    async fn remove_user(&self, id: UserId) -> Result<Change, StoreError>;

    /// Returns whether there is an administrator.
    async fn has_admin(&self) -> Result<bool, StoreError>;

    /// Returns a page of users whose name contains `search`, newest first. Guests are included only if `guests` is true. `after` is the
    /// last user of the previous page.
    async fn people(&self, search: &str, guests: bool, after: Option<UserId>, limit: u32) -> Result<People, StoreError>;

    /// Returns a user as administrators see them.
    async fn person(&self, id: UserId) -> Result<Option<Person>, StoreError>;
}

/// Sessions of users.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Stores a new session. A user has at most 200. Surplus ones are deleted: first those that have ended, then the least recently used.
    async fn add_session(&self, session: &NewSession, now: Millis) -> Result<(), StoreError>;

    /// Gives an existing session new cookies, and a new beginning, end and device. Returns false if the session was ended, or belongs to
    /// another user.
    async fn begin_session_anew(&self, session: &NewSession, now: Millis) -> Result<bool, StoreError>;

    /// Returns a session. Returns `None` if there is none with this id, or if it was ended.
    async fn session(&self, id: SessionId, now: Millis) -> Result<Option<SessionState>, StoreError>;

    /// Returns the session of a cookie without rotating the cookie, to render pages. Returns `None` if there is none, or if it was ended.
    async fn session_by_cookie(&self, cookie_hash: &[u8; 32], now: Millis) -> Result<Option<SessionState>, StoreError>;

    /// Returns a user's valid sessions, the most recently used first. `current` is the session that asks.
    async fn sessions_of(&self, user: UserId, current: SessionId, now: Millis) -> Result<Vec<SessionInfo>, StoreError>;

    /// Returns when the user of a session last proved who they are in it. Returns `None` if they never did.
    async fn session_proved(&self, id: SessionId) -> Result<Option<Millis>, StoreError>;

    /// Replaces a session's cookie, and extends the session. An account's session never lasts longer than `longest`, ms; `None` for no such
    /// limit.
    ///
    /// A cookie is replaced at most once a minute. During that minute, a tab may still send the previous cookie. After it, the previous
    /// cookie is taken as stolen; any older one always is. The session of a stolen cookie is ended.
    async fn rotate_session(&self, cookies: &CookieRotation, now: Millis, longest: Option<Millis>) -> Result<Rotation, StoreError>;

    /// Ends a session.
    async fn revoke_session(&self, id: SessionId, now: Millis) -> Result<(), StoreError>;

    /// Ends one of a user's sessions. Returns false if the user has no open session with this id.
    async fn revoke_session_of(&self, user: UserId, id: SessionId, now: Millis) -> Result<bool, StoreError>;

    /// Ends all of a user's sessions except `but`.
    async fn revoke_sessions(&self, user: UserId, but: Option<SessionId>, now: Millis) -> Result<(), StoreError>;
}

/// Links that can be used once: to become the first administrator, and to set a new password. Only hashes of their tokens are stored.
#[async_trait]
pub trait Links: Send + Sync {
    /// Stores the link for the first administrator. Earlier links become invalid.
    async fn keep_claim(&self, hash: &[u8; 32], now: Millis) -> Result<(), StoreError>;

    /// Makes a user the first administrator and invalidates the link, in one transaction, so that a link can't be used twice.
    async fn claim(&self, hash: &[u8; 32], who: &NewAdmin<'_>, now: Millis) -> Result<Claimed, StoreError>;

    /// Stores a link to set a user's password. An earlier one becomes invalid. Returns false if there is no such account.
    async fn keep_password_link(&self, user: UserId, hash: &[u8; 32], now: Millis, expires_at: Millis) -> Result<bool, StoreError>;

    /// Returns the account whose password a link sets. Returns `None` if the link is not valid.
    async fn password_link_for(&self, hash: &[u8; 32], now: Millis) -> Result<Option<User>, StoreError>;

    /// Sets a password with a link, invalidates the link, and ends all of the user's sessions. Returns `None` if the link is not valid.
    async fn use_password_link(&self, hash: &[u8; 32], password_hash: &str, now: Millis) -> Result<Option<User>, StoreError>;
}

/// Invitations to create an account.
#[async_trait]
pub trait Invitations: Send + Sync {
    /// Stores an invitation.
    async fn add_invitation(&self, new: &NewInvitation, now: Millis) -> Result<Invitation, StoreError>;

    /// Returns whether an invitation can be used.
    async fn invitation_state(&self, code: &[u8; 32], now: Millis) -> Result<InvitationState, StoreError>;

    /// Returns the invitations that can still be used, newest first.
    async fn invitations(&self, now: Millis) -> Result<Vec<Invitation>, StoreError>;

    /// Withdraws an invitation. Returns false if there is none with this id.
    async fn withdraw_invitation(&self, id: InvitationId) -> Result<bool, StoreError>;

    /// Creates an account with an invitation; otherwise like [`Users::add_member`].
    async fn join(&self, code: &[u8; 32], id: UserId, username: &str, password_hash: &str, now: Millis) -> Result<Joined, StoreError>;
}

/// The links between accounts and users of OpenID Connect providers.
#[async_trait]
pub trait Identities: Send + Sync {
    /// Finds or creates the account of a provider's user, in one transaction.
    ///
    /// An account is found only by issuer and subject. An account with the preferred name belongs to somebody else, so a new account then
    /// gets a variant of the name.
    async fn arrive(&self, who: &Identity<'_>, new: &NewAccount<'_>, now: Millis) -> Result<SignInOutcome, StoreError>;

    /// Links an account to a provider's user. Each account has at most one user of each provider.
    async fn join_identity(&self, user: UserId, who: &Identity<'_>, now: Millis) -> Result<LinkOutcome, StoreError>;

    /// Returns the providers that a user is linked to.
    async fn issuers_of(&self, user: UserId) -> Result<Vec<String>, StoreError>;

    /// Unlinks an account from a provider, unless that is the only way to sign in. Providers that are not in `usable` do not count as a
    /// way to sign in.
    async fn part_identity(&self, user: UserId, issuer: &str, usable: &[&str]) -> Result<UnlinkOutcome, StoreError>;
}

/// Two-factor authentication: encrypted secrets, and recovery codes.
#[async_trait]
pub trait SecondFactors: Send + Sync {
    /// Stores a new secret, and replaces one that was never confirmed. Returns false if two-factor authentication is on.
    async fn begin_second_factor(&self, user: UserId, secret: &[u8]) -> Result<bool, StoreError>;

    /// Returns the encrypted secret of an account, and whether it is in force. Returns `None` if there is none.
    async fn second_factor(&self, user: UserId) -> Result<Option<StoredFactor>, StoreError>;

    /// Turns two-factor authentication on for the account with this secret, with recovery codes. Returns false if it is on already, or if
    /// another secret was stored meanwhile.
    async fn put_second_factor_into_force(&self, user: UserId, secret: &[u8], step: u64, codes: &[[u8; 32]]) -> Result<bool, StoreError>;

    /// Turns two-factor authentication off. Returns false if it was not on.
    async fn remove_second_factor(&self, user: UserId) -> Result<bool, StoreError>;

    /// Records that the code of a time step was used. Returns false if that step or a later one was used before. A used step that is far in
    /// the future is ignored: it was used while the clock was wrong, and would lock the user out.
    async fn spend_step(&self, user: UserId, step: u64) -> Result<bool, StoreError>;

    /// Uses a recovery code. Returns false if it does not exist or was used before.
    async fn spend_recovery_code(&self, user: UserId, hash: &[u8; 32]) -> Result<bool, StoreError>;

    /// Returns all encrypted secrets, to encrypt them with another key.
    async fn second_factors(&self) -> Result<Vec<(UserId, Vec<u8>)>, StoreError>;

    /// Stores a secret that was encrypted with another key.
    async fn keep_second_factor(&self, user: UserId, secret: &[u8]) -> Result<(), StoreError>;
}

/// Requests from one process to another to close a user's connections. The command line uses them to reach the running server.
#[async_trait]
pub trait Revocations: Send + Sync {
    /// Asks the server, if one is running, to close a user's connections, and to stop the user's answers if `stop_answers`.
    async fn request_revocation(&self, user: UserId, why: &ApiError, stop_answers: bool) -> Result<(), StoreError>;

    /// Returns the revocations that no server has carried out yet, oldest first.
    async fn pending_revocations(&self) -> Result<Vec<Revocation>, StoreError>;

    /// Deletes the revocations up to and including `seq`.
    async fn revocations_done(&self, seq: i64) -> Result<(), StoreError>;
}
