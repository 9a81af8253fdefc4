//! The bytes of a file as a response, whole or a range (RFC 9110 §14).

use std::io;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures::stream;
use holdfast_core::ports::BlobReader;
use holdfast_protocol::{Reason, files::FileInfo};

use super::super::{error::ErrorResponse, transfer::disposition};

/// Which bytes are requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// All of them.
    Whole,
    /// From the first to before the last.
    Range(u64, u64),
    /// None that there are.
    Outside,
}

/// Returns the response with the requested bytes.
pub(super) fn reply(file: &FileInfo, reader: Box<dyn BlobReader>, headers: &HeaderMap) -> Response {
    // The content of an id never changes.
    let tag = format!("\"{}\"", file.id);
    let is_same = headers.get(header::IF_RANGE).is_none_or(|given| given.as_bytes() == tag.as_bytes());
    let range = headers.get(header::RANGE).filter(|_| is_same).and_then(|range| range.to_str().ok());
    let (status, from, to) = match wanted(range, file.bytes) {
        Wanted::Whole => (StatusCode::OK, 0, file.bytes),
        Wanted::Range(from, to) => (StatusCode::PARTIAL_CONTENT, from, to),
        Wanted::Outside => {
            let mut response = ErrorResponse::from(Reason::FileRangeInvalid.with("bytes", file.bytes)).into_response();
            insert(response.headers_mut(), header::CONTENT_RANGE, &format!("bytes */{}", file.bytes));
            return response;
        }
    };
    let mut response = (status, Body::from_stream(bytes(reader, from, to))).into_response();
    let headers = response.headers_mut();
    insert(headers, header::CONTENT_TYPE, &file.media_type);
    insert(headers, header::CONTENT_LENGTH, &(to - from).to_string());
    insert(headers, header::ETAG, &tag);
    insert(headers, header::ACCEPT_RANGES, "bytes");
    insert(headers, header::CACHE_CONTROL, "private, no-store");
    // A file is never shown as a page of this origin.
    insert(headers, header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox");
    insert(headers, header::CONTENT_DISPOSITION, &disposition(&file.name));
    if status == StatusCode::PARTIAL_CONTENT {
        insert(headers, header::CONTENT_RANGE, &format!("bytes {from}-{}/{}", to - 1, file.bytes));
    }
    response
}

fn insert(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Reads a `Range` header. Anything but a single range of bytes means the whole file.
fn wanted(range: Option<&str>, length: u64) -> Wanted {
    let Some((first, last)) = range.and_then(|range| range.trim().strip_prefix("bytes=")?.split_once('-')) else { return Wanted::Whole };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    match (first.trim(), last.trim()) {
        ("", last) => match number(last) {
            Some(0) => Wanted::Outside,
            Some(last) if length > 0 => Wanted::Range(length.saturating_sub(last), length),
            Some(_) => Wanted::Outside,
            None => Wanted::Whole,
        },
        (first, last) => match (number(first), number(last)) {
            (Some(first), _) if first >= length => Wanted::Outside,
            (Some(first), Some(last)) if last >= first => Wanted::Range(first, last.saturating_add(1).min(length)),
            (Some(first), None) if last.is_empty() => Wanted::Range(first, length),
            _ => Wanted::Whole,
        },
    }
}

/// Returns the bytes of a range, piece by piece.
fn bytes(reader: Box<dyn BlobReader>, from: u64, to: u64) -> impl futures::Stream<Item = io::Result<Bytes>> + Send {
    stream::try_unfold((reader, from), move |(mut reader, at)| async move {
        if at >= to {
            return Ok(None);
        }
        let mut piece = reader.read(at).await.inspect_err(|cause| tracing::error!(%cause, "could not read the bytes of a file"))?;
        if piece.is_empty() {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        piece.truncate(usize::try_from(to - at).unwrap_or(usize::MAX));
        let next = at + piece.len() as u64;
        Ok(Some((Bytes::from(piece), (reader, next))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        for (range, expected) in [
            (None, Wanted::Whole),
            (Some("bytes=0-0"), Wanted::Range(0, 1)),
            (Some("bytes=2-"), Wanted::Range(2, 10)),
            (Some("bytes=-3"), Wanted::Range(7, 10)),
            (Some("bytes=-30"), Wanted::Range(0, 10)),
            (Some("bytes=5-99"), Wanted::Range(5, 10)),
            (Some("bytes=10-"), Wanted::Outside),
            (Some("bytes=-0"), Wanted::Outside),
            (Some("bytes=5-4"), Wanted::Whole),
            (Some("bytes=0-1,3-4"), Wanted::Whole),
            (Some("lines=1-2"), Wanted::Whole),
        ] {
            assert_eq!(wanted(range, 10), expected, "{range:?}");
        }
        assert_eq!(wanted(Some("bytes=0-"), 0), Wanted::Outside);
        assert_eq!(wanted(Some("bytes=-1"), 0), Wanted::Outside);
    }
}
