//! The address of a provider, parsed from a setting.

use std::sync::Arc;

use holdfast_core::Secret;
use reqwest::Url;

use super::{Http, Listing, Words, reasoning::Habits, title::Title};
use crate::{
    SettingsError,
    kinds::{Dialect, OLLAMA, Vendor},
};

/// Ollama's default port.
const OLLAMA_PORT: u16 = 11434;

/// A provider's address and key.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) vendor: &'static Vendor,
    pub(crate) words: Words,
    pub(crate) http: Http,
    pub(crate) key: Option<Secret>,
    /// The address to show: without credentials and query.
    pub(crate) shown: String,
    base: Base,
    /// What was learned about its models' reasoning.
    pub(super) habits: Arc<Habits>,
}

/// The address for requests. It may contain a password, so `Debug` hides it.
#[derive(Clone)]
struct Base(Url);

impl std::fmt::Debug for Base {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl Endpoint {
    /// Creates the endpoint of a configured provider. Fails if the key can't be sent in a header.
    pub(crate) fn new(vendor: &'static Vendor, base: Url, key: Option<Secret>, http: Http) -> Result<Self, SettingsError> {
        let words = Words::configured(vendor, Title::new(vendor.title));
        Self::called(vendor, words, base, key, http)
    }

    /// Creates an endpoint with a name other than its vendor's. Fails if the key can't be sent in a header.
    pub(crate) fn called(
        vendor: &'static Vendor,
        words: Words,
        mut base: Url,
        key: Option<Secret>,
        http: Http,
    ) -> Result<Self, SettingsError> {
        if key.as_ref().is_some_and(|key| !key.reveal().bytes().all(|byte| byte.is_ascii_graphic())) {
            let error = format!("{} has a character that no key has, such as a space or a line break. Copy the key again.", words.key);
            return Err(SettingsError(error));
        }
        let shown = shown(&base);
        if key.is_some() {
            // Only one kind of authentication: the key, not the credentials in the address.
            let _ = base.set_username("").and_then(|()| base.set_password(None));
        }
        let http = http.waiting_for(&words.name);
        Ok(Self { vendor, words, http, key, shown, base: Base(base), habits: Arc::default() })
    }

    /// Returns the same endpoint with a longer base path.
    pub(crate) fn below(&self, path: &str) -> Self {
        Self { base: Base(self.url(path)), ..self.clone() }
    }

    /// Returns the provider's name for people, if it is not its vendor's and not chosen by an administrator.
    pub(super) fn title(&self) -> Option<String> {
        let is_own_name = self.words.name == self.vendor.name;
        let title = self.words.title.get();
        (is_own_name && *title != *self.vendor.title).then(|| title.to_string())
    }

    /// Returns the URL of a call.
    pub(crate) fn url(&self, path: &str) -> Url {
        let mut url = self.base.0.clone();
        url.set_path(&format!("{}/{path}", self.base.0.path().trim_end_matches('/')));
        url
    }

    /// Returns the host, which only administrators see.
    pub(crate) fn host(&self) -> &str {
        self.base.0.host_str().unwrap_or_default()
    }

    /// Returns the password in the address, which no sentence may repeat.
    pub(crate) fn password(&self) -> Option<&str> {
        self.base.0.password()
    }
}

/// Parses an address from a setting.
pub(crate) fn parse(vendor: &Vendor, text: &str) -> Result<Url, SettingsError> {
    let wrong = || {
        let seen = without_credentials(text);
        SettingsError(format!("{} is `{seen}`, which is no http address. Write it like http://127.0.0.1:8080/v1.", vendor.url))
    };
    let url = Url::parse(text.trim()).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(wrong());
    }
    Ok(url)
}

/// Parses an address, and adds the path of the API's version if it has none, because both forms are common.
pub(crate) fn versioned(vendor: &Vendor, text: &str, version: &str) -> Result<Url, SettingsError> {
    let mut url = parse(vendor, text)?;
    let is_openai = vendor.dialect == Dialect::Completions(Listing::OpenAi);
    let pasted = url.path().trim_end_matches('/');
    let path = CALLS.iter().find_map(|call| pasted.strip_suffix(call)).unwrap_or(pasted).trim_end_matches('/').to_owned();
    if path.len() < pasted.len() && is_openai {
        // The URL of a call shows whether it contains a version.
        url.set_path(&path);
        return Ok(url);
    }
    let last = version.rsplit('/').next().unwrap_or(version);
    let missing = match path.rsplit('/').next() {
        _ if path.is_empty() => Some(version),
        // `…/v1beta` where `…/v1beta/openai` is meant.
        Some(end) if version.starts_with(&format!("{end}/")) => Some(last),
        // Anthropic's variable has no version, even if a gateway has a path of its own.
        Some(end) if vendor.dialect == Dialect::Messages && end != version => Some(version),
        // Services that are known to have it there.
        Some("api" | "openai") if is_openai && !path.split('/').any(is_version) => Some(version),
        _ => None,
    };
    url.set_path(&missing.map_or_else(|| path.clone(), |missing| format!("{path}/{missing}")));
    Ok(url)
}

/// Ends of call URLs, which users sometimes paste.
const CALLS: [&str; 5] = ["/chat/completions", "/completions", "/messages", "/responses", "/models"];

