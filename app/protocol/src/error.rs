//! Stable codes of what was refused, and the refusal that carries one.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Why something was refused. The text of a code never changes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }
        impl Code {
            /// All codes there are.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];
            /// The code as it stands on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }
            /// The code that a text stands for.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Code::$name),)* _ => None }
            }
        }
    };
}

codes! {
    /// Nothing says who is asking.
    AuthRequired = "auth_required",
    /// The password is right, and the account wants a code besides.
    SecondFactorRequired = "second_factor_required",
    /// No `initial` within its time.
    AuthTimeout = "auth_timeout",
    /// Not a token at all.
    TokenMalformed = "token_malformed",
    /// A token that this server did not sign, or not like this.
    TokenInvalid = "token_invalid",
    /// A token past its time.
    TokenExpired = "token_expired",
    /// The session behind the token was ended, or its user removed.
    SessionRevoked = "session_revoked",
    /// `user_id` is not the token's subject.
    UserMismatch = "user_mismatch",
    /// Who asks is known, and may not do this.
    NotAllowed = "not_allowed",
    /// Nothing of that id, for who asks.
    NotFound = "not_found",
    /// No such conversation, or somebody else's.
    ConversationNotFound = "conversation_not_found",
    /// The page's origin is neither the server's nor a configured one.
    OriginNotAllowed = "origin_not_allowed",
    /// Not a frame, or a call, of the right form.
    BadFrame = "bad_frame",
    /// A frame of a type that does not exist.
    UnknownType = "unknown_type",
    /// Past a limit of size.
    TooLarge = "too_large",
    /// The storage of a guest, an account or the server is full.
    QuotaExceeded = "quota_exceeded",
    /// Past a limit of rate.
    RateLimited = "rate_limited",
    /// The id was used before, with other content.
    MessageConflict = "message_conflict",
    /// Too much at once.
    Busy = "busy",
    /// The server's disk is full, or nearly: nothing more is saved.
    DiskFull = "disk_full",
    /// The provider can't be reached or failed.
    ProviderUnavailable = "provider_unavailable",
    /// The provider said no: its key, its quota, its rules.
    ProviderRefused = "provider_refused",
    /// No provider offers this model.
    ModelNotFound = "model_not_found",
    /// A filter of the provider held back what was asked, or what was answered.
    ContentFiltered = "content_filtered",
    /// The conversation is longer than the model takes.
    ContextFull = "context_full",
    /// The answer has reached the longest output that there may be.
    LengthLimit = "length_limit",
    /// The model would not answer, and did not say why.
    ModelRefused = "model_refused",
    /// The model wrote nothing.
    EmptyAnswer = "empty_answer",
    /// The model needs a tool that it does not have, or that failed.
    ToolFailed = "tool_failed",
    /// The server ended while it wrote.
    Restarted = "restarted",
    /// A fault of the server.
    Internal = "internal",
}

impl Code {
    /// Whether the end of a socket with this code is for good: coming back with the same token
    /// would be refused again.
    pub fn ends_the_session(self) -> bool {
        matches!(self, Code::SessionRevoked | Code::UserMismatch | Code::OriginNotAllowed)
    }
}

// Not derived: the derive does not see a name that a macro has given, and would tell the variants' own.
#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Code {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("Why something was refused. The text of a code never changes."))
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

/// What a refused call or frame is told: the body of an HTTP error and the fields of an `error`
/// frame alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[error("{code}: {error}")]
pub struct ApiError {
    /// Stable code.
    pub code: Code,
    /// One sentence that names the mend.
    pub error: String,
    /// When trying again makes sense, in milliseconds from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl ApiError {
    /// A refusal with its sentence.
    pub fn new(code: Code, error: impl Into<String>) -> Self {
        Self { code, error: error.into(), retry_after_ms: None }
    }

    /// The same, worth another try after `ms`.
    #[must_use]
    pub fn retry_after(mut self, ms: u64) -> Self {
        self.retry_after_ms = Some(ms);
        self
    }

    /// `rate_limited`: what was too much, and that it may be tried again after `ms`.
    pub fn limited(what: &str, ms: u64) -> Self {
        Self::new(Code::RateLimited, format!("{what}. {}", when(ms))).retry_after(ms)
    }

    /// The same when only `ms` are left to wait.
    #[must_use]
    pub fn counted_down(&self, ms: u64) -> Self {
        let before = when(self.retry_after_ms.unwrap_or_default());
        let error = match self.error.strip_suffix(&before) {
            Some(what) => format!("{what}{}", when(ms)),
            None => self.error.clone(),
        };
        Self { code: self.code, error, retry_after_ms: Some(ms) }
    }

    /// `not_found`, in the one wording it has.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "There is nothing here of that id. It may be gone already: load the list again.")
    }

    /// `conversation_not_found`, in the one wording it has: whether the conversation never was or
    /// is someone else's can't be told from it.
    pub fn conversation_not_found() -> Self {
        Self::new(Code::ConversationNotFound, "There is no such conversation. Open one from the list, or begin a new one.")
    }
}

/// When something may be tried again, in whole seconds.
fn when(ms: u64) -> String {
    match ms.div_ceil(1000) {
        0 => "Try again now.".to_owned(),
        seconds => format!("Try again in {seconds} s."),
    }
}

/// What somebody sent, or what repeats it, as long as a sentence may have it.
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
        let limited = ApiError::limited("Too many messages in a minute", 2_100);
        assert_eq!(limited.error, "Too many messages in a minute. Try again in 3 s.");
        assert_eq!(limited.counted_down(1_000).error, "Too many messages in a minute. Try again in 1 s.");
        assert_eq!(limited.counted_down(0).error, "Too many messages in a minute. Try again now.");
        let other = ApiError::new(Code::RateLimited, "Not so fast.").retry_after(2_100);
        assert_eq!(other.counted_down(1_000), ApiError::new(Code::RateLimited, "Not so fast.").retry_after(1_000));
    }

    #[test]
    fn codes_survive_the_wire() {
        for &code in Code::ALL {
            assert_eq!(Code::parse(code.as_str()), Some(code));
            assert_eq!(serde_json::to_string(&code).unwrap(), format!("\"{code}\""));
        }
    }
}
