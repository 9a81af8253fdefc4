//! The second factor: set up, asked for, taken off.

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

/// Set up a second factor
///
/// For accounts with a password, which it needs. Gives what an app for codes (TOTP, RFC 6238) is told; it counts once a code was
/// shown.
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
/// Needs a code that the app shows. Returns the recovery codes, which are shown only this once. All other sessions of the account end.
#[utoipa::path(post, path = "/api/auth/second-factor/confirm", tag = TAG, security(("token" = [])), request_body = FactorCode,
    responses((status = 200, body = RecoveryCodes), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 409, body = ApiError), (status = 429, body = ApiError)))]
pub(super) async fn confirm(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Body(given): Body<FactorCode>,
) -> Result<Json<RecoveryCodes>, ErrorResponse> {
    Ok(Json(app.accounts.enable_two_factor(&claims, &given.code, clock::now()).await?))
}

/// Take the second factor off
///
/// Needs the password and a code; all other sessions of the account end.
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
