//! HTTP calls for the user's own account: name, password, sessions, removal.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use axum_extra::extract::CookieJar;
use holdfast_core::clock;
use holdfast_protocol::{
    ApiError, SessionId,
    api::User,
    people::{AccountPatch, AccountRemoval, SessionInfo},
};

use super::{
    client::Client,
    error::ErrorResponse,
    extract::{Authenticated, Body, Id},
};
use crate::state::App;

const TAG: &str = "Account";

/// Change your name or password
///
/// Requires the current password. An account without a password must have signed in within the last ten minutes instead, and its provider
/// must have asked for credentials again. A new password ends all other sessions of the account.
#[utoipa::path(patch, path = "/api/auth/me", tag = TAG, security(("token" = [])), request_body = AccountPatch,
    responses((status = 200, body = User), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 409, body = ApiError), (status = 429, body = ApiError)))]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    client: Client,
    Authenticated(claims): Authenticated,
    Body(patch): Body<AccountPatch>,
) -> Result<Json<User>, ErrorResponse> {
    Ok(Json(app.accounts.change_own(client.address, &claims, patch, clock::now()).await?))
}

/// Remove your account
///
/// Removes the account permanently, with all its conversations. Requires the password. An account without a password must have signed in
/// within the last ten minutes instead, and its provider must have asked for credentials again. A guest needs neither.
#[utoipa::path(post, path = "/api/auth/remove", tag = TAG, security(("token" = [])), request_body = AccountRemoval,
    responses((status = 204), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 409, body = ApiError), (status = 429, body = ApiError)))]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    client: Client,
    Authenticated(claims): Authenticated,
    jar: CookieJar,
    Body(removal): Body<AccountRemoval>,
) -> Result<impl IntoResponse, ErrorResponse> {
    app.accounts.remove_own(client.address, &claims, removal.password, clock::now()).await?;
    Ok((StatusCode::NO_CONTENT, client.reach(&app.settings).remove(jar)))
}

/// List your sessions
///
/// Each session is a signed-in browser. The most recently used session comes first.
#[utoipa::path(get, path = "/api/auth/sessions", tag = TAG, security(("token" = [])), responses((status = 200, body = Vec<SessionInfo>), (status = 401, body = ApiError)))]
pub(super) async fn sessions(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
) -> Result<Json<Vec<SessionInfo>>, ErrorResponse> {
    Ok(Json(app.accounts.sessions(&claims, clock::now()).await?))
}

/// Sign out everywhere
///
/// Ends all sessions of the account, including this one, and closes their connections immediately.
#[utoipa::path(delete, path = "/api/auth/sessions", tag = TAG, security(("token" = [])), responses((status = 204), (status = 401, body = ApiError)))]
pub(super) async fn sign_out_everywhere(
    State(app): State<Arc<App>>,
    client: Client,
    Authenticated(claims): Authenticated,
    jar: CookieJar,
) -> Result<impl IntoResponse, ErrorResponse> {
    app.accounts.end_all_sessions(claims.sub, clock::now()).await?;
    Ok((StatusCode::NO_CONTENT, client.reach(&app.settings).remove(jar)))
}

/// End one of your sessions
///
/// Signs that browser out and closes its connections immediately.
#[utoipa::path(delete, path = "/api/auth/sessions/{id}", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 204), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn end_session(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<SessionId>,
) -> Result<StatusCode, ErrorResponse> {
    app.accounts.end_session(claims.sub, id, claims.sub, clock::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
