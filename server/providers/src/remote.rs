//! Providers that are asked over HTTP.
//!
//! Three wire formats are spoken here: chat completions, which OpenAI, llama.cpp, LM Studio and Gemini's compatible
//! endpoint share, Anthropic's messages, and Ollama's chat. They are written out on plain HTTP and not taken from a client library,
//! because an answer must be exact against any upstream: the library that was looked at (genai 0.7) keeps an unended line
//! in memory without a bound, searches it anew with each chunk, and ends its stream in the same way whether an answer was
//! finished, finished without `[DONE]`, or ended without a reason, so that `complete` and `interrupted` could not be told
//! apart. The formats take less code than working around that.

mod anthropic;
mod asking;
mod azure;
mod catalogue;
mod claude;
mod completion;
mod ending;
mod endpoint;
mod fields;
mod finish;
mod http;
mod json;
mod objection;
mod ollama;
mod openai;
mod overflow;
mod reading;
mod reasoning;
mod refusal;
mod said;
mod sse;
mod vendors;
mod waiting;
mod windows;
mod withheld;
mod words;

use std::sync::Arc;

use holdfast_core::Secret;
use holdfast_protocol::providers::Kind;

pub(super) use endpoint::without_credentials;
pub(super) use http::Http;
pub(super) use openai::{Listing, OpenAi};
pub(super) use vendors::{LLAMACPP, LMSTUDIO, OLLAMA, Vendor, vendor};
pub(super) use words::ADMINISTRATORS;
use words::Words;

use reqwest::Url;

use self::{
    anthropic::Anthropic,
    azure::{Address, Azure},
    endpoint::Endpoint,
    ollama::Ollama,
};
use super::{ProviderSettings, SettingsError, added::Added};
use holdfast_core::model::Provider;

/// The providers that the settings name, in the order in which one of them becomes the default.
pub(super) fn configured(settings: &ProviderSettings, http: &Http) -> Result<Vec<Arc<dyn Provider>>, SettingsError> {
    let mut providers: Vec<Arc<dyn Provider>> = Vec::new();
    let given = |url: &Option<String>| url.as_deref().map(str::trim).filter(|url| !url.is_empty()).map(str::to_owned);
    let (openai, anthropic, gemini) =
        (given(&settings.openai_base_url), given(&settings.anthropic_base_url), given(&settings.gemini_base_url));

    if settings.openai_api_key.is_some() || openai.is_some() {
        let base = base(Kind::Openai, openai.as_deref())?;
        let endpoint = Endpoint::new(&vendors::OPENAI, base, settings.openai_api_key.clone(), http.clone())?;
        providers.push(Arc::new(OpenAi::new(endpoint, Listing::OpenAi)));
    }
    if settings.anthropic_api_key.is_some() || anthropic.is_some() {
        let base = base(Kind::Anthropic, anthropic.as_deref())?;
        let endpoint = Endpoint::new(&vendors::ANTHROPIC, base, settings.anthropic_api_key.clone(), http.clone())?;
        providers.push(Arc::new(Anthropic::new(endpoint)));
    }
    if settings.gemini_api_key.is_some() || gemini.is_some() {
        let base = base(Kind::Gemini, gemini.as_deref())?;
        let endpoint = Endpoint::new(&vendors::GEMINI, base, settings.gemini_api_key.clone(), http.clone())?;
        providers.push(Arc::new(OpenAi::new(endpoint, Listing::Gemini)));
    }
    if let Some(url) = given(&settings.azure_openai_endpoint) {
        let address = Address::read(&url, given(&settings.azure_openai_api_version).as_deref())?;
        let key = settings.azure_openai_api_key.clone();
        let endpoint = Endpoint::new(&vendors::AZURE, address.base.clone(), key, http.clone())?;
        let named = given(&settings.azure_openai_deployment).unwrap_or_default();
        let named = named.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        providers.push(Arc::new(Azure::new(endpoint, address, named)));
    } else if settings.azure_openai_api_key.is_some() {
        tracing::warn!("AZURE_OPENAI_API_KEY is not used: set AZURE_OPENAI_ENDPOINT to the address of the resource as well");
    }
    if let Some(host) = given(&settings.ollama_host) {
        let endpoint = Endpoint::new(&OLLAMA, base(Kind::Ollama, Some(&host))?, None, http.clone())?;
        providers.push(Arc::new(Ollama::new(OpenAi::new(endpoint, Listing::Ollama))));
    }
    Ok(providers)
}

