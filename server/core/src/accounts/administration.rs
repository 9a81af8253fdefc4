//! What administrators do to the accounts of others, over HTTP and on the command line.

use std::sync::Arc;

use crate::auth::session_errors::{removed, signed_out_elsewhere, suspended};
use crate::{
    clock::{self, Millis},
    names,
};
use holdfast_protocol::{
    ApiError, Reason, UserId,
    api::{Role, User},
    people::{Person, PersonPatch},
};

use super::stored::Change;
use super::{AccountError, Actor, UserConnections, audit};
use crate::auth::{opaque::OpaqueToken, password::Passwords, rules::good_password};
use crate::ports::Repositories;

/// How long a link for a new password is good, ms.
const PASSWORD_LINK: Millis = 2 * 24 * 3_600_000;

/// Changes accounts, and ends what their owners have open.
pub struct Administration {
    store: Arc<dyn Repositories>,
    passwords: Arc<Passwords>,
    connections: Arc<dyn UserConnections>,
}

/// Why a user is suspended, in words that the user reads: at most 200 characters of one line; may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuspensionReason(String);

impl SuspensionReason {
    /// Checks a text that was typed.
    ///
    /// # Errors
    /// It is too long, or holds what no line of text does.
    pub fn new(text: &str) -> Result<Self, ApiError> {
        names::display_name("reason", text, 200).map(Self)
    }
}

impl Administration {
    /// `connections` ends the open connections of users: those of this process, or of the server that runs beside it.
    pub fn new(store: Arc<dyn Repositories>, passwords: Arc<Passwords>, connections: Arc<dyn UserConnections>) -> Self {
        Self { store, passwords, connections }
    }

    /// Makes an account.
    ///
    /// # Errors
    /// The name is taken, or the name or password is not accepted.
    pub async fn add(&self, by: Actor<'_>, name: &str, password: String, role: Role, now: Millis) -> Result<User, AccountError> {
        let username = names::sign_in_name(name)?;
        good_password(&password, &username).await?;
        let hash = self.passwords.hash(password).await?;
        let id = UserId(clock::id());
        let mut user = self.store.add_member(id, &username, &hash, now).await?.ok_or(Reason::NameTaken)?;
        audit::account_created(user.id, by);
        if role == Role::Admin {
            self.set_role(by, user.id, role).await?;
            user.role = role;
        }
        Ok(user)
    }

    /// Gives an account another password. All its sessions end; the answers that are being written for it go on.
    ///
    /// # Errors
    /// The password is not accepted.
    pub async fn set_password(&self, by: Actor<'_>, user: &User, password: String, now: Millis) -> Result<(), AccountError> {
        good_password(&password, &user.username).await?;
        self.store.set_password(user.id, &self.passwords.hash(password).await?).await?;
        audit::password_changed(user.id, by);
        self.store.revoke_sessions(user.id, None, now).await?;
        Ok(self.connections.close(user.id, &signed_out_elsewhere()).await?)
    }

    /// Makes a link by which the owner of an account sets a new password, and returns its secret and when it ends. It is good once; the
    /// link before it ends, and the password stays until then.
    ///
    /// # Errors
    /// There is no such account.
    pub async fn create_password_link(&self, by: Actor<'_>, user: UserId, now: Millis) -> Result<(OpaqueToken, Millis), AccountError> {
        let secret = OpaqueToken::fresh();
        let expires_at = now + PASSWORD_LINK;
        if !self.store.keep_password_link(user, &secret.hash(), now, expires_at).await? {
            return Err(Reason::NotFound.into());
        }
        audit::password_link_created(user, by);
        Ok((secret, expires_at))
    }

    /// Does what a patch asks for, in the order role, two-factor authentication, suspension. A value that is not accepted
    /// is refused before anything is done.
    ///
    /// # Errors
    /// The patch asks for something impossible, there is no such user, or no administrator would be left.
    pub async fn change(&self, by: UserId, user: UserId, patch: &PersonPatch, now: Millis) -> Result<Person, AccountError> {
        if patch.role == Some(Role::Guest) {
            return Err(Reason::RoleGuest.into());
        }
        if patch.second_factor == Some(true) {
            return Err(Reason::TwoFactorOwnerOnly.into());
        }
        if patch.second_factor == Some(false) && user == by {
            return Err(Reason::TwoFactorOwn.into());
        }
        let reason = SuspensionReason::new(patch.reason.as_deref().unwrap_or_default())?;
        let by = Actor::User(by);
        if let Some(role) = patch.role {
            self.set_role(by, user, role).await?;
        }
        if patch.second_factor == Some(false) {
            self.reset_two_factor(by, user).await?;
        }
        match patch.suspended {
            Some(true) => self.suspend(by, user, &reason, now).await?,
            Some(false) => self.unsuspend(by, user, now).await?,
            None => {}
        }
        Ok(self.store.person(user).await?.ok_or(Reason::NotFound)?)
    }

    /// Gives an account another role.
    ///
    /// # Errors
    /// There is no such account, or no administrator would be left.
    pub async fn set_role(&self, by: Actor<'_>, user: UserId, role: Role) -> Result<(), AccountError> {
        done(self.store.set_role(user, role).await?)?;
        audit::role_changed(user, role, by);
        Ok(())
    }

    /// Turns two-factor authentication off, for an owner who has lost app and recovery codes. False if it was not on.
    ///
    /// # Errors
    /// The store failed.
    pub async fn reset_two_factor(&self, by: Actor<'_>, user: UserId) -> Result<bool, AccountError> {
        let was_on = self.store.remove_second_factor(user).await?;
        if was_on {
            audit::two_factor_disabled(user, by);
        }
        Ok(was_on)
    }

    /// Suspends a user: their connections end and their answers stop, at once and with the reason. Their sessions are kept, and hold
    /// again once they are unsuspended.
    ///
    /// # Errors
    /// There is no such user, or no administrator would be left.
    pub async fn suspend(&self, by: Actor<'_>, user: UserId, reason: &SuspensionReason, now: Millis) -> Result<(), AccountError> {
        done(self.store.set_suspended(user, Some(&reason.0), now).await?)?;
        audit::suspended(user, by, &reason.0);
        Ok(self.connections.close_and_stop(user, &suspended(&reason.0)).await?)
    }

    /// Lets a suspended user sign in again.
    ///
    /// # Errors
    /// There is no such user.
    pub async fn unsuspend(&self, by: Actor<'_>, user: UserId, now: Millis) -> Result<(), AccountError> {
        done(self.store.set_suspended(user, None, now).await?)?;
        audit::unsuspended(user, by);
        Ok(())
    }

    /// Removes a user with all conversations, for good.
    ///
    /// # Errors
    /// There is no such user, or no administrator would be left.
    pub async fn remove(&self, by: Actor<'_>, user: UserId) -> Result<(), AccountError> {
        done(self.store.remove_user(user).await?)?;
        audit::removed(user, by);
        Ok(self.connections.close_and_stop(user, &removed()).await?)
    }
}

fn done(change: Change) -> Result<(), AccountError> {
    match change {
        Change::Done => Ok(()),
        Change::Missing => Err(Reason::NotFound.into()),
        Change::LastAdmin => Err(Reason::LastAdministrator.into()),
    }
}
