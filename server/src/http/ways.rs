//! Through whom the owner of an account signs in: told, added, taken away.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use holdfast_protocol::{
    Code, Refusal,
    api::Rank,
    people::{Proof, WayThere, Ways},
};

use super::{
    account::prove,
    client::Client,
    error::Failure,
    extract::{Authenticated, Body, Name},
    second_factor,
};
use crate::{
    auth::token::Claims,
    chat::refused,
    config::OidcSettings,
    state::{App, session_revoked},
    store::Parting,
};

const TAG: &str = "Account";

/// How one signs in
///
/// Whether the account has a password, alone or with a second factor, and the providers through which its owner comes.
#[utoipa::path(get, path = "/api/auth/ways", tag = TAG, security(("token" = [])), responses((status = 200, body = Ways), (status = 401, body = Refusal)))]
pub(super) async fn ways(State(app): State<Arc<App>>, Authenticated(claims): Authenticated) -> Result<Json<Ways>, Failure> {
    let stored = app.store.user(claims.sub).await.map_err(refused)?.ok_or_else(session_revoked)?;
    let issuers = app.store.issuers_of(claims.sub).await.map_err(refused)?;
    let through = app.settings.oidc.iter().filter(|it| issuers.contains(&it.issuer)).map(OidcSettings::way).collect();
    let second_factor = app.store.second_factor(claims.sub).await.map_err(refused)?.is_some_and(|factor| factor.in_force);
    Ok(Json(Ways { password: stored.password_hash.is_some(), through, second_factor }))
}

/// Add a way to sign in
///
/// Through a provider of OpenID Connect, for an account that is there. Needs the password, or, where there is none, a sign-in of
/// the last ten minutes for which the provider asked anew who it is; and a code, where the account has a second factor. Gives the path to open in the same browser; who one is there is signed in here from then on. An account
/// is never joined with somebody there otherwise.
#[utoipa::path(post, path = "/api/auth/ways/{provider}", tag = TAG, security(("token" = [])), params(("provider" = String, Path)), request_body = Proof,
    responses((status = 200, body = WayThere), (status = 401, body = Refusal), (status = 403, body = Refusal), (status = 404, body = Refusal), (status = 429, body = Refusal)))]
pub(super) async fn join(
    State(app): State<Arc<App>>,
    client: Client,
    Authenticated(claims): Authenticated,
    Name(provider): Name,
    Body(proof): Body<Proof>,
) -> Result<Json<WayThere>, Failure> {
    let code = proof.code.clone();
    let way = asked(&app, &client, &claims, &provider, proof).await?;
    // Whoever comes through it is not asked for one.
    second_factor::shown(&app, claims.sub, code.as_deref()).await.map_err(second_factor::by_who_is_signed_in)?;
    let path = there(&app, &claims, way)?;
    Ok(Json(WayThere { path }))
}

/// Take a way to sign in away
///
/// Needs the same. The only way in stays.
#[utoipa::path(post, path = "/api/auth/ways/{provider}/remove", tag = TAG, security(("token" = [])), params(("provider" = String, Path)), request_body = Proof,
    responses((status = 204), (status = 401, body = Refusal), (status = 403, body = Refusal), (status = 404, body = Refusal), (status = 409, body = Refusal), (status = 429, body = Refusal)))]
pub(super) async fn part(
    State(app): State<Arc<App>>,
    client: Client,
    Authenticated(claims): Authenticated,
    Name(provider): Name,
    Body(proof): Body<Proof>,
) -> Result<StatusCode, Failure> {
    let way = asked(&app, &client, &claims, &provider, proof).await?;
    let usable: Vec<&str> = app.settings.oidc.iter().map(|it| it.issuer.as_str()).collect();
    match app.store.part_identity(claims.sub, &way.issuer, &usable).await.map_err(refused)? {
        Parting::Done => {
            tracing::info!(user = %claims.sub, provider, "an account was parted from a provider");
            Ok(StatusCode::NO_CONTENT)
        }
        Parting::Missing => Err(Refusal::not_found().into()),
        Parting::LastWay => {
            let sentence = "You could not sign in any more. Give the account a password first.";
            Err(Failure::from(Refusal::new(Code::NotAllowed, sentence)).status(StatusCode::CONFLICT))
        }
    }
}

/// The provider that is meant, asked for by the owner of an account.
async fn asked<'a>(app: &'a App, client: &Client, claims: &Claims, provider: &str, proof: Proof) -> Result<&'a OidcSettings, Failure> {
    if claims.role == Rank::Guest {
        return Err(Refusal::new(Code::NotAllowed, "A guest has no account yet. Sign in through the provider, and you have one.").into());
    }
    let way = app.settings.oidc.iter().find(|it| it.name == provider).ok_or_else(Refusal::not_found)?;
    let stored = app.store.user(claims.sub).await.map_err(refused)?.ok_or_else(session_revoked)?;
    prove(app, client, &stored, claims.sid, proof.password).await?;
    Ok(way)
}

/// The path where the attempt begins, with the permission in it.
#[cfg(feature = "oidc")]
fn there(app: &App, claims: &Claims, way: &OidcSettings) -> Result<String, Failure> {
    use crate::{clock, oidc::Joining};

    let joining = Joining { user: claims.sub, session: claims.sid, provider: way.name.clone(), at: clock::now() };
    let sealed = app.oidc.seal_joining(&joining).map_err(|_| super::auth::busy())?;
    Ok(format!("{}/auth/oidc/{}?back=/settings/account&joining={sealed}", app.settings.base(), way.name))
}

#[cfg(not(feature = "oidc"))]
fn there(_: &App, _: &Claims, _: &OidcSettings) -> Result<String, Failure> {
    Err(Refusal::not_found().into())
}