/// `v1`, `v1beta`, `v4`.
fn is_version(segment: &str) -> bool {
    segment.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Parses `OLLAMA_HOST` as Ollama does: scheme, port and even host are optional. An address for listening (0.0.0.0) stands for this
/// machine.
pub(crate) fn ollama(text: &str) -> Result<Url, SettingsError> {
    let vendor = &OLLAMA;
    let text = text.trim();
    let mut url = if text.contains("://") {
        parse(vendor, text)?
    } else {
        // The colons in a bare IPv6 address do not start a port.
        let text = if text.parse::<std::net::Ipv6Addr>().is_ok() { format!("[{text}]") } else { text.to_owned() };
        let text = if text.starts_with(':') { format!("127.0.0.1{text}") } else { text };
        let (authority, path) = text.split_once('/').unwrap_or((&text, ""));
        let host = authority.rsplit('@').next().unwrap_or(authority);
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
        // Explicit, because 80 would be dropped as the scheme's default.
        let port = if has_port { String::new() } else { format!(":{OLLAMA_PORT}") };
        parse(vendor, &format!("http://{authority}{port}/{path}"))?
    };
    if matches!(url.host_str(), Some("0.0.0.0" | "[::]")) {
        let _ = url.set_host(Some("127.0.0.1"));
    }
    let path = url.path().trim_end_matches('/').trim_end_matches("/v1").trim_end_matches("/api").to_owned();
    url.set_path(&path);
    Ok(url)
}

fn shown(url: &Url) -> String {
    let mut url = url.clone();
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url.set_query(None);
    url.set_fragment(None);
    url.as_str().trim_end_matches('/').to_owned()
}

/// Returns an address without user, password and query, even if it is not a valid URL.
pub(crate) fn without_credentials(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let rest = rest.rsplit('@').next().unwrap_or(rest);
    if scheme.is_empty() { rest.to_owned() } else { format!("{scheme}://{rest}") }
}

#[cfg(test)]
mod tests {
    use holdfast_protocol::providers::Kind;

    use super::*;

    const OPENAI: &Vendor = Vendor::of(Kind::Openai);
    const ANTHROPIC: &Vendor = Vendor::of(Kind::Anthropic);
    const GEMINI: &Vendor = Vendor::of(Kind::Gemini);

    fn base(vendor: &Vendor, text: &str, version: &str) -> String {
        versioned(vendor, text, version).map_or_else(|error| error.0, |url| url.to_string())
    }

    #[test]
    fn both_ways_of_writing_a_base_are_read() {
        assert_eq!(base(OPENAI, "http://127.0.0.1:8080", "v1"), "http://127.0.0.1:8080/v1");
        assert_eq!(base(OPENAI, "http://127.0.0.1:8080/v1/", "v1"), "http://127.0.0.1:8080/v1");
        assert_eq!(base(OPENAI, "https://a.example/api/paas/v4", "v1"), "https://a.example/api/paas/v4");
        for pasted in ["/v1/chat/completions", "/v1/chat/completions/", "/v1/models", "/v1/responses", "/v1/", "/v1", "/", ""] {
            assert_eq!(base(OPENAI, &format!("http://h{pasted}"), "v1"), "http://h/v1", "{pasted}");
        }
        assert_eq!(base(OPENAI, "https://api.perplexity.ai/chat/completions", "v1"), "https://api.perplexity.ai/");
        assert_eq!(base(OPENAI, "https://openrouter.ai/api", "v1"), "https://openrouter.ai/api/v1");
        assert_eq!(base(OPENAI, "https://api.groq.com/openai/", "v1"), "https://api.groq.com/openai/v1");
        assert_eq!(base(OPENAI, "https://g.example/v1beta/openai", "v1"), "https://g.example/v1beta/openai");
        assert_eq!(base(ANTHROPIC, "https://api.anthropic.com/v1/messages", "v1"), "https://api.anthropic.com/v1");
        assert_eq!(base(ANTHROPIC, "https://api.anthropic.com", "v1"), "https://api.anthropic.com/v1");
        assert_eq!(base(ANTHROPIC, "https://gate.example/anthropic", "v1"), "https://gate.example/anthropic/v1");
        assert_eq!(base(ANTHROPIC, "https://gate.example/anthropic/v1", "v1"), "https://gate.example/anthropic/v1");
        assert_eq!(base(GEMINI, "https://g.example/v1beta", "v1beta/openai"), "https://g.example/v1beta/openai");
        assert_eq!(base(GEMINI, "https://g.example", "v1beta/openai"), "https://g.example/v1beta/openai");
    }

    #[test]
    fn what_is_no_address_is_named_without_its_password() {
        let error = base(OPENAI, "me:hidden@host", "v1");
        assert!(error.contains("OPENAI_BASE_URL") && !error.contains("hidden"), "{error}");
        assert!(base(OPENAI, "ftp://h/", "v1").contains("no http address"));
    }

    #[test]
    fn ollama_host_is_read_as_ollama_reads_it() {
        for (text, url) in [
            ("127.0.0.1:11434", "http://127.0.0.1:11434/"),
            ("0.0.0.0", "http://127.0.0.1:11434/"),
            (":1234", "http://127.0.0.1:1234/"),
            ("box", "http://box:11434/"),
            ("box:80", "http://box/"),
            ("http://box", "http://box/"),
            ("https://box.example/ollama/", "https://box.example/ollama"),
            ("http://box:11434/v1", "http://box:11434/"),
            ("::1", "http://[::1]:11434/"),
            ("[::]:4000", "http://127.0.0.1:4000/"),
        ] {
            assert_eq!(ollama(text).map(|url| url.to_string()), Ok(url.to_owned()), "{text}");
        }
    }
}
