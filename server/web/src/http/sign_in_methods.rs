//! HTTP calls for the user's own sign-in methods: list them, link and unlink OpenID Connect providers.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use holdfast_core::clock;
use holdfast_protocol::{
    ApiError,
    people::{LinkStart, Reauthentication, SignInMethods},
};

use super::{
    client::Client,
    error::ErrorResponse,
    extract::{Authenticated, Body, Name},
};
use crate::state::App;
use holdfast_core::accounts::LinkRequest;
use holdfast_core::accounts::{AccountError, Provider};
use holdfast_oidc::OidcSettings;

const TAG: &str = "Account";

/// List your sign-in methods
///
/// Returns whether the account has a password, whether it uses two-factor authentication, and the OpenID Connect providers that it is
/// linked to.
#[utoipa::path(get, path = "/api/auth/methods", tag = TAG, security(("token" = [])), responses((status = 200, body = SignInMethods), (status = 401, body = ApiError)))]
pub(super) async fn list(State(app): State<Arc<App>>, Authenticated(claims): Authenticated) -> Result<Json<SignInMethods>, ErrorResponse> {
    let methods = app.accounts.sign_in_methods(&claims).await?;
    let providers = app.settings.oidc.iter().filter(|it| methods.issuers.contains(&it.issuer)).map(OidcSettings::sign_in_method).collect();
    Ok(Json(SignInMethods { password: methods.password, through: providers, second_factor: methods.second_factor }))
}

/// Link your account to an OpenID Connect provider
///
/// Requires the password, and a code if the account uses two-factor authentication. An account without a password must have signed in
/// within the last ten minutes instead, and its provider must have asked for credentials again. Returns a path to open in the same browser.
/// When the user has signed in at the provider there, the account is linked to that user of the provider, who can sign in to it from then
/// on. An existing account is linked only in this way, never because a name or an e-mail address is the same.
#[utoipa::path(post, path = "/api/auth/methods/{provider}", tag = TAG, security(("token" = [])), params(("provider" = String, Path)), request_body = Reauthentication,
    responses((status = 200, body = LinkStart), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError), (status = 429, body = ApiError)))]
pub(super) async fn link(
    State(app): State<Arc<App>>,
    client: Client,
    Authenticated(claims): Authenticated,
    Name(provider): Name,
    Body(proof): Body<Reauthentication>,
) -> Result<Json<LinkStart>, ErrorResponse> {
    app.accounts.may_link(client.address, &claims, provider_of(&app, &provider), proof, clock::now()).await?;
    // The current time, because checking the password took some, and the request expires.
    let request = LinkRequest { user: claims.sub, session: claims.sid, provider: provider.clone(), at: clock::now() };
    let sealed = app.oidc.seal_link_request(&request).map_err(|_| AccountError::Computation)?;
    let path = format!("{}/auth/oidc/{provider}?back=/settings/account&link={sealed}", app.settings.base());
    Ok(Json(LinkStart { path }))
}

/// Unlink your account from a provider
///
/// Requires the password. An account without a password must have signed in within the last ten minutes instead, and its provider must have
/// asked for credentials again. The only sign-in method of an account can't be removed.
#[utoipa::path(post, path = "/api/auth/methods/{provider}/remove", tag = TAG, security(("token" = [])), params(("provider" = String, Path)), request_body = Reauthentication,
    responses((status = 204), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError), (status = 409, body = ApiError), (status = 429, body = ApiError)))]
pub(super) async fn unlink(
    State(app): State<Arc<App>>,
    client: Client,
    Authenticated(claims): Authenticated,
    Name(provider): Name,
    Body(proof): Body<Reauthentication>,
) -> Result<StatusCode, ErrorResponse> {
    let usable: Vec<&str> = app.settings.oidc.iter().map(|it| it.issuer.as_str()).collect();
    app.accounts.unlink(client.address, &claims, provider_of(&app, &provider), &usable, proof, clock::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Returns the configured provider with this name, or `None` if there is none.
fn provider_of<'a>(app: &'a App, name: &str) -> Option<Provider<'a>> {
    app.settings.oidc.iter().find(|it| it.name == name).map(|it| Provider { name: &it.name, issuer: &it.issuer })
}
