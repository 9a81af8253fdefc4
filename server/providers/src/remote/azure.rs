//! Azure OpenAI. Models are deployments, whose names are part of the URL, and the key is sent in a header of its own.

use async_trait::async_trait;
use reqwest::Url;

use super::{Listing, OpenAi, endpoint::Endpoint, parameters};
use crate::{SettingsError, kinds::Vendor};
use holdfast_core::model::{Answer, ModelEntry, Prompt, Provider, ProviderError};
use holdfast_protocol::{Reason, providers::Kind, settings::Settings};

/// API version that is used if none is configured: the latest that Microsoft calls stable.
const VERSION: &str = "2024-10-21";

/// The parts of a configured address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// Base URL, with the version as its query.
    pub(super) base: Url,
    /// The deployment in the address, if there is one.
    deployment: Option<String>,
    /// Whether it is the newer API, `/openai/v1`, which takes the deployment as the model.
    is_v1: bool,
}

impl Address {
    /// Reads an address in any form that Azure's pages show, from the resource's URL to that of a call. `version` is used if the address
    /// has none.
    pub(super) fn read(text: &str, version: Option<&str>) -> Result<Self, SettingsError> {
        let mut base = super::endpoint::parse(Vendor::of(Kind::Azure), text)?;
        let segments: Vec<String> = base.path().split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect();
        let at = segments.iter().position(|segment| segment == "openai").unwrap_or(segments.len());
        let after = |n: usize| segments.get(at + n).map(String::as_str);
        let is_v1 = after(1) == Some("v1");
        let deployment = after(2).filter(|_| after(1) == Some("deployments")).map(str::to_owned);
        let before = segments[..at].iter().map(|segment| format!("/{segment}")).collect::<String>();
        base.set_path(&format!("{before}/openai{}", if is_v1 { "/v1" } else { "" }));
        let told = base.query_pairs().find(|(name, _)| name == "api-version").map(|(_, value)| value.into_owned());
        let version = told.or_else(|| version.map(str::to_owned)).or_else(|| (!is_v1).then(|| VERSION.to_owned()));
        base.set_query(None);
        if let Some(version) = version {
            base.query_pairs_mut().append_pair("api-version", &version);
        }
        Ok(Self { base, deployment, is_v1 })
    }
}

/// A resource of Azure OpenAI.
pub(super) struct Azure {
    endpoint: Endpoint,
    is_v1: bool,
    deployments: Vec<String>,
}

impl Azure {
    /// Creates it with deployments that are known by name. `endpoint` has the address's base URL.
    pub(super) fn new(endpoint: Endpoint, address: Address, named: Vec<String>) -> Self {
        let deployments = address.deployment.into_iter().chain(named).collect();
        Self { endpoint, is_v1: address.is_v1, deployments }
    }
}

#[async_trait]
impl Provider for Azure {
    fn name(&self) -> &str {
        &self.endpoint.words.name
    }

    /// Azure lists the models that could be deployed, but not the deployments. So only configured ones are known.
    async fn models(&self) -> Result<Option<Vec<ModelEntry>>, ProviderError> {
        Ok((!self.deployments.is_empty()).then(|| self.deployments.iter().map(ModelEntry::chat).collect()))
    }

    fn is_own_key(&self) -> bool {
        self.endpoint.words.is_own()
    }

    fn ignored(&self, model: &str, _settings: &Settings) -> Vec<&'static str> {
        self.endpoint.below(&format!("deployments/{model}")).ignored(model, parameters::COMPLETION)
    }

    async fn answer(&self, prompt: Prompt) -> Result<Answer, ProviderError> {
        if self.is_v1 {
            return OpenAi::new(self.endpoint.clone(), Listing::OpenAi).answer(prompt).await;
        }
        // The name becomes part of the URL, so it must not lead elsewhere.
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if !prompt.model.chars().all(fits) || prompt.model.chars().all(|c| c == '.') {
            return Err(Reason::DeploymentNameInvalid.into());
        }
        let endpoint = self.endpoint.below(&format!("deployments/{}", prompt.model));
        OpenAi::new(endpoint, Listing::OpenAi).answer(prompt).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn addresses_are_read_as_azure_shows_them() {
        for (text, version, base, deployment, is_v1) in [
            ("https://a.openai.azure.com", None, "https://a.openai.azure.com/openai?api-version=2024-10-21", None, false),
            (
                "https://a.openai.azure.com/",
                Some("2025-01-01-preview"),
                "https://a.openai.azure.com/openai?api-version=2025-01-01-preview",
                None,
                false,
            ),
            (
                "https://a.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2024-02-01",
                Some("2025-01-01"),
                "https://a.openai.azure.com/openai?api-version=2024-02-01",
                Some("gpt"),
                false,
            ),
            ("https://a.openai.azure.com/openai/v1/", None, "https://a.openai.azure.com/openai/v1", None, true),
            (
                "https://a.services.ai.azure.com/openai/v1/chat/completions?api-version=preview",
                None,
                "https://a.services.ai.azure.com/openai/v1?api-version=preview",
                None,
                true,
            ),
            ("http://gate.example/az/openai", None, "http://gate.example/az/openai?api-version=2024-10-21", None, false),
            ("http://gate.example/az", None, "http://gate.example/az/openai?api-version=2024-10-21", None, false),
        ] {
            let address = Address::read(text, version).unwrap();
            assert_eq!((address.base.as_str(), address.deployment.as_deref(), address.is_v1), (base, deployment, is_v1), "{text}");
        }
        assert!(Address::read("a.openai.azure.com", None).unwrap_err().0.contains("AZURE_OPENAI_ENDPOINT"));
    }
}
