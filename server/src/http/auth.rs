//! Coming and going: guests, accounts, the session's renewal and end.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use axum_extra::extract::CookieJar;
use holdfast_protocol::{
    ApiError, Code, SessionId, UserId,
    api::{Credentials, Grant, Role, User},
    people::{SignUp, SignUps},
};

use super::{
    client::Client,
    error::ErrorResponse,
    extract::{Authenticated, Body, Device, MaybeAuthenticated},
    second_factor,
};
use crate::{
    auth::{cookie, rules::good_password},
    chat::refused,
    state::{App, session_expired, session_revoked, signed_out_elsewhere, suspended},
};
use holdfast_core::{clock, names};
use holdfast_store::{CookieRotation, Joined, NewSession, Rotation, Seen, StoredSession, StoredUser};

const TAG: &str = "Signing in";

/// Begin as a guest
///
/// Makes a guest and a session. Can be switched off.
#[utoipa::path(post, path = "/api/auth/guest", tag = TAG, responses((status = 201, body = Grant), (status = 403, body = ApiError), (status = 429, body = ApiError)))]
pub(super) async fn guest(
    State(app): State<Arc<App>>,
    client: Client,
    device: Device,
    jar: CookieJar,
) -> Result<impl IntoResponse, ErrorResponse> {
    if !app.settings.guests {
        let api_error = ApiError::new(Code::AuthRequired, "This server accepts no guests. Sign in, or create an account.");
        return Err(ErrorResponse::from(api_error).status(StatusCode::FORBIDDEN));
    }
    app.limits.sign_in(client.address)?;
    let user = app.store.add_guest(UserId(clock::id()), clock::now()).await.map_err(refused)?;
    begin(&app, &client, device, jar, user).await
}

/// Make an account
///
/// With the access token of a guest, the guest becomes the account and keeps the conversations. A server that takes
/// accounts by invitation wants the code of one.
#[utoipa::path(post, path = "/api/auth/signup", tag = TAG, request_body = SignUp, security((), ("token" = [])),
    responses((status = 201, body = Grant), (status = 403, body = ApiError), (status = 409, body = ApiError), (status = 429, body = ApiError)))]
pub(super) async fn signup(
    State(app): State<Arc<App>>,
    client: Client,
    device: Device,
    MaybeAuthenticated(claims): MaybeAuthenticated,
    jar: CookieJar,
    Body(form): Body<SignUp>,
) -> Result<impl IntoResponse, ErrorResponse> {
    let no = |sentence| Err(ErrorResponse::from(ApiError::new(Code::AuthRequired, sentence)).status(StatusCode::FORBIDDEN));
    let code = match (app.settings.signup, form.invitation) {
        (SignUps::Open, _) => None,
        (SignUps::Invitation, Some(code)) => Some(cookie::hash(code.trim())),
        (SignUps::Invitation, None) => return no("You need an invitation to create an account here. Ask an administrator for one."),
        (SignUps::Closed, _) => return no("This server accepts no new accounts. Ask an administrator."),
    };
    app.limits.sign_in(client.address)?;
    let username = names::sign_in_name(&form.username)?;
    good_password(&form.password, &username).await?;
    let guest = claims.filter(|claims| claims.role == Role::Guest);
    let id = guest.as_ref().map_or_else(|| UserId(clock::id()), |claims| claims.sub);
    let hash = app.passwords.hash(form.password).await.map_err(|_| busy())?;
    let user = match code {
        None => app.store.add_member(id, &username, &hash, clock::now()).await.map_err(refused)?.ok_or_else(name_taken)?,
        Some(code) => match app.store.join(&code, id, &username, &hash, clock::now()).await.map_err(refused)? {
            Joined::Member(user) => user,
            Joined::NameTaken => return Err(name_taken()),
            Joined::BadInvitation(state) => return no(state.why_not().unwrap_or("Try again.")),
        },
    };
    if let Some(claims) = guest {
        end_guest_session(&app, claims.sub, claims.sid).await?;
    }
    begin(&app, &client, device, jar, user).await
}

/// The guest's session ends with the guest; this browser gets the account's.
pub(super) async fn end_guest_session(app: &App, guest: UserId, session: SessionId) -> Result<(), ApiError> {
    app.store.revoke_session(session, clock::now()).await.map_err(refused)?;
    app.chat.hub().end_session(guest, session, &session_revoked());
    Ok(())
}

