//! Takes the place of a provider that can't be used, and says why.

use async_trait::async_trait;
use holdfast_core::model::{Answer, ModelEntry, Prompt, Provider, ProviderError};

use super::remote::ADMINISTRATORS;

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
        let told = format!("The provider `{name}` can't be used as it is set up. Choose another one. {ADMINISTRATORS}");
        Self::new(name, ProviderError::refused(told).with_detail(why))
    }

    /// The user's own key belongs to another origin.
    pub(super) fn unconfirmed(name: &str) -> Self {
        let error = format!(
            "The address of `{name}` was changed, so your key for it is not sent. Confirm it under Settings → Models, or enter another one there."
        );
        Self::new(name, ProviderError::refused(error))
    }

    /// The key can't be decrypted.
    pub(super) fn unreadable(name: &str, own: bool) -> Self {
        let why = "can't be read any more, for the server's secret was changed.";
        let error = if own {
            format!("Your key for `{name}` {why} Enter it again under Settings → Models.")
        } else {
            format!("The key of `{name}` {why} An administrator must enter it again under Settings → Providers.")
        };
        Self::new(name, ProviderError::refused(error))
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
