//! Headers of every response.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::state::App;

/// Headers that matter only for documents, or for requests of other sites. The files of a page go without them.
const OF_DOCUMENTS: [(HeaderName, HeaderValue); 5] = [
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ),
    (header::CONTENT_SECURITY_POLICY, NOTHING_RUNS),
];

/// Policy for responses that are not pages: nothing in them may run or be framed.
const NOTHING_RUNS: HeaderValue = HeaderValue::from_static("default-src 'none'; base-uri 'none'; frame-ancestors 'none'");

/// One year. Sent only over the server's own TLS; behind a proxy, the proxy decides.
const HTTPS_FROM_NOW_ON: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds the headers. Headers that a handler set are kept.
pub(super) async fn add(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    if is_file_of_a_page(headers) {
        headers.remove("x-request-id");
    } else {
        for (name, value) in OF_DOCUMENTS {
            headers.entry(name).or_insert(value);
        }
    }
    if app.settings.tls {
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(HTTPS_FROM_NOW_ON);
    }
    if is_api {
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    forbid_changes(headers);
    response
}

/// Returns whether this is a file of a page: a script, style sheet, program, font or icon. Opened on its own, it is only shown or saved.
fn is_file_of_a_page(headers: &HeaderMap) -> bool {
    ["text/javascript", "text/css", "application/wasm", "font/", "image/"].iter().any(|it| kind(headers).starts_with(it))
}

fn kind(headers: &HeaderMap) -> &str {
    headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default()
}

/// Types that must reach the browser unchanged: parts of pages, and streams that must not wait for compression.
const AS_SENT: [&str; 4] = ["text/html", "text/javascript", "text/css", "text/event-stream"];

/// Tells proxies not to change these (RFC 9111, `no-transform`), because a changed page does not start.
fn forbid_changes(headers: &mut HeaderMap) {
    if !AS_SENT.iter().any(|it| kind(headers).starts_with(it)) {
        return;
    }
    let said = headers.get(header::CACHE_CONTROL).and_then(|said| said.to_str().ok()).unwrap_or_default();
    let all = if said.is_empty() { "no-transform".to_owned() } else { format!("{said}, no-transform") };
    if !said.contains("no-transform")
        && let Ok(all) = HeaderValue::try_from(all)
    {
        headers.insert(header::CACHE_CONTROL, all);
    }
}
