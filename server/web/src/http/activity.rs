//! The administrators' activity call: what the server is doing now.

use std::{cmp::Reverse, collections::HashMap, sync::Arc};

use axum::{Json, extract::State};
use holdfast_protocol::{
    ApiError, UserId,
    activity::{Activity, Present, Running},
    api::User,
};

use super::{error::ErrorResponse, extract::Admin};
use crate::state::App;
use holdfast_core::clock;

/// Maximum number of users, and of answers, in a reply.
const MOST: usize = 200;

/// Show current activity
///
/// Open connections, running answers, and requests refused within the last hour.
#[utoipa::path(get, path = "/api/admin/activity", tag = "Administration", security(("token" = [])),
    responses((status = 200, body = Activity), (status = 401, body = ApiError), (status = 403, body = ApiError)))]
pub(super) async fn activity(State(app): State<Arc<App>>, _: Admin) -> Result<Json<Activity>, ErrorResponse> {
    let now = clock::now();
    let hub = app.chat.hub();
    let mut present = hub.present();
    let connections = present.iter().map(|(_, open)| open.len()).sum();
    present.sort_by_key(|(id, open)| (Reverse(open.len()), *id));
    present.truncate(MOST);
    let mut answers = hub.answers();
    answers.sort_by_key(|answer| (answer.writer.since, answer.id));
    answers.truncate(MOST);
    let mut ids: Vec<UserId> = present.iter().map(|(id, _)| *id).chain(answers.iter().map(|answer| answer.user)).collect();
    ids.sort_unstable();
    ids.dedup();
    let users: HashMap<UserId, User> = app.store.users(&ids).await?.into_iter().map(|user| (user.id, user)).collect();
    let running = |answer: Arc<holdfast_core::answers::LiveAnswer>| {
        let username = users.get(&answer.user)?.username.clone();
        let writer = answer.writer.clone();
        Some(Running {
            user_id: answer.user,
            username,
            provider: writer.provider,
            model: writer.model,
            since: writer.since,
            bytes: answer.watermark(),
        })
    };
    Ok(Json(Activity {
        now,
        connections,
        unauthenticated: app.pending.count(),
        answers: answers.into_iter().filter_map(running).collect(),
        // A user who was removed a moment ago has no open connections.
        present: present.into_iter().filter_map(|(id, open)| Some(Present { user: users.get(&id)?.clone(), open })).collect(),
        refusals: app.refusals.list(now),
    }))
}
