//! The first administrator, by the link that the server prints while there is none.

use crate::{
    clock::{self, Millis},
    names,
};
use holdfast_protocol::{Reason, UserId, api::Role, people::Claim};

use super::stored::{Claimed, NewAdmin};
use super::{AccountError, Accounts, Browser, SignedIn, audit};
use crate::auth::{opaque, rules::good_password, token::Claims};

impl Accounts {
    /// Makes the first administrator: of the account that is signed in, or else of a new one, which a guest becomes.
    ///
    /// # Errors
    /// The link is not valid, the name is taken, or the name or password is not accepted.
    pub async fn claim_server(
        &self,
        browser: Browser<'_>,
        current: Option<Claims>,
        form: Claim,
        now: Millis,
    ) -> Result<SignedIn, AccountError> {
        self.limits.sign_in(browser.address)?;
        let link = opaque::hash(form.token.trim());
        let account = current.as_ref().filter(|claims| claims.role != Role::Guest);
        let claimed = match account {
            Some(claims) => self.store.claim(&link, &NewAdmin::Raised(claims.sub), now).await?,
            None => {
                let username = names::sign_in_name(form.username.as_deref().unwrap_or_default())?;
                let chosen = form.password.unwrap_or_default();
                good_password(&chosen, &username).await?;
                let password_hash = self.passwords.hash(chosen).await?;
                let id = current.as_ref().map_or_else(|| UserId(clock::id()), |claims| claims.sub);
                self.store.claim(&link, &NewAdmin::Made { id, username: &username, password_hash: &password_hash }, now).await?
            }
        };
        let user = match claimed {
            Claimed::Admin(user) => user,
            Claimed::NameTaken => return Err(Reason::NameTaken.into()),
            Claimed::BadLink => return Err(Reason::FirstAdministratorLinkInvalid.into()),
        };
        audit::first_administrator(user.id);
        if let Some(guest) = current.filter(|claims| claims.role == Role::Guest) {
            self.end_guest_session(guest.sub, guest.sid, now).await?;
        }
        self.begin_session(browser, user, now).await
    }
}
