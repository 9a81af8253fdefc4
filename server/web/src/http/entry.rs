//! HTTP calls for links that give access: to become the first administrator, to use an invitation, and to set a new password.

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
/// Requires the token of the link that the server prints at its start while it has no administrator. With the access token of an account,
/// that account becomes the administrator. Otherwise `username` and `password` create one; with the access token of a guest, the guest
/// becomes the account and keeps the conversations.
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

/// Check an invitation
///
/// Lets a client check the code before the user chooses a name and a password. The reply says only whether the code can be used, or why
/// not. If everyone may create an account, the state is always `good`, because no invitation is needed; if nobody may, it is always
/// `unknown`.
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

/// Set a new password with a link
///
/// Requires the token of a link from an administrator, which can be used once, and a code if the account uses two-factor authentication.
/// Ends all sessions of the account, and begins a new one.
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
