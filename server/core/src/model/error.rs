//! Errors of providers.

use holdfast_protocol::{ApiError, Code, Reason, api::Role};

use super::Overflow;

/// A provider that did not answer, said no, or broke off.
///
/// It has two sentences. That of `api_error` goes to whoever asked, guests included, and is stored with the answer. It quotes the
/// provider, but names no address, path or variable of it or of the machines behind it. [`ProviderError::detail`] names all of it, for
/// the log and for administrators.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {}", self.code(), self.detail())]
pub struct ProviderError {
    /// What happened and what to do, for every user. Its code is `provider_unavailable`, `provider_refused`, `model_not_found`,
    /// `content_filtered`, `context_full`, or a code for an early end. Its time is when the provider can be asked again.
    pub api_error: Box<ApiError>,
    /// The same for administrators; `None` if `api_error` says everything.
    detail: Option<String>,
    /// What the provider reported about its context window, if it refused the prompt because of its length before reading it.
    pub overflow: Option<Overflow>,
    /// Whether a retry can help and costs nothing, because the provider has not started. Always false once text has arrived.
    pub retryable: bool,
    /// Whether the prompt may be the reason, so that another prompt may work.
    pub of_question: bool,
}

impl From<ApiError> for ProviderError {
    /// A retry may help if the provider is unavailable; see [`ProviderError::for_good`].
    fn from(api_error: ApiError) -> Self {
        let retryable = api_error.code == Code::ProviderUnavailable;
        Self { api_error: Box::new(api_error), detail: None, overflow: None, retryable, of_question: false }
    }
}

impl From<Reason> for ProviderError {
    fn from(reason: Reason) -> Self {
        reason.error().into()
    }
}

impl ProviderError {
    /// Returns the code.
    pub fn code(&self) -> Code {
        self.api_error.code
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
        self.detail.as_deref().unwrap_or(&self.api_error.error)
    }

    /// Returns the error for a user with this role. For an administrator, its sentence is that of [`ProviderError::detail`], which is
    /// also in the parameter `cause`.
    pub fn for_role(&self, role: Option<Role>) -> ApiError {
        match &self.detail {
            Some(detail) if role == Some(Role::Admin) => ApiError::clone(&self.api_error).with("cause", detail),
            _ => ApiError::clone(&self.api_error),
        }
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
        self.api_error.retry_after_ms = ms;
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
        self.api_error.retry_after_ms = ms;
        self
    }
}
