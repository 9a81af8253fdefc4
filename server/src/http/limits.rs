//! Limits, as administrators see and set them.

use std::sync::Arc;

use axum::{Json, extract::State};
use holdfast_protocol::{
    Code, Refusal,
    limits::{LimitNumbers, LimitsInfo, LimitsPatch},
};

use super::{
    error::Failure,
    extract::{Admin, Body},
};
use crate::{chat::refused, state::App};

const TAG: &str = "Administration";

/// The limits
#[utoipa::path(get, path = "/api/admin/limits", tag = TAG, security(("token" = [])),
    responses((status = 200, body = LimitsInfo), (status = 401, body = Refusal), (status = 403, body = Refusal)))]
pub(super) async fn show(State(app): State<Arc<App>>, _: Admin) -> Json<LimitsInfo> {
    Json(app.limits.info())
}

/// Set limits
///
/// They count at once, and after a start too.
#[utoipa::path(patch, path = "/api/admin/limits", tag = TAG, security(("token" = [])), request_body = LimitsPatch,
    responses((status = 200, body = LimitsInfo), (status = 400, body = Refusal), (status = 401, body = Refusal), (status = 403, body = Refusal)))]
pub(super) async fn set(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    Body(patch): Body<LimitsPatch>,
) -> Result<Json<LimitsInfo>, Failure> {
    let _one = app.limits.changing.lock().await;
    let now = app.limits.info().numbers;
    let numbers = LimitNumbers {
        sockets: patch.sockets.unwrap_or(now.sockets),
        messages: patch.messages.unwrap_or(now.messages),
        answers: patch.answers.unwrap_or(now.answers),
        sign_in: patch.sign_in.unwrap_or(now.sign_in),
        unauthenticated: patch.unauthenticated.unwrap_or(now.unauthenticated),
    };
    let all = [numbers.sockets, numbers.messages, numbers.answers, numbers.sign_in, numbers.unauthenticated];
    if !all.iter().all(|number| (1..=LimitNumbers::MOST).contains(number)) {
        return Err(Refusal::new(Code::BadFrame, format!("A limit is a number from 1 to {}.", LimitNumbers::MOST)).into());
    }
    app.store.set_limits(&numbers).await.map_err(refused)?;
    app.limits.set(numbers);
    tracing::info!(?numbers, by = %admin.sub, "limits were set");
    Ok(Json(app.limits.info()))
}
