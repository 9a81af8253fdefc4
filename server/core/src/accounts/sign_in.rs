//! Guests, signing up, signing in by password, renewing the access token, signing out.

use crate::auth::session_errors::{session_expired, session_revoked, suspended};
use crate::{
    clock::{self, Millis},
    names,
};
use holdfast_protocol::{
    ApiError, Code, Reason, UserId,
    api::{Credentials, Grant, Role},
    people::{SignUp, SignUps},
};

use super::stored::{CookieRotation, Joined, Rotation, StoredSession, StoredUser};
use super::{AccountError, Accounts, Actor, Browser, SignedIn, audit};
use crate::auth::{
    opaque::{self, OpaqueToken},
    rules::good_password,
    token::Claims,
};

/// An access token that was renewed.
pub struct Refreshed {
    /// The token and the user.
    pub grant: Grant,
    /// The session cookie that takes the place of the one that came. `None`: the browser keeps what it has.
    pub cookie: Option<OpaqueToken>,
}

impl Accounts {
    /// Makes a guest and begins their session.
    ///
    /// # Errors
    /// Guests are switched off, or too many attempts from this address.
    pub async fn begin_as_guest(&self, browser: Browser<'_>, now: Millis) -> Result<SignedIn, AccountError> {
        if !self.policy.guests {
            return Err(Reason::GuestsOff.into());
        }
        self.limits.sign_in(browser.address)?;
        let user = self.store.add_guest(UserId(clock::id()), now).await?;
        self.begin_session(browser, user, now).await
    }

    /// Makes an account and begins its session. If `current` is a guest, the guest becomes the account and keeps everything.
    ///
    /// # Errors
    /// No account can be made here or with this invitation; the name is taken; the name or password is not accepted.
    pub async fn sign_up(
        &self,
        browser: Browser<'_>,
        current: Option<Claims>,
        form: SignUp,
        now: Millis,
    ) -> Result<SignedIn, AccountError> {
        let invitation = match (self.policy.sign_up, form.invitation) {
            (SignUps::Open, _) => None,
            (SignUps::Invitation, Some(code)) => Some(opaque::hash(code.trim())),
            (SignUps::Invitation, None) => return Err(Reason::InvitationNeeded.into()),
            (SignUps::Closed, _) => return Err(Reason::SignUpClosed.into()),
        };
        self.limits.sign_in(browser.address)?;
        let username = names::sign_in_name(&form.username)?;
        good_password(&form.password, &username).await?;
        let guest = current.filter(|claims| claims.role == Role::Guest);
        let id = guest.as_ref().map_or_else(|| UserId(clock::id()), |claims| claims.sub);
        let hash = self.passwords.hash(form.password).await?;
        let user = match invitation {
            None => self.store.add_member(id, &username, &hash, now).await?.ok_or(Reason::NameTaken)?,
            Some(code) => match self.store.join(&code, id, &username, &hash, now).await? {
                Joined::Member(user) => user,
                Joined::NameTaken => return Err(Reason::NameTaken.into()),
                Joined::BadInvitation(state) => return Err(state.why_not().unwrap_or(Reason::InvitationUnknown).into()),
            },
        };
        audit::account_created(user.id, Actor::User(user.id));
        if let Some(claims) = guest {
            self.end_guest_session(claims.sub, claims.sid, now).await?;
        }
        self.begin_session(browser, user, now).await
    }

    /// Signs in by name and password, and a code where the account has two-factor authentication.
    ///
    /// # Errors
    /// Too many attempts; name, password or code is wrong; a code is needed; the account is suspended, which is told only to those
    /// who know the password.
    pub async fn log_in(&self, browser: Browser<'_>, credentials: Credentials, now: Millis) -> Result<SignedIn, AccountError> {
        let address = browser.address;
        self.limits.sign_in(address)?;
        let name = credentials.username.trim();
        let guess = self.limits.guess(name, now);
        tokio::time::sleep(guess.wait).await;
        let now = after(now, guess.wait);
        let found = self.store.user_by_name(name).await?;
        let hash = found.as_ref().and_then(|found| found.password_hash.clone());
        let fits = self.passwords.fits(credentials.password, hash).await?;
        let known = found.as_ref().map(|found| found.user.id);
        let Some(StoredUser { user, suspended: reason, .. }) = found.filter(|_| fits) else {
            guess.was(false, now);
            audit::sign_in_failed(known, address, Code::AuthRequired);
            return Err(Reason::CredentialsWrong.into());
        };
        if let Some(reason) = reason {
            guess.was(true, now);
            audit::sign_in_failed(known, address, Code::SessionRevoked);
            return Err(suspended(&reason).into());
        }
        match self.check_second_factor(user.id, credentials.code.as_deref(), now).await.map_err(ApiError::from) {
            Ok(()) => guess.was(true, now),
            Err(why) => {
                if why.code == Code::AuthRequired {
                    guess.was(false, now);
                }
                audit::sign_in_failed(known, address, why.code);
                return Err(why.into());
            }
        }
        self.begin_session(browser, user, now).await
    }

    /// Makes a fresh access token for the session of a cookie, and rotates the cookie.
    ///
    /// # Errors
    /// There is no session of that cookie, it is over, its user is suspended, or the cookie was replaced before: then somebody has a
    /// copy of it, and the session ends.
    pub async fn refresh(&self, cookie: Option<&str>, now: Millis) -> Result<Refreshed, AccountError> {
        let Some(old) = cookie else {
            return Err(Reason::NoSession.into());
        };
        let fresh = OpaqueToken::after(old);
        let rotation = CookieRotation { old: opaque::hash(old), new: fresh.hash(), family: fresh.family_hash() };
        let (session, cookie) = match self.store.rotate_session(&rotation, now, self.policy.session_life).await? {
            Rotation::Rotated(StoredSession { suspended: Some(reason), .. })
            | Rotation::Recent(StoredSession { suspended: Some(reason), .. }) => return Err(suspended(&reason).into()),
            Rotation::Rotated(session) => (session, Some(fresh)),
            Rotation::Recent(session) => (session, None),
            Rotation::Stolen(session, user) => {
                audit::cookie_reused(user, session);
                self.hub.end_session(user, session, &session_revoked());
                return Err(session_revoked().into());
            }
            Rotation::Expired => return Err(session_expired().into()),
            Rotation::Gone => return Err(session_revoked().into()),
        };
        Ok(Refreshed { grant: self.grant(session.user, session.id, now)?, cookie })
    }

    /// Ends the session that asks, with its connections.
    ///
    /// # Errors
    /// The store failed.
    pub async fn log_out(&self, claims: &Claims, now: Millis) -> Result<(), AccountError> {
        self.store.revoke_session(claims.sid, now).await?;
        self.hub.end_session(claims.sub, claims.sid, &session_revoked());
        audit::signed_out(claims.sub, claims.sid, Actor::User(claims.sub));
        Ok(())
    }
}

/// The time after a wait.
pub(super) fn after(now: Millis, wait: std::time::Duration) -> Millis {
    now.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX))
}
