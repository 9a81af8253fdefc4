//! Ollama's own API, `/api/chat`. Unlike its OpenAI API, it has a parameter for the context window (`num_ctx`), so that nothing of a
//! conversation is truncated silently.

mod windows;

use async_trait::async_trait;
use holdfast_protocol::{Author, message::Usage, settings::Settings};
use serde_json::{Value, json};
use tokio::time::Instant;

use self::windows::ModelWindows;
use super::{
    asking,
    completion::Completion,
    finish::Finish,
    openai::OpenAi,
    parameters,
    reading::{self, Dialect, Received},
};
use holdfast_core::model::{Answer, ModelEntry, Prompt, Provider, ProviderError, Window};

/// Ollama, over its own API.
#[derive(Clone, Debug)]
pub(crate) struct Ollama {
    /// The same server over its OpenAI API, which has the same list of models.
    inner: OpenAi,
    windows: ModelWindows,
}

impl Ollama {
    /// Creates it for the server of `inner`.
    pub(crate) fn new(inner: OpenAi) -> Self {
        let windows = ModelWindows::new(inner.endpoint().clone());
        Self { inner, windows }
    }
}

#[async_trait]
impl Provider for Ollama {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn models(&self) -> Result<Option<Vec<ModelEntry>>, ProviderError> {
        self.inner.models().await
    }

    async fn answer(&self, prompt: Prompt) -> Result<Answer, ProviderError> {
        let (endpoint, windows) = (self.inner.endpoint().clone(), self.windows.clone());
        Ok(asking::answer(async move |notes| {
            let asked_at = Instant::now();
            let mut window = windows.choose(&prompt.model, prompt.tokens, prompt.settings.context_tokens).await;
            let response = loop {
                let fault = match endpoint.post("api/chat", &prompt.model, body(&prompt, window), &notes).await {
                    Ok(response) => break response,
                    Err(fault) => fault,
                };
                // The prompt has more tokens than estimated: try a larger window before leaving out messages.
                window = match window {
                    Some(small) if fault.overflow.is_some() => {
                        Some(windows.grow(&prompt.model, small, prompt.settings.context_tokens).await.ok_or(fault)?)
                    }
                    _ => return Err(fault),
                };
            };
            Ok(reading::pieces(endpoint, &prompt.model, response, Message::default(), asked_at))
        }))
    }

    async fn window(&self, model: &str, wanted: Option<u32>) -> Option<Window> {
        // Versions before 0.12 always truncate a longer prompt.
        Some(Window { tokens: self.windows.most(model, wanted).await?, is_silent: true })
    }

    fn known_window(&self, model: &str) -> Option<u32> {
        self.windows.told(model)
    }

    fn is_own_key(&self) -> bool {
        self.inner.endpoint().words.is_own()
    }

    fn ignored(&self, model: &str, _settings: &Settings) -> Vec<&'static str> {
        self.inner.endpoint().ignored(model, parameters::OLLAMA)
    }

    fn find(&self, asked: &str, lists: &dyn Fn(&str) -> Option<bool>) -> Option<String> {
        self.inner.find(asked, lists)
    }
}

fn body(prompt: &Prompt, window: Option<u32>) -> Value {
    let system = prompt.system.iter().map(|text| json!({"role": "system", "content": text}));
    let turns = prompt.turns.iter().map(|turn| {
        let role = match turn.role {
            Author::User => "user",
            Author::Assistant => "assistant",
        };
        json!({"role": role, "content": turn.content})
    });
    let messages: Vec<Value> = system.chain(turns).collect();
    // With these two parameters, newer versions refuse a prompt that does not fit, and end an answer that fills the window, instead of
    // truncating.
    let mut body = json!({"model": prompt.model, "messages": messages, "stream": true, "truncate": false, "shift": false});
    if let Some(window) = window {
        body["options"] = json!({"num_ctx": window});
    }
    parameters::ollama(prompt, &mut body);
    body
}

/// The state of an answer: one document on each line.
#[derive(Debug, Default)]
struct Message {
    usage: Option<Usage>,
    spoke: bool,
    /// Substitutes for Ollama, such as llama.cpp and some gateways, reply in OpenAI's format.
    other: Completion,
}

