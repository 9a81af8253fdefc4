//! What administrators do with users and invitations.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use holdfast_protocol::{
    ApiError, Code, InvitationId, SessionId, UserId,
    api::Role,
    people::{Invitation, Link, MadeInvitation, NewInvitation, People, Person, PersonPatch, SessionInfo, SignUps},
};
use serde::Deserialize;

use super::{
    account::last_admin,
    error::ErrorResponse,
    extract::{Admin, Asked, Body, Id, Ids},
};
use crate::{
    auth::cookie::Secret,
    chat::refused,
    state::{App, removed, signed_out_by_admin, suspended},
};
use holdfast_core::{
    clock::{self, Millis},
    names,
};
use holdfast_store::{Change, NewInvitation as Kept};

const TAG: &str = "Administration";
const PAGE: u32 = 100;
const DAY: Millis = 24 * 3_600_000;
/// How long a link for a new password is good.
const PASSWORD_LINK: Millis = 2 * DAY;

#[derive(Deserialize)]
pub(super) struct Search {
    cursor: Option<UserId>,
    #[serde(default)]
    search: String,
    #[serde(default)]
    guests: bool,
}

/// The users
///
/// Newest first, a hundred at a time.
#[utoipa::path(get, path = "/api/admin/users", tag = TAG, security(("token" = [])),
    params(("cursor" = Option<uuid::Uuid>, Query, description = "`next` of the page before"), ("search" = Option<String>, Query, description = "a part of the name"), ("guests" = Option<bool>, Query)),
    responses((status = 200, body = People), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 403, body = ApiError)))]
pub(super) async fn users(State(app): State<Arc<App>>, _: Admin, Asked(query): Asked<Search>) -> Result<Json<People>, ErrorResponse> {
    Ok(Json(app.store.people(query.search.trim(), query.guests, query.cursor, PAGE).await.map_err(refused)?))
}

/// Change a user's role, bar them, let them in again
///
/// What a suspended user has open ends at once, with the reason. Who has lost their second factor can have it taken off here.
#[utoipa::path(patch, path = "/api/admin/users/{id}", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)), request_body = PersonPatch,
    responses((status = 200, body = Person), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError), (status = 409, body = ApiError)))]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    Id(id): Id<UserId>,
    Body(patch): Body<PersonPatch>,
) -> Result<Json<Person>, ErrorResponse> {
    if patch.role == Some(Role::Guest) {
        return Err(ApiError::new(Code::BadFrame, "An account is a member's or an administrator's. It can't become a guest's.").into());
    }
    if patch.second_factor == Some(true) {
        return Err(ApiError::new(
            Code::BadFrame,
            "Only the owner of an account can turn on two-factor authentication. Administrators can only reset it.",
        )
        .into());
    }
    if patch.second_factor == Some(false) && id == admin.sub {
        let sentence = "Turn off your own two-factor authentication under Settings → Account, with your password and a code.";
        return Err(ErrorResponse::from(ApiError::new(Code::NotAllowed, sentence)).status(StatusCode::CONFLICT));
    }
    let reason = names::display_name("A reason", patch.reason.as_deref().unwrap_or_default(), 200)?;
    if let Some(role) = patch.role {
        done(app.store.set_role(id, role).await.map_err(refused)?)?;
        tracing::info!(user = %id, ?role, by = %admin.sub, "role changed");
    }
    if patch.second_factor == Some(false) && app.store.remove_second_factor(id).await.map_err(refused)? {
        tracing::info!(user = %id, by = %admin.sub, "two-factor authentication reset");
    }
    if let Some(suspend) = patch.suspended {
        done(app.store.set_suspended(id, suspend.then_some(reason.as_str()), clock::now()).await.map_err(refused)?)?;
        if suspend {
            app.end_user(id, &suspended(&reason));
        }
        tracing::info!(user = %id, suspended = suspend, by = %admin.sub, "suspension changed");
    }
    Ok(Json(app.store.person(id).await.map_err(refused)?.ok_or_else(ApiError::not_found)?))
}

/// Remove a user
///
/// With all conversations, for good.
#[utoipa::path(delete, path = "/api/admin/users/{id}", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 204), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError), (status = 409, body = ApiError)))]
pub(super) async fn remove(State(app): State<Arc<App>>, Admin(admin): Admin, Id(id): Id<UserId>) -> Result<StatusCode, ErrorResponse> {
    done(app.store.remove_user(id).await.map_err(refused)?)?;
    app.end_user(id, &removed());
    tracing::info!(user = %id, by = %admin.sub, "user removed");
    Ok(StatusCode::NO_CONTENT)
}

/// Where a user is signed in
///
/// The browser used last comes first.
#[utoipa::path(get, path = "/api/admin/users/{id}/sessions", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = Vec<SessionInfo>), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn sessions(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    Id(id): Id<UserId>,
) -> Result<Json<Vec<SessionInfo>>, ErrorResponse> {
    app.store.user(id).await.map_err(refused)?.ok_or_else(ApiError::not_found)?;
    Ok(Json(app.store.sessions_of(id, admin.sid, clock::now()).await.map_err(refused)?))
}