/// Sign in
///
/// Where the account has a second factor, the first answer to name and password is `second_factor_required`: then the same again,
/// with its code.
#[utoipa::path(post, path = "/api/auth/login", tag = TAG, request_body = Credentials,
    responses((status = 201, body = Grant), (status = 401, body = ApiError), (status = 429, body = ApiError)))]
pub(super) async fn login(
    State(app): State<Arc<App>>,
    client: Client,
    device: Device,
    jar: CookieJar,
    Body(credentials): Body<Credentials>,
) -> Result<impl IntoResponse, ErrorResponse> {
    app.limits.sign_in(client.address)?;
    let name = credentials.username.trim();
    let guess = app.limits.guess(name, clock::now());
    tokio::time::sleep(guess.wait).await;
    let found = app.store.user_by_name(name).await.map_err(refused)?;
    let hash = found.as_ref().and_then(|found| found.password_hash.clone());
    let fits = app.passwords.fits(credentials.password, hash).await.map_err(|_| busy())?;
    let known = found.as_ref().map(|found| found.user.id);
    // By id: who mistakes the fields has put their password where the name belongs.
    let failed = |why: Code| tracing::info!(user = known.map(tracing::field::display), address = %client.address, %why, "sign-in failed");
    let Some(StoredUser { user, suspended: reason, .. }) = found.filter(|_| fits) else {
        guess.was(false, clock::now());
        failed(Code::AuthRequired);
        return Err(ApiError::new(Code::AuthRequired, "Name or password is wrong.").into());
    };
    // What follows is told to who knows the password alone.
    if let Some(reason) = reason {
        guess.was(true, clock::now());
        failed(Code::SessionRevoked);
        return Err(suspended(&reason).into());
    }
    match second_factor::shown(&app, user.id, credentials.code.as_deref()).await {
        Ok(()) => guess.was(true, clock::now()),
        Err(why) => {
            if why.code == Code::AuthRequired {
                guess.was(false, clock::now());
            }
            failed(why.code);
            return Err(why.into());
        }
    }
    begin(&app, &client, device, jar, user).await
}

/// Renew the access token
///
/// With the session cookie alone; the cookie is rotated.
#[utoipa::path(post, path = "/api/auth/refresh", tag = TAG, security(("session" = [])),
    responses((status = 200, body = Grant), (status = 401, body = ApiError)))]
pub(super) async fn refresh(State(app): State<Arc<App>>, client: Client, jar: CookieJar) -> Result<impl IntoResponse, ErrorResponse> {
    let reach = client.reach(&app.settings);
    let Some((old, fresh)) = reach.read(&jar).map(|old| (cookie::hash(old), cookie::Secret::after(old))) else {
        return Err(ApiError::new(Code::AuthRequired, "There is no session. Sign in, or start as a guest.").into());
    };
    let now = clock::now();
    let cookies = CookieRotation { old, new: fresh.hash(), family: fresh.family_hash() };
    let (session, jar) = match app.store.rotate_session(&cookies, now, app.settings.session_life).await.map_err(refused)? {
        Rotation::Rotated(StoredSession { suspended: Some(reason), .. })
        | Rotation::Recent(StoredSession { suspended: Some(reason), .. }) => {
            return Err(suspended(&reason).into());
        }
        Rotation::Rotated(session) => (session, reach.keep(jar, fresh)),
        Rotation::Recent(session) => (session, jar),
        Rotation::Stolen(session, user) => {
            tracing::warn!(%session, "old session cookie reused; session revoked");
            app.chat.hub().end_session(user, session, &session_revoked());
            return Err(session_revoked().into());
        }
        Rotation::Expired => return Err(session_expired().into()),
        Rotation::Gone => return Err(session_revoked().into()),
    };
    Ok((StatusCode::OK, jar, Json(grant(&app, session.user, session.id)?)))
}

/// Sign out
///
/// Ends this session and its sockets at once.
#[utoipa::path(post, path = "/api/auth/logout", tag = TAG, security(("token" = [])), responses((status = 204), (status = 401, body = ApiError)))]
pub(super) async fn logout(
    State(app): State<Arc<App>>,
    client: Client,
    Authenticated(claims): Authenticated,
    jar: CookieJar,
) -> Result<impl IntoResponse, ErrorResponse> {
    app.store.revoke_session(claims.sid, clock::now()).await.map_err(refused)?;
    app.chat.hub().end_session(claims.sub, claims.sid, &session_revoked());
    tracing::info!(user = %claims.sub, session = %claims.sid, "signed out");
    Ok((StatusCode::NO_CONTENT, client.reach(&app.settings).remove(jar)))
}

