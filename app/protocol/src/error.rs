//! Stable error codes, and the error value that carries one.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    params::{Param, Params, fill},
    reason::Reason,
};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Why a request or frame was refused, or why an answer failed. The text of a code never changes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }
        impl Code {
            /// All codes.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];
            /// Returns the code as it is written in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }
            /// Returns the code with this text, or `None` if there is none.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Code::$name),)* _ => None }
            }
        }
    };
}

codes! {
    /// The request carries no access token.
    AuthRequired = "auth_required",
    /// The password is right, but the account also needs a two-factor code.
    SecondFactorRequired = "second_factor_required",
    /// The client did not send `initial` in time.
    AuthTimeout = "auth_timeout",
    /// The text is not an access token.
    TokenMalformed = "token_malformed",
    /// The token's signature or content is not valid on this server.
    TokenInvalid = "token_invalid",
    /// The token has expired.
    TokenExpired = "token_expired",
    /// The session of the token has ended, or its user was removed.
    SessionRevoked = "session_revoked",
    /// `user_id` is not the token's user.
    UserMismatch = "user_mismatch",
    /// The user is known, but may not do this.
    NotAllowed = "not_allowed",
    /// Nothing with this id exists, or the user may not see it.
    NotFound = "not_found",
    /// The conversation does not exist, or belongs to someone else.
    ConversationNotFound = "conversation_not_found",
    /// The page's origin is neither the server's own nor a configured one.
    OriginNotAllowed = "origin_not_allowed",
    /// The frame or request body is malformed.
    BadFrame = "bad_frame",
    /// The frame has an unknown type.
    UnknownType = "unknown_type",
    /// The message or body is too large.
    TooLarge = "too_large",
    /// The storage quota of the guest, the account or the server is used up.
    QuotaExceeded = "quota_exceeded",
    /// A rate limit was exceeded.
    RateLimited = "rate_limited",
    /// A message with this id exists with other content.
    MessageConflict = "message_conflict",
    /// Too many operations are running at once.
    Busy = "busy",
    /// The server's disk is full or nearly full, so nothing more is saved.
    DiskFull = "disk_full",
    /// The provider can't be reached, or failed.
    ProviderUnavailable = "provider_unavailable",
    /// The provider refused the request: because of its key, its quota or its rules.
    ProviderRefused = "provider_refused",
    /// No provider offers this model.
    ModelNotFound = "model_not_found",
    /// The provider's content filter blocked the question or the answer.
    ContentFiltered = "content_filtered",
    /// The conversation is longer than the model's context window.
    ContextFull = "context_full",
    /// The answer reached the maximum output length.
    LengthLimit = "length_limit",
    /// The model refused to answer and gave no reason.
    ModelRefused = "model_refused",
    /// The model returned an empty answer.
    EmptyAnswer = "empty_answer",
    /// The model needs a tool that is missing or that failed.
    ToolFailed = "tool_failed",
    /// The server restarted while the answer was being written.
    Restarted = "restarted",
    /// The server failed because of an error of its own.
    Internal = "internal",
}

impl Code {
    /// Returns whether a socket that closes with this code must not reconnect with the same token, because it would be refused again.
    pub fn ends_the_session(self) -> bool {
        matches!(self, Code::SessionRevoked | Code::UserMismatch | Code::OriginNotAllowed)
    }
}

// Written by hand: the derive does not see names that a macro inserts, and would list the Rust variants instead.
#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Code {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("Why a request or frame was refused, or why an answer failed. The text of a code never changes."))
            .enum_values(Some(Self::ALL.iter().map(|code| code.as_str())))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Code {}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error, as the body of an HTTP reply, as the fields of an `error` frame, and as the reason why an answer failed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[error("{code}: {error}")]
pub struct ApiError {
    /// Stable code.
    pub code: Code,
    /// Stable reason, finer than the code: the name of a [`Reason`]. Empty in what was stored or exported before there were reasons.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::reason::Reason, required = true))]
    pub reason: Cow<'static, str>,
    /// The values in the sentence; absent if there are none.
    #[serde(default, skip_serializing_if = "Params::is_empty")]
    pub params: Params,
    /// What happened and what to do about it, in one or two English sentences.
    pub error: String,
    /// When to try again, ms from now, or from the end of an answer. Absent if trying again does not help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl ApiError {
    /// Creates the error of a [`Reason`], which [`Reason::error`] calls.
    pub(crate) fn of(code: Code, reason: &'static str, sentence: &str) -> Self {
        let (error, _) = fill(sentence, &|_| None);
        Self { code, reason: Cow::Borrowed(reason), params: Params::default(), error, retry_after_ms: None }
    }

