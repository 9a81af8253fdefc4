//! Headers of the tus protocol 1.0.0 (<https://tus.io/protocols/resumable-upload>): creation, checksum, expiration, termination.

use std::time::{Duration, UNIX_EPOCH};

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use holdfast_protocol::{Reason, UserId, api::Role};

use super::super::error::ErrorResponse;
use crate::state::App;
use holdfast_core::materials::{Checksum, StoredFile, Upload};

/// Content type of a piece.
pub(super) const PIECE: &str = "application/offset+octet-stream";

const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
const TUS_CHECKSUM_ALGORITHM: HeaderName = HeaderName::from_static("tus-checksum-algorithm");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");

/// Says which version of the protocol a reply follows.
pub(super) async fn mark(mut response: Response) -> Response {
    let is_refused = response.status() == StatusCode::PRECONDITION_FAILED;
    let headers = response.headers_mut();
    headers.insert(TUS_RESUMABLE, VERSION);
    if is_refused {
        headers.insert(TUS_VERSION, VERSION);
    }
    response
}

/// Replies to `OPTIONS` with what is supported: the methods of this address, and what uploads can do.
pub(super) fn abilities(app: &App, methods: &'static str) -> Response {
    let most = app.materials.most_bytes(Role::Member);
    let headers = AppendHeaders([
        (header::ALLOW, HeaderValue::from_static(methods)),
        (TUS_VERSION, VERSION),
        (TUS_EXTENSION, HeaderValue::from_static("creation,checksum,expiration,termination")),
        (TUS_CHECKSUM_ALGORITHM, HeaderValue::from_static(Checksum::ALGORITHMS)),
        (TUS_MAX_SIZE, HeaderValue::from(most)),
    ]);
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Checks the version that a client speaks. A request without one is accepted.
pub(super) fn check_version(headers: &HeaderMap) -> Result<(), Reason> {
    if headers.get(TUS_RESUMABLE).is_none_or(|version| *version == VERSION) { Ok(()) } else { Err(Reason::UploadVersionUnknown) }
}

/// What a client says about a file before it is sent.
pub(super) struct NewUpload {
    pub(super) name: String,
    pub(super) media_type: String,
    pub(super) bytes: u64,
}

impl NewUpload {
    /// Reads the headers.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, Reason> {
        let bytes = number(headers, &UPLOAD_LENGTH).ok_or(Reason::UploadLengthMissing)?;
        let text = headers.get(UPLOAD_METADATA).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let find = |names: &[&str]| {
            text.split(',').find_map(|pair| {
                let (key, value) = pair.trim().split_once(' ')?;
                let value = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
                names.contains(&key).then_some(value)
            })
        };
        // Clients have two names for each.
        let (name, media_type) = (find(&["filename", "name"]), find(&["filetype", "type"]));
        Ok(Self { name: name.unwrap_or_default(), media_type: media_type.unwrap_or_default(), bytes })
    }
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// Returns where a piece begins.
pub(super) fn read_offset(headers: &HeaderMap) -> Option<u64> {
    number(headers, &UPLOAD_OFFSET)
}

/// Returns the checksum of a piece; `None` if it has none.
pub(super) fn read_checksum(headers: &HeaderMap) -> Result<Option<Checksum>, Reason> {
    let text = headers.get(UPLOAD_CHECKSUM).map(|value| value.to_str().unwrap_or_default());
    text.map(|text| Checksum::parse(text).map_err(|_| Reason::UploadChecksumInvalid)).transpose()
}

/// Returns the error for a piece that begins elsewhere.
pub(super) async fn wrong_offset(app: &App, user: UserId, file: &StoredFile) -> ErrorResponse {
    match app.materials.resume(user, file.info.id).await {
        Ok((file, upload)) => Reason::UploadOffsetWrong.with("at", upload.as_ref().map_or(file.info.bytes, Upload::at)).into(),
        Err(api_error) => api_error.into(),
    }
}

pub(super) fn offset(at: u64) -> AppendHeaders<[(HeaderName, HeaderValue); 1]> {
    AppendHeaders([(UPLOAD_OFFSET, HeaderValue::from(at))])
}

pub(super) fn length(bytes: u64) -> AppendHeaders<[(HeaderName, HeaderValue); 1]> {
    AppendHeaders([(UPLOAD_LENGTH, HeaderValue::from(bytes))])
}

/// Returns when an upload is removed; nothing if it is complete.
pub(super) fn expires(file: &StoredFile) -> AppendHeaders<Option<(HeaderName, HeaderValue)>> {
    let at = || HeaderValue::from_str(&httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(file.expires_at))).ok();
    AppendHeaders(if file.hash.is_some() { None } else { at().map(|at| (UPLOAD_EXPIRES, at)) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn what_a_client_says_about_a_file_is_read() {
        let of = |metadata: &str| NewUpload::read(&headers(&[("upload-length", "7"), ("upload-metadata", metadata)])).unwrap();
        let new = of("filename w6QucGRm,filetype YXBwbGljYXRpb24vcGRm,is_confidential");
        assert_eq!((new.name.as_str(), new.media_type.as_str(), new.bytes), ("ä.pdf", "application/pdf", 7));
        assert_eq!(of("name YS50eHQ=").name, "a.txt", "as other clients call it");
        assert_eq!(of("filename %%%").name, "");
        for bad in ["", "-1", "many", "99999999999999999999"] {
            assert_eq!(NewUpload::read(&headers(&[("upload-length", bad)])).err(), Some(Reason::UploadLengthMissing));
        }
    }

    #[test]
    fn another_version_is_refused() {
        assert_eq!(check_version(&headers(&[])), Ok(()));
        assert_eq!(check_version(&headers(&[("tus-resumable", "1.0.0")])), Ok(()));
        assert_eq!(check_version(&headers(&[("tus-resumable", "0.2.2")])), Err(Reason::UploadVersionUnknown));
    }
}
