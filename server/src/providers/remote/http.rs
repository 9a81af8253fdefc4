//! Asking a provider, and what its refusals mean.

use std::time::Duration;

use reqwest::{RequestBuilder, Response, StatusCode, header, redirect};
use serde_json::Value;

use super::{Words, endpoint::Endpoint};
use crate::{
    outbound::{self, ConnectionFailure},
    providers::{ProviderError, ProviderSettings, SettingsError},
};

/// Largest list of models that is read.
const LIST_BYTES: usize = 8 * 1024 * 1024;
/// As much of a refusal as is read.
const REFUSAL_BYTES: usize = 64 * 1024;
/// As much of a vendor's own words as is passed on.
const QUOTE_CHARS: usize = 300;

/// The one HTTP client, and how patient it is.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: reqwest::Client,
    list_timeout: Duration,
    pub(crate) first_token_timeout: Duration,
    pub(crate) idle_timeout: Duration,
}

impl Http {
    pub(crate) fn new(settings: &ProviderSettings) -> Result<Self, SettingsError> {
        // A redirect would carry an `x-api-key` to wherever it points.
        let more = |builder: reqwest::ClientBuilder| builder.connect_timeout(settings.connect_timeout).redirect(redirect::Policy::none());
        let client = outbound::client(&settings.outbound, more).map_err(|error| SettingsError(error.to_string()))?;
        let ProviderSettings { first_token_timeout, idle_timeout, .. } = *settings;
        // Less than the registry waits for a provider, so that the error that is told is the one that names the address.
        let list_timeout = settings.list_timeout * 9 / 10;
        Ok(Self { client, list_timeout, first_token_timeout, idle_timeout })
    }

    /// The same, but as impatient as a look at this machine may be.
    pub(crate) fn hasty(&self, list_timeout: Duration) -> Self {
        Self { list_timeout, ..self.clone() }
    }
}

impl Endpoint {
    /// Asks for a JSON document.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, ProviderError> {
        let mut url = self.url(path.split('?').next().unwrap_or(path));
        if let Some((_, query)) = path.split_once('?') {
            url.set_query(Some(query));
        }
        let asking = async {
            let response = self.send(self.http.client.get(url), None).await?;
            let body = read(response, LIST_BYTES).await.map_err(|_| self.silent())?;
            serde_json::from_slice(&body).map_err(|_| self.strange())
        };
        tokio::time::timeout(self.http.list_timeout, asking).await.unwrap_or_else(|_| Err(self.silent()))
    }

    /// Sends a prompt; what comes back has a good status.
    pub(crate) async fn post(&self, path: &str, model: &str, body: &Value) -> Result<Response, ProviderError> {
        let request = self.http.client.post(self.url(path)).header(header::CONTENT_TYPE, "application/json").body(body.to_string());
        let asking = self.send(request.header(header::ACCEPT, "text/event-stream"), Some(model));
        tokio::time::timeout(self.http.first_token_timeout, asking).await.unwrap_or_else(|_| Err(self.late()))
    }

    async fn send(&self, mut request: RequestBuilder, model: Option<&str>) -> Result<Response, ProviderError> {
        if self.vendor.name == "anthropic" {
            request = request.header("anthropic-version", "2023-06-01");
        }
        if let Some(key) = &self.key {
            request = match self.vendor.name {
                "anthropic" => request.header("x-api-key", key.reveal()),
                _ => request.bearer_auth(key.reveal()),
            };
        }
        // reqwest's own words hold the address, and with it a password: only the kind of its errors is used.
        let response = request.send().await.map_err(|error| self.unreached(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let body = tokio::time::timeout(Duration::from_secs(2), read(response, REFUSAL_BYTES)).await;
        let body = body.ok().and_then(Result::ok).unwrap_or_default();
        Err(self.refusal(status, &headers, &String::from_utf8_lossy(&body), model))
    }

    /// What a bad status means.
    fn refusal(&self, status: StatusCode, headers: &header::HeaderMap, body: &str, model: Option<&str>) -> ProviderError {
        let words = &self.words;
        let Words { title, owner, key, key_mend, no_key, account, url, .. } = words;
        let shown = &self.shown;
        let wait = retry_after_ms(headers);
        // Gemini says 400 to a wrong key.
        let bad_key = matches!(status.as_u16(), 401 | 403) || body.contains("API_KEY_INVALID") || body.contains("API key not valid");
        let no_model = status.as_u16() == 404 || body.contains("\"model_not_found\"");
        match status.as_u16() {
            _ if bad_key && self.key.is_some() => ProviderError::refused(words.key_refused())
                .with_detail(format!("{key} was refused by {owner}: it is wrong, has expired, or may not do this. {key_mend}")),
            _ if bad_key => ProviderError::refused(words.key_missing()).with_detail(format!("{title} at {shown} asks for a key. {no_key}")),
            _ if no_model => match model {
                Some(model) => {
                    let model = one_line(model, 100);
                    ProviderError::model_not_found(format!("{title} has no model `{model}`. Choose another one.")).with_detail(format!(
                        "{title} at {shown} has no model `{model}`. {}; if it should be there, check {url}.",
                        self.vendor.models
                    ))
                }
                None => ProviderError::unavailable(words.misconfigured())
                    .with_detail(format!("Nothing at {shown} lists models. Check {url}."))
                    .for_good(),
            },
            402 => ProviderError::refused(words.used_up()).with_detail(format!("{account} has no credit left. Add some at {owner}.")),
            429 if body.contains("insufficient_quota") => {
                ProviderError::refused(words.used_up()).with_detail(format!("{account} has used up its quota. Raise it at {owner}."))
            }
            429 => ProviderError::refused(match wait {
                Some(ms) => format!("{title} takes no more requests for now. Try again in {} s.", ms.div_ceil(1000)),
                None => format!("{title} takes no more requests for now. Try again in a while."),
            })
            .again_after(wait),
            300..=399 => ProviderError::unavailable(words.misconfigured())
                .with_detail(format!("{shown} has moved. Set {url} to its new address."))
                .for_good(),
            code @ (408 | 500..=599) => ProviderError::unavailable(words.failed())
                .with_detail(format!("{title} at {shown} failed with status {code}{}. Try again.", self.quoted(body)))
                .again_after(wait),
            code => {
                let error = match Objection::read(body) {
                    Some(Objection::TooLong) => words.too_long(),
                    Some(Objection::Rules) => words.against_rules(),
                    None => words.request_refused(code),
                };
                let detail = format!("{title} at {shown} refused the request with status {code}{}.", self.quoted(body));
                ProviderError::refused(error).with_detail(detail)
            }
        }
    }

    /// What a connection that failed means.
    fn unreached(&self, error: &reqwest::Error) -> ProviderError {
        let failure = ConnectionFailure::from(error);
        let (title, shown) = (&self.words.title, &self.shown);
        match failure {
            ConnectionFailure::Certificate(flaw) => ProviderError::unavailable(self.words.misconfigured())
                .with_detail(format!("{title} at {shown} shows a certificate {flaw}"))
                .for_good(),
            ConnectionFailure::NotTls
            | ConnectionFailure::UnknownName
            | ConnectionFailure::Proxy
            | ConnectionFailure::ProxyPassword
            | ConnectionFailure::NoProxy
            | ConnectionFailure::OutOfFiles => ProviderError::unavailable(self.words.unreachable())
                .with_detail(format!("{title} does not answer at {shown}: {failure}. {}", self.words.mend)),
            ConnectionFailure::Refused | ConnectionFailure::Timeout | ConnectionFailure::Broken => self.silent(),
        }
    }

    /// Nobody there, or nobody who speaks.
    pub(crate) fn silent(&self) -> ProviderError {
        let detail = format!("{} does not answer at {}. {}", self.words.title, self.shown, self.words.mend);
        ProviderError::unavailable(self.words.unreachable()).with_detail(detail)
    }

    /// Someone there who takes too long.
    pub(crate) fn late(&self) -> ProviderError {
        let (title, shown, s) = (&self.words.title, &self.shown, self.http.first_token_timeout.as_secs_f32());
        let what = format!("did not begin to answer within {s} s. Try again, or choose a smaller model.");
        ProviderError::unavailable(format!("{title} {what}")).with_detail(format!("{title} at {shown} {what}"))
    }

    /// Someone else there.
    pub(crate) fn strange(&self) -> ProviderError {
        let detail = format!("What answers at {} does not speak as {} does. Check {}.", self.shown, self.vendor.title, self.words.url);
        ProviderError::unavailable(self.words.misconfigured()).with_detail(detail).for_good()
    }

    /// The vendor's own words as the end of a sentence for administrators; nothing where they repeat a secret.
    pub(crate) fn quoted(&self, body: &str) -> String {
        let said = serde_json::from_str::<Value>(body).ok().and_then(|body| said(&body).map(str::to_owned)).unwrap_or_default();
        let secrets = [self.key.as_ref().map(|key| key.reveal()), self.password()];
        let leaks = said.contains("sk-") || secrets.iter().flatten().any(|secret| said.contains(*secret));
        let said = one_line(&said, QUOTE_CHARS);
        if leaks || said.is_empty() { String::new() } else { format!(": “{}”", said.trim_end_matches('.')) }
    }
}

/// What a provider objects to in a request. Whoever asked can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Objection {
    /// The conversation is longer than the model takes.
    TooLong,
    /// What is asked is against the provider's rules.
    Rules,
}

