//! Replies with messages, written while they are read: of a long conversation no more than a piece is in memory.

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::Response,
};
use futures::{Stream, StreamExt as _, stream};
use holdfast_protocol::{Message, Refusal, api::Conversation};

/// A JSON document that begins with `head`, goes on with messages as the items of a list, and ends with `tail`. If they can't be read to
/// their end, the reply is cut off, so that nobody takes what they have for all.
pub(super) fn json(
    head: String,
    pieces: impl Stream<Item = Result<Vec<Message>, Refusal>> + Send + 'static,
    tail: &'static str,
) -> Response {
    let mut is_first = true;
    let items = pieces.map(move |piece| piece.map(|messages| Bytes::from(Conversation::items(&messages, &mut is_first))));
    let document = stream::iter([Ok(Bytes::from(head))]).chain(items).chain(stream::iter([Ok(Bytes::from_static(tail.as_bytes()))]));
    let mut response =
        Response::new(Body::from_stream(document.map(|bytes| bytes.map_err(|refusal| std::io::Error::other(refusal.error)))));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
