//! Chat completions, as OpenAI defined them and most servers speak them.

use async_trait::async_trait;
use holdfast_protocol::{Role, message::Usage};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    catalogue,
    endpoint::Endpoint,
    reading::{self, Dialect, Heard},
};
use crate::providers::{Answer, Prompt, Provider, ProviderError};

/// Where a server lists its models, and in which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    OpenAi,
    Gemini,
    Ollama,
    LlamaCpp,
    LmStudio,
}

impl Listing {
    /// Below which path everything is, seen from the server's root.
    pub(crate) fn root(self) -> &'static str {
        match self {
            Listing::Ollama | Listing::LmStudio => "",
            _ => "/v1",
        }
    }

    /// Where the list is. Of several that a server has, the one that no other program has.
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

/// A server that speaks chat completions.
#[derive(Clone, Debug)]
pub(crate) struct OpenAi {
    endpoint: Endpoint,
    listing: Listing,
}

impl OpenAi {
    pub(crate) fn new(endpoint: Endpoint, listing: Listing) -> Self {
        Self { endpoint, listing }
    }

    /// Whether the server that is looked for is there, and no other program.
    pub(crate) async fn is_there(&self) -> bool {
        self.endpoint.get(self.listing.list()).await.is_ok_and(|document| catalogue::is_from(self.listing, &document))
    }
}

#[async_trait]
impl Provider for OpenAi {
    fn name(&self) -> &str {
        &self.endpoint.words.name
    }

    async fn models(&self) -> Result<Vec<String>, ProviderError> {
        let document = self.endpoint.get(self.listing.list()).await?;
        catalogue::read(self.listing, &document).ok_or_else(|| self.endpoint.strange())
    }

    async fn answer(&self, prompt: Prompt) -> Result<Answer, ProviderError> {
        let asked_at = Instant::now();
        let response = self.endpoint.post(self.listing.chat(), &prompt.model, body(&prompt)).await?;
        Ok(reading::pieces(self.endpoint.clone(), response, Completion::default(), asked_at))
    }

    fn find(&self, asked: &str, listed: &[String]) -> Option<String> {
        let latest = format!("{asked}:latest");
        let same = |model: &&String| *model == asked || (self.listing == Listing::Ollama && **model == latest);
        listed.iter().find(same).cloned()
    }
}

fn body(prompt: &Prompt) -> Value {
    let system = prompt.system.iter().map(|text| json!({"role": "system", "content": text}));
    let turns = prompt.turns.iter().map(|turn| {
        let role = match turn.role {
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        json!({"role": role, "content": turn.content})
    });
    let messages: Vec<Value> = system.chain(turns).collect();
    json!({"model": prompt.model, "messages": messages, "stream": true, "stream_options": {"include_usage": true}})
}

/// A completion as it comes in.
#[derive(Debug, Default)]
struct Completion {
    whole: bool,
    usage: Option<Usage>,
}

/// The bytes of reasoning in a delta or in a part of one, in the fields that are in use.
fn thought(delta: &Value) -> usize {
    let length = |value: &Value| match value {
        Value::String(text) => text.len(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).map(str::len).sum(),
        _ => 0,
    };
    ["reasoning_content", "reasoning", "thinking"].iter().map(|field| length(&delta[*field])).sum()
}

impl Dialect for Completion {
    fn hear(&mut self, mut data: Value) -> Heard {
        if data.get("error").is_some_and(|error| !error.is_null()) {
            return Heard::Failed(data);
        }
        let count = |name: &str| data["usage"][name].as_u64().map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        if let (Some(input_tokens), Some(output_tokens)) = (count("prompt_tokens"), count("completion_tokens")) {
            // Some servers tell it with every chunk; the last one counts.
            self.usage = Some(Usage { input_tokens, output_tokens });
        }
        // One answer was asked for: the choice 0.
        let choices = data.get_mut("choices").and_then(Value::as_array_mut);
        let Some(choice) = choices.and_then(|all| all.iter_mut().find(|choice| choice["index"].as_u64().unwrap_or(0) == 0)) else {
            return Heard::Text(String::new());
        };
        self.whole |= choice["finish_reason"].is_string();
        let text = match choice.get_mut("delta").and_then(|delta| delta.get_mut("content")).map(Value::take) {
            Some(Value::String(text)) => text,
            Some(Value::Array(parts)) => {
                let texts: String = parts.iter().filter(|part| part["type"] == "text").filter_map(|part| part["text"].as_str()).collect();
                if texts.is_empty() {
                    return Heard::Thought(parts.iter().map(thought).sum());
                }
                texts
            }
            _ => String::new(),
        };
        // Reasoning comes in fields of its own, or as parts of type `thinking`: neither is the answer's text.
        if text.is_empty() { Heard::Thought(thought(&choice["delta"])) } else { Heard::Text(text) }
    }

    fn is_whole(&self) -> bool {
        self.whole
    }

    fn may_just_end(&self) -> bool {
        true
    }

    fn usage(&self) -> Option<Usage> {
        self.usage
    }
}
