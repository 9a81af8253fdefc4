//! One description of each kind of provider. Configuration, discovery, error sentences and requests are made from it.
//!
//! To add a kind, add a row to `kinds!` in the protocol, a [`Vendor`] with its arm in [`Vendor::of`], and its [`SETTINGS`] here. Only a
//! new dialect needs code in `remote`.

use holdfast_protocol::providers::Kind;

use crate::remote::Listing;

/// The API that a kind of provider has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Chat completions. The models are listed as `Listing` says.
    Completions(Listing),
    /// Chat completions of Azure: a model is a deployment, whose name is part of the address.
    Azure,
    /// Anthropic's messages.
    Messages,
    /// Ollama's chat.
    Ollama,
}

/// The description of a kind of provider.
#[derive(Debug)]
pub(crate) struct Vendor {
    /// The provider's name in the protocol.
    pub(crate) name: &'static str,
    /// Its name in a sentence.
    pub(crate) title: &'static str,
    /// Its API.
    pub(crate) dialect: Dialect,
    /// The variable that holds its key.
    pub(crate) key: &'static str,
    /// The variable that holds its address.
    pub(crate) url: &'static str,
    /// Its address if none is configured. `None`: an address must be configured.
    pub(crate) default_url: Option<&'static str>,
    /// The path of the API's version, which is added to an address without a version. Empty: nothing is added.
    pub(crate) version: &'static str,
    /// Whether it usually runs on the user's own machine.
    pub(crate) is_local: bool,
    /// What to do if it does not answer, as a sentence.
    pub(crate) fix: &'static str,
    /// What to do if it lacks a model, as the beginning of a sentence.
    pub(crate) models: &'static str,
}

impl Vendor {
    /// The description of a kind.
    pub(crate) const fn of(kind: Kind) -> &'static Self {
        match kind {
            Kind::Openai => &OPENAI,
            Kind::Anthropic => &ANTHROPIC,
            Kind::Gemini => &GEMINI,
            Kind::Azure => &AZURE,
            Kind::Ollama => &OLLAMA,
        }
    }

    /// The description with this name, or `None` if there is none. Includes the servers that are only found on this machine.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        Kind::ALL.into_iter().map(Self::of).chain([&LLAMACPP, &LMSTUDIO]).find(|vendor| vendor.name == name)
    }

    /// Whether a key alone is enough to configure it.
    pub(crate) fn has_usual_address(&self) -> bool {
        self.default_url.is_some() && !self.is_local
    }
}

const CHOOSE: &str = "Choose one that it lists";

const OPENAI: Vendor = Vendor {
    name: Kind::Openai.as_str(),
    title: Kind::Openai.title(),
    dialect: Dialect::Completions(Listing::OpenAi),
    key: "OPENAI_API_KEY",
    url: "OPENAI_BASE_URL",
    default_url: Some("https://api.openai.com/v1"),
    version: "v1",
    is_local: false,
    fix: "Check the network and OPENAI_BASE_URL.",
    models: CHOOSE,
};
const ANTHROPIC: Vendor = Vendor {
    name: Kind::Anthropic.as_str(),
    title: Kind::Anthropic.title(),
    dialect: Dialect::Messages,
    key: "ANTHROPIC_API_KEY",
    url: "ANTHROPIC_BASE_URL",
    default_url: Some("https://api.anthropic.com/v1"),
    version: "v1",
    is_local: false,
    fix: "Check the network and ANTHROPIC_BASE_URL.",
    models: CHOOSE,
};
const GEMINI: Vendor = Vendor {
    name: Kind::Gemini.as_str(),
    title: Kind::Gemini.title(),
    dialect: Dialect::Completions(Listing::Gemini),
    key: "GEMINI_API_KEY",
    url: "GEMINI_BASE_URL",
    default_url: Some("https://generativelanguage.googleapis.com/v1beta/openai"),
    version: "v1beta/openai",
    is_local: false,
    fix: "Check the network and GEMINI_BASE_URL.",
    models: CHOOSE,
};
const AZURE: Vendor = Vendor {
    name: Kind::Azure.as_str(),
    title: Kind::Azure.title(),
    dialect: Dialect::Azure,
    key: "AZURE_OPENAI_API_KEY",
    url: "AZURE_OPENAI_ENDPOINT",
    default_url: None,
    version: "",
    is_local: false,
    fix: "Check the network and AZURE_OPENAI_ENDPOINT.",
    models: "Give the name of one of its deployments",
};
pub(crate) const OLLAMA: Vendor = Vendor {
    name: Kind::Ollama.as_str(),
    title: Kind::Ollama.title(),
    dialect: Dialect::Ollama,
    key: "OPENAI_API_KEY",
    url: "OLLAMA_HOST",
    default_url: Some("127.0.0.1"),
    version: "",
    is_local: true,
    fix: "Start it with `ollama serve`, or set OLLAMA_HOST to where it runs.",
    models: "Get it with `ollama pull`, or choose one that it lists",
};
// The two below have no variables of their own: with a key or another address they are configured as OpenAI is.
pub(crate) const LLAMACPP: Vendor = Vendor {
    name: "llamacpp",
    title: "llama.cpp",
    dialect: Dialect::Completions(Listing::LlamaCpp),
    is_local: true,
    fix: "Start `llama-server` on its usual port 8080, or set OPENAI_BASE_URL to where it runs.",
    ..OPENAI
};
pub(crate) const LMSTUDIO: Vendor = Vendor {
    name: "lmstudio",
    title: "LM Studio",
    dialect: Dialect::Completions(Listing::LmStudio),
    is_local: true,
    fix: "Start its server with `lms server start` on its usual port 1234, or set OPENAI_BASE_URL to where it runs.",
    models: "Download it in LM Studio, or choose one that it lists",
    ..OPENAI
};

