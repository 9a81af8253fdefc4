//! HTTP calls to begin, renew and end a session: as a guest, with a new account, or by signing in.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use axum_extra::extract::CookieJar;
use holdfast_core::clock;
use holdfast_protocol::{
    ApiError,
    api::{Credentials, Grant, User},
    people::SignUp,
};

use super::{
    client::Client,
    error::ErrorResponse,
    extract::{Authenticated, Body, Device, MaybeAuthenticated},
};
use crate::state::App;
use holdfast_core::accounts::{Browser, SignedIn};

const TAG: &str = "Signing in";

/// Sign in as a guest
///
/// Creates a guest and a session. Fails if the server accepts no guests.
#[utoipa::path(post, path = "/api/auth/guest", tag = TAG, responses((status = 201, body = Grant), (status = 403, body = ApiError), (status = 429, body = ApiError)))]
pub(super) async fn guest(
    State(app): State<Arc<App>>,
    client: Client,
    device: Device,
    jar: CookieJar,
) -> Result<impl IntoResponse, ErrorResponse> {
    let signed_in = app.accounts.begin_as_guest(browser(&app, &client, device, &jar), clock::now()).await?;
    Ok(created(&app, &client, jar, signed_in))
}

/// Create an account
///
/// Begins a session of the new account. With the access token of a guest, the guest becomes the account and keeps the conversations. A
/// server may require an invitation, or not allow new accounts.
#[utoipa::path(post, path = "/api/auth/signup", tag = TAG, request_body = SignUp, security((), ("token" = [])),
    responses((status = 201, body = Grant), (status = 403, body = ApiError), (status = 409, body = ApiError), (status = 429, body = ApiError)))]
pub(super) async fn signup(
    State(app): State<Arc<App>>,
    client: Client,
    device: Device,
    MaybeAuthenticated(claims): MaybeAuthenticated,
    jar: CookieJar,
    Body(form): Body<SignUp>,
) -> Result<impl IntoResponse, ErrorResponse> {
    let signed_in = app.accounts.sign_up(browser(&app, &client, device, &jar), claims, form, clock::now()).await?;
    Ok(created(&app, &client, jar, signed_in))
}

/// Sign in
///
/// If the account uses two-factor authentication, a call with the right name and password but without a code fails with
/// `second_factor_required`. Repeat it with `code`.
#[utoipa::path(post, path = "/api/auth/login", tag = TAG, request_body = Credentials,
    responses((status = 201, body = Grant), (status = 401, body = ApiError), (status = 429, body = ApiError)))]
pub(super) async fn login(
    State(app): State<Arc<App>>,
    client: Client,
    device: Device,
    jar: CookieJar,
    Body(credentials): Body<Credentials>,
) -> Result<impl IntoResponse, ErrorResponse> {
    let signed_in = app.accounts.log_in(browser(&app, &client, device, &jar), credentials, clock::now()).await?;
    Ok(created(&app, &client, jar, signed_in))
}

/// Renew the access token
///
/// Requires only the session cookie. Replaces the cookie, at most once a minute.
#[utoipa::path(post, path = "/api/auth/refresh", tag = TAG, security(("session" = [])),
    responses((status = 200, body = Grant), (status = 401, body = ApiError)))]
pub(super) async fn refresh(State(app): State<Arc<App>>, client: Client, jar: CookieJar) -> Result<impl IntoResponse, ErrorResponse> {
    let reach = client.reach(&app.settings);
    let refreshed = app.accounts.refresh(reach.read(&jar), clock::now()).await?;
    let jar = match refreshed.cookie {
        Some(cookie) => reach.keep(jar, cookie),
        None => jar,
    };
    Ok((StatusCode::OK, jar, Json(refreshed.grant)))
}

/// Sign out
///
/// Ends this session and closes its connections immediately.
#[utoipa::path(post, path = "/api/auth/logout", tag = TAG, security(("token" = [])), responses((status = 204), (status = 401, body = ApiError)))]
pub(super) async fn logout(
    State(app): State<Arc<App>>,
    client: Client,
    Authenticated(claims): Authenticated,
    jar: CookieJar,
) -> Result<impl IntoResponse, ErrorResponse> {
    app.accounts.log_out(&claims, clock::now()).await?;
    Ok((StatusCode::NO_CONTENT, client.reach(&app.settings).remove(jar)))
}

/// Get the signed-in user
#[utoipa::path(get, path = "/api/auth/me", tag = TAG, security(("token" = [])), responses((status = 200, body = User), (status = 401, body = ApiError)))]
pub(super) async fn me(Authenticated(claims): Authenticated) -> Json<User> {
    Json(User { id: claims.sub, username: claims.name, role: claims.role })
}

/// Returns the browser that the request comes from.
pub(super) fn browser<'a>(app: &App, client: &Client, Device(device): Device, jar: &'a CookieJar) -> Browser<'a> {
    Browser { address: client.address, device, cookie: client.reach(&app.settings).read(jar) }
}

/// Returns the reply to a successful sign-in: the access token, and the session cookie for the browser.
pub(super) fn created(app: &App, client: &Client, jar: CookieJar, signed_in: SignedIn) -> (StatusCode, CookieJar, Json<Grant>) {
    (StatusCode::CREATED, client.reach(&app.settings).keep(jar, signed_in.cookie), Json(signed_in.grant))
}
