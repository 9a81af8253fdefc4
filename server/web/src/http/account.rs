//! An account, as its owner changes it: name, password, sessions, its end.

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
    Ok(Json(app.accounts.change_own(client.address, &claims, patch, clock::now()).await?))
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
    Body(removal): Body<AccountRemoval>,
) -> Result<impl IntoResponse, ErrorResponse> {
    app.accounts.remove_own(client.address, &claims, removal.password, clock::now()).await?;
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
    Ok(Json(app.accounts.sessions(&claims, clock::now()).await?))
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
    app.accounts.end_all_sessions(claims.sub, clock::now()).await?;
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
    app.accounts.end_session(claims.sub, id, claims.sub, clock::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
