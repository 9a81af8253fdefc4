//! Asking for the password again, and setting a new one by a link.

use crate::auth::session_errors::signed_out_elsewhere;
use crate::{address::ClientAddress, clock::Millis};
use holdfast_protocol::{Reason, people::NewPassword};

use super::stored::StoredUser;
use super::{AccountError, Accounts, Actor, Browser, SignedIn, audit, sign_in::after};
use crate::auth::{opaque, rules::good_password, token::Claims};

/// For so long after a sign-in for which the provider asked anew, no other proof is asked for, ms.
const JUST_NOW: Millis = 10 * 60_000;

impl Accounts {
    /// Checks the password of somebody who is signed in already, with the limits of signing in: an access token that somebody found
    /// must not help in guessing it.
    ///
    /// Someone without a password must have been asked anew by their provider within the last ten minutes: a provider that knows
    /// the browser signs in whoever sits before it.
    ///
    /// # Errors
    /// The password is wrong, or the sign-in was too long ago.
    pub(super) async fn reauthenticate(
        &self,
        address: ClientAddress,
        stored: &StoredUser,
        claims: &Claims,
        password: String,
        now: Millis,
    ) -> Result<(), AccountError> {
        self.limits.sign_in(address)?;
        if stored.password_hash.is_none() {
            let proved = self.store.session_proved(claims.sid).await?.unwrap_or(0);
            if now.abs_diff(proved) <= JUST_NOW {
                return Ok(());
            }
            return Err(Reason::SignInTooOld.into());
        }
        let guess = self.limits.guess(&stored.user.username, now);
        tokio::time::sleep(guess.wait).await;
        let now = after(now, guess.wait);
        let fits = self.passwords.fits(password, stored.password_hash.clone()).await?;
        guess.was(fits, now);
        if fits {
            return Ok(());
        }
        audit::wrong_password(stored.user.id, address);
        Err(Reason::PasswordWrong.into())
    }

    /// Sets a new password by the link of an administrator. All sessions of the account end, and one begins here.
    ///
    /// # Errors
    /// The link is not valid, the password is not accepted, or the account's two-factor authentication asks for a code.
    pub async fn set_password_by_link(&self, browser: Browser<'_>, form: NewPassword, now: Millis) -> Result<SignedIn, AccountError> {
        self.limits.sign_in(browser.address)?;
        let link = opaque::hash(form.token.trim());
        let owner = self.store.password_link_for(&link, now).await?.ok_or(Reason::PasswordLinkInvalid)?;
        good_password(&form.password, &owner.username).await?;
        self.check_second_factor(owner.id, form.code.as_deref(), now).await?;
        let hash = self.passwords.hash(form.password).await?;
        let user = self.store.use_password_link(&link, &hash, now).await?.ok_or(Reason::PasswordLinkInvalid)?;
        self.hub.end_user(user.id, None, &signed_out_elsewhere());
        audit::password_changed(user.id, Actor::User(user.id));
        self.begin_session(browser, user, now).await
    }
}
