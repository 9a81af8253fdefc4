//! Converts errors to HTTP responses.

use std::any::Any;

use axum::{
    Json,
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use holdfast_protocol::{ApiError, Code, Reason, shorten};
use serde::Serialize;
use serde_json::{Map, Value};
use tracing::error;

use holdfast_core::accounts::AccountError;
use holdfast_core::ports::StoreError;

/// Extension of a response that contains its error code, for use within the server.
#[derive(Clone, Copy, Debug)]
pub struct ErrorCode(pub Code);

/// The error response of a call.
#[derive(Debug)]
pub struct ErrorResponse {
    status: StatusCode,
    api_error: ApiError,
    more: Map<String, Value>,
}

impl From<ApiError> for ErrorResponse {
    fn from(api_error: ApiError) -> Self {
        Self { status: status(&api_error), api_error, more: Map::new() }
    }
}

impl From<Reason> for ErrorResponse {
    fn from(reason: Reason) -> Self {
        reason.error().into()
    }
}

impl From<StoreError> for ErrorResponse {
    fn from(cause: StoreError) -> Self {
        ApiError::from(cause).into()
    }
}

impl From<AccountError> for ErrorResponse {
    fn from(error: AccountError) -> Self {
        ApiError::from(error).into()
    }
}

impl ErrorResponse {
    /// Returns whether the same request may succeed in a moment.
    pub fn is_temporary(&self) -> bool {
        matches!(self.api_error.code, Code::Busy | Code::RateLimited)
    }

    /// Returns the response with an additional field in its body.
    pub fn with(mut self, name: &str, value: &impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_value(value) {
            self.more.insert(name.to_owned(), value);
        }
        self
    }
}

/// Returns the status of a reply with this error: that of its reason if it has one of its own, otherwise that of its code.
pub fn status(api_error: &ApiError) -> StatusCode {
    Reason::parse(&api_error.reason).and_then(status_of_reason).unwrap_or_else(|| status_of_code(api_error.code))
}

fn status_of_reason(reason: Reason) -> Option<StatusCode> {
    Some(match reason {
        Reason::GuestsOff
        | Reason::InvitationNeeded
        | Reason::SignUpClosed
        | Reason::InvitationUsedUp
        | Reason::InvitationExpired
        | Reason::InvitationUnknown => StatusCode::FORBIDDEN,
        Reason::BudgetUsedUp | Reason::BudgetTooSmall => StatusCode::TOO_MANY_REQUESTS,
        Reason::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Reason::UploadVersionUnknown => StatusCode::PRECONDITION_FAILED,
        Reason::FileRangeInvalid => StatusCode::RANGE_NOT_SATISFIABLE,
        // Of the tus protocol.
        Reason::UploadChecksumWrong => StatusCode::from_u16(460).unwrap_or(StatusCode::BAD_REQUEST),
        Reason::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
        Reason::InvitationsOff
        | Reason::NameTaken
        | Reason::LastAdministrator
        | Reason::TwoFactorOn
        | Reason::TwoFactorOwn
        | Reason::LastSignInMethod
        | Reason::UploadOffsetWrong
        | Reason::FileNotComplete
        | Reason::LimitFixed => StatusCode::CONFLICT,
        Reason::BodyNotJson | Reason::BodyEncoded => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Reason::UpgradeMissing => StatusCode::UPGRADE_REQUIRED,
        _ => return None,
    })
}

fn status_of_code(code: Code) -> StatusCode {
    match code {
        Code::AuthRequired
        | Code::SecondFactorRequired
        | Code::AuthTimeout
        | Code::TokenMalformed
        | Code::TokenInvalid
        | Code::TokenExpired
        | Code::SessionRevoked => StatusCode::UNAUTHORIZED,
        Code::UserMismatch | Code::OriginNotAllowed | Code::NotAllowed => StatusCode::FORBIDDEN,
        Code::ConversationNotFound | Code::ModelNotFound | Code::NotFound => StatusCode::NOT_FOUND,
        Code::BadFrame | Code::UnknownType => StatusCode::BAD_REQUEST,
        Code::TooLarge | Code::QuotaExceeded => StatusCode::PAYLOAD_TOO_LARGE,
        Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::MessageConflict => StatusCode::CONFLICT,
        Code::Busy | Code::Restarted => StatusCode::SERVICE_UNAVAILABLE,
        Code::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
        Code::ProviderUnavailable
        | Code::ProviderRefused
        | Code::ContentFiltered
        | Code::ContextFull
        | Code::LengthLimit
        | Code::ModelRefused
        | Code::EmptyAnswer
        | Code::ToolFailed => StatusCode::BAD_GATEWAY,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for ErrorResponse {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body {
            #[serde(flatten)]
            api_error: ApiError,
            #[serde(flatten)]
            more: Map<String, Value>,
        }
        let code = self.api_error.code;
        let wait = self.api_error.retry_after_ms.map(|ms| ms.div_ceil(1000).max(1));
        let mut response = (self.status, Json(Body { api_error: self.api_error, more: self.more })).into_response();
        response.extensions_mut().insert(ErrorCode(code));
        if let Some(seconds) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Something that no input causes went wrong, and may not the next time.
pub fn try_again() -> ErrorResponse {
    Reason::TryAgain.error().retry_after(1_000).into()
}

/// Returns the error for a path without a call.
pub fn no_such_call() -> ErrorResponse {
    Reason::CallNotFound.into()
}

/// Returns the response for a known path with a method that it does not support. The router adds the header `Allow` with the supported
/// methods (RFC 9110 §15.5.6). `OPTIONS` is answered with this header only (§9.3.7).
pub async fn wrong_method(method: Method) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    ErrorResponse::from(Reason::MethodNotAllowed.with("method", shorten(method.as_str(), 20))).into_response()
}

/// Returns the response for a panic. The panic's message is logged and not sent.
pub fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let what = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    error!(panic = what.unwrap_or("no text"), "request panicked");
    ErrorResponse::from(Reason::ServerError).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_names_the_status_of_each_reason() {
        let manual = include_str!("../../../../docs/errors.md");
        for &reason in Reason::ALL {
            let row = manual.lines().find(|line| line.starts_with(&format!("| `{}` |", reason.as_str())));
            let named = row.and_then(|row| row.split('|').nth(3)).map(str::trim);
            let status = status(&ApiError::from(reason)).as_u16().to_string();
            assert_eq!(named, Some(status.as_str()), "{}", reason.as_str());
        }
    }
}
