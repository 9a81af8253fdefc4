//! What can go wrong with a provider.

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
    /// `provider_unavailable`, `provider_refused`, `model_not_found`, `content_filtered` or `context_full`.
    pub code: Code,
    /// What happened and what to do, for everybody.
    pub error: String,
    /// The same for administrators; `None`: `error` says everything.
    detail: Option<String>,
    /// What the provider said of its window, if it refused the prompt for its length before it read any of it.
    pub overflow: Option<Overflow>,
    /// When the provider wants to be asked again, ms from now.
    pub retry_after_ms: Option<u64>,
    /// Whether asking again can help and nothing can have been charged: the provider has not begun. Never so once a text has come.
    pub retryable: bool,
    /// Whether it may be due to what was asked, so that asking something else can help.
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

    /// The sentence for somebody of this role.
    pub fn told(&self, role: Option<Role>) -> &str {
        if role == Some(Role::Admin) { self.detail() } else { &self.error }
    }

    /// The refusal of a call, for somebody of this role.
    pub fn api_error(&self, role: Option<Role>) -> ApiError {
        ApiError { code: self.code, error: self.told(role).to_owned(), retry_after_ms: self.retry_after_ms }
    }

    /// The provider can't be reached or failed; another try may do better.
    pub fn unavailable(error: impl Into<String>) -> Self {
        Self::new(Code::ProviderUnavailable, error, true)
    }

    /// The provider said no, and will say so again.
    pub fn refused(error: impl Into<String>) -> Self {
        Self::new(Code::ProviderRefused, error, false)
    }

    /// The provider has no such model.
    pub fn model_not_found(error: impl Into<String>) -> Self {
        Self::new(Code::ModelNotFound, error, false)
    }

    /// What is asked, or what would be answered, is against the provider's rules on content.
    pub fn content_filtered(error: impl Into<String>) -> Self {
        Self::new(Code::ContentFiltered, error, false)
    }

    /// The conversation is longer than the model takes.
    pub fn context_full(error: impl Into<String>) -> Self {
        Self::new(Code::ContextFull, error, false)
    }

    /// The answer ended, and is not what was asked for; `code` says how.
    pub fn ended(code: Code, error: impl Into<String>) -> Self {
        Self::new(code, error, false)
    }

    /// The same, but not worth another try.
    #[must_use]
    pub fn for_good(mut self) -> Self {
        self.retryable = false;
        self
    }

    /// The same, with the time after which the provider wants to be asked again. It is told, and nobody waits for it.
    #[must_use]
    pub fn told_again_after(mut self, ms: Option<u64>) -> Self {
        self.retry_after_ms = ms;
        self
    }

    /// The same, with what the provider said of its window.
    #[must_use]
    pub fn with_overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = Some(overflow);
        self
    }

    /// The same, worth another try after `ms`.
    #[must_use]
    pub fn again_after(mut self, ms: Option<u64>) -> Self {
        self.retryable = true;
        self.retry_after_ms = ms;
        self
    }
}
