//! An account, as its owner changes and removes it.

use crate::auth::session_errors::removed;
use crate::{address::ClientAddress, clock::Millis, names};
use holdfast_protocol::{
    Reason,
    api::{Role, User},
    people::AccountPatch,
};

use super::stored::Change;
use super::{AccountError, Accounts, Actor, audit};
use crate::auth::{rules::good_password, token::Claims};

impl Accounts {
    /// Changes the name, the password, or both. A new password ends all other sessions.
    ///
    /// # Errors
    /// The current password is wrong, the name is taken, or a new value is not accepted.
    pub async fn change_own(
        &self,
        address: ClientAddress,
        claims: &Claims,
        patch: AccountPatch,
        now: Millis,
    ) -> Result<User, AccountError> {
        let username = patch.username.as_deref().map(names::sign_in_name).transpose()?;
        let stored = self.stored(claims).await?;
        if stored.user.role == Role::Guest {
            return Err(Reason::GuestWithoutName.into());
        }
        self.reauthenticate(address, &stored, claims, patch.current_password, now).await?;
        if let Some(new) = &patch.password {
            good_password(new, username.as_deref().unwrap_or(&stored.user.username)).await?;
        }
        let mut user = stored.user;
        if let Some(username) = username {
            if !self.store.rename_user(user.id, &username).await? {
                return Err(Reason::NameTaken.into());
            }
            audit::renamed(user.id, Actor::User(user.id));
            user.username = username;
        }
        if let Some(new) = patch.password {
            let hash = self.passwords.hash(new).await?;
            self.store.set_password(user.id, &hash).await?;
            audit::password_changed(user.id, Actor::User(user.id));
            self.end_other_sessions(claims, now).await?;
        }
        Ok(user)
    }

    /// Removes the account that asks, with everything in it. A guest needs no password.
    ///
    /// # Errors
    /// The password is wrong, or this is the last administrator.
    pub async fn remove_own(&self, address: ClientAddress, claims: &Claims, password: String, now: Millis) -> Result<(), AccountError> {
        let stored = self.stored(claims).await?;
        if stored.user.role != Role::Guest {
            self.reauthenticate(address, &stored, claims, password, now).await?;
        }
        match self.store.remove_user(claims.sub).await? {
            Change::LastAdmin => return Err(Reason::LastAdministrator.into()),
            Change::Done | Change::Missing => self.hub.end_user_and_answers(claims.sub, &removed()),
        }
        audit::removed(claims.sub, Actor::User(claims.sub));
        Ok(())
    }
}
