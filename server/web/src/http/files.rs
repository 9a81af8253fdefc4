//! HTTP calls for the user's files: upload (tus 1.0 and forms), list, content, pages, removal.

mod content;
mod tus;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::options,
};
use futures::StreamExt as _;
use holdfast_protocol::{
    ApiError, FileId, Reason,
    files::{FileInfo, FilePage, FilePatch},
    materials::Page,
};
use serde::Deserialize;

use super::{
    calls::{Api, calls},
    error::{ErrorResponse, try_again},
    extract::{ApiQuery, Authenticated, Body, Id, Ids},
};
use crate::state::App;
use holdfast_core::{
    auth::token::Claims,
    materials::{StoredFile, Upload},
};

const TAG: &str = "Files";

/// Returns the calls.
pub(super) fn api() -> Api {
    Api::default().with(calls!(list, begin)).with(calls!(show, offset, change, remove)).with(calls!(content)).with(calls!(page))
}

/// Returns the router of the calls.
pub(super) fn router() -> Router<Arc<App>> {
    api()
        .router()
        // Not in the document: every address answers OPTIONS, and these say more.
        .route("/api/files", options(|State(app): State<Arc<App>>| std::future::ready(tus::abilities(&app, "GET, HEAD, POST"))))
        .route(
            "/api/files/{id}",
            options(|State(app): State<Arc<App>>| std::future::ready(tus::abilities(&app, "GET, HEAD, PATCH, DELETE"))),
        )
        .layer(middleware::map_response(tus::mark))
}

#[derive(Deserialize)]
pub(super) struct ListQuery {
    cursor: Option<String>,
}

/// List your files
///
/// Newest first, at most 100 at a time.
#[utoipa::path(get, path = "/api/files", tag = TAG, security(("token" = [])),
    params(("cursor" = Option<String>, Query, description = "`next` of the previous page")),
    responses((status = 200, body = FilePage), (status = 400, body = ApiError), (status = 401, body = ApiError)))]
async fn list(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> Result<Json<FilePage>, ErrorResponse> {
    let cursor = query.cursor.map(|cursor| cursor.parse().map_err(|_| Reason::CursorInvalid)).transpose()?;
    Ok(Json(app.materials.list(claims.sub, claims.role, cursor).await?))
}

/// A form with a file.
#[derive(utoipa::ToSchema)]
#[allow(dead_code)] // only its schema is used
struct FileForm {
    /// The file.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Upload a file, or begin to
///
/// A form (`multipart/form-data`) contains the whole file: `curl -F file=@lecture.pdf`. Without a body and with the header
/// `Upload-Length`, an upload of the tus protocol 1.0.0 begins: the reply's `Location` is the file, `PATCH` appends to it, and `HEAD`
/// tells how much has arrived. `Upload-Metadata` may contain `filename` and `filetype`. An upload to which nothing is appended for a day
/// is removed. A file whose content the user already has is ready at once, and its bytes count only once.
#[utoipa::path(post, path = "/api/files", tag = TAG, security(("token" = [])),
    request_body(content = FileForm, content_type = "multipart/form-data"),
    responses((status = 201, body = FileInfo), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 412, body = ApiError),
        (status = 413, body = ApiError), (status = 507, body = ApiError)))]
async fn begin(State(app): State<Arc<App>>, Authenticated(claims): Authenticated, request: Request) -> Result<Response, ErrorResponse> {
    let file = if content_type(request.headers()) == "multipart/form-data" {
        whole(app.clone(), claims, request).await?
    } else {
        tus::check_version(request.headers())?;
        let new = tus::NewUpload::read(request.headers())?;
        let file = app.materials.begin(claims.sub, &new.name, &new.media_type, new.bytes).await?;
        // A file without bytes is complete.
        if new.bytes == 0 { app.materials.resume(claims.sub, file.info.id).await?.0 } else { file }
    };
    let location = format!("{}/api/files/{}", app.settings.base(), file.info.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], tus::expires(&file), Json(file.info)).into_response())
}

/// Returns the media type of a body, without its parameters.
fn content_type(headers: &HeaderMap) -> String {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Stores the first file of a form.
async fn whole(app: Arc<App>, claims: Claims, mut request: Request) -> Result<StoredFile, ErrorResponse> {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    // The form's own lines take a little more.
    app.materials.check_form(length)?;
    DefaultBodyLimit::disable().apply(&mut request);
    let mut form = Multipart::from_request(request, &app).await.map_err(|_| Reason::UploadPartMissing)?;
    // A task of its own, because this one ends at once when the client disconnects.
    let task = app.clone().sockets.spawn(async move {
        while let Some(mut field) = form.next_field().await.map_err(|_| Reason::BodyIncomplete)? {
            if field.file_name().is_none() && field.name() != Some("file") {
                continue;
            }
            let (name, media_type) = (field.file_name().unwrap_or_default(), field.content_type().unwrap_or_default());
            let (id, mut upload) = app.materials.begin_whole(claims.sub, name, media_type, length).await?;
            let mut received = Ok(());
            while received.is_ok() {
                received = match field.chunk().await {
                    Ok(Some(piece)) => upload.append(&piece).await,
                    Ok(None) => return Ok(app.materials.settle_whole(claims.sub, id, upload).await?),
                    Err(_) => Err(Reason::BodyIncomplete.into()),
                };
            }
            drop(upload);
            app.materials.remove(claims.sub, id).await?;
            received?;
        }
        Err(ErrorResponse::from(Reason::UploadPartMissing))
    });
    task.await.map_err(|_| try_again())?
}

/// Get a file
#[utoipa::path(get, path = "/api/files/{id}", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = FileInfo), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
async fn show(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<FileId>,
) -> Result<Json<FileInfo>, ErrorResponse> {
    Ok(Json(app.materials.file(claims.sub, id).await?.info))
}

/// Get how much of a file has arrived
///
/// `Upload-Offset` is the number of bytes that the server has, `Upload-Length` the length of the whole file.
#[utoipa::path(head, path = "/api/files/{id}", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 200), (status = 401), (status = 404), (status = 412)))]
async fn offset(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<FileId>,
    headers: HeaderMap,
) -> Result<Response, ErrorResponse> {
    tus::check_version(&headers)?;
    let (file, upload) = app.materials.resume(claims.sub, id).await?;
    let at = upload.as_ref().map_or(file.info.bytes, Upload::at);
    Ok((tus::offset(at), tus::length(file.info.bytes), tus::expires(&file), [(header::CACHE_CONTROL, "no-store")]).into_response())
}

/// Rename a file, or append to its upload
///
/// With the content type `application/offset+octet-stream` the body is appended to the upload, from `Upload-Offset` on, as in the tus
/// protocol 1.0.0. `Upload-Checksum` may contain its SHA-1 or SHA-256; a body with another checksum is dropped.
#[utoipa::path(patch, path = "/api/files/{id}", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)), request_body = FilePatch,
    responses((status = 200, body = FileInfo), (status = 204), (status = 400, body = ApiError), (status = 401, body = ApiError),
        (status = 404, body = ApiError), (status = 409, body = ApiError), (status = 412, body = ApiError), (status = 413, body = ApiError)))]