/// Where a provider is, by what was written, or where its vendor is.
fn base(kind: Kind, url: Option<&str>) -> Result<Url, SettingsError> {
    match kind {
        Kind::Openai => endpoint::versioned(&vendors::OPENAI, url.unwrap_or("https://api.openai.com/v1"), "v1"),
        Kind::Anthropic => endpoint::versioned(&vendors::ANTHROPIC, url.unwrap_or("https://api.anthropic.com/v1"), "v1"),
        Kind::Gemini => {
            let usual = "https://generativelanguage.googleapis.com/v1beta/openai";
            endpoint::versioned(&vendors::GEMINI, url.unwrap_or(usual), "v1beta/openai")
        }
        Kind::Azure => {
            let none = || {
                SettingsError(
                    "Azure OpenAI has another address for each resource. Enter it, such as https://name.openai.azure.com.".to_owned(),
                )
            };
            Address::read(url.ok_or_else(none)?, None).map(|address| address.base)
        }
        Kind::Ollama => endpoint::ollama(url.unwrap_or("127.0.0.1")),
    }
}

/// The origin (scheme, host and port) of an address, or of the vendor's own; none where it can't be read.
pub fn origin(kind: Kind, url: Option<&str>) -> Option<String> {
    base(kind, url).ok().map(|url| url.origin().ascii_serialization())
}

/// A provider that an administrator added, with this key; `own`: it is a user's.
pub(super) fn added(added: &Added, key: Option<Secret>, own: bool, http: &Http) -> Result<Arc<dyn Provider>, SettingsError> {
    let words = if own { Words::own(&added.name) } else { Words::added(&added.name) };
    let base = base(added.kind, added.url.as_deref())?;
    let (vendor, listing) = match added.kind {
        Kind::Openai => (&vendors::OPENAI, Listing::OpenAi),
        Kind::Gemini => (&vendors::GEMINI, Listing::Gemini),
        Kind::Ollama => {
            let endpoint = Endpoint::called(&OLLAMA, words, base, key, http.clone())?;
            return Ok(Arc::new(Ollama::new(OpenAi::new(endpoint, Listing::Ollama))));
        }
        Kind::Azure => {
            let endpoint = Endpoint::called(&vendors::AZURE, words, base, key, http.clone())?;
            let address = Address::read(added.url.as_deref().unwrap_or_default(), None)?;
            return Ok(Arc::new(Azure::new(endpoint, address, Vec::new())));
        }
        Kind::Anthropic => {
            let endpoint = Endpoint::called(&vendors::ANTHROPIC, words, base, key, http.clone())?;
            return Ok(Arc::new(Anthropic::new(endpoint)));
        }
    };
    Ok(Arc::new(OpenAi::new(Endpoint::called(vendor, words, base, key, http.clone())?, listing)))
}

/// Whether an address of Ollama can be read. All forms will do that Ollama itself takes.
pub fn is_ollama_address(text: &str) -> bool {
    endpoint::ollama(text).is_ok()
}

/// A server found on this machine.
pub(super) fn local(vendor: &'static Vendor, port: u16, listing: Listing, http: &Http) -> Result<OpenAi, SettingsError> {
    let base = endpoint::parse(vendor, &format!("http://127.0.0.1:{port}{}", listing.root()))?;
    Ok(OpenAi::new(Endpoint::new(vendor, base, None, http.clone())?, listing))
}

/// The provider that answers there.
pub(super) fn provider(server: OpenAi) -> Arc<dyn Provider> {
    if server.listing() == Listing::Ollama { Arc::new(Ollama::new(server)) } else { Arc::new(server) }
}
