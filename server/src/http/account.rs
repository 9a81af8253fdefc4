//! An account, as its owner changes it: name, password, sessions, its end.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use axum_extra::extract::CookieJar;
use holdfast_protocol::{
    ApiError, Code, SessionId,
    api::{Role, User},
    people::{AccountPatch, AccountRemoval, SessionInfo},
};

use super::{
    auth::{busy, name_taken},
    client::Client,
    error::ErrorResponse,
    extract::{Authenticated, Body, Id},
};
use crate::{
    auth::rules::good_password,
    chat::refused,
    state::{App, removed, session_revoked, signed_out_elsewhere},
};
use holdfast_core::{
    clock::{self, Millis},
    names,
};
use holdfast_store::{Change, StoredUser};

const TAG: &str = "Account";

/// So long after a sign-in for which the provider asked anew no other proof is asked for, ms.
const JUST_NOW: Millis = 10 * 60_000;

/// Change name or password
///
/// Needs the password so far, or, where there is none, a sign-in of the last ten minutes for which the provider asked anew
/// who it is. A new password ends all other sessions of the account.
#[utoipa::path(patch, path = "/api/auth/me", tag = TAG, security(("token" = [])), request_body = AccountPatch,
    responses((status = 200, body = User), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 409, body = ApiError), (status = 429, body = ApiError)))]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    client: Client,
    Authenticated(claims): Authenticated,
    Body(patch): Body<AccountPatch>,
) -> Result<Json<User>, ErrorResponse> {
    let username = patch.username.as_deref().map(names::sign_in_name).transpose()?;
    let stored = app.store.user(claims.sub).await.map_err(refused)?.ok_or_else(session_revoked)?;
    if stored.user.role == Role::Guest {
        return Err(ApiError::new(Code::NotAllowed, "A guest has no name and no password. Create an account first.").into());
    }
    prove(&app, &client, &stored, claims.sid, patch.current_password).await?;
    if let Some(new) = &patch.password {
        good_password(new, username.as_deref().unwrap_or(&stored.user.username)).await?;
    }
    let mut user = stored.user;
    if let Some(username) = username {
        if !app.store.rename_user(claims.sub, &username).await.map_err(refused)? {
            return Err(name_taken());
        }
        user.username = username;
    }
    if let Some(new) = patch.password {
        let hash = app.passwords.hash(new).await.map_err(|_| busy())?;
        app.store.set_password(claims.sub, &hash).await.map_err(refused)?;
        app.store.revoke_sessions(claims.sub, Some(claims.sid), clock::now()).await.map_err(refused)?;
        app.chat.hub().end_user(claims.sub, Some(claims.sid), &signed_out_elsewhere());
    }
    Ok(Json(user))
}

/// Remove the account
///
/// With all its conversations, for good. Needs the password, or such a sign-in of the last ten minutes where there is none; a
/// guest needs neither.
#[utoipa::path(post, path = "/api/auth/remove", tag = TAG, security(("token" = [])), request_body = AccountRemoval,
    responses((status = 204), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 409, body = ApiError), (status = 429, body = ApiError)))]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    client: Client,
    Authenticated(claims): Authenticated,
    jar: CookieJar,
    Body(farewell): Body<AccountRemoval>,
) -> Result<impl IntoResponse, ErrorResponse> {
    let stored = app.store.user(claims.sub).await.map_err(refused)?.ok_or_else(session_revoked)?;
    if stored.user.role != Role::Guest {
        prove(&app, &client, &stored, claims.sid, farewell.password).await?;
    }
    match app.store.remove_user(claims.sub).await.map_err(refused)? {
        Change::LastAdmin => return Err(last_admin()),
        Change::Done | Change::Missing => app.end_user(claims.sub, &removed()),
    }
    Ok((StatusCode::NO_CONTENT, client.reach(&app.settings).remove(jar)))
}

/// The browsers that are signed in
///
/// The one used last comes first.
#[utoipa::path(get, path = "/api/auth/sessions", tag = TAG, security(("token" = [])), responses((status = 200, body = Vec<SessionInfo>), (status = 401, body = ApiError)))]
pub(super) async fn sessions(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
) -> Result<Json<Vec<SessionInfo>>, ErrorResponse> {
    Ok(Json(app.store.sessions_of(claims.sub, claims.sid, clock::now()).await.map_err(refused)?))
}

/// Sign out everywhere
///
/// Here too: all sessions end, and their sockets at once.
#[utoipa::path(delete, path = "/api/auth/sessions", tag = TAG, security(("token" = [])), responses((status = 204), (status = 401, body = ApiError)))]
pub(super) async fn sign_out_everywhere(
    State(app): State<Arc<App>>,
    client: Client,
    Authenticated(claims): Authenticated,
    jar: CookieJar,
) -> Result<impl IntoResponse, ErrorResponse> {
    app.store.revoke_sessions(claims.sub, None, clock::now()).await.map_err(refused)?;
    app.chat.hub().end_user(claims.sub, None, &signed_out_elsewhere());
    tracing::info!(user = %claims.sub, "signed out everywhere");
    Ok((StatusCode::NO_CONTENT, client.reach(&app.settings).remove(jar)))
}

/// Sign one browser out
#[utoipa::path(delete, path = "/api/auth/sessions/{id}", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 204), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn end_session(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<SessionId>,
) -> Result<StatusCode, ErrorResponse> {
    if !app.store.revoke_session_of(claims.sub, id, clock::now()).await.map_err(refused)? {
        return Err(ApiError::not_found().into());
    }
    app.chat.hub().end_session(claims.sub, id, &signed_out_elsewhere());
    tracing::info!(user = %claims.sub, session = %id, "signed out");
    Ok(StatusCode::NO_CONTENT)
}

/// Asks for the password of who is signed in already. As often as one may sign in: a token that
/// somebody found must not help in guessing. Who has none must have been asked anew by their provider just now: one that
/// knows the browser signs in whoever sits before it.
pub(super) async fn prove(app: &App, client: &Client, stored: &StoredUser, session: SessionId, given: String) -> Result<(), ErrorResponse> {
    app.limits.sign_in(client.address)?;
    if stored.password_hash.is_none() {
        let proved = app.store.session_proved(session).await.map_err(refused)?.unwrap_or(0);
        if clock::now().abs_diff(proved) <= JUST_NOW {
            return Ok(());
        }
        return Err(
            ApiError::new(Code::NotAllowed, "Your last sign-in is too long ago. Sign in again first to confirm that it is you.").into()
        );
    }
    let guess = app.limits.guess(&stored.user.username, clock::now());
    tokio::time::sleep(guess.wait).await;
    let fits = app.passwords.fits(given, stored.password_hash.clone()).await.map_err(|_| busy())?;
    guess.was(fits, clock::now());
    if fits {
        return Ok(());
    }
    tracing::info!(user = %stored.user.id, address = %client.address, "wrong password from a signed-in user");
    Err(ApiError::new(Code::NotAllowed, "The current password is wrong.").into())
}

/// The one wording for what would leave nobody in charge.
pub(super) fn last_admin() -> ErrorResponse {
    let sentence = "This is the only administrator. Make another user an administrator first.";
    ErrorResponse::from(ApiError::new(Code::NotAllowed, sentence)).status(StatusCode::CONFLICT)
}
