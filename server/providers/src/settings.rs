//! What the configuration says about providers. Nothing here reads the environment.

use std::{fmt, time::Duration};

use super::{EchoWords, Ports, ProviderSetting, ProviderWait, SETTINGS, SettingForm, remote::without_credentials};
use holdfast_core::Secret;
use holdfast_outbound::OutboundSettings;
use holdfast_protocol::providers::Kind;

/// Which providers there are and how patient one is with them.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// The configured address and key of each kind of provider, at most one of each.
    pub services: Vec<(Kind, ServiceSettings)>,
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

impl ProviderSettings {
    /// The settings of a kind of provider. All are `None` if it is not configured.
    pub(super) fn service(&self, kind: Kind) -> ServiceSettings {
        self.services.iter().find(|(of, _)| *of == kind).map(|(_, service)| service.clone()).unwrap_or_default()
    }
}

/// The address and key of a provider, as they are configured.
#[derive(Clone, Default)]
pub struct ServiceSettings {
    /// Its key.
    pub key: Option<Secret>,
    /// Its address. Enough by itself for a server that asks for no key.
    pub url: Option<String>,
    /// The version of its API where the address has none. Of Azure only.
    pub api_version: Option<String>,
    /// Names of its deployments, with commas between. Of Azure only.
    pub deployments: Option<String>,
}

impl ServiceSettings {
    /// Sets one value. An empty text means `None`.
    fn take(&mut self, form: SettingForm, value: &str) {
        let value = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
        match form {
            SettingForm::Key => self.key = value.as_deref().and_then(Secret::new),
            SettingForm::Url | SettingForm::OllamaHost => self.url = value,
            SettingForm::ApiVersion => self.api_version = value,
            SettingForm::Deployments => self.deployments = value,
        }
    }

    /// Reads the settings of all kinds of providers. `value` returns the value of a setting.
    ///
    /// # Errors
    /// The first error of `value`.
    pub fn read<E>(mut value: impl FnMut(&ProviderSetting) -> Result<Option<String>, E>) -> Result<Vec<(Kind, Self)>, E> {
        let mut services = Kind::ALL.map(|kind| (kind, Self::default())).to_vec();
        for (kind, service) in &mut services {
            for setting in SETTINGS.iter().filter(|setting| setting.kind == *kind) {
                if let Some(value) = value(setting)? {
                    service.take(setting.form, &value);
                }
            }
        }
        Ok(services)
    }
}

impl fmt::Debug for ServiceSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, url, api_version, deployments } = self;
        let url = url.as_deref().map(without_credentials);
        f.debug_struct("ServiceSettings")
            .field("key", key)
            .field("url", &url)
            .field("api_version", api_version)
            .field("deployments", deployments)
            .finish()
    }
}

impl Default for ProviderSettings {
    fn default() -> Self {
        Self {
            services: Vec::new(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let settings = ProviderSettings {
            services: vec![
                (
                    Kind::Openai,
                    ServiceSettings {
                        key: Secret::new("sk-hidden"),
                        url: Some("https://me:hidden@gate.example/v1".into()),
                        ..ServiceSettings::default()
                    },
                ),
                (Kind::Ollama, ServiceSettings { url: Some("me:hidden@10.0.0.7:11434".into()), ..ServiceSettings::default() }),
            ],
            outbound: OutboundSettings { proxy: Secret::new("http://me:hidden@proxy:3128"), ..OutboundSettings::default() },
            ..ProviderSettings::default()
        };
        let text = format!("{settings:?}");
        assert!(!text.contains("hidden"), "{text}");
        assert!(text.contains("gate.example"), "{text}");
    }
}
