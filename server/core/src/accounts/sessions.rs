//! Sessions: begun, looked up, ended.

use crate::auth::session_errors::{session_expired, session_revoked, signed_out_by_admin, signed_out_elsewhere, suspended};
use crate::clock::{self, Millis};
use holdfast_protocol::{
    ApiError, Reason, SessionId, UserId,
    activity::Connection,
    api::{Grant, Role, User},
    people::SessionInfo,
};

use super::stored::{NewSession, SessionState, StoredSession, StoredUser};
use super::{AccountError, Accounts, Actor, Browser, SignedIn, audit};
use crate::answers::{UserSubscription, Wake};
use crate::auth::{
    opaque::{self, OpaqueToken},
    token::Claims,
};

impl Accounts {
    /// Checks an access token: returns what it says if it and its session hold. `grace` ms after its end are forgiven.
    ///
    /// # Errors
    /// Why the session is not valid, as an error of the API.
    pub async fn authenticate(&self, token: &str, now: Millis, grace: Millis) -> Result<Claims, ApiError> {
        let claims = self.tokens.check(token, now, grace)?;
        self.confirm(claims, now).await
    }

    /// Checks in the store what a good token says: its session may be over, its user suspended, renamed or given another role.
    async fn confirm(&self, mut claims: Claims, now: Millis) -> Result<Claims, ApiError> {
        match self.store.session(claims.sid, now).await? {
            Some(SessionState::Open(StoredSession { user, suspended: None, .. })) if user.id == claims.sub => {
                claims.name = user.username;
                claims.role = user.role;
                Ok(claims)
            }
            Some(SessionState::Open(StoredSession { suspended: Some(reason), .. })) => Err(suspended(&reason)),
            Some(SessionState::Expired) => Err(session_expired()),
            _ => Err(session_revoked()),
        }
    }

    /// Registers a connection as a listener for what concerns its user.
    ///
    /// It is registered first and its session is looked up then: if somebody ends the session meanwhile, the connection either
    /// hears of it or finds it ended.
    ///
    /// # Errors
    /// The session is over, or the user has too many connections already.
    pub async fn register(
        &self,
        claims: Claims,
        connection: Connection,
        wake: Wake,
        now: Millis,
    ) -> Result<(Claims, UserSubscription), ApiError> {
        let most = self.limits.sockets();
        let following = self.hub.register(claims.sub, claims.sid, connection, wake, most);
        let claims = self.confirm(claims, now).await?;
        let busy = || Reason::TooManyConnections.with("most", most).retry_after(10_000);
        Ok((claims, following.ok_or_else(busy)?))
    }

    /// The session that a cookie stands for. `None` if there is none, or it has ended.
    ///
    /// # Errors
    /// The store failed.
    pub async fn current(&self, cookie: Option<&str>, now: Millis) -> Result<Option<StoredSession>, AccountError> {
        let Some(cookie) = cookie else { return Ok(None) };
        Ok(self.store.session_by_cookie(&opaque::hash(cookie), now).await?.and_then(SessionState::open))
    }

