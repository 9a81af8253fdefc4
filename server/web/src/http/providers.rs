//! HTTP calls for providers, which administrators manage, and for users' own keys.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use holdfast_protocol::{
    ApiError, Reason,
    api::{Role, User},
    providers::{ConnectionTest, NewKey, NewProvider, OwnKey, ProviderInfo, ProviderPatch},
};

use super::{
    error::ErrorResponse,
    extract::{Admin, Authenticated, Body, Name},
};
use crate::state::App;
use holdfast_core::auth::token::Claims;

const TAG: &str = "Providers";

/// List all providers
///
/// Returns the providers that administrators added, and those that are configured, discovered on the machine, or built in, with the
/// visibility of each model.
#[utoipa::path(get, path = "/api/admin/providers", tag = TAG, security(("token" = [])),
    responses((status = 200, body = Vec<ProviderInfo>), (status = 401, body = ApiError), (status = 403, body = ApiError)))]
pub(super) async fn list(State(app): State<Arc<App>>, _: Admin) -> Result<Json<Vec<ProviderInfo>>, ErrorResponse> {
    Ok(Json(app.model_access.list().await?))
}

/// Add a provider
///
/// Its key is stored encrypted, and no call returns it.
#[utoipa::path(post, path = "/api/admin/providers", tag = TAG, security(("token" = [])), request_body = NewProvider,
    responses((status = 201, body = ProviderInfo), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 403, body = ApiError)))]
pub(super) async fn add(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    Body(new): Body<NewProvider>,
) -> Result<impl IntoResponse, ErrorResponse> {
    let added = app.model_access.add(new).await?;
    tracing::info!(provider = added.name, by = %admin.sub, "provider added");
    Ok((StatusCode::CREATED, Json(added)))
}

/// Change a provider or its visibility
///
/// A key belongs to the origin (scheme, host and port) that it was entered for. If the new address has another origin, the server deletes
/// its key unless the request contains a new one, and does not use users' own keys until their owners confirm them.
#[utoipa::path(patch, path = "/api/admin/providers/{name}", tag = TAG, security(("token" = [])), params(("name" = String, Path)), request_body = ProviderPatch,
    responses((status = 200, body = ProviderInfo), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    Name(name): Name,
    Body(patch): Body<ProviderPatch>,
) -> Result<Json<ProviderInfo>, ErrorResponse> {
    let now = app.model_access.change(&name, patch).await?;
    tracing::info!(provider = now.name, by = %admin.sub, "provider changed");
    Ok(Json(now))
}

/// Remove a provider that was added
///
/// All keys for it are deleted.
#[utoipa::path(delete, path = "/api/admin/providers/{name}", tag = TAG, security(("token" = [])), params(("name" = String, Path)),
    responses((status = 204), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn remove(State(app): State<Arc<App>>, Admin(admin): Admin, Name(name): Name) -> Result<StatusCode, ErrorResponse> {
    app.model_access.remove(&name).await?;
    tracing::info!(provider = name, by = %admin.sub, "provider removed");
    Ok(StatusCode::NO_CONTENT)
}

/// Test the connection to a provider
///
/// Requests its list of models and a short answer, and returns the result.
#[utoipa::path(post, path = "/api/admin/providers/{name}/test", tag = TAG, security(("token" = [])), params(("name" = String, Path)),
    responses((status = 200, body = ConnectionTest), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn test_connection(
    State(app): State<Arc<App>>,
    _: Admin,
    Name(name): Name,
) -> Result<Json<ConnectionTest>, ErrorResponse> {
    Ok(Json(app.model_access.test_connection(&name).await?))
}

/// List the providers that allow users' own keys
#[utoipa::path(get, path = "/api/keys", tag = TAG, security(("token" = [])),
    responses((status = 200, body = Vec<OwnKey>), (status = 401, body = ApiError), (status = 403, body = ApiError)))]
pub(super) async fn own_keys(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
) -> Result<Json<Vec<OwnKey>>, ErrorResponse> {
    with_account(&claims)?;
    Ok(Json(app.model_access.own_keys(claims.sub).await?))
}

/// Store your own key
///
/// Replaces your previous key. The server stores it encrypted, uses it only for you, and never returns it.
#[utoipa::path(post, path = "/api/keys/{provider}", tag = TAG, security(("token" = [])), params(("provider" = String, Path)), request_body = NewKey,
    responses((status = 204), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn store_own_key(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Name(provider): Name,
    Body(new): Body<NewKey>,
) -> Result<StatusCode, ErrorResponse> {
    with_account(&claims)?;
    app.model_access.store_own_key(claims.sub, &provider, &new.key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Confirm your own key after the provider's address changed
///
/// A key is sent only to the origin (scheme, host and port) that it was entered for. If administrators have changed that, the key's state
/// is `unconfirmed`, and it is not used until you confirm it or enter another one.
#[utoipa::path(post, path = "/api/keys/{provider}/confirm", tag = TAG, security(("token" = [])), params(("provider" = String, Path)),
    responses((status = 204), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn confirm_own_key(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Name(provider): Name,
) -> Result<StatusCode, ErrorResponse> {
    with_account(&claims)?;
    app.model_access.confirm_own_key(claims.sub, &provider).await?;
    tracing::info!(user = %claims.sub, provider, "own key confirmed for the provider's new address");
    Ok(StatusCode::NO_CONTENT)
}

/// Remove your own key
#[utoipa::path(delete, path = "/api/keys/{provider}", tag = TAG, security(("token" = [])), params(("provider" = String, Path)),
    responses((status = 204), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn delete_own_key(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Name(provider): Name,
) -> Result<StatusCode, ErrorResponse> {
    with_account(&claims)?;
    app.model_access.delete_own_key(claims.sub, &provider).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Test your own key
#[utoipa::path(post, path = "/api/keys/{provider}/test", tag = TAG, security(("token" = [])), params(("provider" = String, Path)),
    responses((status = 200, body = ConnectionTest), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError), (status = 429, body = ApiError)))]
pub(super) async fn test_own_key(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Name(provider): Name,
) -> Result<Json<ConnectionTest>, ErrorResponse> {
    with_account(&claims)?;
    app.limits.message(claims.sub)?;
    Ok(Json(app.model_access.test_own_key(claims.sub, &provider).await?))
}

/// Refuses guests, because a guest's key would outlive its owner.
fn with_account(claims: &Claims) -> Result<(), ApiError> {
    if claims.role == Role::Guest {
        return Err(Reason::GuestWithoutKeys.into());
    }
    Ok(())
}

/// Returns the user of a request. The claims come from the token, with name and role from the store.
pub(super) fn asking(claims: Claims) -> User {
    User { id: claims.sub, username: claims.name, role: claims.role }
}
