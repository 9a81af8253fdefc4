//! Anthropic's messages API.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use holdfast_protocol::{
    Author,
    settings::{Effort, Settings},
};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Listing, asking, catalogue, claude::Message, endpoint::Endpoint, parameters, reading, windows::ListedWindows};
use holdfast_core::model::{Answer, ModelEntry, Prompt, Provider, ProviderError, Window};

/// The API requires a limit. All current models allow at least this many tokens, which is about 60 KB of text.
const MAX_TOKENS: u32 = 16_384;

/// Anthropic, or a gateway with the same API.
#[derive(Clone, Debug)]
pub(super) struct Anthropic {
    endpoint: Endpoint,
    windows: ListedWindows,
    /// Whether its list contains all its models.
    is_whole: Arc<AtomicBool>,
}

impl Anthropic {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, windows: ListedWindows::default(), is_whole: Arc::default() }
    }
}

#[async_trait]
impl Provider for Anthropic {
    fn name(&self) -> &str {
        &self.endpoint.words.name
    }

    fn title(&self) -> Option<String> {
        self.endpoint.title()
    }

    async fn models(&self) -> Result<Option<Vec<ModelEntry>>, ProviderError> {
        catalogue::fetch(&self.endpoint, "models?limit=1000", Listing::Anthropic, "after_id", &self.windows, &self.is_whole).await
    }

    fn find(&self, asked: &str, lists: &dyn Fn(&str) -> Option<bool>) -> Option<String> {
        let is_missing = self.is_whole.load(Ordering::Relaxed) && lists(asked) == Some(false);
        (!is_missing).then(|| asked.to_owned())
    }

    async fn answer(&self, prompt: Prompt) -> Result<Answer, ProviderError> {
        let (endpoint, body) = (self.endpoint.clone(), body(&prompt));
        Ok(asking::answer(async move |notes| {
            let asked_at = Instant::now();
            let response = endpoint.post("messages", &prompt.model, body, &notes).await?;
            Ok(reading::pieces(endpoint, &prompt.model, response, Message::default(), asked_at))
        }))
    }

    async fn window(&self, model: &str, _wanted: Option<u32>) -> Option<Window> {
        Some(Window { tokens: self.windows.of(model)?, is_silent: false })
    }

    fn is_own_key(&self) -> bool {
        self.endpoint.words.is_own()
    }

    fn ignored(&self, model: &str, settings: &Settings) -> Vec<&'static str> {
        let mut ignored = self.endpoint.ignored(model, parameters::MESSAGES);
        ignored.push("seed");
        // A request with reasoning must not have them.
        if settings.reasoning_effort.is_some_and(|effort| effort != Effort::Off) {
            ignored.extend(["temperature", "top_p"]);
        }
        ignored
    }
}

fn body(prompt: &Prompt) -> Value {
    // The API refuses the whole request if a text is empty.
    let turns = prompt.turns.iter().filter(|turn| !turn.content.trim().is_empty());
    let messages: Vec<Value> = turns
        .map(|turn| match turn.role {
            Author::User => json!({"role": "user", "content": turn.content}),
            // It also refuses white space at the end of the assistant's last text.
            Author::Assistant => json!({"role": "assistant", "content": turn.content.trim_end()}),
        })
        .collect();
    let mut body = json!({"model": prompt.model, "messages": messages, "stream": true});
    if let Some(system) = prompt.system.as_deref().filter(|text| !text.trim().is_empty()) {
        body["system"] = system.into();
    }
    // Anthropic then keeps what it has read, and the next request of the conversation costs a tenth of that. A question with passages of
    // files is sent without them the next time, so that nothing kept would match.
    if !prompt.materials.has_files {
        body["cache_control"] = json!({"type": "ephemeral"});
    }
    parameters::messages(prompt, MAX_TOKENS, &mut body);
    body
}

#[cfg(test)]
mod tests {
    use holdfast_core::{materials::Evidence, model::Turn};

    use super::*;

    #[test]
    fn what_is_sent_again_is_kept_by_the_provider() {
        let turns = vec![Turn { role: Author::User, content: "hi".into() }];
        let materials = Evidence::default();
        let mut prompt = Prompt { model: "m".into(), turns, system: None, settings: Settings::default(), tokens: 0, materials };
        assert_eq!(body(&prompt)["cache_control"], json!({"type": "ephemeral"}));
        prompt.materials.has_files = true;
        assert_eq!(body(&prompt).get("cache_control"), None);
    }
}