    /// A user's sessions, the one used last first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn sessions(&self, claims: &Claims, now: Millis) -> Result<Vec<SessionInfo>, AccountError> {
        Ok(self.store.sessions_of(claims.sub, claims.sid, now).await?)
    }

    /// Another user's sessions, for an administrator.
    ///
    /// # Errors
    /// There is no such user.
    pub async fn sessions_of(&self, admin: &Claims, user: UserId, now: Millis) -> Result<Vec<SessionInfo>, AccountError> {
        self.store.user(user).await?.ok_or(Reason::NotFound)?;
        Ok(self.store.sessions_of(user, admin.sid, now).await?)
    }

    /// Ends one session of a user, with its connections. `by` is the user, or an administrator.
    ///
    /// # Errors
    /// The user has no such session.
    pub async fn end_session(&self, user: UserId, session: SessionId, by: UserId, now: Millis) -> Result<(), AccountError> {
        if !self.store.revoke_session_of(user, session, now).await? {
            return Err(Reason::NotFound.into());
        }
        let why = if by == user { signed_out_elsewhere() } else { signed_out_by_admin() };
        self.hub.end_session(user, session, &why);
        audit::signed_out(user, session, Actor::User(by));
        Ok(())
    }

    /// Ends all sessions of a user, with their connections.
    ///
    /// # Errors
    /// The store failed.
    pub async fn end_all_sessions(&self, user: UserId, now: Millis) -> Result<(), AccountError> {
        self.store.revoke_sessions(user, None, now).await?;
        self.hub.end_user(user, None, &signed_out_elsewhere());
        audit::signed_out_everywhere(user, Actor::User(user));
        Ok(())
    }

    /// Ends all sessions of a user but the one that asks.
    pub(super) async fn end_other_sessions(&self, claims: &Claims, now: Millis) -> Result<(), AccountError> {
        self.store.revoke_sessions(claims.sub, Some(claims.sid), now).await?;
        self.hub.end_user(claims.sub, Some(claims.sid), &signed_out_elsewhere());
        Ok(())
    }

    /// Ends the session of a guest who has become an account: the browser gets the account's.
    pub(super) async fn end_guest_session(&self, guest: UserId, session: SessionId, now: Millis) -> Result<(), AccountError> {
        self.store.revoke_session(session, now).await?;
        self.hub.end_session(guest, session, &session_revoked());
        Ok(())
    }

    /// Begins a session for a user who has shown who they are, and makes its access token.
    pub(super) async fn begin_session(&self, browser: Browser<'_>, user: User, now: Millis) -> Result<SignedIn, AccountError> {
        let (session, cookie) = self.open_session(browser, &user, true, now).await?;
        Ok(SignedIn { grant: self.grant(user, session, now)?, cookie })
    }

    /// Begins a session, without an access token. `proved`: whether its owner has just shown who they are.
    ///
    /// The browser's session before it does not stay open. If it is the same user's, it is kept and gets another cookie, so that what
    /// else is open in the browser goes on. Another account's session ends. (A guest's is kept; whoever makes an account of the guest
    /// ends it.)
    pub(super) async fn open_session(
        &self,
        browser: Browser<'_>,
        user: &User,
        proved: bool,
        now: Millis,
    ) -> Result<(SessionId, OpaqueToken), AccountError> {
        let Browser { address, device, cookie } = browser;
        let secret = OpaqueToken::for_session();
        let before = self.current(cookie, now).await?;
        let same = before.as_ref().filter(|before| before.user.id == user.id).map(|before| before.id);
        let (cookie_hash, family_hash) = (secret.hash(), secret.family_hash());
        let expires_at = crate::sessions::ends_at(now, now, self.policy.session_life.filter(|_| user.role != Role::Guest));
        let id = same.unwrap_or_else(|| SessionId(clock::id()));
        let mut session = NewSession { id, user: user.id, cookie_hash, family_hash, expires_at, device, proved };
        if same.is_none() || !self.store.begin_session_anew(&session, now).await? {
            session.id = SessionId(clock::id());
            self.store.add_session(&session, now).await?;
        }
        if let Some(before) = before.filter(|before| before.user.id != user.id && before.user.role != Role::Guest) {
            self.store.revoke_session(before.id, now).await?;
            self.hub.end_session(before.user.id, before.id, &signed_out_elsewhere());
            audit::signed_out(before.user.id, before.id, Actor::User(before.user.id));
        }
        if user.role == Role::Guest {
            audit::guest_signed_in(user.id, session.id, address);
        } else {
            audit::signed_in(user.id, session.id, user.role, address);
        }
        Ok((session.id, secret))
    }

    /// Makes an access token for a session.
    pub(super) fn grant(&self, user: User, session: SessionId, now: Millis) -> Result<Grant, AccountError> {
        let (access_token, claims) = self.tokens.issue(&user, session, now).map_err(|_| AccountError::Computation)?;
        Ok(Grant { access_token, expires_at: claims.expires_at(), expires_in_ms: claims.expires_at().saturating_sub(now), user })
    }

    /// The user whom a token stands for.
    pub(super) async fn stored(&self, claims: &Claims) -> Result<StoredUser, AccountError> {
        Ok(self.store.user(claims.sub).await?.ok_or_else(session_revoked)?)
    }
}
