//! Extractors for handlers. Their errors have the API's format.

use std::{str::FromStr, sync::Arc, time::Duration};

use axum::{
    RequestPartsExt as _,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, FromRequestParts, MatchedPath, Path, Query, Request},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT},
        request::Parts,
    },
};
use holdfast_protocol::{
    ConversationId, FileId, InvitationId, MessageId, ProjectId, Reason, SessionId, ShareId, TOKEN_HEADER, UserId, api::Role, shorten,
    strict,
};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::error::ErrorResponse;
use crate::state::App;
use holdfast_core::auth::{device::device, token::Claims};
use holdfast_core::clock;

/// A request with a valid access token.
pub(super) struct Authenticated(pub Claims);

impl FromRequestParts<Arc<App>> for Authenticated {
    type Rejection = ErrorResponse;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ErrorResponse> {
        let claims = claims(parts, app).await?;
        if changes(parts) {
            app.limits.change(claims.sub)?;
        }
        Ok(Self(claims))
    }
}

/// Returns whether a request counts towards the limit on changes: it changes something, and has no limit of its own.
fn changes(parts: &Parts) -> bool {
    let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    !parts.method.is_safe() && !COUNTED_ELSEWHERE.contains(&path) && !is_piece(&parts.headers)
}

/// Returns whether a request appends to an upload, which may need many.
fn is_piece(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind == "application/offset+octet-stream")
}

/// Paths whose changes have their own limits (messages, conversations, links, imports), or must always be possible.
const COUNTED_ELSEWHERE: [&str; 10] = [
    "/api/chat",
    "/api/conversations/{id}/messages",
    "/api/messages/{id}/regenerate",
    "/api/answers/{id}/continue",
    "/api/answers/{id}/stop",
    "/api/conversations",
    "/api/conversations/{id}/shares",
    "/api/import",
    "/api/auth/refresh",
    "/api/auth/logout",
];

/// Returns the claims of the access token.
async fn claims(parts: &mut Parts, app: &Arc<App>) -> Result<Claims, ErrorResponse> {
    // The own header has precedence, because a proxy may use `Authorization` for itself or put its own token there.
    if let Some(token) = parts.headers.get(TOKEN_HEADER) {
        let claims = app.accounts.authenticate(token.to_str().unwrap_or_default(), clock::now(), 0).await?;
        parts.extensions.insert(SignedIn);
        return Ok(claims);
    }
    let Some(header) = parts.headers.get(AUTHORIZATION) else {
        return Err(Reason::TokenMissing.into());
    };
    let text = header.to_str().unwrap_or_default();
    let Some(token) = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token) else {
        return Err(Reason::AuthorizationInvalid.into());
    };
    let claims = app.accounts.authenticate(token, clock::now(), 0).await?;
    parts.extensions.insert(SignedIn);
    Ok(claims)
}

/// Extension of requests with a valid access token, which may have larger bodies.
#[derive(Clone, Copy)]
struct SignedIn;

/// The claims of a valid access token, or `None` if the request has no token.
pub(super) struct MaybeAuthenticated(pub Option<Claims>);

impl FromRequestParts<Arc<App>> for MaybeAuthenticated {
    type Rejection = ErrorResponse;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ErrorResponse> {
        // Other schemes than Bearer belong to a proxy.
        let is_bearer = |value: &HeaderValue| {
            value.to_str().is_ok_and(|text| text.split(' ').next().is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer")))
        };
        if !parts.headers.contains_key(TOKEN_HEADER) && !parts.headers.get(AUTHORIZATION).is_some_and(is_bearer) {
            return Ok(Self(None));
        }
        Authenticated::from_request_parts(parts, app).await.map(|Authenticated(claims)| Self(Some(claims)))
    }
}

/// Short description of the client's browser and system, for a new session.
pub(super) struct Device(pub String);

impl FromRequestParts<Arc<App>> for Device {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Self::Rejection> {
        let agent = parts.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        Ok(Self(device(agent)))
    }
}

/// Maximum size of a body without a valid access token, bytes.
const BODY_BEFORE_SIGN_IN: usize = 16 * 1024;

/// A JSON body. It must arrive in time, and must be small if there is no valid access token.
pub(super) struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Body<T> {
    type Rejection = ErrorResponse;

    async fn from_request(mut request: Request, app: &Arc<App>) -> Result<Self, ErrorResponse> {
        let signed_in = request.extensions().get::<SignedIn>().is_some();
        let (most, within) = match signed_in {
            true => (app.settings.sizes.body, app.settings.body_within),
            false => (app.settings.sizes.body.min(BODY_BEFORE_SIGN_IN), app.settings.body_within.min(app.settings.read_within)),
        };
        DefaultBodyLimit::max(most).apply(&mut request);
        if !is_json(request.headers()) {
            return Err(Reason::BodyNotJson.into());
        }
        if request.headers().get(CONTENT_ENCODING).is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(Reason::BodyEncoded.into());
        }
        let Ok(read) = timeout(Duration::from_millis(within), Bytes::from_request(request, app)).await else {
            return Err(Reason::BodyTooSlow.with("seconds", within / 1000).into());
        };
        let bytes = read.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                let reason = if signed_in { Reason::BodyTooLarge } else { Reason::BodyTooLargeBeforeSignIn };
                reason.with("kib", most / 1024)
            } else {
                Reason::BodyIncomplete.into()
            }
        })?;
        let body = strict::from_slice(&bytes);
        let body = body.map_err(|error| Reason::BodyInvalid.with("detail", shorten(&error.to_string(), 300)))?;
        Ok(Self(body))
    }
}

