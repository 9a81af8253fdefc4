//! HTTP calls for chatting without a socket.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::StreamExt as _;
use holdfast_protocol::{
    ApiError, ConversationId, MessageId, Reason,
    api::{ChatReply, ChatRequest, Model, PollReply, RegenerateRequest},
    frame::{Accepted, Chat, Open, Regenerate},
    incoming::ChatMessage,
};
use serde::{Deserialize, de::DeserializeOwned};
use tokio::{sync::Notify, time::Instant};

use super::{
    error::ErrorResponse,
    extract::{ApiQuery, Authenticated, Body, Id},
    providers::asking,
    streamed,
};
use crate::{
    realtime::{events as event_stream, poll as polling},
    state::App,
};
use holdfast_core::clock;

const TAG: &str = "Chat";

/// Maximum waiting time of a poll, ms.
const LONGEST_WAIT: u64 = 25_000;

/// List the models that you can choose
///
/// With what each accepts, its context window and its price, as far as they are known. The list of a slow provider is its last one.
#[utoipa::path(get, path = "/api/models", tag = TAG, security(("token" = [])), responses((status = 200, body = Vec<Model>), (status = 401, body = ApiError)))]
pub(super) async fn models(State(app): State<Arc<App>>, Authenticated(claims): Authenticated) -> Result<Json<Vec<Model>>, ErrorResponse> {
    let mut models = app.model_access.models(Some(&asking(claims))).await?;
    let now = clock::now();
    models.iter_mut().for_each(|model| model.price = app.spending.price(&model.provider, &model.model, now));
    Ok(Json(models))
}

/// Send a message
///
/// Sending the same message id again creates no second message.
#[utoipa::path(post, path = "/api/conversations/{id}/messages", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)), request_body = ChatMessage,
    responses((status = 202, body = Accepted), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError), (status = 409, body = ApiError), (status = 429, body = ApiError), (status = 502, body = ApiError), (status = 507, body = ApiError)))]
pub(super) async fn post_message(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<ConversationId>,
    Body(chat): Body<ChatMessage>,
) -> Result<impl IntoResponse, ErrorResponse> {
    let (chat, keys) = chat.with_id(MessageId(clock::id()));
    let accepted = app.chat.send(claims.sub, chat, id, false, &keys).await?;
    Ok((StatusCode::ACCEPTED, Json(accepted)))
}

#[derive(Deserialize)]
pub(super) struct Follow {
    cursor: Option<u64>,
    have: Option<String>,
    have_steps: Option<String>,
    wait_ms: Option<u64>,
}

impl Follow {
    fn open(&self, conversation_id: ConversationId) -> Result<Open, ApiError> {
        let (have, have_steps) = (read(self.have.as_deref())?, read(self.have_steps.as_deref())?);
        Ok(Open { conversation_id, cursor: self.cursor, have, have_steps })
    }
}

/// Reads a parameter that is a JSON object. An absent or empty one is an empty object.
fn read<T: Default + DeserializeOwned>(parameter: Option<&str>) -> Result<T, ApiError> {
    let object = parameter.filter(|text| !text.is_empty()).map(serde_json::from_str).transpose();
    Ok(object.map_err(|_| Reason::HaveInvalid)?.unwrap_or_default())
}