/// The meaning and form of a provider setting's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingForm {
    /// Its key.
    Key,
    /// Its http address.
    Url,
    /// Its address in any form that Ollama itself accepts.
    OllamaHost,
    /// The version of its API, such as `2024-10-21`.
    ApiVersion,
    /// Names of its deployments, separated by commas.
    Deployments,
}

/// A setting of a kind of provider.
#[derive(Clone, Copy, Debug)]
pub struct ProviderSetting {
    /// The kind of provider.
    pub kind: Kind,
    /// The meaning and form of its value.
    pub form: SettingForm,
    /// Its name in `holdfast.toml`.
    pub name: &'static str,
    /// Its environment variable, which other programs use for the same value.
    pub variable: &'static str,
    /// One line of help.
    pub help: &'static str,
}

const fn setting(kind: Kind, form: SettingForm, name: &'static str, variable: &'static str, help: &'static str) -> ProviderSetting {
    ProviderSetting { kind, form, name, variable, help }
}

/// The settings of all kinds of providers.
pub const SETTINGS: &[ProviderSetting] = {
    use SettingForm::{ApiVersion, Deployments, Key, OllamaHost, Url};
    &[
        setting(Kind::Openai, Key, "openai_api_key", OPENAI.key, "Key for OpenAI, or for the server in openai_base_url"),
        setting(Kind::Openai, Url, "openai_base_url", OPENAI.url, "An OpenAI-compatible server, such as http://127.0.0.1:8080/v1"),
        setting(Kind::Anthropic, Key, "anthropic_api_key", ANTHROPIC.key, "Key for Anthropic"),
        setting(Kind::Anthropic, Url, "anthropic_base_url", ANTHROPIC.url, "An Anthropic-compatible server"),
        setting(Kind::Gemini, Key, "gemini_api_key", GEMINI.key, "Key for Gemini"),
        setting(Kind::Gemini, Url, "gemini_base_url", GEMINI.url, "A Gemini-compatible server"),
        setting(Kind::Azure, Url, "azure_openai_endpoint", AZURE.url, "An Azure OpenAI resource, such as https://name.openai.azure.com"),
        setting(Kind::Azure, Key, "azure_openai_api_key", AZURE.key, "Key for Azure OpenAI"),
        setting(
            Kind::Azure,
            ApiVersion,
            "azure_openai_api_version",
            "AZURE_OPENAI_API_VERSION",
            "Version of its API if azure_openai_endpoint has none [default: 2024-10-21]",
        ),
        setting(
            Kind::Azure,
            Deployments,
            "azure_openai_deployment",
            "AZURE_OPENAI_DEPLOYMENT",
            "Names of its deployments to list, separated by commas",
        ),
        setting(Kind::Ollama, OllamaHost, "ollama_host", OLLAMA.url, "Where Ollama listens, such as 127.0.0.1:11434"),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_setting_for_its_address_and_names_that_fit() {
        for kind in Kind::ALL {
            let vendor = Vendor::of(kind);
            assert_eq!((vendor.name, vendor.title), (kind.as_str(), kind.title()));
            assert!(SETTINGS.iter().any(|setting| setting.kind == kind && setting.variable == vendor.url), "{kind:?}");
            assert_eq!(Vendor::named(vendor.name).map(|vendor| vendor.name), Some(vendor.name));
        }
        for setting in SETTINGS {
            assert_eq!(setting.variable, setting.name.to_uppercase());
        }
    }
}
