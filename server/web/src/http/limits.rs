//! HTTP calls for administrators to read and change limits.

use std::sync::Arc;

use axum::{Json, extract::State};
use holdfast_protocol::{
    ApiError, Reason,
    limits::{Limit, LimitNumbers, LimitsInfo, LimitsPatch},
};

use super::{
    error::ErrorResponse,
    extract::{Admin, Body},
};
use crate::state::App;

const TAG: &str = "Administration";

/// Get the limits
#[utoipa::path(get, path = "/api/admin/limits", tag = TAG, security(("token" = [])),
    responses((status = 200, body = LimitsInfo), (status = 401, body = ApiError), (status = 403, body = ApiError)))]
pub(super) async fn show(State(app): State<Arc<App>>, _: Admin) -> Json<LimitsInfo> {
    Json(app.limits.info())
}

/// Change limits
///
/// Changes apply immediately, and are kept over restarts. Limits that the server's configuration sets can't be changed.
#[utoipa::path(patch, path = "/api/admin/limits", tag = TAG, security(("token" = [])), request_body = LimitsPatch,
    responses((status = 200, body = LimitsInfo), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 403, body = ApiError),
        (status = 409, body = ApiError)))]
pub(super) async fn set(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    Body(patch): Body<LimitsPatch>,
) -> Result<Json<LimitsInfo>, ErrorResponse> {
    let _one = app.limits.changing.lock().await;
    let info = app.limits.info();
    let asked = |limit: Limit| patch.get(limit).filter(|number| *number != info.numbers.get(limit));
    if let Some((limit, origin)) = info.fixed.iter().find(|(limit, _)| asked(**limit).is_some()) {
        return Err(Reason::LimitFixed.with("limit", limit.as_str()).with("origin", origin).into());
    }
    // A limit that the configuration sets keeps its stored value, for a later change of the configuration.
    let mut numbers = app.store.limits().await?;
    for limit in Limit::ALL {
        if let Some(number) = asked(limit) {
            numbers.set(limit, number);
        }
    }
    if !Limit::ALL.iter().all(|limit| (limit.least()..=LimitNumbers::MOST).contains(&numbers.get(*limit))) {
        return Err(Reason::LimitBounds.with("most", LimitNumbers::MOST).into());
    }
    app.store.set_limits(&numbers).await?;
    app.limits.set(numbers);
    app.store.set_quotas(app.limits.quotas());
    tracing::info!(?numbers, by = %admin.sub, "limits changed");
    Ok(Json(app.limits.info()))
}
