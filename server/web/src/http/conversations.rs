//! HTTP calls for the list of conversations, and for each conversation.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use holdfast_protocol::{
    ApiError, ConversationId, FileId, MessageId, ProjectId, Reason,
    api::{Conversation, ConversationPage, ConversationPatch, ConversationSummary, Earlier, NewConversation, SearchPage, Shelf},
    rules::partial,
};
use serde::Deserialize;

use super::{
    error::ErrorResponse,
    extract::{ApiQuery, Authenticated, Body, Id},
    streamed,
};
use crate::state::App;
use holdfast_core::clock;
use holdfast_core::conversations::Cursor;
use holdfast_core::conversations::OutlinedConversation;

const TAG: &str = "Conversations";

#[derive(Deserialize)]
pub(super) struct ListQuery {
    #[serde(default)]
    shelf: Shelf,
    project_id: Option<ProjectId>,
    cursor: Option<String>,
}

/// List conversations, newest first
///
/// Without `shelf`, returns all conversations except archived ones. Pinned ones are included, sorted by time like the others.
#[utoipa::path(get, path = "/api/conversations", tag = TAG, security(("token" = [])),
    params(("shelf" = inline(Option<Shelf>), Query, description = "`list` (all except archived ones), `pinned` or `archived`"), ("project_id" = Option<uuid::Uuid>, Query, description = "Only those of this project"), ("cursor" = Option<String>, Query, description = "`next` of the previous page")),
    responses((status = 200, body = ConversationPage), (status = 400, body = ApiError), (status = 401, body = ApiError)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> Result<Json<ConversationPage>, ErrorResponse> {
    Ok(Json(app.store.conversations(claims.sub, query.shelf, query.project_id, cursor(query.cursor)?, app.settings.sizes.page).await?))
}

/// Number of results on a page of a search.
pub(super) const FOUND: u32 = 20;

/// Maximum number of files that a search can name.
const MOST_FILES: usize = 100;

#[derive(Deserialize)]
pub(super) struct SearchQuery {
    #[serde(default)]
    q: String,
    cursor: Option<String>,
    r#in: Option<Place>,
    files: Option<String>,
}

/// What is searched.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Place {
    /// Titles and messages of conversations.
    Conversations,
    /// The user's files.
    Materials,
}

/// Search titles and messages
///
/// Finds conversations whose title, or one of whose messages, contains all words. The last word may be the beginning of a word. Case and
/// accents are ignored. Newest first.
///
/// With `in=materials`, passages of the user's files are found that contain any of the words, best first, as `sources`. `files` limits them
/// to some files: their ids, with commas between.
#[utoipa::path(get, path = "/api/search", tag = TAG, security(("token" = [])),
    params(("q" = Option<String>, Query, description = "The words to find. Quotation marks make a phrase, `-` before a word excludes it, `*` after a word makes it a prefix. Only the first 200 characters count"), ("cursor" = Option<String>, Query, description = "`next` of the previous page"),
        ("in" = inline(Option<Place>), Query, description = "`conversations` or `materials`"), ("files" = Option<String>, Query, description = "ids of files, with commas between")),
    responses((status = 200, body = SearchPage), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 429, body = ApiError), (status = 503, body = ApiError)))]
pub(super) async fn search(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    ApiQuery(query): ApiQuery<SearchQuery>,
) -> Result<Json<SearchPage>, ErrorResponse> {
    if let Some(Place::Materials) = query.r#in {
        // Ids that are none name no files.
        let files =
            query.files.map(|files| files.split(',').filter_map(|id| id.trim().parse().ok()).take(MOST_FILES).collect::<Vec<FileId>>());
        let sources = app.materials.search(claims.sub, &query.q, files.as_deref()).await?;
        return Ok(Json(SearchPage { sources, ..SearchPage::default() }));
    }
    Ok(Json(app.chat.search(claims.sub, &query.q, cursor(query.cursor)?, FOUND).await?))
}

fn cursor(text: Option<String>) -> Result<Option<Cursor>, ApiError> {
    let cursor = text.map(|text| text.parse()).transpose();
    cursor.map_err(|()| Reason::CursorInvalid.into())
}

