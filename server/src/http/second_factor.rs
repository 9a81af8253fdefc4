//! The second factor: set up, asked for, taken off.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use holdfast_protocol::{
    ApiError, Code, UserId,
    api::Role,
    people::Reauthentication,
    second_factor::{FactorCode, FactorRemoval, IS_ON, RecoveryCodes, Setup},
};

use super::{
    account::prove,
    auth::busy,
    client::Client,
    error::ErrorResponse,
    extract::{Authenticated, Body},
};
use crate::{
    auth::{
        second_factor::{FactorError, is_of_an_app, recovery, recovery_hash},
        token::Claims,
    },
    chat::refused,
    state::{App, session_revoked, signed_out_elsewhere},
};
use holdfast_core::clock;
use holdfast_store::StoredUser;

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
    let stored = account(&app, &claims).await?;
    if stored.password_hash.is_none() {
        let sentence = "This account has no password. Turn on two-factor authentication at your sign-in provider, or set a password first.";
        return Err(ApiError::new(Code::NotAllowed, sentence).into());
    }
    prove(&app, &client, &stored, claims.sid, proof.password).await?;
    let (setup, sealed) = app.second_factors.fresh(claims.sub, &stored.user.username).map_err(failed)?;
    if !app.store.begin_second_factor(claims.sub, &sealed).await.map_err(refused)? {
        return Err(is_on());
    }
    Ok((StatusCode::CREATED, Json(setup)))
}

/// Put the second factor into force
///
/// By a code that the app shows. Gives codes for an emergency, once; all other sessions of the account end.
#[utoipa::path(post, path = "/api/auth/second-factor/confirm", tag = TAG, security(("token" = [])), request_body = FactorCode,
    responses((status = 200, body = RecoveryCodes), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 409, body = ApiError), (status = 429, body = ApiError)))]
pub(super) async fn confirm(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Body(given): Body<FactorCode>,
) -> Result<Json<RecoveryCodes>, ErrorResponse> {
    let user = account(&app, &claims).await?.user.id;
    let Some(factor) = app.store.second_factor(user).await.map_err(refused)? else { return Err(wrong_code().into()) };
    if factor.in_force {
        return Err(is_on());
    }
    // Not before: a token that somebody found must not use up what its owner needs to sign in.
    app.limits.code(user)?;
    let step = app.second_factors.step(user, &factor.secret, &given.code, clock::now()).map_err(failed)?;
    let Some(step) = step else { return Err(wrong_code().into()) };
    let recovery = recovery();
    if !app.store.put_second_factor_into_force(user, &factor.secret, step, &recovery.hashes).await.map_err(refused)? {
        return Err(is_on());
    }
    tracing::info!(%user, "two-factor authentication turned on");
    // These codes are shown now or never.
    if let Err(api_error) = end_others(&app, &claims).await {
        tracing::error!(%user, %api_error, "could not end the other sessions");
    }
    Ok(Json(RecoveryCodes { codes: recovery.codes }))
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
    let stored = account(&app, &claims).await?;
    prove(&app, &client, &stored, claims.sid, given.password).await?;
    shown(&app, claims.sub, Some(&given.code)).await.map_err(by_who_is_signed_in)?;
    if !app.store.remove_second_factor(claims.sub).await.map_err(refused)? {
        return Err(ApiError::not_found().into());
    }
    end_others(&app, &claims).await?;
    tracing::info!(user = %claims.sub, "two-factor authentication reset");
    Ok(StatusCode::NO_CONTENT)
}

/// Whether who has shown the password has shown the second factor too, where the account has one.
///
/// Attempts at six digits are limited by account, and not only slowed down as those at passwords are: they are soon guessed by many
/// machines. Who knows the password can use up what is allowed, and hold up its owner so; a code for an emergency is looked at all
/// the same, for there is nothing to guess in 120 random bits.
///
/// # Errors
/// [`Code::SecondFactorRequired`] where no code was given; else why it won't do.
pub(super) async fn shown(app: &App, user: UserId, code: Option<&str>) -> Result<(), ApiError> {
    let factor = app.store.second_factor(user).await.map_err(refused)?.filter(|factor| factor.in_force);
    let Some(factor) = factor else { return Ok(()) };
    let Some(code) = code.map(str::trim).filter(|code| !code.is_empty()) else {
        return Err(ApiError::new(
            Code::SecondFactorRequired,
            "This account uses two-factor authentication: also enter the code that your app shows.",
        ));
    };
    let fits = if is_of_an_app(code) {
        app.limits.code(user)?;
        match app.second_factors.step(user, &factor.secret, code, clock::now()) {
            Ok(Some(step)) => app.store.spend_step(user, step).await.map_err(refused)?,
            Ok(None) => false,
            Err(error) => {
                tracing::error!(%user, %error, "second factor can't be read; only recovery codes work");
                false
            }
        }
    } else {
        app.store.spend_recovery_code(user, &recovery_hash(code)).await.map_err(refused)?
    };
    if fits {
        return Ok(());
    }
    tracing::info!(%user, "two-factor code refused");
    Err(ApiError::new(Code::AuthRequired, WRONG))
}

/// The same for who is signed in: there 401 would be about the token.
pub(super) fn by_who_is_signed_in(why: ApiError) -> ApiError {
    if matches!(why.code, Code::AuthRequired | Code::SecondFactorRequired) { wrong_code() } else { why }
}

const WRONG: &str = "This code is wrong, or was already used. Enter the code that your app shows now.";

fn wrong_code() -> ApiError {
    ApiError::new(Code::NotAllowed, WRONG)
}

fn is_on() -> ErrorResponse {
    ErrorResponse::from(ApiError::new(Code::NotAllowed, IS_ON)).status(StatusCode::CONFLICT)
}

fn failed(error: FactorError) -> ApiError {
    tracing::error!(%error, "second factor could not be created or read");
    busy()
}

/// Who asks, if they have an account.
async fn account(app: &App, claims: &Claims) -> Result<StoredUser, ErrorResponse> {
    if claims.role == Role::Guest {
        return Err(ApiError::new(Code::NotAllowed, "A guest has no password. Create an account first.").into());
    }
    Ok(app.store.user(claims.sub).await.map_err(refused)?.ok_or_else(session_revoked)?)
}

async fn end_others(app: &App, claims: &Claims) -> Result<(), ApiError> {
    app.store.revoke_sessions(claims.sub, Some(claims.sid), clock::now()).await.map_err(refused)?;
    app.chat.hub().end_user(claims.sub, Some(claims.sid), &signed_out_elsewhere());
    Ok(())
}
