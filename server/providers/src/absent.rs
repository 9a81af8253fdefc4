//! Takes the place of a provider that can't be used, and says why.

use async_trait::async_trait;
use holdfast_core::model::{Answer, ModelEntry, Prompt, Provider, ProviderError};
use holdfast_protocol::Reason;

/// Takes the place of a provider that can't be used.
pub(super) struct Absent {
    name: String,
    why: ProviderError,
}

impl Absent {
    pub(super) fn new(name: &str, why: ProviderError) -> Self {
        Self { name: name.to_owned(), why }
    }

    /// The provider can't be used as it is configured; `why` is for administrators.
    pub(super) fn unusable(name: &str, why: impl Into<String>) -> Self {
        Self::new(name, ProviderError::from(Reason::ProviderUnusable.with("provider", name)).with_detail(why))
    }

    /// The user's own key belongs to another origin.
    pub(super) fn unconfirmed(name: &str) -> Self {
        Self::new(name, Reason::OwnKeyUnconfirmed.with("provider", name).into())
    }

    /// The key can't be decrypted.
    pub(super) fn unreadable(name: &str, own: bool) -> Self {
        let reason = if own { Reason::OwnKeyUnreadable } else { Reason::KeyUnreadable };
        Self::new(name, reason.with("provider", name).into())
    }
}

#[async_trait]
impl Provider for Absent {
    fn name(&self) -> &str {
        &self.name
    }

    async fn models(&self) -> Result<Option<Vec<ModelEntry>>, ProviderError> {
        Err(self.why.clone())
    }

    async fn answer(&self, _: Prompt) -> Result<Answer, ProviderError> {
        Err(self.why.clone())
    }
}
