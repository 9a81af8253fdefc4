//! Coming in by a link: the first administrator, and a new password.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use axum_extra::extract::CookieJar;
use holdfast_protocol::{
    ApiError, Code, UserId,
    api::{Grant, Role},
    people::{Claim, InvitationCheck, InvitationCode, InvitationState, NewPassword, SignUps},
};

use super::{
    auth::{begin, busy, end_guest_session, name_taken},
    client::Client,
    error::ErrorResponse,
    extract::{Body, Device, MaybeAuthenticated},
    second_factor,
};
use crate::{
    auth::{cookie, rules::good_password},
    chat::refused,
    state::{App, signed_out_elsewhere},
};
use holdfast_core::{clock, names};
use holdfast_store::{Claimed, NewAdmin};

const TAG: &str = "Signing in";

/// Become the first administrator
///
/// With the token of the link that the server prints while nobody runs it. Who is signed in with an account is raised;
/// everyone else gives a name and a password for a new one, and a guest keeps the conversations.
#[utoipa::path(post, path = "/api/auth/claim", tag = TAG, request_body = Claim, security((), ("token" = [])),
    responses((status = 201, body = Grant), (status = 403, body = ApiError), (status = 409, body = ApiError), (status = 429, body = ApiError)))]
pub(super) async fn claim(
    State(app): State<Arc<App>>,
    client: Client,
    device: Device,
    MaybeAuthenticated(claims): MaybeAuthenticated,
    jar: CookieJar,
    Body(form): Body<Claim>,
) -> Result<impl IntoResponse, ErrorResponse> {
    app.limits.sign_in(client.address)?;
    let link = cookie::hash(form.token.trim());
    let now = clock::now();
    let account = claims.as_ref().filter(|claims| claims.role != Role::Guest);
    let claimed = match account {
        Some(claims) => app.store.claim(&link, &NewAdmin::Raised(claims.sub), now).await,
        None => {
            let username = names::sign_in_name(form.username.as_deref().unwrap_or_default())?;
            let chosen = form.password.unwrap_or_default();
            good_password(&chosen, &username).await?;
            let password_hash = app.passwords.hash(chosen).await.map_err(|_| busy())?;
            let id = claims.as_ref().map_or_else(|| UserId(clock::id()), |claims| claims.sub);
            app.store.claim(&link, &NewAdmin::Made { id, username: &username, password_hash: &password_hash }, now).await
        }
    };
    let user = match claimed.map_err(refused)? {
        Claimed::Admin(user) => user,
        Claimed::NameTaken => return Err(name_taken()),
        Claimed::BadLink => {
            let sentence = "This link was used, or is from an earlier start. Restart the server for a new one. It prints one only while there is no administrator.";
            return Err(ErrorResponse::from(ApiError::new(Code::NotAllowed, sentence)));
        }
    };
    tracing::info!(user = %user.id, "first administrator created");
    if let Some(guest) = claims.filter(|claims| claims.role == Role::Guest) {
        end_guest_session(&app, guest.sub, guest.sid).await?;
    }
    begin(&app, &client, device, jar, user).await
}

/// Ask what an invitation is good for
///
/// So that nobody chooses a name and a password in vain. It says nothing else about it, to nobody. Where everyone may make an
/// account all are good, for none is needed.
#[utoipa::path(post, path = "/api/auth/invitation", tag = TAG, request_body = InvitationCode,
    responses((status = 200, body = InvitationCheck), (status = 429, body = ApiError)))]
pub(super) async fn look_at_invitation(
    State(app): State<Arc<App>>,
    client: Client,
    Body(form): Body<InvitationCode>,
) -> Result<Json<InvitationCheck>, ErrorResponse> {
    app.limits.look(client.address)?;
    let state = match app.settings.signup {
        SignUps::Open => InvitationState::Good,
        SignUps::Closed => InvitationState::Unknown,
        SignUps::Invitation => app.store.invitation_state(&cookie::hash(form.code.trim()), clock::now()).await.map_err(refused)?,
    };
    Ok(Json(InvitationCheck { state }))
}

/// Set a new password by a link
///
/// The link comes from an administrator and is good once; a second factor is asked for as at signing in. All sessions of the account end; this one begins.
#[utoipa::path(post, path = "/api/auth/password", tag = TAG, request_body = NewPassword,
    responses((status = 201, body = Grant), (status = 403, body = ApiError), (status = 429, body = ApiError)))]
pub(super) async fn new_password(
    State(app): State<Arc<App>>,
    client: Client,
    device: Device,
    jar: CookieJar,
    Body(form): Body<NewPassword>,
) -> Result<(StatusCode, CookieJar, Json<Grant>), ErrorResponse> {
    app.limits.sign_in(client.address)?;
    let link = cookie::hash(form.token.trim());
    let owner = app.store.password_link_for(&link, clock::now()).await.map_err(refused)?.ok_or_else(bad_link)?;
    good_password(&form.password, &owner.username).await?;
    second_factor::shown(&app, owner.id, form.code.as_deref()).await?;
    let hash = app.passwords.hash(form.password).await.map_err(|_| busy())?;
    let found = app.store.use_password_link(&link, &hash, clock::now()).await.map_err(refused)?;
    let user = found.ok_or_else(bad_link)?;
    app.chat.hub().end_user(user.id, None, &signed_out_elsewhere());
    begin(&app, &client, device, jar, user).await
}

/// The one wording for a link that does not hold.
fn bad_link() -> ApiError {
    ApiError::new(Code::NotAllowed, "This link was used, has expired, or was replaced. Ask for a new one.")
}
