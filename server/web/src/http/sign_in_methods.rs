//! Through whom the owner of an account signs in: told, added, taken away.

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

/// How one signs in
///
/// Whether the account has a password, alone or with a second factor, and the providers through which its owner comes.
#[utoipa::path(get, path = "/api/auth/methods", tag = TAG, security(("token" = [])), responses((status = 200, body = SignInMethods), (status = 401, body = ApiError)))]
pub(super) async fn list(State(app): State<Arc<App>>, Authenticated(claims): Authenticated) -> Result<Json<SignInMethods>, ErrorResponse> {
    let methods = app.accounts.sign_in_methods(&claims).await?;
    let providers = app.settings.oidc.iter().filter(|it| methods.issuers.contains(&it.issuer)).map(OidcSettings::sign_in_method).collect();
    Ok(Json(SignInMethods { password: methods.password, through: providers, second_factor: methods.second_factor }))
}

/// Add a way to sign in
///
/// Through a provider of OpenID Connect, for an account that is there. Needs the password, or, where there is none, a sign-in of
/// the last ten minutes for which the provider asked anew who it is; and a code, where the account has a second factor. Gives the path to open in the same browser; who one is there is signed in here from then on. An account
/// is never joined with somebody there otherwise.
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
    // The time that the password took does not count.
    let request = LinkRequest { user: claims.sub, session: claims.sid, provider: provider.clone(), at: clock::now() };
    let sealed = app.oidc.seal_link_request(&request).map_err(|_| AccountError::Computation)?;
    let path = format!("{}/auth/oidc/{provider}?back=/settings/account&link={sealed}", app.settings.base());
    Ok(Json(LinkStart { path }))
}

/// Take a way to sign in away
///
/// Needs the same. The only way in stays.
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

/// The provider of a name, if the configuration has one.
fn provider_of<'a>(app: &'a App, name: &str) -> Option<Provider<'a>> {
    app.settings.oidc.iter().find(|it| it.name == name).map(|it| Provider { name: &it.name, issuer: &it.issuer })
}