    /// Returns the error with its code as the reason if it has none, because it was stored or exported before there were reasons.
    #[must_use]
    pub fn with_reason(mut self) -> Self {
        if self.reason.is_empty() {
            self.reason = Cow::Borrowed(self.code.as_str());
        }
        self
    }

    /// Returns whether this is the reason of the error.
    #[inline(always)]
    pub fn is(&self, reason: Reason) -> bool {
        self.reason == reason.as_str()
    }

    /// Returns the error with one more value, also in its sentence.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Param>) -> Self {
        self.params.push(name, value);
        if let Some(reason) = Reason::parse(&self.reason) {
            self.error = reason.filled(&self.params);
        }
        self
    }

    /// Returns the error with one more value, if there is one.
    #[must_use]
    pub fn with_some(self, name: &'static str, value: Option<impl Into<Param>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Returns the error with the advice to try again after `ms` milliseconds.
    #[must_use]
    pub fn retry_after(mut self, ms: u64) -> Self {
        self.retry_after_ms = Some(ms);
        self
    }

    /// Returns the error of an exceeded rate: it may be tried again after `ms` milliseconds, which its sentence says too.
    #[must_use]
    pub fn limited(mut self, ms: u64) -> Self {
        self.error = format!("{} {}", self.error, when(ms));
        self.retry_after(ms)
    }

    /// Returns the error with `ms` milliseconds left to wait, also at the end of its sentence.
    #[must_use]
    pub fn counted_down(&self, ms: u64) -> Self {
        let before = when(self.retry_after_ms.unwrap_or_default());
        let error = match self.error.strip_suffix(&before) {
            Some(what) => format!("{what}{}", when(ms)),
            None => self.error.clone(),
        };
        Self { error, retry_after_ms: Some(ms), ..self.clone() }
    }
}

/// Returns when something may be tried again, in whole seconds, as a sentence.
fn when(ms: u64) -> String {
    match ms.div_ceil(1000) {
        0 => "Try again now.".to_owned(),
        seconds => format!("Try again in {seconds} s."),
    }
}

/// Returns the first `most` characters of a text that a client sent, with an ellipsis if more was cut off. For quoting it in a sentence.
pub fn shorten(text: &str, most: usize) -> String {
    let mut short: String = text.chars().take(most).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_limit_counts_down() {
        let limited = Reason::TooManyMessages.error().limited(2_100);
        assert_eq!(limited.error, "Too many messages in a minute. Try again in 3 s.");
        assert_eq!(limited.counted_down(1_000).error, "Too many messages in a minute. Try again in 1 s.");
        assert_eq!(limited.counted_down(0).error, "Too many messages in a minute. Try again now.");
        let other = Reason::StoreBusy.error().retry_after(2_100);
        assert_eq!(other.counted_down(1_000), Reason::StoreBusy.error().retry_after(1_000));
    }

    #[test]
    fn an_error_is_its_reason_with_values() {
        let error = Reason::MessageTooLong.with("bytes", 7_usize).with("most", 5_usize);
        let text = serde_json::to_string(&error).unwrap();
        assert_eq!(
            text,
            r#"{"code":"too_large","reason":"message_too_long","params":{"bytes":7,"most":5},"error":"The message has 7 bytes. The maximum is 5. Send it in parts."}"#
        );
        assert_eq!(serde_json::from_str::<ApiError>(&text).unwrap(), error);
        let old: ApiError = serde_json::from_str(r#"{"code":"restarted","error":"It ended."}"#).unwrap();
        assert_eq!((old.reason.as_ref(), old.params.is_empty()), ("", true));
    }

    #[test]
    fn codes_survive_the_wire() {
        for &code in Code::ALL {
            assert_eq!(Code::parse(code.as_str()), Some(code));
            assert_eq!(serde_json::to_string(&code).unwrap(), format!("\"{code}\""));
        }
    }
}
