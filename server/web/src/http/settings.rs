//! HTTP calls for settings of answers.

use std::sync::Arc;

use axum::{Json, extract::State};
use holdfast_protocol::{
    ApiError, ConversationId, ProjectId,
    settings::{RawSettings, Settings, SettingsInfo},
};
use serde::Deserialize;

use super::{
    error::ErrorResponse,
    extract::{Admin, ApiQuery, Authenticated, Body, Id},
};
use crate::state::App;
use holdfast_core::conversations::AskedModel;

const TAG: &str = "Settings";

#[derive(Deserialize)]
pub(super) struct Asked {
    provider: Option<String>,
    model: Option<String>,
    project_id: Option<ProjectId>,
}

impl Asked {
    fn model(&self) -> AskedModel<'_> {
        AskedModel { provider: self.provider.as_deref(), model: self.model.as_deref() }
    }
}

/// Get the settings of a conversation
///
/// Also returns the settings that apply in it, the level that each comes from, and what the named model makes of them. Change them with
/// `PATCH /api/conversations/{id}`.
#[utoipa::path(get, path = "/api/conversations/{id}/settings", tag = TAG, security(("token" = [])),
    params(("id" = uuid::Uuid, Path), ("provider" = Option<String>, Query, description = "Name of the model's provider"), ("model" = Option<String>, Query, description = "The model to tell about")),
    responses((status = 200, body = SettingsInfo), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn of_conversation(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<ConversationId>,
    ApiQuery(asked): ApiQuery<Asked>,
) -> Result<Json<SettingsInfo>, ErrorResponse> {
    Ok(Json(app.chat.conversation_settings(claims.sub, id, asked.model()).await?))
}

/// Get your own settings
///
/// They apply to all your conversations that have no others. Also returns the settings that apply to a new conversation.
#[utoipa::path(get, path = "/api/settings", tag = TAG, security(("token" = [])),
    params(("provider" = Option<String>, Query, description = "Name of the model's provider"), ("model" = Option<String>, Query, description = "The model to tell about"),
        ("project_id" = Option<uuid::Uuid>, Query, description = "Project of the new conversation")),
    responses((status = 200, body = SettingsInfo), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn own(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    ApiQuery(asked): ApiQuery<Asked>,
) -> Result<Json<SettingsInfo>, ErrorResponse> {
    Ok(Json(app.chat.user_settings(claims.sub, asked.project_id, asked.model()).await?))
}

/// Change your own settings
///
/// Fields that are `null` are removed, absent fields stay as they are.
#[utoipa::path(patch, path = "/api/settings", tag = TAG, security(("token" = [])), request_body = Settings,
    responses((status = 200, body = SettingsInfo), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 413, body = ApiError)))]
pub(super) async fn set_own(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Body(patch): Body<RawSettings>,
) -> Result<Json<SettingsInfo>, ErrorResponse> {
    Ok(Json(app.chat.set_user_settings(claims.sub, &patch).await?))
}

/// Get the settings of the server
///
/// They apply to all users who have no others.
#[utoipa::path(get, path = "/api/admin/settings", tag = TAG, security(("token" = [])),
    responses((status = 200, body = SettingsInfo), (status = 401, body = ApiError), (status = 403, body = ApiError)))]
pub(super) async fn of_server(State(app): State<Arc<App>>, _: Admin) -> Result<Json<SettingsInfo>, ErrorResponse> {
    Ok(Json(app.chat.server_settings().await?))
}

/// Change the settings of the server
///
/// Fields that are `null` are removed, absent fields stay as they are.
#[utoipa::path(patch, path = "/api/admin/settings", tag = TAG, security(("token" = [])), request_body = Settings,
    responses((status = 200, body = SettingsInfo), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 403, body = ApiError)))]
pub(super) async fn set_of_server(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    Body(patch): Body<RawSettings>,
) -> Result<Json<SettingsInfo>, ErrorResponse> {
    let info = app.chat.set_server_settings(&patch).await?;
    // Not the instructions, which may be long and private.
    tracing::info!(set = ?info.own.names().collect::<Vec<_>>(), by = %admin.sub, "settings of the server changed");
    Ok(Json(info))
}
