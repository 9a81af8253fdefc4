//! The chat completions API, as defined by OpenAI and implemented by most servers.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use holdfast_protocol::{Author, settings::Settings};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{asking, catalogue, completion::Completion, endpoint::Endpoint, parameters, reading, windows::ListedWindows};
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
}

/// A server with the chat completions API.
#[derive(Clone, Debug)]
pub(crate) struct OpenAi {
    endpoint: Endpoint,
    listing: Listing,
    windows: ListedWindows,
    /// Whether its list contains all its models.
    is_whole: Arc<AtomicBool>,
}

impl OpenAi {
    pub(crate) fn new(endpoint: Endpoint, listing: Listing) -> Self {
        Self { endpoint, listing, windows: ListedWindows::default(), is_whole: Arc::default() }
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
        let (endpoint, path, body) = (self.endpoint.clone(), self.listing.chat(), body(&prompt, self.listing));
        Ok(asking::answer(async move |notes| {
            let asked_at = Instant::now();
            let response = endpoint.post(path, &prompt.model, body, &notes).await?;
            Ok(reading::pieces(endpoint, &prompt.model, response, Completion::default(), asked_at))
        }))
    }

    async fn window(&self, model: &str, _wanted: Option<u32>) -> Option<Window> {
        Some(Window { tokens: self.windows.of(model)?, is_silent: false })
    }

    fn is_own_key(&self) -> bool {
        self.endpoint.words.is_own()
    }

    fn ignored(&self, model: &str, _settings: &Settings) -> Vec<&'static str> {
        self.endpoint.ignored(model, parameters::COMPLETION)
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
