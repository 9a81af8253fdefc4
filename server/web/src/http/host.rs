//! The host that a request asks for.

use axum::{
    extract::Request,
    http::{Uri, Version, header::HOST, uri::Authority},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use holdfast_core::web_address::Host;
use holdfast_protocol::Reason;

use super::error::ErrorResponse;

/// Returns the host of a request: from its target if it is there (HTTP/2, RFC 9112 §3.2.2), otherwise from `Host`.
pub fn asked(uri: &Uri, headers: &axum::http::HeaderMap) -> Option<Host> {
    let target = uri.authority().map(Authority::as_str);
    Host::parse(target.or_else(|| headers.get(HOST)?.to_str().ok())?)
}

/// Refuses requests with several hosts, an invalid host or no host with 400 (RFC 9112 §3.2). HTTP/1.0 requests, which some health checks
/// still use, need no host.
pub(super) async fn require(request: Request, next: Next) -> Response {
    let mut given = request.headers().get_all(HOST).iter();
    let (first, second) = (given.next(), given.next());
    let in_target = request.uri().authority().is_some();
    let is_host = first.is_some_and(|host| host.to_str().is_ok_and(|host| Host::parse(host).is_some()));
    let reason = match first {
        _ if second.is_some() => Reason::HostRepeated,
        Some(_) if !is_host => Reason::HostInvalid,
        None if !in_target && request.version() == Version::HTTP_11 => Reason::HostMissing,
        Some(_) | None => return next.run(request).await,
    };
    ErrorResponse::from(reason).into_response()
}