/// Returns whether a body's content type is JSON: `application/json`, or a type such as `application/problem+json` (RFC 6839 §3.1).
fn is_json(headers: &HeaderMap) -> bool {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.strip_prefix("application/").is_some_and(|kind| kind == "json" || kind.ends_with("+json"))
}

/// The parsed query string of a request.
pub(super) struct ApiQuery<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Arc<App>> for ApiQuery<T> {
    type Rejection = ErrorResponse;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, ErrorResponse> {
        let Query(query) = Query::<T>::try_from_uri(&parts.uri)
            .map_err(|rejection| Reason::AddressInvalid.with("detail", shorten(&rejection.body_text(), 300)))?;
        Ok(Self(query))
    }
}

/// A name in the path, decoded.
pub(super) struct Name(pub String);

impl FromRequestParts<Arc<App>> for Name {
    type Rejection = ErrorResponse;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, ErrorResponse> {
        let Path(name) = parts.extract::<Path<String>>().await.map_err(|_| Reason::AddressNotText)?;
        Ok(Self(name))
    }
}

/// A request of an administrator.
pub(super) struct Admin(pub Claims);

impl FromRequestParts<Arc<App>> for Admin {
    type Rejection = ErrorResponse;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ErrorResponse> {
        let Authenticated(claims) = Authenticated::from_request_parts(parts, app).await?;
        if claims.role != Role::Admin {
            return Err(Reason::AdministratorsOnly.into());
        }
        Ok(Self(claims))
    }
}

/// A type whose id can be in a path.
pub(super) trait Named: FromStr + Send {
    /// Why the call is refused if nothing has this id.
    const MISSING: Reason;
}

macro_rules! named {
    ($($id:ty => $missing:ident),*) => {
        $(impl Named for $id {
            const MISSING: Reason = Reason::$missing;
        })*
    };
}
named!(
    ConversationId => ConversationNotFound,
    MessageId => ConversationNotFound,
    SessionId => NotFound,
    UserId => NotFound,
    InvitationId => NotFound,
    ShareId => NotFound,
    ProjectId => ProjectNotFound,
    FileId => NotFound,
    u32 => PageNotFound
);

/// Two ids in the path.
pub(super) struct Ids<A, B>(pub A, pub B);

impl<A: Named, B: Named> FromRequestParts<Arc<App>> for Ids<A, B> {
    type Rejection = ErrorResponse;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, ErrorResponse> {
        let Path((one, other)) = parts.extract::<Path<(String, String)>>().await.map_err(|_| A::MISSING)?;
        Ok(Self(one.parse().map_err(|_| A::MISSING)?, other.parse().map_err(|_| B::MISSING)?))
    }
}

/// An id in the path. An invalid id is answered like one that does not exist.
pub(super) struct Id<T>(pub T);

impl<T: Named> FromRequestParts<Arc<App>> for Id<T> {
    type Rejection = ErrorResponse;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, ErrorResponse> {
        let Path(text) = parts.extract::<Path<String>>().await.map_err(|_| T::MISSING)?;
        text.parse().map(Self).map_err(|_| T::MISSING.into())
    }
}