impl Message {
    /// Returns why the model stopped, by its last document.
    fn finish(&self, reason: &Value) -> Finish {
        match reason.as_str() {
            // The model was loaded or unloaded, which is the reply to an empty prompt: the answer is incomplete.
            Some("load" | "unload") if self.spoke => Finish::Broken,
            // Older versions send no reason.
            reason => reason.and_then(Finish::read).unwrap_or(Finish::Done),
        }
    }
}

impl Dialect for Message {
    fn receive(&mut self, mut data: Value, received: &mut Vec<Received>) {
        if data.get("choices").is_some() || (data.get("message").is_none() && data.get("done").is_none()) {
            return self.other.receive(data, received);
        }
        if data.get("error").is_some_and(|error| !error.is_null()) {
            return received.push(Received::Failed(data));
        }
        if let Some(Value::String(text)) = data.pointer_mut("/message/thinking").map(Value::take)
            && !text.is_empty()
        {
            received.push(Received::Reasoning(text));
        }
        if data["message"]["tool_calls"].as_array().is_some_and(|calls| !calls.is_empty()) {
            received.push(Received::ToolCall);
        }
        if data["message"]["images"].as_array().is_some_and(|images| !images.is_empty()) {
            received.push(Received::Picture);
        }
        if let Some(Value::String(text)) = data.pointer_mut("/message/content").map(Value::take)
            && !text.is_empty()
        {
            self.spoke = true;
            received.push(Received::Text(text));
        }
        if data["done"] == true {
            let count = |name: &str| data[name].as_u64().map(|n| u32::try_from(n).unwrap_or(u32::MAX));
            if let (Some(input_tokens), Some(output_tokens)) = (count("prompt_eval_count"), count("eval_count")) {
                self.usage = Some(Usage { input_tokens, output_tokens, ..Usage::default() });
            }
            received.push(Received::Finish(self.finish(&data["done_reason"])));
            received.push(Received::Over);
        }
    }

    fn usage(&self) -> Option<Usage> {
        self.usage.or_else(|| self.other.usage())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::completion::tests::any_document, *};

    fn received(documents: &[Value]) -> Vec<Received> {
        let (mut message, mut received) = (Message::default(), Vec::new());
        for document in documents {
            message.receive(document.clone(), &mut received);
        }
        received
    }

    fn piece(content: &str) -> Value {
        json!({"model": "m", "message": {"role": "assistant", "content": content}, "done": false})
    }

    fn done(reason: Option<&str>) -> Value {
        json!({"model": "m", "message": {"role": "assistant", "content": ""}, "done": true, "done_reason": reason})
    }

    #[test]
    fn each_piece_is_what_is_added() {
        let text = |text: &str| Received::Text(text.into());
        assert_eq!(received(&[piece("I"), piece("Is"), piece("Is")]), [text("I"), text("Is"), text("Is")]);
        assert_eq!(received(&[piece("")]), []);
    }

    #[test]
    fn reasons_to_stop_are_told_apart() {
        for (reason, before, after) in [
            (Some("stop"), Finish::Done, Finish::Done),
            (None, Finish::Done, Finish::Done),
            (Some("length"), Finish::Length, Finish::Length),
            (Some("load"), Finish::Done, Finish::Broken),
            (Some("unload"), Finish::Done, Finish::Broken),
        ] {
            assert_eq!(received(&[done(reason)]), [Received::Finish(before), Received::Over], "{reason:?}");
            assert_eq!(received(&[piece("a"), done(reason)])[1..], [Received::Finish(after), Received::Over], "{reason:?}");
        }
    }

    #[test]
    fn reasoning_calls_and_errors_are_no_text() {
        let said = |message: Value| received(&[json!({"message": message, "done": false})]);
        assert_eq!(said(json!({"content": "", "thinking": "hm"})), [Received::Reasoning("hm".into())]);
        assert_eq!(said(json!({"content": "", "tool_calls": [{"function": {"name": "f"}}]})), [Received::ToolCall]);
        let error = json!({"error": "CUDA error"});
        assert_eq!(received(std::slice::from_ref(&error)), [Received::Failed(error.clone())]);
    }

    #[test]
    fn what_stands_in_for_it_may_answer_as_openai_does() {
        let chunk = json!({"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}]});
        assert_eq!(received(&[chunk]), [Received::Text("Hi".into()), Received::Finish(Finish::Done)]);
    }

    proptest! {
        #[test]
        fn any_document_is_read_without_harm(documents in prop::collection::vec(any_document(), 1..4)) {
            let _ = received(&documents);
        }
    }
}
