//! Through whom the owner of an account signs in: told, added, taken away.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use holdfast_protocol::{
    ApiError, Code,
    api::Role,
    people::{LinkStart, Reauthentication, SignInMethods},
};

use super::{
    account::prove,
    client::Client,
    error::ErrorResponse,
    extract::{Authenticated, Body, Name},
    second_factor,
};
use crate::{
    auth::token::Claims,
    chat::refused,
    config::OidcSettings,
    state::{App, session_revoked},
};
use holdfast_store::Parting;

const TAG: &str = "Account";

/// How one signs in
///
/// Whether the account has a password, alone or with a second factor, and the providers through which its owner comes.
#[utoipa::path(get, path = "/api/auth/methods", tag = TAG, security(("token" = [])), responses((status = 200, body = SignInMethods), (status = 401, body = ApiError)))]
pub(super) async fn list(State(app): State<Arc<App>>, Authenticated(claims): Authenticated) -> Result<Json<SignInMethods>, ErrorResponse> {
    let stored = app.store.user(claims.sub).await.map_err(refused)?.ok_or_else(session_revoked)?;
    let issuers = app.store.issuers_of(claims.sub).await.map_err(refused)?;
    let through = app.settings.oidc.iter().filter(|it| issuers.contains(&it.issuer)).map(OidcSettings::way).collect();
    let second_factor = app.store.second_factor(claims.sub).await.map_err(refused)?.is_some_and(|factor| factor.in_force);
    Ok(Json(SignInMethods { password: stored.password_hash.is_some(), through, second_factor }))
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
    let code = proof.code.clone();
    let way = asked(&app, &client, &claims, &provider, proof).await?;
    // Whoever comes through it is not asked for one.
    second_factor::shown(&app, claims.sub, code.as_deref()).await.map_err(second_factor::by_who_is_signed_in)?;
    let path = there(&app, &claims, way)?;
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
    let way = asked(&app, &client, &claims, &provider, proof).await?;
    let usable: Vec<&str> = app.settings.oidc.iter().map(|it| it.issuer.as_str()).collect();
    match app.store.part_identity(claims.sub, &way.issuer, &usable).await.map_err(refused)? {
        Parting::Done => {
            tracing::info!(user = %claims.sub, provider, "sign-in method unlinked");
            Ok(StatusCode::NO_CONTENT)
        }
        Parting::Missing => Err(ApiError::not_found().into()),
        Parting::LastWay => {
            let sentence = "This is your only sign-in method. Set a password first.";
            Err(ErrorResponse::from(ApiError::new(Code::NotAllowed, sentence)).status(StatusCode::CONFLICT))
        }
    }
}

/// The provider that is meant, asked for by the owner of an account.
async fn asked<'a>(
    app: &'a App,
    client: &Client,
    claims: &Claims,
    provider: &str,
    proof: Reauthentication,
) -> Result<&'a OidcSettings, ErrorResponse> {
    if claims.role == Role::Guest {
        return Err(ApiError::new(Code::NotAllowed, "A guest has no account yet. Sign in through the provider to get one.").into());
    }
    let way = app.settings.oidc.iter().find(|it| it.name == provider).ok_or_else(ApiError::not_found)?;
    let stored = app.store.user(claims.sub).await.map_err(refused)?.ok_or_else(session_revoked)?;
    prove(app, client, &stored, claims.sid, proof.password).await?;
    Ok(way)
}

/// The path where the attempt begins, with the permission in it.
fn there(app: &App, claims: &Claims, way: &OidcSettings) -> Result<String, ErrorResponse> {
    use crate::oidc::LinkRequest;
    use holdfast_core::clock;

    let joining = LinkRequest { user: claims.sub, session: claims.sid, provider: way.name.clone(), at: clock::now() };
    let sealed = app.oidc.seal_joining(&joining).map_err(|_| super::auth::busy())?;
    Ok(format!("{}/auth/oidc/{}?back=/settings/account&joining={sealed}", app.settings.base(), way.name))
}
