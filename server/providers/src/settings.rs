//! What the configuration says about providers. Nothing here reads the environment.

use std::{fmt, time::Duration};

use super::{EchoWords, Ports, ProviderWait, remote::without_credentials};
use holdfast_core::Secret;
use holdfast_outbound::OutboundSettings;

/// Which providers there are and how patient one is with them.
#[derive(Clone)]
pub struct ProviderSettings {
    /// `OPENAI_API_KEY`.
    pub openai_api_key: Option<Secret>,
    /// `OPENAI_BASE_URL`; enough by itself for a server that asks for no key.
    pub openai_base_url: Option<String>,
    /// `ANTHROPIC_API_KEY`.
    pub anthropic_api_key: Option<Secret>,
    /// `ANTHROPIC_BASE_URL`; enough by itself for a gateway that asks for no key.
    pub anthropic_base_url: Option<String>,
    /// `GEMINI_API_KEY`.
    pub gemini_api_key: Option<Secret>,
    /// `GEMINI_BASE_URL`.
    pub gemini_base_url: Option<String>,
    /// `AZURE_OPENAI_ENDPOINT`: the address of an Azure resource.
    pub azure_openai_endpoint: Option<String>,
    /// `AZURE_OPENAI_API_KEY`.
    pub azure_openai_api_key: Option<Secret>,
    /// `AZURE_OPENAI_API_VERSION`.
    pub azure_openai_api_version: Option<String>,
    /// `AZURE_OPENAI_DEPLOYMENT`: names of deployments, with commas between.
    pub azure_openai_deployment: Option<String>,
    /// `OLLAMA_HOST`, in all forms that Ollama itself takes.
    pub ollama_host: Option<String>,
    /// The model that answers where nothing is chosen, as `model` or `provider/model`. It answers or refuses: no other takes its place.
    pub default_model: Option<String>,
    /// How what is not on this machine is reached.
    pub outbound: OutboundSettings,
    /// How many words the built-in `echo-N-I` may have.
    pub echo_words: EchoWords,
    /// Whether to look for servers on this machine where none of the above names a provider.
    pub discover: bool,
    /// Where to look for them.
    pub discover_ports: Ports,
    /// How long a server there may take to say that it is one.
    pub discover_timeout: Duration,
    /// How long what was found is believed.
    pub discover_ttl: Duration,
    /// After which time a list of models is asked for again, in the background.
    pub list_ttl: Duration,
    /// How long a provider may take to list its models. Nobody waits for it.
    pub list_timeout: Duration,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long an answer may take to begin. Loading a large model takes minutes.
    pub first_token_timeout: Duration,
    /// How long a begun answer may say nothing.
    pub idle_timeout: Duration,
    /// The window that Ollama is told to keep for each model, tokens. `None`: one that the conversation fits, in steps.
    pub ollama_context: Option<u32>,
    /// How long single providers may take instead.
    pub waits: Vec<ProviderWait>,
}

impl Default for ProviderSettings {
    fn default() -> Self {
        Self {
            openai_api_key: None,
            openai_base_url: None,
            anthropic_api_key: None,
            anthropic_base_url: None,
            gemini_api_key: None,
            gemini_base_url: None,
            azure_openai_endpoint: None,
            azure_openai_api_key: None,
            azure_openai_api_version: None,
            azure_openai_deployment: None,
            ollama_host: None,
            default_model: None,
            outbound: OutboundSettings::default(),
            echo_words: EchoWords::default(),
            discover: true,
            discover_ports: Ports::default(),
            discover_timeout: Duration::from_millis(300),
            discover_ttl: Duration::from_secs(15),
            list_ttl: Duration::from_secs(10),
            list_timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(10),
            first_token_timeout: Duration::from_secs(300),
            idle_timeout: Duration::from_secs(90),
            ollama_context: None,
            waits: Vec::new(),
        }
    }
}

/// A setting that can't be used. The sentence names it and says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub String);

impl fmt::Debug for ProviderSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = |url: &Option<String>| url.as_deref().map(without_credentials);
        f.debug_struct("ProviderSettings")
            .field("openai_api_key", &self.openai_api_key)
            .field("openai_base_url", &url(&self.openai_base_url))
            .field("anthropic_api_key", &self.anthropic_api_key)
            .field("anthropic_base_url", &url(&self.anthropic_base_url))
            .field("gemini_api_key", &self.gemini_api_key)
            .field("gemini_base_url", &url(&self.gemini_base_url))
            .field("azure_openai_endpoint", &url(&self.azure_openai_endpoint))
            .field("azure_openai_api_key", &self.azure_openai_api_key)
            .field("ollama_host", &url(&self.ollama_host))
            .field("default_model", &self.default_model)
            .field("outbound", &self.outbound)
            .field("discover", &self.discover)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let settings = ProviderSettings {
            openai_api_key: Secret::new("sk-hidden"),
            openai_base_url: Some("https://me:hidden@gate.example/v1".into()),
            ollama_host: Some("me:hidden@10.0.0.7:11434".into()),
            outbound: OutboundSettings { proxy: Secret::new("http://me:hidden@proxy:3128"), ..OutboundSettings::default() },
            ..ProviderSettings::default()
        };
        let text = format!("{settings:?}");
        assert!(!text.contains("hidden"), "{text}");
        assert!(text.contains("gate.example"), "{text}");
    }
}
