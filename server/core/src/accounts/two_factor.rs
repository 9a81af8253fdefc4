//! Two-factor authentication: set up, asked for, taken off.

use crate::{address::ClientAddress, clock::Millis};
use holdfast_protocol::{
    Reason, UserId,
    api::Role,
    people::Reauthentication,
    second_factor::{FactorRemoval, RecoveryCodes, Setup},
};

use super::stored::StoredUser;
use super::{AccountError, Accounts, Actor, audit};
use crate::auth::{
    second_factor::{FactorError, is_of_an_app, recovery, recovery_hash},
    token::Claims,
};

impl Accounts {
    /// Makes the secret that an authenticator app is told. It counts once [`Accounts::enable_two_factor`] has seen a code.
    ///
    /// # Errors
    /// The account has no password, the password is wrong, or two-factor authentication is on already.
    pub async fn set_up_two_factor(
        &self,
        address: ClientAddress,
        claims: &Claims,
        proof: Reauthentication,
        now: Millis,
    ) -> Result<Setup, AccountError> {
        let stored = self.account_of(claims).await?;
        if stored.password_hash.is_none() {
            return Err(Reason::TwoFactorNeedsPassword.into());
        }
        self.reauthenticate(address, &stored, claims, proof.password, now).await?;
        let (setup, sealed) = self.second_factors.fresh(claims.sub, &stored.user.username).map_err(failed)?;
        if !self.store.begin_second_factor(claims.sub, &sealed).await? {
            return Err(Reason::TwoFactorOn.into());
        }
        Ok(setup)
    }

    /// Turns two-factor authentication on by a code of the app. Returns the recovery codes, which nobody sees again. All other sessions
    /// of the account end.
    ///
    /// # Errors
    /// The code is wrong, nothing was set up, or it is on already.
    pub async fn enable_two_factor(&self, claims: &Claims, code: &str, now: Millis) -> Result<RecoveryCodes, AccountError> {
        let user = self.account_of(claims).await?.user.id;
        let Some(factor) = self.store.second_factor(user).await? else { return Err(Reason::CodeWrong.into()) };
        if factor.in_force {
            return Err(Reason::TwoFactorOn.into());
        }
        // Not before: an access token that somebody found must not use up the attempts that its owner needs to sign in.
        self.limits.code(user)?;
        let Some(step) = self.second_factors.step(user, &factor.secret, code, now).map_err(failed)? else {
            return Err(Reason::CodeWrong.into());
        };
        let recovery = recovery();
        if !self.store.put_second_factor_into_force(user, &factor.secret, step, &recovery.hashes).await? {
            return Err(Reason::TwoFactorOn.into());
        }
        audit::two_factor_enabled(user, Actor::User(user));
        // The recovery codes are shown now or never, so a failure here does not refuse the call.
        if let Err(cause) = self.end_other_sessions(claims, now).await {
            tracing::error!(user_id = %user, %cause, "could not end the other sessions");
        }
        Ok(RecoveryCodes { codes: recovery.codes })
    }

    /// Turns two-factor authentication off, by password and code. All other sessions of the account end.
    ///
    /// # Errors
    /// Password or code is wrong, or it is not on.
    pub async fn disable_two_factor(
        &self,
        address: ClientAddress,
        claims: &Claims,
        given: FactorRemoval,
        now: Millis,
    ) -> Result<(), AccountError> {
        let stored = self.account_of(claims).await?;
        self.reauthenticate(address, &stored, claims, given.password, now).await?;
        self.check_second_factor(claims.sub, Some(&given.code), now).await.map_err(for_signed_in)?;
        if !self.store.remove_second_factor(claims.sub).await? {
            return Err(Reason::NotFound.into());
        }
        self.end_other_sessions(claims, now).await?;
        audit::two_factor_disabled(claims.sub, Actor::User(claims.sub));
        Ok(())
    }

    /// Checks the code of somebody who has shown the password, if the account has two-factor authentication.
    ///
    /// Attempts at six digits are limited by account, and not only slowed down as those at passwords are: many machines would soon guess
    /// them. Someone who knows the password can use up the attempts, and so hold up the owner; recovery codes are looked at all the same,
    /// for nobody guesses 120 random bits.
    ///
    /// # Errors
    /// [`Reason::SecondFactorNeeded`] if no code was given; [`Reason::SignInCodeWrong`] if it is wrong; too many attempts.
    pub(super) async fn check_second_factor(&self, user: UserId, code: Option<&str>, now: Millis) -> Result<(), AccountError> {
        let factor = self.store.second_factor(user).await?.filter(|factor| factor.in_force);
        let Some(factor) = factor else { return Ok(()) };
        let Some(code) = code.map(str::trim).filter(|code| !code.is_empty()) else {
            return Err(Reason::SecondFactorNeeded.into());
        };
        let fits = if is_of_an_app(code) {
            self.limits.code(user)?;
            match self.second_factors.step(user, &factor.secret, code, now) {
                Ok(Some(step)) => self.store.spend_step(user, step).await?,
                Ok(None) => false,
                Err(error) => {
                    tracing::error!(user_id = %user, %error, "second factor can't be read; only recovery codes work");
                    false
                }
            }
        } else {
            self.store.spend_recovery_code(user, &recovery_hash(code)).await?
        };
        if fits {
            return Ok(());
        }
        audit::code_refused(user);
        Err(Reason::SignInCodeWrong.into())
    }

    /// The account that asks; guests have none.
    async fn account_of(&self, claims: &Claims) -> Result<StoredUser, AccountError> {
        if claims.role == Role::Guest {
            return Err(Reason::GuestWithoutPassword.into());
        }
        self.stored(claims).await
    }
}

/// What [`Accounts::check_second_factor`] says, for somebody who is signed in: 401 would be about the access token there.
pub(super) fn for_signed_in(why: AccountError) -> AccountError {
    match why {
        why if why.is(Reason::SignInCodeWrong) || why.is(Reason::SecondFactorNeeded) => Reason::CodeWrong.into(),
        why => why,
    }
}

fn failed(error: FactorError) -> AccountError {
    tracing::error!(%error, "second factor could not be created or read");
    AccountError::Computation
}
