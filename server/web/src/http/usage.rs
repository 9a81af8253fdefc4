//! HTTP calls for prices, budgets, and what users used.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use holdfast_protocol::{
    ApiError, ConversationId, UserId,
    usage::{Budget, ConversationUsage, DefaultBudgets, MonthUsage, Prices, UsersUsage},
};
use serde::Deserialize;

use super::{
    calls::{Api, calls},
    error::ErrorResponse,
    extract::{Admin, ApiQuery, Authenticated, Body, Id},
    transfer::disposition,
};
use crate::state::App;
use holdfast_core::clock;

const TAG: &str = "Usage";

/// Returns the calls.
pub(super) fn api() -> Api {
    Api::default()
        .with(calls!(own))
        .with(calls!(of_conversation))
        .with(calls!(prices, set_prices))
        .with(calls!(of_all))
        .with(calls!(of_all_as_csv))
        .with(calls!(budgets, set_budgets))
        .with(calls!(set_budget, remove_budget))
}

#[derive(Deserialize)]
struct Asked {
    month: Option<String>,
}

/// Get what you used in a month
///
/// By model, in a month of UTC, with your budget of the current month. Answers of the built-in models, and those with a key of your own,
/// do not count.
#[utoipa::path(get, path = "/api/usage", tag = TAG, security(("token" = [])),
    params(("month" = Option<String>, Query, description = "The month, as `2026-12`; the current one if absent", pattern = "^(19[7-9]|[2-9][0-9]{2})[0-9]-(0[1-9]|1[0-2])$")),
    responses((status = 200, body = MonthUsage), (status = 400, body = ApiError), (status = 401, body = ApiError)))]
async fn own(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    ApiQuery(asked): ApiQuery<Asked>,
) -> Result<Json<MonthUsage>, ErrorResponse> {
    Ok(Json(app.spending.month(claims.sub, asked.month.as_deref(), clock::now()).await?))
}

/// Get what the answers of a conversation used
///
/// The tokens and the cost of each answer of which they are known, and their sum.
#[utoipa::path(get, path = "/api/conversations/{id}/usage", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = ConversationUsage), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
async fn of_conversation(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<ConversationId>,
) -> Result<Json<ConversationUsage>, ErrorResponse> {
    Ok(Json(app.spending.conversation(claims.sub, id).await?))
}

/// Get the prices of models
#[utoipa::path(get, path = "/api/admin/prices", tag = TAG, security(("token" = [])),
    responses((status = 200, body = Prices), (status = 401, body = ApiError), (status = 403, body = ApiError)))]
async fn prices(State(app): State<Arc<App>>, _: Admin) -> Json<Prices> {
    Json(Prices::clone(&app.spending.prices()))
}

/// Replace the prices of models
///
/// Each price holds from its time on, until a later one of the same model. Answers that are written keep their cost. Budgets in money count
/// only what was spent in the currency of the prices.
#[utoipa::path(put, path = "/api/admin/prices", tag = TAG, security(("token" = [])), request_body = Prices,
    responses((status = 200, body = Prices), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 403, body = ApiError)))]
async fn set_prices(State(app): State<Arc<App>>, Admin(admin): Admin, Body(prices): Body<Prices>) -> Result<Json<Prices>, ErrorResponse> {
    let prices = app.spending.set_prices(prices).await?;
    tracing::info!(prices = prices.prices.len(), by = %admin.sub, "prices changed");
    Ok(Json(Prices::clone(&prices)))
}

/// Get what all users used in a month
///
/// By user and model. Also returns users with a budget of their own.
#[utoipa::path(get, path = "/api/admin/usage", tag = TAG, security(("token" = [])),
    params(("month" = Option<String>, Query, description = "The month, as `2026-12`; the current one if absent", pattern = "^(19[7-9]|[2-9][0-9]{2})[0-9]-(0[1-9]|1[0-2])$")),
    responses((status = 200, body = UsersUsage), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 403, body = ApiError)))]
async fn of_all(State(app): State<Arc<App>>, _: Admin, ApiQuery(asked): ApiQuery<Asked>) -> Result<Json<UsersUsage>, ErrorResponse> {
    Ok(Json(app.spending.users(asked.month.as_deref(), clock::now()).await?))
}

/// Get what all users used in a month as CSV
///
/// A row for each user, model and currency (RFC 4180). Costs are in units of their currency.
#[utoipa::path(get, path = "/api/admin/usage/csv", tag = TAG, security(("token" = [])),
    params(("month" = Option<String>, Query, description = "The month, as `2026-12`; the current one if absent", pattern = "^(19[7-9]|[2-9][0-9]{2})[0-9]-(0[1-9]|1[0-2])$")),
    responses((status = 200, content_type = "text/csv"), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 403, body = ApiError)))]
async fn of_all_as_csv(State(app): State<Arc<App>>, _: Admin, ApiQuery(asked): ApiQuery<Asked>) -> Result<Response, ErrorResponse> {
    let (name, table) = app.spending.users_csv(asked.month.as_deref(), clock::now()).await?;
    let mut response = table.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    if let Ok(value) = HeaderValue::from_str(&disposition(&name)) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// Get the default budgets
///
/// They apply to users who have no budget of their own.
#[utoipa::path(get, path = "/api/admin/budgets", tag = TAG, security(("token" = [])),
    responses((status = 200, body = DefaultBudgets), (status = 401, body = ApiError), (status = 403, body = ApiError)))]
async fn budgets(State(app): State<Arc<App>>, _: Admin) -> Result<Json<DefaultBudgets>, ErrorResponse> {
    Ok(Json(app.spending.default_budgets().await?))
}

/// Set the default budgets
///
/// Each is for a month of UTC, in money, in tokens, or in both. An absent amount is unlimited.
#[utoipa::path(put, path = "/api/admin/budgets", tag = TAG, security(("token" = [])), request_body = DefaultBudgets,
    responses((status = 200, body = DefaultBudgets), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 403, body = ApiError)))]
async fn set_budgets(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    Body(budgets): Body<DefaultBudgets>,
) -> Result<Json<DefaultBudgets>, ErrorResponse> {
    let budgets = app.spending.set_default_budgets(budgets).await?;
    tracing::info!(?budgets, by = %admin.sub, "default budgets changed");
    Ok(Json(budgets))
}

/// Set the budget of a user
///
/// It applies in place of the default one. A budget without amounts is unlimited.
#[utoipa::path(put, path = "/api/admin/users/{id}/budget", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)), request_body = Budget,
    responses((status = 204), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
async fn set_budget(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    Id(id): Id<UserId>,
    Body(budget): Body<Budget>,
) -> Result<StatusCode, ErrorResponse> {
    app.spending.set_budget(id, Some(budget)).await?;
    tracing::info!(user_id = %id, ?budget, by = %admin.sub, "budget changed");
    Ok(StatusCode::NO_CONTENT)
}

/// Remove the budget of a user
///
/// The default one applies again.
#[utoipa::path(delete, path = "/api/admin/users/{id}/budget", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 204), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
async fn remove_budget(State(app): State<Arc<App>>, Admin(admin): Admin, Id(id): Id<UserId>) -> Result<StatusCode, ErrorResponse> {
    app.spending.set_budget(id, None).await?;
    tracing::info!(user_id = %id, by = %admin.sub, "budget removed");
    Ok(StatusCode::NO_CONTENT)
}