impl Objection {
    /// Recognizes it in a refusal, by the codes and phrases that are in use.
    fn read(body: &str) -> Option<Self> {
        const TOO_LONG: [&str; 7] = [
            "context_length_exceeded",
            "exceed_context_size",
            "maximum context length",
            "context window",
            "available context size",
            "prompt is too long",
            "input token count",
        ];
        const RULES: [&str; 3] = ["content_policy_violation", "content_filter", "responsibleaipolicyviolation"];
        let body = body.to_ascii_lowercase();
        let says = |phrases: &[&str]| phrases.iter().any(|phrase| body.contains(phrase));
        match () {
            () if says(&TOO_LONG) => Some(Self::TooLong),
            () if says(&RULES) => Some(Self::Rules),
            () => None,
        }
    }
}

/// The message in an error document, in the shapes that are in use.
fn said(body: &Value) -> Option<&str> {
    let body = if let Value::Array(list) = body { list.first()? } else { body };
    let error = &body["error"];
    error["message"].as_str().or_else(|| error.as_str()).or_else(|| body["message"].as_str()).or_else(|| body["detail"].as_str())
}

/// `text` without line breaks and controls, and no longer than `most` characters.
fn one_line(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut kept: String = line.chars().filter(|c| !c.is_control()).take(most).collect();
    if kept.len() < line.len() {
        kept.push('…');
    }
    kept
}

/// Reads at most `most` bytes of a body.
async fn read(mut response: Response, most: usize) -> Result<Vec<u8>, ()> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(drop)? {
        if body.len() + piece.len() > most {
            return Err(());
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// `retry-after-ms` or `Retry-After` in seconds. (Its form as a date is not in use among these vendors.)
fn retry_after_ms(headers: &header::HeaderMap) -> Option<u64> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
    let ms = number("retry-after-ms").or_else(|| number("retry-after").map(|s| s * 1000.0))?;
    // A day is as good as never; the bound keeps the number in range.
    Some(ms.min(86_400_000.0).ceil() as u64)
}