/// Follow a conversation as an event stream
///
/// Each `data:` is one server frame. The first one, `sync`, is sent immediately.
#[utoipa::path(get, path = "/api/conversations/{id}/events", tag = TAG, security(("token" = [])),
    params(("id" = uuid::Uuid, Path), ("cursor" = Option<u64>, Query, description = "Newest revision that the client has; absent for the whole conversation"), ("have" = Option<String>, Query, description = "`{answer_id: bytes}` as JSON"), ("have_steps" = Option<String>, Query, description = "`{answer_id: [bytes of step 0, …]}` as JSON")),
    responses((status = 200, content_type = "text/event-stream", body = holdfast_protocol::ServerFrame), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn events(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<ConversationId>,
    ApiQuery(follow): ApiQuery<Follow>,
) -> Result<impl IntoResponse, ErrorResponse> {
    let open = follow.open(id)?;
    let frames = event_stream::stream(app, claims, open).await?;
    let events = frames.map(|frame| Ok::<_, std::convert::Infallible>(Event::default().data(frame.to_json())));
    // nginx and similar proxies buffer responses unless told otherwise.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(([unbuffered], Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))))
}

/// Poll a conversation
///
/// Returns as soon as there is something new, or after `wait_ms` without anything new.
#[utoipa::path(get, path = "/api/conversations/{id}/poll", tag = TAG, security(("token" = [])),
    params(("id" = uuid::Uuid, Path), ("cursor" = Option<u64>, Query, description = "Newest revision that the client has; absent for the whole conversation"), ("have" = Option<String>, Query, description = "`{answer_id: bytes}` as JSON"), ("have_steps" = Option<String>, Query, description = "`{answer_id: [bytes of step 0, …]}` as JSON"), ("wait_ms" = Option<u64>, Query, description = "Maximum waiting time, ms; 25 000 if absent or larger")),
    responses((status = 200, body = PollReply), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn poll(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<ConversationId>,
    ApiQuery(follow): ApiQuery<Follow>,
) -> Result<Response, ErrorResponse> {
    let wait = Duration::from_millis(follow.wait_ms.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT));
    let (frames, lease) = polling::poll(&app, claims, follow.open(id)?, wait).await?;
    let mut response = Json(PollReply { frames }).into_response();
    if let Some(lease) = lease {
        streamed::hold(&mut response, lease);
    }
    Ok(response)
}

/// Stop an answer
#[utoipa::path(post, path = "/api/answers/{id}/stop", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 202), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn stop(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<MessageId>,
) -> Result<StatusCode, ErrorResponse> {
    app.chat.stop(claims.sub, id).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Continue an answer that ended early
///
/// Appends new text to the same answer. Counts as a message for the rate limit, unless the answer is being written already.
#[utoipa::path(post, path = "/api/answers/{id}/continue", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 202, body = Accepted), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 413, body = ApiError), (status = 404, body = ApiError), (status = 429, body = ApiError), (status = 502, body = ApiError), (status = 507, body = ApiError)))]
pub(super) async fn go_on(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<MessageId>,
) -> Result<impl IntoResponse, ErrorResponse> {
    let accepted = app.chat.go_on(claims.sub, id).await?;
    Ok((StatusCode::ACCEPTED, Json(accepted)))
}

/// Generate another answer
///
/// The new answer is added beside the existing ones. The path names the user's message, or one of its answers. Sending the same
/// `answer_id` again creates no second answer.
#[utoipa::path(post, path = "/api/messages/{id}/regenerate", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)), request_body = RegenerateRequest,
    responses((status = 202, body = Accepted), (status = 401, body = ApiError), (status = 404, body = ApiError), (status = 409, body = ApiError), (status = 429, body = ApiError), (status = 502, body = ApiError), (status = 507, body = ApiError)))]
pub(super) async fn regenerate(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(message_id): Id<MessageId>,
    Body(request): Body<RegenerateRequest>,
) -> Result<impl IntoResponse, ErrorResponse> {
    let RegenerateRequest { answer_id, provider, model, settings } = request;
    let accepted = app.chat.regenerate(claims.sub, Regenerate { message_id, answer_id, provider, model, settings }).await?;
    Ok((StatusCode::ACCEPTED, Json(accepted)))
}

/// Chat in one call
///
/// Sends a message, waits, and returns the whole answer. A failed answer is also returned with status 200; see its `status` and `error`.
#[utoipa::path(post, path = "/api/chat", tag = TAG, security(("token" = [])), request_body = ChatRequest,
    responses((status = 200, body = ChatReply), (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 404, body = ApiError), (status = 409, body = ApiError), (status = 429, body = ApiError), (status = 502, body = ApiError), (status = 507, body = ApiError)))]
pub(super) async fn whole(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Body(request): Body<ChatRequest>,
) -> Result<Json<ChatReply>, ErrorResponse> {
    let user = claims.sub;
    let message_id = request.message_id.unwrap_or_else(|| MessageId(clock::id()));
    let (target, begin) = match (request.conversation_id, &request.session_id) {
        (Some(id), _) => (id, false),
        (None, Some(name)) => (ConversationId::named(user, name), true),
        (None, None) => (ConversationId::created_by(user, message_id), true),
    };
    let mut chat = Chat::new(message_id, request.content);
    chat.provider = request.provider;
    chat.model = request.model;
    chat.settings = request.settings;
    chat.attachments = request.attachments;
    chat.project_id = request.project_id;
    let accepted = app.chat.send(user, chat, target, begin, &request.api_keys).await?;
    let asked = Instant::now();
    // Subscribe before reading, so that no end is missed.
    let wake = Arc::new(Notify::new());
    let _following = app.chat.hub().follow(accepted.conversation_id, wake.clone());
    loop {
        let message = app.store.message(user, accepted.answer_id).await?.ok_or(Reason::ConversationNotFound)?;
        if !message.status.is_unfinished() {
            return Ok(Json(ChatReply {
                conversation_id: accepted.conversation_id,
                message_id: accepted.message_id,
                answer_id: accepted.answer_id,
                full_response: message.content,
                status: message.status,
                error: message.error,
                usage: message.usage,
                sources: message.sources,
                steps: message.steps,
                left_out: message.left_out,
                ignored: message.ignored,
            }));
        }
        if let Some(api_error) = app.chat.unable_to_save(asked) {
            // Include the message id. If the client sent none, it needs this one to ask again.
            return Err(ErrorResponse::from(api_error).with("message_id", &accepted.message_id));
        }
        tokio::select! {
            () = wake.notified() => {}
            // Other answers of the conversation cause wakes as well, and a missed wake only costs time.
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
