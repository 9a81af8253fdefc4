//! The name of a provider for people.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use holdfast_protocol::params::Param;
use reqwest::Url;

use crate::kinds::Vendor;

/// The name of a provider for people. Its clones change with it: the list of models may tell which program answers at an address.
///
/// [`Display`](fmt::Display) is for sentences, which are also shown to people who may not know the address.
#[derive(Clone)]
pub(crate) struct Title(Arc<Mutex<Name>>);

#[derive(Clone)]
struct Name {
    /// What lists of models show.
    listed: Arc<str>,
    /// What sentences say instead, if that is an address.
    in_sentences: Option<Arc<str>>,
}

impl Title {
    /// Creates a title.
    pub(super) fn new(text: &str) -> Self {
        Self(Arc::new(Mutex::new(Name { listed: text.into(), in_sentences: None })))
    }

    /// Returns the title of a vendor's API at this address: the vendor's name at the vendor's own address, otherwise the host.
    pub(super) fn at(vendor: &Vendor, base: &Url) -> Self {
        let own = vendor.default_url.and_then(|url| Url::parse(url).ok());
        let is_elsewhere = own.is_some_and(|own| own.host_str() != base.host_str());
        match base.host_str() {
            Some(host) if is_elsewhere => {
                let listed = base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")).into();
                Self(Arc::new(Mutex::new(Name { listed, in_sentences: Some(format!("The provider `{}`", vendor.name).into()) })))
            }
            _ => Self::new(vendor.title),
        }
    }

    /// Returns the title for lists of models.
    pub(crate) fn get(&self) -> Arc<str> {
        self.name().listed
    }

    /// Returns whether the title is an address.
    pub(crate) fn is_address(&self) -> bool {
        self.name().in_sentences.is_some()
    }

    /// Replaces an address by the name of the program that owns the listed models, if that is known.
    pub(super) fn recognize(&self, owner: &str) {
        let program = match owner {
            "llamacpp" => "llama.cpp",
            "vllm" => "vLLM",
            "sglang" => "SGLang",
            "organization_owner" => "LM Studio",
            "library" => "Ollama",
            _ => return,
        };
        let mut name = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if name.in_sentences.is_some() {
            *name = Name { listed: program.into(), in_sentences: None };
        }
    }

    // A poisoned lock is not possible, because nothing panics while holding it.
    fn name(&self) -> Name {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string(), f)
    }
}

impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Name { listed, in_sentences } = self.name();
        f.write_str(&in_sentences.unwrap_or(listed))
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
        assert_eq!((&*title.get(), title.to_string().as_str()), ("10.0.0.7:8000", "The provider `openai`"));
        title.recognize("somebody");
        assert_eq!(&*title.get(), "10.0.0.7:8000");
        let same = title.clone();
        title.recognize("vllm");
        assert_eq!((&*same.get(), same.to_string().as_str()), ("vLLM", "vLLM"));
    }
}
