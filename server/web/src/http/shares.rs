//! HTTP calls for read-only links, and the pages that they show.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use holdfast_app::{Plain, shared_document};
use holdfast_protocol::{
    ApiError, ConversationId, MessageId, Reason, ShareId,
    rules::branches::{Choices, Node as _, path},
    transfer::{MadeShare, NewShare, Share},
};

use super::{
    error::ErrorResponse,
    extract::{Authenticated, Body, Id, Name},
    language::Spoken,
    rendering::{Allowance, busy_page},
    site,
};
use crate::state::App;
use holdfast_core::auth::opaque::{self, OpaqueToken};
use holdfast_core::clock::{self, Millis};
use holdfast_core::conversations::{NewShare as Kept, Shared};

const TAG: &str = "Shared links";
const DAY: Millis = 24 * 3_600_000;

/// Create a read-only link
///
/// Anybody with the link can read the conversation as it is now, without an account, until the link expires or is withdrawn. Later
/// messages are not shown. Only this reply contains the link.
#[utoipa::path(post, path = "/api/conversations/{id}/shares", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)), request_body = NewShare,
    responses((status = 201, body = MadeShare), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn make(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<ConversationId>,
    Body(new): Body<NewShare>,
) -> Result<impl IntoResponse, ErrorResponse> {
    app.limits.share(claims.sub)?;
    let conversation = app.chat.outline(claims.sub, id).await?;
    if !(1..=365).contains(&new.days) {
        return Err(Reason::ShareDays.into());
    }
    let is_here = |id: &MessageId| conversation.outline.iter().any(|message| message.id() == *id);
    let last = match new.message_id {
        Some(id) => Some(id).filter(is_here),
        None => path(&conversation.outline, &Choices::default()).last().map(|step| step.message.id()),
    };
    let Some(message) = last else {
        return Err(Reason::NothingToShare.into());
    };
    let (secret, now) = (OpaqueToken::fresh(), clock::now());
    let share = Share {
        id: ShareId(clock::id()),
        conversation_id: id,
        title: conversation.summary.title,
        created_at: now,
        expires_at: now + u64::from(new.days) * DAY,
    };
    let kept = Kept { id: share.id, hash: secret.hash(), user: claims.sub, conversation: id, message, expires_at: share.expires_at };
    app.store.add_share(&kept, now).await?;
    let path = format!("{}/s/{}", app.settings.base(), secret.expose());
    Ok((StatusCode::CREATED, Json(MadeShare { share, path })))
}

/// List your links
#[utoipa::path(get, path = "/api/shares", tag = TAG, security(("token" = [])),
    responses((status = 200, body = Vec<Share>), (status = 401, body = ApiError)))]
pub(super) async fn list(State(app): State<Arc<App>>, Authenticated(claims): Authenticated) -> Result<Json<Vec<Share>>, ErrorResponse> {
    Ok(Json(app.store.shares_of(claims.sub, clock::now()).await?))
}

/// Withdraw a link
#[utoipa::path(delete, path = "/api/shares/{id}", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 204), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn withdraw(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<ShareId>,
) -> Result<StatusCode, ErrorResponse> {
    if !app.store.withdraw_share(claims.sub, id).await? {
        return Err(Reason::NotFound.into());
    }
    app.share_cache.forget(id);
    Ok(StatusCode::NO_CONTENT)
}

/// Returns the page of a link, which has no scripts. An expired link is answered like one that never existed.
pub(super) async fn show(State(app): State<Arc<App>>, spoken: Spoken, Name(token): Name) -> Result<Response, ErrorResponse> {
    let plain = app.site.plain(app.settings.base(), spoken.language);
    let hash = opaque::hash(&token);
    let found = app.store.shared(&hash, clock::now()).await?;
    let page = match found {
        Some(shared) => page(&app, &plain, &hash, shared).await?,
        None => None,
    };
    let mut response = match page {
        Some(Ok(html)) => Html(html).into_response(),
        Some(Err(busy)) => busy_page(busy, &plain),
        None => (StatusCode::NOT_FOUND, Html(shared_document(&plain, None, &|| false))).into_response(),
    };
    let headers = response.headers_mut();
    spoken.mark(headers);
    headers.insert(header::CONTENT_SECURITY_POLICY, site::PLAIN_POLICY);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // The address is the secret, so it must not reach other sites or search engines.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow"));
    Ok(response)
}

/// Returns the page of a valid link, rendered now or before. Returns `None` if the link expired meanwhile, `Some(Err)` if there was no
/// slot to render it.
async fn page(app: &App, plain: &Plain, hash: &[u8; 32], shared: Shared) -> Result<Option<Result<Bytes, ApiError>>, ErrorResponse> {
    let language = plain.language;
    if let Some(html) = app.share_cache.get(&shared, language, clock::now()) {
        return Ok(Some(Ok(html)));
    }
    let place = match app.rendering.lease(shared.owner).await {
        Ok(place) => place,
        Err(busy) => return Ok(Some(Err(busy))),
    };
    // While this waited, the link may have expired, and another request may have rendered it.
    let Some(shared) = app.store.shared(hash, clock::now()).await? else { return Ok(None) };
    if let Some(html) = app.share_cache.get(&shared, language, clock::now()) {
        return Ok(Some(Ok(html)));
    }
    let mut messages = app.store.path_to(shared.owner, shared.message).await?;
    if let Some(conversation) = messages.first().map(|message| message.conversation_id) {
        let mut steps = app.store.steps_in(shared.owner, conversation).await?;
        messages.iter_mut().for_each(|message| message.steps = steps.remove(&message.id).unwrap_or_default());
    }
    let (plain, title) = (plain.clone(), shared.share.title.clone());
    let render = move |allowance: Allowance| {
        let html = shared_document(&plain, Some((title, messages)), &|| allowance.is_over());
        (Bytes::from(html), allowance.is_over())
    };
    let (html, is_late) = app.rendering.run(place, render).await;
    app.share_cache.put(&shared, language, html.clone(), is_late, clock::now());
    Ok(Some(Ok(html)))
}
