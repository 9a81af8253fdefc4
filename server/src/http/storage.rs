//! What somebody stores.

use std::sync::Arc;

use axum::{Json, extract::State};
use holdfast_protocol::{ApiError, storage::StorageInfo};

use super::{error::ErrorResponse, extract::Authenticated};
use crate::{
    chat::refused,
    state::{App, session_revoked},
};

/// What you store, and may store
///
/// Everything that you make counts: conversations with their titles and messages, links for reading, sessions, keys. Removed
/// conversations don't.
#[utoipa::path(get, path = "/api/storage", tag = "Account", security(("token" = [])),
    responses((status = 200, body = StorageInfo), (status = 401, body = ApiError)))]
pub(super) async fn show(State(app): State<Arc<App>>, Authenticated(claims): Authenticated) -> Result<Json<StorageInfo>, ErrorResponse> {
    Ok(Json(app.store.storage(claims.sub).await.map_err(refused)?.ok_or_else(session_revoked)?))
}
