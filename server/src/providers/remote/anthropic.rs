//! Anthropic's messages.

use async_trait::async_trait;
use holdfast_protocol::{Role, message::Usage};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    endpoint::Endpoint,
    reading::{self, Dialect, Heard},
};
use crate::providers::{Answer, Prompt, Provider, ProviderError};

/// The call demands a bound. All current models allow at least this many tokens, some 60 KB of text.
const MAX_TOKENS: u32 = 16_384;

/// Anthropic, or a gateway that speaks as it does.
#[derive(Clone, Debug)]
pub(super) struct Anthropic {
    endpoint: Endpoint,
}

impl Anthropic {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }
}

#[async_trait]
impl Provider for Anthropic {
    fn name(&self) -> &str {
        &self.endpoint.words.name
    }

    async fn models(&self) -> Result<Vec<String>, ProviderError> {
        let document = self.endpoint.get("models?limit=1000").await?;
        let models = document["data"].as_array().ok_or_else(|| self.endpoint.strange())?;
        Ok(models.iter().filter_map(|model| model["id"].as_str()).map(str::to_owned).collect())
    }

    async fn answer(&self, prompt: Prompt) -> Result<Answer, ProviderError> {
        let asked_at = Instant::now();
        let response = self.endpoint.post("messages", &prompt.model, body(&prompt)).await?;
        Ok(reading::pieces(self.endpoint.clone(), response, Message::default(), asked_at))
    }
}

fn body(prompt: &Prompt) -> Value {
    // An empty text is refused, and with it the whole request.
    let turns = prompt.turns.iter().filter(|turn| !turn.content.trim().is_empty());
    let messages: Vec<Value> = turns
        .map(|turn| match turn.role {
            Role::User => json!({"role": "user", "content": turn.content}),
            // So is white space at the end of an assistant's last text.
            Role::Assistant => json!({"role": "assistant", "content": turn.content.trim_end()}),
        })
        .collect();
    let mut body = json!({"model": prompt.model, "max_tokens": MAX_TOKENS, "messages": messages, "stream": true});
    if let Some(system) = prompt.system.as_deref().filter(|text| !text.trim().is_empty()) {
        body["system"] = system.into();
    }
    body
}

/// A message as it comes in.
#[derive(Debug, Default)]
struct Message {
    whole: bool,
    stopped: bool,
    usage: Option<Usage>,
}

impl Message {
    fn count(&mut self, usage: &Value) {
        let count = |name: &str| usage[name].as_u64();
        let cached = count("cache_creation_input_tokens").unwrap_or(0) + count("cache_read_input_tokens").unwrap_or(0);
        let clamp = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let mut sum = self.usage.unwrap_or_default();
        if let Some(input) = count("input_tokens") {
            sum.input_tokens = clamp(input.saturating_add(cached));
            self.usage = Some(sum);
        }
        if let Some(output) = count("output_tokens") {
            sum.output_tokens = clamp(output);
            self.usage = Some(sum);
        }
    }
}

impl Dialect for Message {
    fn hear(&mut self, mut data: Value) -> Heard {
        let text = match data["type"].as_str().unwrap_or_default() {
            "error" => return Heard::Failed(data),
            "message_start" => {
                self.count(&data["message"]["usage"]);
                None
            }
            "content_block_start" if data["content_block"]["type"] == "text" => data.pointer_mut("/content_block/text").map(Value::take),
            "content_block_delta" if data["delta"]["type"] == "thinking_delta" => {
                return Heard::Thought(data["delta"]["thinking"].as_str().map_or(0, str::len));
            }
            // Tools have deltas of other types.
            "content_block_delta" if data["delta"]["type"] == "text_delta" => data.pointer_mut("/delta/text").map(Value::take),
            "message_delta" => {
                self.count(&data["usage"]);
                self.whole |= data["delta"]["stop_reason"].is_string();
                None
            }
            "message_stop" => {
                self.whole = true;
                self.stopped = true;
                None
            }
            _ => None, // pings, and what is yet to be invented
        };
        match text {
            Some(Value::String(text)) => Heard::Text(text),
            _ => Heard::Text(String::new()),
        }
    }

    fn is_whole(&self) -> bool {
        self.whole
    }

    fn is_over(&self) -> bool {
        self.stopped
    }

    fn may_just_end(&self) -> bool {
        false
    }

    fn usage(&self) -> Option<Usage> {
        self.usage
    }
}