async fn change(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<FileId>,
    request: Request,
) -> Result<Response, ErrorResponse> {
    if content_type(request.headers()) == tus::PIECE {
        return append(app, claims, id, request).await;
    }
    let Body(patch) = Body::<FilePatch>::from_request(request, &app).await?;
    Ok(Json(app.materials.change(claims.sub, id, &patch).await?).into_response())
}

/// Appends to an upload.
async fn append(app: Arc<App>, claims: Claims, id: FileId, request: Request) -> Result<Response, ErrorResponse> {
    tus::check_version(request.headers())?;
    let at = tus::read_offset(request.headers());
    let checksum = tus::read_checksum(request.headers())?;
    app.disk.room()?;
    let (file, upload) = app.materials.resume(claims.sub, id).await?;
    let Some(mut upload) = upload.filter(|upload| Some(upload.at()) == at) else {
        return Err(tus::wrong_offset(&app, claims.sub, &file).await);
    };
    if let Some(checksum) = checksum {
        upload.expect(checksum);
    }
    // A task of its own, because this one ends at once when the client disconnects, and what has arrived is to be kept.
    let task = app.clone().sockets.spawn(receive(app, claims, id, upload, request.into_body()));
    let file = task.await.map_err(|_| try_again())??;
    Ok((StatusCode::NO_CONTENT, tus::offset(file.1), tus::expires(&file.0)).into_response())
}

/// Appends a body to an upload. Keeps what arrived if it breaks off. Returns the file and the number of bytes it has.
async fn receive(
    app: Arc<App>,
    claims: Claims,
    id: FileId,
    mut upload: Upload,
    body: axum::body::Body,
) -> Result<(StoredFile, u64), ErrorResponse> {
    let (mut pieces, stop) = (body.into_data_stream(), upload.stop());
    let received = loop {
        let piece = tokio::select! {
            () = stop.cancelled() => break Err(Reason::BodyIncomplete.into()),
            () = app.closing.cancelled() => break Err(Reason::ServerRestarting.into()),
            piece = pieces.next() => piece,
        };
        match piece {
            None => break Ok(()),
            Some(Err(_)) => break Err(ApiError::from(Reason::BodyIncomplete)),
            Some(Ok(piece)) => {
                if let Err(api_error) = upload.append(&piece).await {
                    break Err(api_error);
                }
            }
        }
    };
    upload.save(received.is_ok()).await?;
    let at = upload.at();
    let file = app.materials.settle(claims.sub, id, upload).await?;
    received?;
    Ok((file, at))
}

/// Remove a file
///
/// Its bytes, and everything that was read from it, are removed. Answers that quote it keep their excerpts. An unfinished upload ends.
#[utoipa::path(delete, path = "/api/files/{id}", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 204), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
async fn remove(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<FileId>,
) -> Result<StatusCode, ErrorResponse> {
    app.materials.remove(claims.sub, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Get the bytes of a file
///
/// Ranges are supported.
#[utoipa::path(get, path = "/api/files/{id}/content", tag = TAG, security(("token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), (status = 206), (status = 401, body = ApiError),
        (status = 404, body = ApiError), (status = 409, body = ApiError), (status = 416, body = ApiError)))]
async fn content(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<FileId>,
    headers: HeaderMap,
) -> Result<Response, ErrorResponse> {
    let (file, reader) = app.materials.content(claims.sub, id).await?;
    Ok(content::reply(&file, reader, &headers))
}

/// Get what was read on a page of a file
///
/// While the file is being read, the pages read so far are there.
#[utoipa::path(get, path = "/api/files/{id}/pages/{n}", tag = TAG, security(("token" = [])),
    params(("id" = uuid::Uuid, Path), ("n" = u32, Path, description = "number of the page, from 1")),
    responses((status = 200, body = Page), (status = 401, body = ApiError), (status = 404, body = ApiError), (status = 503, body = ApiError)))]
async fn page(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Ids(id, page): Ids<FileId, u32>,
) -> Result<Json<Page>, ErrorResponse> {
    Ok(Json(app.materials.page(claims.sub, id, page).await?))
}
