//! The chat completions API, as defined by OpenAI and implemented by most servers. Models that refuse it are asked over the Responses API.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use holdfast_protocol::{Author, Reason, settings::Settings};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    asking, catalogue,
    completion::Completion,
    endpoint::Endpoint,
    parameters, reading,
    responses::{self, OnlyHere, Response},
    windows::ListedWindows,
};
use holdfast_core::model::{Answer, ModelEntry, Prompt, Provider, ProviderError, Window};

/// Where a server lists its models, and in which format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    OpenAi,
    Gemini,
    Ollama,
    LlamaCpp,
    LmStudio,
    Anthropic,
}

impl Listing {
    /// Returns the base path of the API on the server.
    pub(crate) fn root(self) -> &'static str {
        match self {
            Listing::Ollama | Listing::LmStudio => "",
            _ => "/v1",
        }
    }

    /// Returns the path of the list. Of several lists, it is the one that no other program has.
    fn list(self) -> &'static str {
        match self {
            Listing::Ollama => "api/tags",
            Listing::LmStudio => "api/v0/models",
            _ => "models",
        }
    }

    fn chat(self) -> &'static str {
        match self {
            Listing::Ollama | Listing::LmStudio => "v1/chat/completions",
            _ => "chat/completions",
        }
    }

    fn responses(self) -> &'static str {
        match self {
            Listing::Ollama | Listing::LmStudio => "v1/responses",
            _ => "responses",
        }
    }
}

/// A server with the chat completions API.
#[derive(Clone, Debug)]
pub(crate) struct OpenAi {
    endpoint: Endpoint,
    listing: Listing,
    windows: ListedWindows,
    /// Whether its list contains all its models.
    is_whole: Arc<AtomicBool>,
    /// The models that answer only over the Responses API.
    only_responses: Arc<OnlyHere>,
}

impl OpenAi {
    pub(crate) fn new(endpoint: Endpoint, listing: Listing) -> Self {
        Self { endpoint, listing, windows: ListedWindows::default(), is_whole: Arc::default(), only_responses: Arc::default() }
    }

    /// Returns the server's endpoint.
    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Returns where it lists its models.
    pub(super) fn listing(&self) -> Listing {
        self.listing
    }

    /// Returns whether the expected server is there, and not another program.
    pub(crate) async fn is_there(&self) -> bool {
        matches!(self.endpoint.list(self.listing.list(), None).await, Ok(Some(text)) if catalogue::is_from(self.listing, &text))
    }
}

#[async_trait]
impl Provider for OpenAi {
    fn name(&self) -> &str {
        &self.endpoint.words.name
    }

    fn title(&self) -> Option<String> {
        self.endpoint.title()
    }

    async fn models(&self) -> Result<Option<Vec<ModelEntry>>, ProviderError> {
        catalogue::fetch(&self.endpoint, self.listing.list(), self.listing, "after", &self.windows, &self.is_whole).await
    }

    async fn answer(&self, prompt: Prompt) -> Result<Answer, ProviderError> {
        let (endpoint, listing, only_responses) = (self.endpoint.clone(), self.listing, self.only_responses.clone());
        Ok(asking::answer(async move |notes| {
            let (model, asked_at) = (&prompt.model, Instant::now());
            let mut refused = None;
            if !only_responses.has(model) {
                match endpoint.post(listing.chat(), model, body(&prompt, listing), &notes).await {
                    Ok(response) => return Ok(reading::pieces(endpoint, model, response, Completion::default(), asked_at)),
                    Err(error) if error.api_error.reason == Reason::ProviderNeedsOtherApi.as_str() => refused = Some(error),
                    Err(error) => return Err(error),
                }
            }
            match endpoint.post(listing.responses(), model, responses::body(&prompt), &notes).await {
                Ok(response) => {
                    only_responses.add(model);
                    Ok(reading::pieces(endpoint, model, response, Response::default(), asked_at))
                }
                // Of two refusals, the first says more.
                Err(error) => Err(refused.unwrap_or(error)),
            }
        }))
    }

    async fn window(&self, model: &str, _wanted: Option<u32>) -> Option<Window> {
        Some(Window { tokens: self.windows.of(model)?, is_silent: false })
    }

    fn is_own_key(&self) -> bool {
        self.endpoint.words.is_own()
    }

    fn ignored(&self, model: &str, _settings: &Settings) -> Vec<&'static str> {
        if !self.only_responses.has(model) {
            return self.endpoint.ignored(model, parameters::COMPLETION);
        }
        let mut ignored = self.endpoint.ignored(model, parameters::RESPONSES);
        ignored.extend(["seed", "stop"]);
        ignored
    }

    fn find(&self, asked: &str, lists: &dyn Fn(&str) -> Option<bool>) -> Option<String> {
        let latest = format!("{asked}:latest");
        match self.listing {
            Listing::Ollama if lists(asked) == Some(false) && lists(&latest) == Some(true) => Some(latest),
            _ if self.is_whole.load(Ordering::Relaxed) && lists(asked) == Some(false) => None,
            _ => Some(asked.to_owned()),
        }
    }
}

fn body(prompt: &Prompt, listing: Listing) -> Value {
    let system = prompt.system.iter().map(|text| json!({"role": "system", "content": text}));
    let turns = prompt.turns.iter().map(|turn| {
        let role = match turn.role {
            Author::User => "user",
            Author::Assistant => "assistant",
        };
        json!({"role": role, "content": turn.content})
    });
    let messages: Vec<Value> = system.chain(turns).collect();
    let mut body = json!({"model": prompt.model, "messages": messages, "stream": true, "stream_options": {"include_usage": true}});
    parameters::completion(prompt, listing == Listing::LlamaCpp, &mut body);
    body
}
