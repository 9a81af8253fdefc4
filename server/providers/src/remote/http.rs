//! HTTP requests to providers.

use std::{convert::Infallible, sync::Arc, time::Duration};

use holdfast_protocol::Reason;
use reqwest::{RequestBuilder, Response, header, redirect};
use serde_json::Value;
use tracing::info;

use super::{
    asking::Notes,
    ending,
    endpoint::Endpoint,
    fields::{self, RefusedFields},
    objection::Objection,
    parameters::Names,
    refusal::Refused,
    said::Said,
    waiting,
};
use crate::{ProviderSettings, ProviderWait, SettingsError, kinds::Dialect};
use holdfast_core::clock;
use holdfast_core::model::ProviderError;
use holdfast_outbound::ConnectionFailure;

/// Silence after which the user is told that the server is being waited for.
const SILENCE: Duration = Duration::from_secs(5);
/// Interval of requests to a server that is loading its model.
const LOADING: Duration = Duration::from_secs(1);
/// Maximum size of a list of models, bytes.
const LIST_BYTES: usize = 32 * 1024 * 1024;
/// Maximum number of bytes of an error reply that are read.
const REFUSAL_BYTES: usize = 64 * 1024;

/// The HTTP client, with its timeouts.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: reqwest::Client,
    list_timeout: Duration,
    pub(crate) first_token_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    /// The context window to request from Ollama, tokens; `None` for one that fits the conversation.
    pub(crate) ollama_context: Option<u32>,
    waits: Arc<[ProviderWait]>,
    refused_fields: RefusedFields,
}

impl Http {
    pub(crate) fn new(settings: &ProviderSettings) -> Result<Self, SettingsError> {
        // A redirect would send an `x-api-key` header to another server.
        let more = |builder: reqwest::ClientBuilder| builder.connect_timeout(settings.connect_timeout).redirect(redirect::Policy::none());
        let client = holdfast_outbound::client(&settings.outbound, more).map_err(|error| SettingsError(error.to_string()))?;
        let ProviderSettings { first_token_timeout, idle_timeout, ollama_context, .. } = *settings;
        // Shorter than the registry's timeout, so that the reported error is the one that names the address.
        let list_timeout = settings.list_timeout * 9 / 10;
        let waits = settings.waits.clone().into();
        Ok(Self {
            client,
            list_timeout,
            first_token_timeout,
            idle_timeout,
            ollama_context,
            waits,
            refused_fields: RefusedFields::default(),
        })
    }

    /// Returns the same with the timeouts for this provider.
    pub(super) fn waiting_for(self, provider: &str) -> Self {
        let Some(wait) = self.waits.iter().find(|wait| wait.name == provider) else { return self };
        let (first_token_timeout, idle_timeout) = (wait.first, wait.idle.unwrap_or(self.idle_timeout));
        Self { first_token_timeout, idle_timeout, ..self }
    }

    /// Returns the same with the short timeouts of a search on this machine.
    pub(crate) fn hasty(&self, list_timeout: Duration) -> Self {
        Self { list_timeout, ..self.clone() }
    }
}

impl Endpoint {
    /// Requests a list; `query` is added to the path. Returns `None` if the server has no such list.
    pub(crate) async fn list(&self, path: &str, query: Option<(&str, &str)>) -> Result<Option<String>, ProviderError> {
        let (path, own) = path.split_once('?').unwrap_or((path, ""));
        let mut url = self.url(path);
        for (name, value) in own.split_once('=').into_iter().chain(query) {
            url.query_pairs_mut().append_pair(name, value);
        }
        let asking = async {
            let response = match self.send(self.http.client.get(url)).await {
                Ok(response) => response,
                Err(RequestError::Refused(refused)) if matches!(refused.status.as_u16(), 404 | 405 | 410 | 501) => return Ok(None),
                Err(failure) => return Err(self.error(failure, None)),
            };
            let body = read(response, LIST_BYTES).await.map_err(|_| self.silent())?;
            Ok(Some(String::from_utf8_lossy(&body).into_owned()))
        };
        tokio::time::timeout(self.http.list_timeout, asking).await.unwrap_or_else(|_| Err(self.silent()))
    }

    /// Requests information by a call with a body. Returns `None` if there is none.
    pub(super) async fn ask_for(&self, path: &str, asked: &Value) -> Option<Value> {
        let request = self.http.client.post(self.url(path)).header(header::CONTENT_TYPE, "application/json").body(asked.to_string());
        let response = self.send(request.header(header::ACCEPT_ENCODING, "identity")).await.ok()?;
        serde_json::from_slice(&read(response, LIST_BYTES).await.ok()?).ok()
    }

