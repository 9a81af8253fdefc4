//! HTTP calls for projects.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use holdfast_protocol::{
    ApiError, ProjectId,
    projects::{NewProject, Project, ProjectList, ProjectPatch},
};

use super::{
    error::ErrorResponse,
    extract::{Authenticated, Body, Id},
};
use crate::state::App;
use holdfast_core::clock;

const TAG: &str = "Projects";

/// List your projects
///
/// By name, archived ones last.
#[utoipa::path(get, path = "/api/projects", tag = TAG, security(("token" = [])),
    responses((status = 200, body = ProjectList), (status = 401, body = ApiError)))]
pub(super) async fn list(State(app): State<Arc<App>>, Authenticated(claims): Authenticated) -> Result<Json<ProjectList>, ErrorResponse> {
    Ok(Json(app.chat.projects(claims.sub).await?))
}

/// Create a project
#[utoipa::path(post, path = "/api/projects", tag = TAG, security(("token" = [])), request_body = NewProject,
    responses((status = 201, body = Project), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError), (status = 413, body = ApiError), (status = 507, body = ApiError)))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Body(new): Body<NewProject>,
) -> Result<(StatusCode, Json<Project>), ErrorResponse> {
    Ok((StatusCode::CREATED, Json(app.chat.add_project(claims.sub, ProjectId(clock::id()), new).await?)))
}

/// Get a project
#[utoipa::path(get, path = "/api/projects/{id}", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = Project), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<ProjectId>,
) -> Result<Json<Project>, ErrorResponse> {
    Ok(Json(app.chat.project(claims.sub, id).await?))
}

/// Rename or archive a project, or change its settings, model or files
///
/// Absent fields stay as they are.
#[utoipa::path(patch, path = "/api/projects/{id}", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)), request_body = ProjectPatch,
    responses((status = 200, body = Project), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 404, body = ApiError), (status = 413, body = ApiError)))]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<ProjectId>,
    Body(patch): Body<ProjectPatch>,
) -> Result<Json<Project>, ErrorResponse> {
    Ok(Json(app.chat.change_project(claims.sub, id, patch).await?))
}

/// Remove a project
///
/// Its conversations stay. It can be restored for a day, and then has its conversations again; then it is erased.
#[utoipa::path(delete, path = "/api/projects/{id}", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 204), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<ProjectId>,
) -> Result<StatusCode, ErrorResponse> {
    app.chat.remove_project(claims.sub, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Restore a removed project
///
/// Possible for a day after it was removed. A project that was not removed stays as it is.
#[utoipa::path(post, path = "/api/projects/{id}/restore", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = Project), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn restore(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<ProjectId>,
) -> Result<Json<Project>, ErrorResponse> {
    Ok(Json(app.chat.restore_project(claims.sub, id).await?))
}
