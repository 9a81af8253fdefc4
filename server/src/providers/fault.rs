//! What can go wrong with a provider.

use holdfast_protocol::{Code, Refusal};

/// A provider that did not answer, said no, or broke off.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {error}")]
pub struct ProviderError {
    /// `provider_unavailable`, `provider_refused` or `model_not_found`.
    pub code: Code,
    /// What happened and what mends it, in plain words. Never holds a key.
    pub error: String,
    /// When the provider wants to be asked again, ms from now.
    pub retry_after_ms: Option<u64>,
    /// Whether asking again can help. Never so once a text has come.
    pub retryable: bool,
}

impl ProviderError {
    /// The provider can't be reached or failed; another try may do better.
    pub fn unavailable(error: impl Into<String>) -> Self {
        Self { code: Code::ProviderUnavailable, error: error.into(), retry_after_ms: None, retryable: true }
    }

    /// The provider said no, and will say so again.
    pub fn refused(error: impl Into<String>) -> Self {
        Self { code: Code::ProviderRefused, error: error.into(), retry_after_ms: None, retryable: false }
    }

    /// The provider has no such model.
    pub fn model_not_found(error: impl Into<String>) -> Self {
        Self { code: Code::ModelNotFound, error: error.into(), retry_after_ms: None, retryable: false }
    }

    /// The same, but not worth another try.
    #[must_use]
    pub fn for_good(mut self) -> Self {
        self.retryable = false;
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

impl From<ProviderError> for Refusal {
    fn from(fault: ProviderError) -> Self {
        Self { code: fault.code, error: fault.error, retry_after_ms: fault.retry_after_ms }
    }
}

/// A setting that can't be used. The sentence names it and the mend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub String);
