//! Coming in by a link: the first administrator, and a new password.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use axum_extra::extract::CookieJar;
use holdfast_core::clock;
use holdfast_protocol::{
    ApiError,
    api::Grant,
    people::{Claim, InvitationCheck, InvitationCode, NewPassword},
};

use super::{
    auth::{browser, created},
    client::Client,
    error::ErrorResponse,
    extract::{Body, Device, MaybeAuthenticated},
};
use crate::state::App;

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
    let signed_in = app.accounts.claim_server(browser(&app, &client, device, &jar), claims, form, clock::now()).await?;
    Ok(created(&app, &client, jar, signed_in))
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
    let state = app.accounts.invitation_state(client.address, &form.code, clock::now()).await?;
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
    let signed_in = app.accounts.set_password_by_link(browser(&app, &client, device, &jar), form, clock::now()).await?;
    Ok(created(&app, &client, jar, signed_in))
}
