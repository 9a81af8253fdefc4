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
mod parameters;
mod reading;
mod reasoning;
mod refusal;
mod responses;
mod said;
mod sse;
mod title;
mod waiting;
mod windows;
mod withheld;
mod words;

use std::sync::Arc;

use holdfast_core::access::Added;
use holdfast_core::{Secret, model::Provider};
use holdfast_protocol::providers::Kind;
use reqwest::Url;
use tracing::warn;

pub(super) use endpoint::without_credentials;
pub(super) use http::Http;
pub(super) use openai::{Listing, OpenAi};
use title::Title;
use words::Words;

use self::{
    anthropic::Anthropic,
    azure::{Address, Azure},
    endpoint::Endpoint,
    ollama::Ollama,
};
use super::{
    ProviderSettings, ServiceSettings, SettingsError,
    kinds::{Dialect, Vendor},
};

/// The providers that the settings name, in the order in which one of them becomes the default.
pub(super) fn configured(settings: &ProviderSettings, http: &Http) -> Result<Vec<Arc<dyn Provider>>, SettingsError> {
    let mut providers = Vec::new();
    for kind in Kind::ALL {
        let (vendor, service) = (Vendor::of(kind), settings.service(kind));
        if service.url.is_some() || (service.key.is_some() && vendor.has_usual_address()) {
            let title = Title::at(vendor, &base(kind, service.url.as_deref())?);
            providers.push(made(kind, Words::configured(vendor, title), service, http)?);
        } else if service.key.is_some() {
            warn!("{} is not used: set {} to the address of the resource as well", vendor.key, vendor.url);
        }
    }
    Ok(providers)
}

/// A provider that an administrator added, with this key; `own`: it is a user's.
pub(super) fn added(added: &Added, key: Option<Secret>, own: bool, http: &Http) -> Result<Arc<dyn Provider>, SettingsError> {
    let words = if own { Words::own(&added.name) } else { Words::added(&added.name) };
    made(added.kind, words, ServiceSettings { key, url: added.url.clone(), ..ServiceSettings::default() }, http)
}

fn made(kind: Kind, words: Words, service: ServiceSettings, http: &Http) -> Result<Arc<dyn Provider>, SettingsError> {
    let (vendor, url) = (Vendor::of(kind), service.url.as_deref());
    let endpoint = |base: Url| Endpoint::called(vendor, words, base, service.key, http.clone());
    let provider: Arc<dyn Provider> = match vendor.dialect {
        Dialect::Completions(listing) => Arc::new(OpenAi::new(endpoint(base(kind, url)?)?, listing)),
        Dialect::Messages => Arc::new(Anthropic::new(endpoint(base(kind, url)?)?)),
        Dialect::Ollama => Arc::new(Ollama::new(OpenAi::new(endpoint(base(kind, url)?)?, Listing::Ollama))),
        Dialect::Azure => {
            let address = azure(url, service.api_version.as_deref())?;
            let named = service
                .deployments
                .iter()
                .flat_map(|names| names.split(','))
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect();
            Arc::new(Azure::new(endpoint(address.base.clone())?, address, named))
        }
    };
    Ok(provider)
}

/// Where a provider is, by what was written, or where its vendor is.
fn base(kind: Kind, url: Option<&str>) -> Result<Url, SettingsError> {
    let vendor = Vendor::of(kind);
    let text = url.or(vendor.default_url).unwrap_or_default();
    match vendor.dialect {
        Dialect::Completions(_) | Dialect::Messages => endpoint::versioned(vendor, text, vendor.version),
        Dialect::Ollama => endpoint::ollama(text),
        Dialect::Azure => azure(url, None).map(|address| address.base),
    }
}

fn azure(url: Option<&str>, version: Option<&str>) -> Result<Address, SettingsError> {
    let none = || {
        let error = "Azure OpenAI has another address for each resource. Enter it, such as https://name.openai.azure.com.";
        SettingsError(error.to_owned())
    };
    Address::read(url.ok_or_else(none)?, version)
}

/// The origin (scheme, host and port) of an address, or of the vendor's own; none where it can't be read.
pub(super) fn origin(kind: Kind, url: Option<&str>) -> Option<String> {
    base(kind, url).ok().map(|url| url.origin().ascii_serialization())
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