/// Who am I?
#[utoipa::path(get, path = "/api/auth/me", tag = TAG, security(("token" = [])), responses((status = 200, body = User), (status = 401, body = ApiError)))]
pub(super) async fn me(Authenticated(claims): Authenticated) -> Json<User> {
    Json(User { id: claims.sub, username: claims.name, role: claims.role })
}

/// Begins a session for a user who has shown who they are, and gives its token.
pub(super) async fn begin(
    app: &App,
    client: &Client,
    device: Device,
    jar: CookieJar,
    user: User,
) -> Result<(StatusCode, CookieJar, Json<Grant>), ErrorResponse> {
    let (session, jar) = open_session(app, client, device, jar, &user, true).await?;
    Ok((StatusCode::CREATED, jar, Json(grant(app, user, session)?)))
}

/// Begins a session, which is the browser's from here on; `proved` where its owner has shown just now who they are.
///
/// The one that the browser had does not stay behind: of the same user it is this one, with other cookies, so that what else
/// is open in the browser goes on; another account's ends. (A guest's is kept, or ended by who makes an account of the guest.)
pub(super) async fn open_session(
    app: &App,
    client: &Client,
    Device(device): Device,
    jar: CookieJar,
    user: &User,
    proved: bool,
) -> Result<(SessionId, CookieJar), ApiError> {
    let now = clock::now();
    let secret = cookie::Secret::for_session();
    let before = here(app, client, &jar).await?;
    let same = before.as_ref().filter(|before| before.user.id == user.id).map(|before| before.id);
    let (cookie_hash, family_hash) = (secret.hash(), secret.family_hash());
    let expires_at = holdfast_core::sessions::ends_at(now, now, app.settings.session_life.filter(|_| user.role != Role::Guest));
    let id = same.unwrap_or_else(|| SessionId(clock::id()));
    let mut session = NewSession { id, user: user.id, cookie_hash, family_hash, expires_at, device, proved };
    if same.is_none() || !app.store.begin_session_anew(&session, now).await.map_err(refused)? {
        session.id = SessionId(clock::id());
        app.store.add_session(&session, now).await.map_err(refused)?;
    }
    if let Some(before) = before.filter(|before| before.user.id != user.id && before.user.role != Role::Guest) {
        app.store.revoke_session(before.id, now).await.map_err(refused)?;
        app.chat.hub().end_session(before.user.id, before.id, &signed_out_elsewhere());
    }
    if user.role == Role::Guest {
        tracing::debug!(user = %user.id, session = %session.id, address = %client.address, "guest created");
    } else {
        tracing::info!(user = %user.id, session = %session.id, role = ?user.role, address = %client.address, "signed in");
    }
    Ok((session.id, client.reach(&app.settings).keep(jar, secret)))
}

/// The session that the browser has.
pub(super) async fn here(app: &App, client: &Client, jar: &CookieJar) -> Result<Option<StoredSession>, ApiError> {
    let Some(cookie) = client.reach(&app.settings).read(jar) else { return Ok(None) };
    let seen = app.store.session_by_cookie(&cookie::hash(cookie), clock::now()).await.map_err(refused)?;
    Ok(seen.and_then(Seen::open))
}

pub(super) fn grant(app: &App, user: User, session: SessionId) -> Result<Grant, ErrorResponse> {
    let now = clock::now();
    let (access_token, claims) = app.tokens.issue(&user, session, now).map_err(|_| busy())?;
    Ok(Grant { access_token, expires_at: claims.expires_at(), expires_in_ms: claims.expires_at().saturating_sub(now), user })
}

pub(super) fn name_taken() -> ErrorResponse {
    ErrorResponse::from(ApiError::new(Code::BadFrame, "This name is taken. Choose another, or sign in.")).status(StatusCode::CONFLICT)
}

pub(super) fn busy() -> ApiError {
    ApiError::new(Code::Internal, "The server could not do this now. Try again.").retry_after(1_000)
}
