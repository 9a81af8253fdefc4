//! Replies with messages, sent while the conversation is read, so that only a piece of it is in memory.

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::Response,
};
use futures::{Stream, StreamExt as _, stream};
use holdfast_protocol::{ApiError, Message, api::Conversation};

/// Returns a function that formats messages as items of a JSON list, piece by piece.
pub(super) fn items() -> impl FnMut(Vec<Message>) -> Bytes + Send + 'static {
    let mut is_first = true;
    move |messages| Bytes::from(Conversation::items(&messages, &mut is_first))
}

/// Returns a JSON document: `head`, the items of a list, and `tail`. If reading fails, the reply is cut off, so that the client does not
/// take it for complete.
pub(super) fn json(head: String, items: impl Stream<Item = Result<Bytes, ApiError>> + Send + 'static, tail: &'static str) -> Response {
    let document = stream::iter([Ok(Bytes::from(head))]).chain(items).chain(stream::iter([Ok(Bytes::from_static(tail.as_bytes()))]));
    let mut response =
        Response::new(Body::from_stream(document.map(|bytes| bytes.map_err(|api_error| std::io::Error::other(api_error.error)))));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Keeps a value, such as a memory lease, until the body of a response is sent.
pub(super) fn hold(response: &mut Response, held: impl Send + 'static) {
    let body = std::mem::take(response.body_mut()).into_data_stream();
    let pieces = body.map(move |bytes| {
        let _held = &held;
        bytes
    });
    *response.body_mut() = Body::from_stream(pieces.flat_map(|bytes| stream::iter(cut(bytes))));
}

/// Cuts a body into pieces, so that a value kept for a long body is dropped at its end.
fn cut<E>(bytes: Result<Bytes, E>) -> Vec<Result<Bytes, E>> {
    const PIECE: usize = 64 * 1024;
    match bytes {
        Ok(mut bytes) => {
            let mut pieces = Vec::new();
            while bytes.len() > PIECE {
                pieces.push(Ok(bytes.split_to(PIECE)));
            }
            pieces.push(Ok(bytes));
            pieces
        }
        Err(error) => vec![Err(error)],
    }
}
