//! HTTP calls for export and import.

use std::{io, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures::{Stream, StreamExt as _, stream};
use holdfast_protocol::{
    ApiError, ConversationId, Reason, UserId,
    transfer::{ImportLine, ImportReport},
};
use serde::Deserialize;
use tokio::{io::AsyncWriteExt as _, runtime::Handle, sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    error::ErrorResponse,
    extract::{ApiQuery, Authenticated, Id},
};
use crate::state::App;
use holdfast_core::{clock, disk};
use holdfast_transfer::{
    export::{self, File, Format},
    import::{self, Job, MAX_FILE},
    places::Place,
    upload::Upload,
};

const TAG: &str = "Import and export";

/// Time for which an upload may be slow.
const UNHURRIED: Duration = Duration::from_secs(30);
/// Minimum average speed of an upload after that, bytes in a second: the slots are few, and other users wait for them.
const SLOWEST: u64 = 16 * 1024;

/// Interval of progress lines while a file waits for its turn.
const STILL_WAITING: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
pub(super) struct ExportQuery {
    #[serde(default)]
    format: Format,
}

/// Export a conversation
///
/// `json` contains everything: all branches, ids, times and models. `md` contains the path from the first message to the newest.
#[utoipa::path(get, path = "/api/conversations/{id}/export", tag = TAG, security(("token" = [])),
    params(("id" = uuid::Uuid, Path), ("format" = inline(Option<Format>), Query, description = "`json` or `md`")),
    responses((status = 200, content_type = "application/json"), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn export_one(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    Id(id): Id<ConversationId>,
    ApiQuery(query): ApiQuery<ExportQuery>,
) -> Result<Response, ErrorResponse> {
    let conversation = app.chat.outline(claims.sub, id).await?;
    Ok(attachment(export::one(app.chat.clone(), claims.sub, conversation, query.format, clock::now())))
}

/// Export all conversations as a ZIP
///
/// It contains `conversations.json` with everything, and each conversation as Markdown. Archived conversations are included.
#[utoipa::path(get, path = "/api/export", tag = TAG, security(("token" = [])),
    responses((status = 200, content_type = "application/zip"), (status = 401, body = ApiError)))]
pub(super) async fn export_all(State(app): State<Arc<App>>, Authenticated(claims): Authenticated) -> Result<Response, ErrorResponse> {
    let ids = app.store.conversation_ids(claims.sub).await?;
    Ok(attachment(export::all(app.chat.clone(), claims.sub, ids, clock::now(), Duration::from_millis(app.settings.stalled))))
}

fn attachment(file: File) -> Response {
    let mut response = Body::from_stream(file.body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type));
    if let Ok(value) = HeaderValue::from_str(&disposition(&file.name)) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// Returns the header `Content-Disposition` of a file to save under this name.
pub(super) fn disposition(name: &str) -> String {
    // Twice: in ASCII for old clients, and in full (RFC 6266).
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || " .-_".contains(c) { c } else { '_' }).collect();
    let encoded: String = name
        .bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() || b".-_".contains(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
            },
        )
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

/// Import conversations from a file
///
/// The body is an export of Holdfast, ChatGPT, Claude or another program that the manual names, as JSON, JSON Lines or ZIP, at most 256
/// MiB. Branches are kept. Conversations that exist already are not duplicated. What can't be read is reported, and the rest is imported.
/// The reply consists of JSON lines: progress, and at the end the result. The import stops when the client disconnects, after 10 minutes,
/// or when the server shuts down; importing the same file again continues it. A user can import one file at a time.
#[utoipa::path(post, path = "/api/import", tag = TAG, security(("token" = [])),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = ImportLine, content_type = "application/x-ndjson"), (status = 400, body = ApiError), (status = 401, body = ApiError), (status = 413, body = ApiError), (status = 503, body = ApiError), (status = 507, body = ApiError)))]
pub(super) async fn take(
    State(app): State<Arc<App>>,
    Authenticated(claims): Authenticated,
    request: Request,
) -> Result<Response, ErrorResponse> {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > MAX_FILE) {
        return Err(Reason::FileTooLarge.into());
    }
    let place = app.imports.begin(claims.sub)?;
    let upload = receive(&app, request.into_body()).await?;
    // Not earlier, because a client that is still sending would not read the error.
    app.store.has_room(claims.sub, 0).await?;
    let (told, lines) = mpsc::channel(16);
    // Cancelled when the reply is dropped, because the client has disconnected.
    let cancel = app.chat.closing().child_token();
    let guard = cancel.clone().drop_guard();
    app.sockets.spawn(read(app.clone(), claims.sub, place, upload, told, cancel));
    let lines = stream::unfold((lines, guard), |(mut lines, guard)| async { lines.recv().await.map(|line| (line, (lines, guard))) });
    let lines = lines.map(|line: ImportLine| {
        let mut text = serde_json::to_string(&line).unwrap_or_default();
        text.push('\n');
        Ok::<_, io::Error>(Bytes::from(text))
    });
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response())
}