    /// Sends a prompt; the returned response has a success status. Refused fields are removed or lowered. While a server is loading its
    /// model, the request is repeated until the timeout for the first token. `notes` reports this.
    pub(super) async fn post(&self, path: &str, model: &str, body: Value, notes: &Notes) -> Result<Response, ProviderError> {
        let asking = async {
            tokio::select! {
                response = self.ask(path, model, body, notes) => response,
                never = self.note_silence(model, notes) => match never {},
            }
        };
        tokio::time::timeout(self.http.first_token_timeout, asking).await.unwrap_or_else(|_| Err(self.late()))
    }

    /// Returns the names of the settings that a model refuses, as far as is known.
    pub(super) fn ignored(&self, model: &str, names: Names) -> Vec<&'static str> {
        let refused = self.http.refused_fields.refused(&self.shown, model);
        let is_refused = |field: &str| refused.iter().any(|name| name == field);
        names.iter().filter(|(field, _)| is_refused(field)).map(|(_, setting)| *setting).collect()
    }

    /// Reports what a silent server is waited for.
    async fn note_silence(&self, model: &str, notes: &Notes) -> Infallible {
        tokio::time::sleep(SILENCE).await;
        // Ollama is silent until the model is loaded, but lists the loaded models.
        let is_loading = self.vendor.dialect == Dialect::Ollama
            && self.list("api/ps", None).await.is_ok_and(|running| running.is_some_and(|running| !runs(&running, model)));
        notes.say(self.words.error(if is_loading { Reason::ProviderLoadsModel } else { Reason::ProviderSilent }));
        std::future::pending().await
    }

    async fn ask(&self, path: &str, model: &str, mut body: Value, notes: &Notes) -> Result<Response, ProviderError> {
        // Keyed by the address, because another provider may get the same name.
        let (memory, needs_bound) = (&self.http.refused_fields, self.vendor.dialect == Dialect::Messages);
        memory.apply(&self.shown, model, &mut body);
        let mut changes = 0;
        loop {
            let request = self.http.client.post(self.url(path)).header(header::CONTENT_TYPE, "application/json").body(body.to_string());
            let refused =
                match self.send(request.header(header::ACCEPT, "text/event-stream").header(header::ACCEPT_ENCODING, "identity")).await {
                    Ok(response) => return Ok(response),
                    Err(RequestError::Refused(refused)) => refused,
                    Err(failure) => return Err(self.error(failure, Some(model))),
                };
            if refused.objection() == Some(Objection::Loading) {
                notes.say(self.words.error(Reason::ProviderLoadsModel));
                tokio::time::sleep(LOADING).await;
                continue;
            }
            let change =
                fields::change(refused.status.as_u16(), &refused.said, &body, needs_bound).filter(|_| changes < fields::MOST_CHANGES);
            let Some((change, holds)) = change else { return Err(self.refusal(&refused, Some(model))) };
            info!(provider = self.words.name, model, ?change, "provider refused a field; retrying without it");
            change.apply(&mut body);
            changes += 1;
            if holds {
                memory.remember(&self.shown, model, change);
            }
        }
    }

    /// Adds the key, and the vendor's required headers.
    fn authorized(&self, mut request: RequestBuilder) -> RequestBuilder {
        if self.vendor.dialect == Dialect::Messages {
            request = request.header("anthropic-version", "2023-06-01");
        }
        match (&self.key, self.vendor.dialect) {
            (Some(key), Dialect::Messages) => request.header("x-api-key", key.reveal()),
            (Some(key), Dialect::Azure) => request.header("api-key", key.reveal()),
            (Some(key), Dialect::Completions(_) | Dialect::Ollama) => request.bearer_auth(key.reveal()),
            (None, _) => request,
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, RequestError> {
        // reqwest's messages contain the URL, and with it a password; so only the kind of an error is used.
        let response = self.authorized(request).send().await.map_err(|error| RequestError::Unreached(self.unreached(&error)))?;
        let encoding = unread_encoding(&response);
        if response.status().is_success() {
            return match encoding {
                Some(encoding) => Err(RequestError::Unreached(ending::encoded(self, &encoding))),
                None => Ok(response),
            };
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let reading = async { if encoding.is_some() { Vec::new() } else { read_start(response, REFUSAL_BYTES).await } };
        let body = tokio::time::timeout(Duration::from_secs(2), reading).await.unwrap_or_default();
        let said = Said::read(&body);
        let wait = waiting::retry_after_ms(&headers, &body, &said.words, clock::now());
        Err(RequestError::Refused(Box::new(Refused { status, said, wait })))
    }

    fn error(&self, failure: RequestError, model: Option<&str>) -> ProviderError {
        match failure {
            RequestError::Refused(refused) => self.refusal(&refused, model),
            RequestError::Unreached(error) => error,
        }
    }

    /// Returns the error for a failed connection.
    fn unreached(&self, error: &reqwest::Error) -> ProviderError {
        let failure = ConnectionFailure::from(error);
        let (title, shown) = (&self.words.title, &self.shown);
        let unreached = match failure {
            ConnectionFailure::Certificate(flaw) => {
                return ProviderError::from(self.words.error(Reason::ProviderMisconfigured))
                    .with_detail(format!("{title} at {shown} shows a certificate {flaw}"))
                    .for_good();
            }
            ConnectionFailure::NotTls
            | ConnectionFailure::UnknownName
            | ConnectionFailure::Proxy
            | ConnectionFailure::ProxyPassword
            | ConnectionFailure::NoProxy
            | ConnectionFailure::OutOfFiles => ProviderError::from(self.words.error(Reason::ProviderUnreachable))
                .with_detail(format!("{title} does not answer at {shown}: {failure}. {}", self.words.fix)),
            ConnectionFailure::Refused | ConnectionFailure::Timeout | ConnectionFailure::Broken => self.silent(),
        };
        // After a connection was made, the server may have read the request.
        if error.is_connect() { unreached } else { unreached.for_good() }
    }

    /// Returns the error for a server that can't be reached or does not reply.
    pub(crate) fn silent(&self) -> ProviderError {
        let detail = format!("{} does not answer at {}. {}", self.words.title, self.shown, self.words.fix);
        ProviderError::from(self.words.error(Reason::ProviderUnreachable)).with_detail(detail)
    }

    /// Returns the error for a server that is too slow.
    pub(crate) fn late(&self) -> ProviderError {
        let (title, shown, s) = (&self.words.title, &self.shown, self.http.first_token_timeout.as_secs_f32().to_string());
        let detail = format!("{title} at {shown} did not begin to answer within {s} s. Try again, or choose a smaller model.");
        // The server has read the request, and may still be working on it.
        ProviderError::from(self.words.error(Reason::ProviderTooSlow).with("seconds", s)).with_detail(detail).for_good()
    }

    /// Returns the error if another program replied.
    pub(crate) fn strange(&self) -> ProviderError {
        let detail = format!("What answers at {} does not speak as {} does. Check {}.", self.shown, self.vendor.title, self.words.url);
        ProviderError::from(self.words.error(Reason::ProviderMisconfigured)).with_detail(detail).for_good()
    }
}

/// Why a request failed.
enum RequestError {
    /// The server refused it.
    Refused(Box<Refused>),
    /// There was no reply.
    Unreached(ProviderError),
}

/// Returns the compression of a body that can't be decoded, although none was requested. The client removes this header from bodies that
/// it decodes.
fn unread_encoding(response: &Response) -> Option<String> {
    let encoding = String::from_utf8_lossy(response.headers().get(header::CONTENT_ENCODING)?.as_bytes()).trim().to_lowercase();
    let name: String = encoding.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | ',' | ' ')).take(40).collect();
    (!matches!(name.as_str(), "" | "identity" | "none")).then_some(name)
}

/// Reads a body of at most `most` bytes.
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

/// Returns whether a model is in Ollama's list of loaded models.
fn runs(running: &str, model: &str) -> bool {
    let Ok(running) = serde_json::from_str::<Value>(running) else { return true };
    let latest = format!("{model}:latest");
    let is_it = |name: &Value| name.as_str().is_some_and(|name| name == model || name == latest);
    running["models"].as_array().is_none_or(|all| all.iter().any(|it| is_it(&it["name"]) || is_it(&it["model"])))
}

/// Reads a body, or its first `most` bytes, or what arrived before the connection was cut.
async fn read_start(mut response: Response, most: usize) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(piece)) = response.chunk().await {
        body.extend_from_slice(&piece);
        if body.len() >= most {
            body.truncate(most);
            break;
        }
    }
    body
}
