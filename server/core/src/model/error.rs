//! Errors of providers.

use holdfast_protocol::{ApiError, Code, api::Role};

use super::Overflow;

/// A provider that did not answer, said no, or broke off.
///
/// It has two sentences. `error` goes to whoever asked, guests included, and is stored with the answer. It quotes the provider, but
/// names no address, path or variable of it or of the machines behind it. [`ProviderError::detail`] names all of it, for the log and
/// for administrators.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {}", self.detail())]
pub struct ProviderError {
    /// `provider_unavailable`, `provider_refused`, `model_not_found`, `content_filtered`, `context_full`, or a code for an early end.
    pub code: Code,
    /// What happened and what to do, for every user.
    pub error: String,
    /// The same for administrators; `None` if `error` says everything.
    detail: Option<String>,
    /// What the provider reported about its context window, if it refused the prompt because of its length before reading it.
    pub overflow: Option<Overflow>,
    /// When the provider can be asked again, ms from now.
    pub retry_after_ms: Option<u64>,
    /// Whether a retry can help and costs nothing, because the provider has not started. Always false once text has arrived.
    pub retryable: bool,
    /// Whether the prompt may be the reason, so that another prompt may work.
    pub of_question: bool,
}

impl ProviderError {
    fn new(code: Code, error: impl Into<String>, retryable: bool) -> Self {
        Self { code, error: error.into(), detail: None, overflow: None, retry_after_ms: None, retryable, of_question: false }
    }

    /// Adds the sentence for the log and for administrators: the cause, with addresses and variable names. It must not
    /// hold a key.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The sentence for the log and for administrators.
    pub fn detail(&self) -> &str {
        self.detail.as_deref().unwrap_or(&self.error)
    }

    /// Returns the sentence for a user with this role.
    pub fn message_for(&self, role: Option<Role>) -> &str {
        if role == Some(Role::Admin) { self.detail() } else { &self.error }
    }

    /// Returns the error of an API call for a user with this role.
    pub fn api_error(&self, role: Option<Role>) -> ApiError {
        ApiError { code: self.code, error: self.message_for(role).to_owned(), retry_after_ms: self.retry_after_ms }
    }

    /// Creates an error for a provider that can't be reached or failed; a retry may help.
    pub fn unavailable(error: impl Into<String>) -> Self {
        Self::new(Code::ProviderUnavailable, error, true)
    }

    /// Creates an error for a provider that refused the request, and would refuse it again.
    pub fn refused(error: impl Into<String>) -> Self {
        Self::new(Code::ProviderRefused, error, false)
    }

    /// Creates an error for a provider that has no such model.
    pub fn model_not_found(error: impl Into<String>) -> Self {
        Self::new(Code::ModelNotFound, error, false)
    }

    /// Creates an error for a prompt or an answer that violates the provider's content rules.
    pub fn content_filtered(error: impl Into<String>) -> Self {
        Self::new(Code::ContentFiltered, error, false)
    }

    /// Creates an error for a conversation that is longer than the context window.
    pub fn context_full(error: impl Into<String>) -> Self {
        Self::new(Code::ContextFull, error, false)
    }

    /// Creates an error for an answer that ended early; `code` tells how.
    pub fn ended(code: Code, error: impl Into<String>) -> Self {
        Self::new(code, error, false)
    }

    /// Returns the error, marked as not worth a retry.
    #[must_use]
    pub fn for_good(mut self) -> Self {
        self.retryable = false;
        self
    }

    /// Returns the error with the time after which the provider can be asked again. The user is told; there is no automatic retry.
    #[must_use]
    pub fn told_again_after(mut self, ms: Option<u64>) -> Self {
        self.retry_after_ms = ms;
        self
    }

    /// Returns the error with what the provider reported about its context window.
    #[must_use]
    pub fn with_overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = Some(overflow);
        self
    }

    /// Returns the error, marked as worth a retry after `ms`.
    #[must_use]
    pub fn again_after(mut self, ms: Option<u64>) -> Self {
        self.retryable = true;
        self.retry_after_ms = ms;
        self
    }
}