/// Imports an uploaded file when it is its turn, and sends progress.
async fn read(app: Arc<App>, user: UserId, place: Place, upload: Upload, told: mpsc::Sender<ImportLine>, cancel: CancellationToken) {
    let mut still_waiting = tokio::time::interval(STILL_WAITING);
    let turn = {
        let turn = place.turn();
        tokio::pin!(turn);
        loop {
            tokio::select! {
                turn = &mut turn => break turn,
                () = cancel.cancelled() => break None,
                // So that no proxy takes the connection for dead.
                _ = still_waiting.tick() => {
                    _ = told.try_send(ImportLine::Progress { read: 0 });
                }
            }
        }
    };
    let chat = app.chat.clone();
    let (reply, runtime, stop) = (told.clone(), Handle::current(), cancel.clone());
    let reading = tokio::task::spawn_blocking(move || {
        let job = Job { chat: &chat, user, place: &place, folder: &app.settings.data, reply: &reply, cancel: &stop, runtime: &runtime };
        let report = import::run(&job, upload);
        drop(turn);
        report
    });
    let report = reading.await.unwrap_or_else(|cause| {
        tracing::error!(%cause, "import failed");
        let why = "The server failed to read this file. What it had imported by then is kept.".to_owned();
        ImportReport { left_out: 1, problems: vec![why], ..ImportReport::default() }
    });
    // A client that does not read loses the result.
    _ = told.send_timeout(ImportLine::Done(report), UNHURRIED).await;
}

/// Writes a body into a file without a name, which disappears when it is closed.
async fn receive(app: &App, body: Body) -> Result<Upload, ErrorResponse> {
    app.disk.room()?;
    let data = app.settings.data.clone();
    let kept = |cause: io::Error| {
        if matches!(cause.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            return ErrorResponse::from(disk::full());
        }
        tracing::error!(%cause, "could not store a file for import");
        ErrorResponse::from(Reason::FileNoRoom)
    };
    let file = tokio::task::spawn_blocking(move || tempfile::tempfile_in(data))
        .await
        .map_err(io::Error::other)
        .and_then(|file| file)
        .map_err(kept)?;
    let mut file = tokio::fs::File::from_std(file);
    fill(&mut file, body.into_data_stream(), kept).await?;
    let file = file.into_std().await;
    let looked = tokio::task::spawn_blocking(move || Upload::look(file)).await.map_err(io::Error::other).map_err(kept)?;
    Ok(looked?)
}

/// Writes received bytes into a file, as long as they arrive fast enough and do not exceed the limit.
async fn fill<E>(
    file: &mut tokio::fs::File,
    mut pieces: impl Stream<Item = Result<Bytes, E>> + Unpin,
    kept: impl Fn(io::Error) -> ErrorResponse,
) -> Result<(), ErrorResponse> {
    let since = Instant::now();
    let mut length = 0;
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Reason::FileIncomplete)?;
        length += piece.len() as u64;
        if length > MAX_FILE {
            return Err(Reason::FileTooLarge.into());
        }
        let took = since.elapsed();
        if took > UNHURRIED && length < SLOWEST * took.as_secs() {
            return Err(Reason::FileTooSlow.into());
        }
        file.write_all(&piece).await.map_err(&kept)?;
    }
    file.flush().await.map_err(kept)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Uploads for a minute, with this many bytes each second.
    async fn a_minute(bytes: usize) -> Result<(), ErrorResponse> {
        let pieces = stream::iter(0..60).then(move |_| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok::<_, io::Error>(Bytes::from(vec![0; bytes]))
        });
        let mut file = tokio::fs::File::from_std(tempfile::tempfile().unwrap());
        fill(&mut file, Box::pin(pieces), |cause| panic!("{cause}")).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_comes_too_slowly_gives_its_place_to_others() {
        let since = Instant::now();
        assert!(a_minute(20 * 1024).await.is_ok());
        assert!(since.elapsed() >= Duration::from_secs(60));
        let since = Instant::now();
        let api_error = a_minute(10 * 1024).await.unwrap_err();
        assert!(since.elapsed() >= UNHURRIED && since.elapsed() < 2 * UNHURRIED);
        assert!(format!("{api_error:?}").contains("too slowly"), "{api_error:?}");
    }
}