/// Sign a user out in one place
///
/// Ends that session and its sockets at once; the user's others stay.
#[utoipa::path(delete, path = "/api/admin/users/{id}/sessions/{session}", tag = TAG, security(("token" = [])),
    params(("id" = uuid::Uuid, Path), ("session" = uuid::Uuid, Path)),
    responses((status = 204), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn end_session(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    Ids(id, session): Ids<UserId, SessionId>,
) -> Result<StatusCode, ErrorResponse> {
    if !app.store.revoke_session_of(id, session, clock::now()).await.map_err(refused)? {
        return Err(ApiError::not_found().into());
    }
    app.chat.hub().end_session(id, session, &signed_out_by_admin());
    tracing::info!(user = %id, %session, by = %admin.sub, "session revoked");
    Ok(StatusCode::NO_CONTENT)
}

/// Make a link for a new password
///
/// Good once, for two days; the one before it ends. Until it is used the old password stays.
#[utoipa::path(post, path = "/api/admin/users/{id}/password-link", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 201, body = Link), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn password_link(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    Id(id): Id<UserId>,
) -> Result<impl IntoResponse, ErrorResponse> {
    let (secret, now) = (Secret::fresh(), clock::now());
    let expires_at = now + PASSWORD_LINK;
    if !app.store.keep_password_link(id, &secret.hash(), now, expires_at).await.map_err(refused)? {
        return Err(ApiError::not_found().into());
    }
    tracing::info!(user = %id, by = %admin.sub, "password link created");
    // Behind `#`: that part of an address is sent to no server, and stands in no log.
    let path = format!("{}/password#{}", app.settings.base(), secret.expose());
    Ok((StatusCode::CREATED, Json(Link { path, expires_at })))
}

/// The invitations that can be used
#[utoipa::path(get, path = "/api/admin/invitations", tag = TAG, security(("token" = [])),
    responses((status = 200, body = Vec<Invitation>), (status = 401, body = ApiError), (status = 403, body = ApiError)))]
pub(super) async fn invitations(State(app): State<Arc<App>>, _: Admin) -> Result<Json<Vec<Invitation>>, ErrorResponse> {
    Ok(Json(app.store.invitations(clock::now()).await.map_err(refused)?))
}

/// Make an invitation
///
/// Its link is shown in this answer and never again.
#[utoipa::path(post, path = "/api/admin/invitations", tag = TAG, security(("token" = [])), request_body = NewInvitation,
    responses((status = 201, body = MadeInvitation), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 409, body = ApiError)))]
pub(super) async fn invite(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    Body(new): Body<NewInvitation>,
) -> Result<impl IntoResponse, ErrorResponse> {
    if app.settings.signup == SignUps::Closed {
        let sentence = "This server accepts no new accounts, so invitations do not work. To allow them, set HOLDFAST_SIGNUP=invitation and restart the server.";
        return Err(ErrorResponse::from(ApiError::new(Code::NotAllowed, sentence)).status(StatusCode::CONFLICT));
    }
    let note = names::display_name("An invitation's note", &new.note, 100)?;
    if !(1..=1000).contains(&new.uses) || !(1..=365).contains(&new.days) {
        let sentence = "An invitation has a note of at most 100 characters, 1 to 1000 uses, and 1 to 365 days.";
        return Err(ApiError::new(Code::BadFrame, sentence).into());
    }
    let (secret, now) = (Secret::fresh(), clock::now());
    let id = InvitationId(clock::id());
    let kept = Kept { id, hash: secret.hash(), note, uses: new.uses, expires_at: now + u64::from(new.days) * DAY };
    let invitation = app.store.add_invitation(&kept, now).await.map_err(refused)?;
    tracing::info!(invitation = %id, by = %admin.sub, "invitation created");
    // Behind `#`, which browsers send to no server: so no proxy logs it.
    let path = format!("{}/join#{}", app.settings.base(), secret.expose());
    Ok((StatusCode::CREATED, Json(MadeInvitation { invitation, path })))
}

/// Withdraw an invitation
///
/// Accounts that were made with it stay.
#[utoipa::path(delete, path = "/api/admin/invitations/{id}", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 204), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn withdraw(State(app): State<Arc<App>>, _: Admin, Id(id): Id<InvitationId>) -> Result<StatusCode, ErrorResponse> {
    if !app.store.withdraw_invitation(id).await.map_err(refused)? {
        return Err(ApiError::not_found().into());
    }
    Ok(StatusCode::NO_CONTENT)
}

fn done(change: Change) -> Result<(), ErrorResponse> {
    match change {
        Change::Done => Ok(()),
        Change::Missing => Err(ApiError::not_found().into()),
        Change::LastAdmin => Err(last_admin()),
    }
}
