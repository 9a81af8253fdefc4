//! Providers that are asked over HTTP.
//!
//! Two wire formats are spoken here: chat completions, which OpenAI, Ollama, llama.cpp, LM Studio and Gemini's compatible
//! endpoint share, and Anthropic's messages. They are written out on plain HTTP and not taken from a client library,
//! because an answer must be exact against any upstream: the library that was looked at (genai 0.7) keeps an unended line
//! in memory without a bound, searches it anew with each chunk, and ends its stream in the same way whether an answer was
//! finished, finished without `[DONE]`, or ended without a reason, so that `complete` and `interrupted` could not be told
//! apart. The two formats take less code than working around that.

mod anthropic;
mod catalogue;
mod endpoint;
mod http;
mod openai;
mod reading;
mod sse;
mod vendors;

use std::sync::Arc;

pub(super) use endpoint::without_credentials;
pub(super) use http::Http;
pub(super) use openai::{Listing, OpenAi};
pub(super) use vendors::{LLAMACPP, LMSTUDIO, OLLAMA, Vendor, vendor};

use self::{anthropic::Anthropic, endpoint::Endpoint};
use super::{Provider, ProviderSettings, SettingsError};

/// The providers that the settings name, in the order in which one of them becomes the default.
pub(super) fn configured(settings: &ProviderSettings, http: &Http) -> Result<Vec<Arc<dyn Provider>>, SettingsError> {
    let mut providers: Vec<Arc<dyn Provider>> = Vec::new();
    let given = |url: &Option<String>| url.as_deref().map(str::trim).filter(|url| !url.is_empty()).map(str::to_owned);
    let (openai, anthropic, gemini) =
        (given(&settings.openai_base_url), given(&settings.anthropic_base_url), given(&settings.gemini_base_url));

    if settings.openai_api_key.is_some() || openai.is_some() {
        let base = endpoint::versioned(&vendors::OPENAI, openai.as_deref().unwrap_or("https://api.openai.com/v1"), "v1")?;
        let endpoint = Endpoint::new(&vendors::OPENAI, base, settings.openai_api_key.clone(), http.clone())?;
        providers.push(Arc::new(OpenAi::new(endpoint, Listing::OpenAi)));
    }
    if settings.anthropic_api_key.is_some() || anthropic.is_some() {
        let base = endpoint::versioned(&vendors::ANTHROPIC, anthropic.as_deref().unwrap_or("https://api.anthropic.com/v1"), "v1")?;
        let endpoint = Endpoint::new(&vendors::ANTHROPIC, base, settings.anthropic_api_key.clone(), http.clone())?;
        providers.push(Arc::new(Anthropic::new(endpoint)));
    }
    if settings.gemini_api_key.is_some() || gemini.is_some() {
        let usual = "https://generativelanguage.googleapis.com/v1beta/openai";
        let base = endpoint::versioned(&vendors::GEMINI, gemini.as_deref().unwrap_or(usual), "v1beta/openai")?;
        let endpoint = Endpoint::new(&vendors::GEMINI, base, settings.gemini_api_key.clone(), http.clone())?;
        providers.push(Arc::new(OpenAi::new(endpoint, Listing::Gemini)));
    }
    if let Some(host) = given(&settings.ollama_host) {
        let endpoint = Endpoint::new(&OLLAMA, endpoint::ollama(&host)?, None, http.clone())?;
        providers.push(Arc::new(OpenAi::new(endpoint, Listing::Ollama)));
    }
    Ok(providers)
}

/// A server found on this machine.
pub(super) fn local(vendor: &'static Vendor, port: u16, listing: Listing, http: &Http) -> Result<OpenAi, SettingsError> {
    let base = endpoint::parse(vendor, &format!("http://127.0.0.1:{port}{}", listing.root()))?;
    Ok(OpenAi::new(Endpoint::new(vendor, base, None, http.clone())?, listing))
}
