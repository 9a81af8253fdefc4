//! HTTP calls that turn the user's own two-factor authentication on and off.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use holdfast_core::clock;
use holdfast_protocol::{
    ApiError,
    people::Reauthentication,
    second_factor::{FactorCode, FactorRemoval, RecoveryCodes, Setup},
};

use super::{
    client::Client,
    error::ErrorResponse,
    extract::{Authenticated, Body},
};
use crate::state::App;

const TAG: &str = "Account";

/// Set up two-factor authentication
///
/// Requires the password; an account without a password can't use two-factor authentication. Returns a secret for an authenticator app
/// (TOTP, RFC 6238). Two-factor authentication stays off until `POST /api/auth/second-factor/confirm` receives a code of that app.
#[utoipa::path(post, path = "/api/auth/second-factor", tag = TAG, security(("token" = [])), request_body = Reauthentication,
    responses((status = 201, body = Setup), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 409, body = ApiError), (status = 429, body = ApiError)))]
pub(super) async fn set_up(
    State(app): State<Arc<App>>,
    client: Client,
    Authenticated(claims): Authenticated,
    Body(proof): Body<Reauthentication>,
) -> Result<(StatusCode, Json<Setup>), ErrorResponse> {
    let setup = app.accounts.set_up_two_factor(client.address, &claims, proof, clock::now()).await?;
    Ok((StatusCode::CREATED, Json(setup)))
}

/// Turn on two-factor authentication
///
/// Requires a current code of the authenticator app. Returns the recovery codes, which no other call returns. Ends all other sessions of
/// the account.
#[utoipa::path(post, path = "/api/auth/second-factor/confirm", tag = TAG, security(("token" = [])), request_body = FactorCode,
    responses((status = 200, body = RecoveryCodes), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 409, body = ApiError), (status = 429, body = ApiError)))]
pub(super) async fn confirm(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Body(given): Body<FactorCode>,
) -> Result<Json<RecoveryCodes>, ErrorResponse> {
    Ok(Json(app.accounts.enable_two_factor(&claims, &given.code, clock::now()).await?))
}

/// Turn off two-factor authentication
///
/// Requires the password, and a code of the authenticator app or a recovery code. Ends all other sessions of the account.
#[utoipa::path(post, path = "/api/auth/second-factor/remove", tag = TAG, security(("token" = [])), request_body = FactorRemoval,
    responses((status = 204), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError), (status = 429, body = ApiError)))]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    client: Client,
    Authenticated(claims): Authenticated,
    Body(given): Body<FactorRemoval>,
) -> Result<StatusCode, ErrorResponse> {
    app.accounts.disable_two_factor(client.address, &claims, given, clock::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
