//! The name of a provider for people.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use holdfast_protocol::params::Param;
use reqwest::Url;

use crate::kinds::Vendor;

/// The name of a provider in sentences. Its clones change with it: the list of models may tell which program answers at an address.
#[derive(Clone)]
pub(crate) struct Title(Arc<Mutex<Arc<str>>>);

impl Title {
    /// Creates a title.
    pub(super) fn new(text: &str) -> Self {
        Self(Arc::new(Mutex::new(text.into())))
    }

    /// Returns the title of a vendor's API at this address: the vendor's name at the vendor's own address, otherwise the host.
    pub(super) fn at(vendor: &Vendor, base: &Url) -> Self {
        let own = vendor.default_url.and_then(|url| Url::parse(url).ok());
        let is_elsewhere = own.is_some_and(|own| own.host_str() != base.host_str());
        match base.host_str() {
            Some(host) if is_elsewhere => Self::new(&base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))),
            _ => Self::new(vendor.title),
        }
    }

    /// Returns the title.
    pub(crate) fn get(&self) -> Arc<str> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the title by the name of the program that owns the listed models, if that is known.
    pub(super) fn recognize(&self, owner: &str) {
        let program = match owner {
            "llamacpp" => "llama.cpp",
            "vllm" => "vLLM",
            "sglang" => "SGLang",
            "organization_owner" => "LM Studio",
            "library" => "Ollama",
            _ => return,
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = program.into();
    }
}

impl fmt::Debug for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.get(), f)
    }
}

impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.get())
    }
}

impl From<&Title> for Param {
    fn from(title: &Title) -> Self {
        title.to_string().into()
    }
}

#[cfg(test)]
mod tests {
    use holdfast_protocol::providers::Kind;

    use super::*;

    #[test]
    fn an_address_is_named_by_its_host_until_its_program_is_known() {
        let at = |kind, url: &str| Title::at(Vendor::of(kind), &Url::parse(url).expect("an address"));
        assert_eq!(&*at(Kind::Openai, "https://api.openai.com/v1").get(), "OpenAI");
        assert_eq!(&*at(Kind::Openai, "https://api.groq.example/openai/v1").get(), "api.groq.example");
        assert_eq!(&*at(Kind::Anthropic, "https://gate.example/v1").get(), "gate.example");
        assert_eq!(&*at(Kind::Ollama, "http://10.0.0.7:11434").get(), "Ollama");
        let title = at(Kind::Openai, "http://user:hidden@10.0.0.7:8000/v1");
        assert_eq!(&*title.get(), "10.0.0.7:8000");
        title.recognize("somebody");
        assert_eq!(&*title.get(), "10.0.0.7:8000");
        let same = title.clone();
        title.recognize("vllm");
        assert_eq!(&*same.get(), "vLLM");
    }
}