/// Create a conversation
#[utoipa::path(post, path = "/api/conversations", tag = TAG, security(("token" = [])), request_body = NewConversation,
    responses((status = 201, body = ConversationSummary), (status = 400, body = ApiError), (status = 404, body = ApiError), (status = 401, body = ApiError), (status = 507, body = ApiError)))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Body(new): Body<NewConversation>,
) -> Result<impl IntoResponse, ErrorResponse> {
    let summary = app.chat.begin(claims.sub, ConversationId(clock::id()), &new).await?;
    Ok((StatusCode::CREATED, Json(summary)))
}

/// Get a conversation with all messages
#[utoipa::path(get, path = "/api/conversations/{id}", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = Conversation), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<ConversationId>,
) -> Result<Response, ErrorResponse> {
    let OutlinedConversation { summary, cursor, outline, lease } = app.chat.outline(claims.sub, id).await?;
    Ok(streamed::json(
        Conversation::head(summary, cursor),
        app.chat.pieces(claims.sub, outline, lease, streamed::items()),
        Conversation::TAIL,
    ))
}

/// Maximum number of messages on a page of earlier messages.
const EARLIER: usize = 160;
/// Approximate size of the text on such a page, bytes: as much as a browser processes between two frames.
const EARLIER_BYTES: usize = 192 * 1024;

#[derive(Deserialize)]
pub(super) struct EarlierQuery {
    before: MessageId,
}

/// Get the messages before a message
///
/// For clients that have only the end of a conversation: a message and everything that follows it. Returns a page of the messages before
/// that message, together with their alternative versions and everything that follows those. Returns all messages if there is no such
/// message.
#[utoipa::path(get, path = "/api/conversations/{id}/earlier", tag = TAG, security(("token" = [])),
    params(("id" = uuid::Uuid, Path), ("before" = uuid::Uuid, Query, description = "The first message that the client has")),
    responses((status = 200, body = Earlier), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn earlier(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<ConversationId>,
    ApiQuery(query): ApiQuery<EarlierQuery>,
) -> Result<Response, ErrorResponse> {
    let OutlinedConversation { mut outline, lease, .. } = app.chat.outline(claims.sub, id).await?;
    let before = partial::keep_before(&mut outline, query.before, EARLIER, EARLIER_BYTES);
    Ok(streamed::json(
        format!("{{\"before\":{before},\"messages\":["),
        app.chat.pieces(claims.sub, outline, lease, streamed::items()),
        "]}",
    ))
}

/// Rename, pin, archive or move a conversation, or change its settings
///
/// Absent fields stay as they are.
#[utoipa::path(patch, path = "/api/conversations/{id}", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)), request_body = ConversationPatch,
    responses((status = 200, body = ConversationSummary), (status = 400, body = ApiError), (status = 413, body = ApiError), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<ConversationId>,
    Body(patch): Body<ConversationPatch>,
) -> Result<Json<ConversationSummary>, ErrorResponse> {
    Ok(Json(match patch {
        ConversationPatch { title: None, pinned: None, archived: None, settings: None, project_id: None } => {
            app.chat.summary(claims.sub, id).await?
        }
        patch => app.chat.change(claims.sub, id, patch).await?,
    }))
}

/// Restore a removed conversation
///
/// Possible for a day after it was removed. A conversation that was not removed stays as it is.
#[utoipa::path(post, path = "/api/conversations/{id}/restore", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = ConversationSummary), (status = 401, body = ApiError), (status = 413, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn restore(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<ConversationId>,
) -> Result<Json<ConversationSummary>, ErrorResponse> {
    Ok(Json(app.chat.restore(claims.sub, id).await?))
}

/// Remove a conversation with all its messages
///
/// No call returns it any more. It can be restored for a day, or until the quota needs its storage; then it is
/// erased.
#[utoipa::path(delete, path = "/api/conversations/{id}", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 204), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<ConversationId>,
) -> Result<StatusCode, ErrorResponse> {
    app.chat.remove(claims.sub, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
