//! The HTTP call for a user's storage.

use holdfast_core::auth::session_errors::session_revoked;
use std::sync::Arc;

use axum::{Json, extract::State};
use holdfast_protocol::{ApiError, storage::StorageInfo};

use super::{error::ErrorResponse, extract::Authenticated};
use crate::state::App;

/// Get your storage and quota
///
/// Everything that you create counts: conversations with their titles and messages, read-only links, sessions, keys, files. Removed
/// conversations do not count.
#[utoipa::path(get, path = "/api/storage", tag = "Account", security(("token" = [])),
    responses((status = 200, body = StorageInfo), (status = 401, body = ApiError)))]
pub(super) async fn show(State(app): State<Arc<App>>, Authenticated(claims): Authenticated) -> Result<Json<StorageInfo>, ErrorResponse> {
    Ok(Json(app.store.storage(claims.sub).await?.ok_or_else(session_revoked)?))
}
