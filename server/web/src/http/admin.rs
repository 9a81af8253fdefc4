//! HTTP calls by which administrators manage users and invitations.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use holdfast_core::clock;
use holdfast_protocol::{
    ApiError, InvitationId, SessionId, UserId,
    people::{Invitation, Link, MadeInvitation, NewInvitation, People, Person, PersonPatch, SessionInfo},
};
use serde::Deserialize;

use super::{
    error::ErrorResponse,
    extract::{Admin, ApiQuery, Body, Id, Ids},
};
use crate::state::App;
use holdfast_core::accounts::Actor;

const TAG: &str = "Administration";
const PAGE: u32 = 100;

#[derive(Deserialize)]
pub(super) struct Search {
    cursor: Option<UserId>,
    #[serde(default)]
    search: String,
    #[serde(default)]
    guests: bool,
}

/// List the users
///
/// Returns pages of at most 100 users, newest first.
#[utoipa::path(get, path = "/api/admin/users", tag = TAG, security(("token" = [])),
    params(("cursor" = Option<uuid::Uuid>, Query, description = "`next` of the previous page"), ("search" = Option<String>, Query, description = "A part of the name"), ("guests" = Option<bool>, Query, description = "Whether the list includes guests")),
    responses((status = 200, body = People), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 403, body = ApiError)))]
pub(super) async fn users(State(app): State<Arc<App>>, _: Admin, ApiQuery(query): ApiQuery<Search>) -> Result<Json<People>, ErrorResponse> {
    Ok(Json(app.store.people(query.search.trim(), query.guests, query.cursor, PAGE).await?))
}

/// Change a user's role, suspend or reinstate them, or turn their two-factor authentication off
///
/// Suspending a user closes their connections and stops their answers immediately, and shows them the reason. Turn two-factor
/// authentication off for a user who has lost both the authenticator app and the recovery codes.
#[utoipa::path(patch, path = "/api/admin/users/{id}", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)), request_body = PersonPatch,
    responses((status = 200, body = Person), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError), (status = 409, body = ApiError)))]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    Id(id): Id<UserId>,
    Body(patch): Body<PersonPatch>,
) -> Result<Json<Person>, ErrorResponse> {
    Ok(Json(app.administration.change(admin.sub, id, &patch, clock::now()).await?))
}

/// Remove a user
///
/// Removes the user permanently, with all their conversations.
#[utoipa::path(delete, path = "/api/admin/users/{id}", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 204), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError), (status = 409, body = ApiError)))]
pub(super) async fn remove(State(app): State<Arc<App>>, Admin(admin): Admin, Id(id): Id<UserId>) -> Result<StatusCode, ErrorResponse> {
    app.administration.remove(Actor::User(admin.sub), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List a user's sessions
///
/// Each session is a signed-in browser. The most recently used session comes first.
#[utoipa::path(get, path = "/api/admin/users/{id}/sessions", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = Vec<SessionInfo>), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn sessions(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    Id(id): Id<UserId>,
) -> Result<Json<Vec<SessionInfo>>, ErrorResponse> {
    Ok(Json(app.accounts.sessions_of(&admin, id, clock::now()).await?))
}

/// End one session of a user
///
/// Signs that browser out and closes its connections immediately. The user's other sessions continue.
#[utoipa::path(delete, path = "/api/admin/users/{id}/sessions/{session}", tag = TAG, security(("token" = [])),
    params(("id" = uuid::Uuid, Path), ("session" = uuid::Uuid, Path)),
    responses((status = 204), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn end_session(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    Ids(id, session): Ids<UserId, SessionId>,
) -> Result<StatusCode, ErrorResponse> {
    app.accounts.end_session(id, session, admin.sub, clock::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Create a link to set a new password
///
/// The link can be used once within two days. An earlier link for the same user becomes invalid. The current password stays valid until the
/// link is used.
#[utoipa::path(post, path = "/api/admin/users/{id}/password-link", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 201, body = Link), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn password_link(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    Id(id): Id<UserId>,
) -> Result<impl IntoResponse, ErrorResponse> {
    let (secret, expires_at) = app.administration.create_password_link(Actor::User(admin.sub), id, clock::now()).await?;
    // After `#`, because browsers do not send that part of an address, so no server or proxy logs the token.
    let path = format!("{}/password#{}", app.settings.base(), secret.expose());
    Ok((StatusCode::CREATED, Json(Link { path, expires_at })))
}

/// List the invitations that can still be used
///
/// Returns the newest invitation first.
#[utoipa::path(get, path = "/api/admin/invitations", tag = TAG, security(("token" = [])),
    responses((status = 200, body = Vec<Invitation>), (status = 401, body = ApiError), (status = 403, body = ApiError)))]
pub(super) async fn invitations(State(app): State<Arc<App>>, _: Admin) -> Result<Json<Vec<Invitation>>, ErrorResponse> {
    Ok(Json(app.accounts.invitations(clock::now()).await?))
}

/// Create an invitation
///
/// Only this reply contains the link.
#[utoipa::path(post, path = "/api/admin/invitations", tag = TAG, security(("token" = [])), request_body = NewInvitation,
    responses((status = 201, body = MadeInvitation), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 409, body = ApiError)))]
pub(super) async fn invite(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    Body(new): Body<NewInvitation>,
) -> Result<impl IntoResponse, ErrorResponse> {
    let (invitation, code) = app.accounts.invite(admin.sub, &new, clock::now()).await?;
    // After `#`, because browsers do not send that part of an address, so no server or proxy logs the code.
    let path = format!("{}/join#{}", app.settings.base(), code.expose());
    Ok((StatusCode::CREATED, Json(MadeInvitation { invitation, path })))
}

/// Withdraw an invitation
///
/// Accounts that were created with it are kept.
#[utoipa::path(delete, path = "/api/admin/invitations/{id}", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 204), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn withdraw(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    Id(id): Id<InvitationId>,
) -> Result<StatusCode, ErrorResponse> {
    app.accounts.withdraw_invitation(admin.sub, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
