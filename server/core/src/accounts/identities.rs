//! Accounts of people whom a provider of OpenID Connect vouches for.

use crate::auth::session_errors::suspended;
use crate::clock::{self, Millis};
use holdfast_protocol::{
    SessionId, UserId,
    api::{Role, User},
    people::SignUps,
};
use serde::{Deserialize, Serialize};

use super::stored::{Admission, Identity, LinkOutcome, NewAccount, SignInOutcome, StoredSession, StoredUser};
use super::{AccountError, Accounts, Actor, Browser, audit};
use crate::auth::opaque::{self, OpaqueToken};
use crate::ports::StoreError;

/// A request to link an account with a provider. Its user has just confirmed the password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRequest {
    /// The account.
    pub user: UserId,
    /// The session that made the request.
    pub session: SessionId,
    /// The name of the provider.
    pub provider: String,
    /// Time of the request, ms since 1970.
    pub at: Millis,
}

/// A user as a provider identifies them.
#[derive(Debug)]
pub struct ExternalIdentity {
    /// The provider's issuer.
    pub issuer: String,
    /// The subject: the provider's permanent id of the user.
    pub subject: String,
    /// A name for a new account, made valid for this server.
    pub name: String,
    /// The role that the provider's claim gives; `None` if it gives none.
    pub role: Option<Role>,
}

/// A sign-in through a provider, as the browser began it.
pub struct ExternalSignIn<'a> {
    /// The provider's name in the configuration.
    pub provider: &'a str,
    /// The session that the browser had then.
    pub session: Option<SessionId>,
    /// The code of an invitation.
    pub invitation: Option<&'a str>,
    /// Whether the provider was told to ask who it is though it knows the browser.
    pub asked_again: bool,
}

/// Why nobody was signed in, or no identity linked.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// As with any other way to sign in.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The browser has another session by now.
    #[error("the browser's session is another by now")]
    SessionChanged,
    /// There is no account, and none can be made.
    #[error("no account can be made")]
    SignUpClosed,
    /// There is no account, and making one needs an invitation.
    #[error("an account can be made with an invitation only")]
    InvitationNeeded,
    /// There is no account, and the invitation can't be used.
    #[error("the invitation can't be used")]
    BadInvitation,
    /// This identity signs in to another account.
    #[error("the identity belongs to another account")]
    IdentityTaken,
    /// The account is linked with another identity of this provider.
    #[error("the account is linked with another identity of this provider")]
    OtherIdentity,
}

impl From<StoreError> for IdentityError {
    fn from(cause: StoreError) -> Self {
        Self::Account(cause.into())
    }
}

impl Accounts {
    /// The account that may be linked by a request that its owner made before, if the browser still has the session of then.
    pub fn linkable(session: Option<&StoredSession>, request: &LinkRequest) -> Option<UserId> {
        let session = session.filter(|session| session.suspended.is_none() && session.user.role != Role::Guest);
        session.filter(|session| session.id == request.session && session.user.id == request.user).map(|session| session.user.id)
    }

    /// Links an identity with an account: whoever has it signs in to the account from now on.
    ///
    /// # Errors
    /// The browser's session is another than the one that began this, or either side is linked otherwise.
    pub async fn link(
        &self,
        cookie: Option<&str>,
        began: &ExternalSignIn<'_>,
        user: UserId,
        identity: &ExternalIdentity,
        now: Millis,
    ) -> Result<(), IdentityError> {
        let session = self.current(cookie, now).await?;
        let is_same = |session: &StoredSession| session.user.id == user && Some(session.id) == began.session && session.suspended.is_none();
        if !session.as_ref().is_some_and(is_same) {
            return Err(IdentityError::SessionChanged);
        }
        let who = Identity { issuer: &identity.issuer, subject: &identity.subject, role: None };
        match self.store.join_identity(user, &who, now).await? {
            LinkOutcome::Done => {
                audit::method_linked(user, began.provider);
                Ok(())
            }
            LinkOutcome::Taken => Err(IdentityError::IdentityTaken),
            LinkOutcome::Other => Err(IdentityError::OtherIdentity),
        }
    }

    /// Finds or makes the account of an identity, and begins a session. A guest without an account becomes it, with everything.
    ///
    /// # Errors
    /// The account is suspended, or there is none and none can be made.
    pub async fn sign_in_externally(
        &self,
        browser: Browser<'_>,
        began: &ExternalSignIn<'_>,
        identity: &ExternalIdentity,
        now: Millis,
    ) -> Result<OpaqueToken, IdentityError> {
        let is_guest = |session: &StoredSession| session.user.role == Role::Guest && session.suspended.is_none();
        let session = self.current(browser.cookie, now).await?;
        let guest = session.filter(|session| is_guest(session) && began.session == Some(session.id));
        let admission = match (self.policy.sign_up, began.invitation) {
            (SignUps::Open, _) => Admission::Open,
            (SignUps::Invitation, Some(code)) => Admission::Invitation(opaque::hash(code.trim())),
            (SignUps::Invitation, None) | (SignUps::Closed, _) => Admission::Closed,
        };
        let who = Identity { issuer: &identity.issuer, subject: &identity.subject, role: identity.role };
        let guest_id = guest.as_ref().map(|session| session.user.id);
        let new = NewAccount { guest: guest_id, id: UserId(clock::id()), name: &identity.name, admission };
        let by = Actor::Provider(began.provider);
        let user = match self.store.arrive(&who, &new, now).await? {
            SignInOutcome::Known { stored: StoredUser { suspended: Some(reason), .. }, .. } => {
                return Err(AccountError::from(suspended(&reason)).into());
            }
            SignInOutcome::Known { stored: StoredUser { user, .. }, role_before } => {
                log_role(by, &user, role_before, identity.role);
                user
            }
            SignInOutcome::New { user, was_guest } => {
                audit::account_created(user.id, by);
                if let Some(session) = guest.filter(|_| was_guest) {
                    self.end_guest_session(session.user.id, session.id, now).await?;
                }
                user
            }
            SignInOutcome::NotAdmitted if self.policy.sign_up == SignUps::Invitation => return Err(IdentityError::InvitationNeeded),
            SignInOutcome::NotAdmitted => return Err(IdentityError::SignUpClosed),
            SignInOutcome::BadInvitation => return Err(IdentityError::BadInvitation),
        };
        // A provider that knows the browser may have asked nobody anything, unless it was told to.
        let (_, cookie) = self.open_session(browser, &user, began.asked_again, now).await?;
        Ok(cookie)
    }
}

/// Logs what a provider's claim has changed about somebody's role, or would have.
fn log_role(by: Actor<'_>, user: &User, before: Role, wanted: Option<Role>) {
    match (before, wanted) {
        (Role::Admin, Some(Role::Member)) if user.role == Role::Admin => audit::last_administrator_kept(user.id, by),
        (Role::Admin, Some(Role::Member)) => audit::administrator_demoted(user.id, by),
        (Role::Member, Some(Role::Admin)) => audit::role_changed(user.id, user.role, by),
        _ => {}
    }
}
