//! Parses the stream of a chat completion, in the variants of many servers with OpenAI's API.

use holdfast_protocol::message::Usage;
use serde_json::{Value, json};

use super::{
    finish::Finish,
    reading::{Dialect, Received},
};

/// Fields that contain reasoning.
const REASONING: [&str; 4] = ["reasoning_content", "reasoning", "thinking", "reasoning_text"];

/// The state of a completion.
#[derive(Debug, Default)]
pub(super) struct Completion {
    usage: Option<Usage>,
    /// Whether text has arrived as a delta.
    has_delta: bool,
    /// The text that arrived as `message`.
    message: String,
}

impl Completion {
    /// Reads the usage. Some servers send it with every chunk; the last one counts.
    fn count(&mut self, data: &Value) {
        let usage = &data["usage"];
        let count = |names: [&str; 2], whole: &str| {
            let number = names.iter().find_map(|name| usage[*name].as_u64()).or_else(|| data[whole].as_u64());
            number.map(|n| u32::try_from(n).unwrap_or(u32::MAX))
        };
        let input = count(["prompt_tokens", "input_tokens"], "prompt_eval_count");
        let output = count(["completion_tokens", "output_tokens"], "eval_count");
        if let Some(input_tokens) = input {
            let detail = |of: [&str; 2], name: &str| of.iter().find_map(|of| usage[*of][name].as_u64());
            let cached = detail(["prompt_tokens_details", "input_tokens_details"], "cached_tokens");
            let reasoning = detail(["completion_tokens_details", "output_tokens_details"], "reasoning_tokens");
            let clamp = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
            self.usage = Some(Usage {
                input_tokens,
                output_tokens: output.unwrap_or(0),
                // DeepSeek has a name of its own for it.
                cached_tokens: cached.or_else(|| usage["prompt_cache_hit_tokens"].as_u64()).map(clamp),
                reasoning_tokens: reasoning.map(clamp),
                ..Usage::default()
            });
        }
    }

    /// Parses a choice, or what some servers send instead.
    fn choice(&mut self, choice: &mut Value, is_whole: bool, received: &mut Vec<Received>) {
        let finish = reason(choice);
        if is_error(&choice["error"]) {
            return received.push(Received::Failed(choice.take()));
        }
        let before = received.len();
        match choice.get_mut("delta") {
            Some(delta) if !delta.is_null() => read_delta(delta, received),
            _ => {}
        }
        if let Some(text) = choice.get_mut("text").map(Value::take) {
            content(text, received);
        }
        let is_text = |received: &Received| matches!(received, Received::Text(_));
        self.has_delta |= received[before..].iter().any(is_text);
        if let Some(message) = choice.get_mut("message").filter(|message| !message.is_null())
            && received.len() == before
        {
            read_delta(message, received);
            let has_finish = is_whole || finish.is_some();
            for received in &mut received[before..] {
                if let Received::Text(text) = received {
                    *text = self.fresh(std::mem::take(text), has_finish);
                }
            }
        }
        received.retain(|received| !matches!(received, Received::Text(text) | Received::Declined(text) if text.is_empty()));
        received.extend(finish.map(Received::Finish));
    }

    /// Returns the new part of the text of a `message`, which may be the whole answer so far or an addition. `is_last` tells that it
    /// comes with the reason for the end.
    fn fresh(&mut self, text: String, is_last: bool) -> String {
        if self.has_delta {
            // The whole text again.
            return String::new();
        }
        let fresh = match text.strip_prefix(self.message.as_str()) {
            Some("") if is_last || text.len() >= 16 => String::new(),
            Some(fresh) if !fresh.is_empty() => fresh.to_owned(),
            _ => text,
        };
        self.message.push_str(&fresh);
        fresh
    }
}

impl Dialect for Completion {
    fn receive(&mut self, mut data: Value, received: &mut Vec<Received>) {
        self.count(&data);
        let has_error = is_error(&data["error"]) || data["object"] == "error" || data["type"] == "error";
        let is_whole = data["object"] == "chat.completion";
        // One answer was requested: choice 0.
        let is_first = |choice: &Value| choice["index"].as_u64().unwrap_or(0) == 0;
        let first = data["choices"].as_array().and_then(|all| all.iter().position(is_first));
        match first {
            Some(at) => {
                let mut choice = data["choices"][at].take();
                self.choice(&mut choice, is_whole, received);
            }
            None if has_error => {}
            // Ollama's own format.
            None if data["message"].is_object() => self.choice(&mut data, false, received),
            None if is_blocked(&data) => received.push(Received::Finish(Finish::Filtered)),
            // MiniMax's format.
            None if is_failed(&data["base_resp"]["status_code"]) => {
                let status = &data["base_resp"];
                received.push(Received::Failed(json!({"message": status["status_msg"], "code": status["status_code"]})));
            }
            None if says_why_not(&data) => return received.push(Received::Failed(data)),
            None => {}
        }
        if has_error {
            received.push(Received::Failed(data));
        }
    }

    fn usage(&self) -> Option<Usage> {
        self.usage
    }
}

/// Parses a delta or a message.
fn read_delta(delta: &mut Value, received: &mut Vec<Received>) {
    // Some servers send the same text in two fields.
    let mut all = REASONING.iter().map(|field| texts(&delta[*field])).filter(|text| !text.is_empty());
    let reasoning = all.next().unwrap_or_else(|| texts(&delta["reasoning_details"]));
    if !reasoning.is_empty() {
        received.push(Received::Reasoning(reasoning));
    }
    if delta.is_string() {
        content(delta.take(), received);
    } else if let Some(text) = delta.get_mut("content").map(Value::take) {
        content(text, received);
    }
    if let Some(text) = delta["refusal"].as_str().filter(|text| !text.is_empty()) {
        received.push(Received::Declined(text.to_owned()));
    }
    let audio = &delta["audio"];
    received.extend(audio["transcript"].as_str().map(|text| Received::Text(text.to_owned())));
    let is_call = |call: &Value| call["function"]["name"].is_string() || call["name"].is_string();
    if delta["tool_calls"].as_array().is_some_and(|calls| calls.iter().any(is_call)) || delta["function_call"]["name"].is_string() {
        received.push(Received::ToolCall);
    }
    if delta["images"].as_array().is_some_and(|images| !images.is_empty()) || audio["data"].is_string() {
        received.push(Received::Picture);
    }
}

/// Parses `content`: a string, or parts.
fn content(content: Value, received: &mut Vec<Received>) {
    match content {
        Value::String(text) => received.push(Received::Text(text)),
        Value::Array(parts) => {
            for part in parts {
                match part["type"].as_str().unwrap_or("text") {
                    _ if part.is_string() => received.push(Received::Text(texts(&part))),
                    "text" | "output_text" => received.push(Received::Text(texts(&part["text"]))),
                    "refusal" => received.push(Received::Declined(texts(&part["refusal"]))),
                    "thinking" | "reasoning" => {
                        let mut fields = ["thinking", "reasoning", "text", "summary"].iter().map(|field| texts(&part[*field]));
                        received.extend(fields.find(|text| !text.is_empty()).map(Received::Reasoning));
                    }
                    kind if kind.contains("image") || kind.contains("audio") => received.push(Received::Picture),
                    _ => {}
                }
            }
        }
        Value::Object(part) => self::content(Value::Array(vec![Value::Object(part)]), received),
        _ => {}
    }
}

/// Returns the text of a value: a string, or its parts.
fn texts(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(texts).collect(),
        Value::Object(part) => ["text", "value", "summary"].iter().find_map(|field| part.get(*field)).map(texts).unwrap_or_default(),
        _ => String::new(),
    }
}

/// Returns why a choice ended, from the usual fields.
fn reason(choice: &Value) -> Option<Finish> {
    let named = ["finish_reason", "finishReason", "stop_reason", "done_reason"].iter().find_map(|name| choice[*name].as_str());
    let named = named.or_else(|| choice["finish_details"]["type"].as_str());
    match named.and_then(Finish::read) {
        // Ollama sends a reason in its last chunk; older versions do not.
        None if choice["done"] == true => Some(Finish::Done),
        finish => finish,
    }
}

/// Returns whether the value of `error` is an error.
fn is_error(error: &Value) -> bool {
    match error {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(all) => all.iter().any(is_error),
        Value::Object(fields) => fields.values().any(|value| is_error(value) && *value != 0),
        Value::Bool(true) | Value::Number(_) => true,
    }
}

/// Returns whether the prompt was blocked, which Gemini reports instead of a choice.
fn is_blocked(data: &Value) -> bool {
    let feedback = ["prompt_feedback", "promptFeedback"].iter().map(|name| &data[*name]).find(|value| value.is_object());
    feedback.is_some_and(|feedback| {
        ["block_reason", "blockReason"].iter().any(|name| feedback[*name].as_str().and_then(Finish::read).is_some())
    })
}

/// Returns whether a document without a choice gives a reason.
fn says_why_not(data: &Value) -> bool {
    const WORDS: [&str; 7] = ["message", "detail", "msg", "error_msg", "error_message", "errorMessage", "errors"];
    WORDS.iter().any(|name| is_error(&data[*name]))
}

/// Returns whether a status means failure; 0 means success.
fn is_failed(status: &Value) -> bool {
    status.as_i64().is_some_and(|code| code != 0)
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Documents with the APIs' field names, at unusual places and with unusual values.
    pub(in super::super) fn any_document() -> impl Strategy<Value = Value> {
        const NAMES: &str = "type|error|object|choices|delta|message|content|text|index|usage|finish_reason|content_block|stop_reason|images|\
            tool_calls|function_call|function|name|audio|reasoning|thinking|refusal|prompt_feedback|base_resp|status_code|detail|done|prompt_tokens";
        const TEXTS: &str =
            "|x|stop|error|message|text|content_block_start|content_block_delta|message_delta|message_start|chat.completion|SAFETY";
        let choose = |from: &'static str| prop::sample::select(from.split('|').collect::<Vec<_>>());
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            choose(TEXTS).prop_map(Value::from)
        ];
        leaf.prop_recursive(5, 40, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((choose(NAMES), inner), 0..6).prop_map(|all| all.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_document_is_read_without_harm(documents in prop::collection::vec(any_document(), 1..4)) {
            let _ = received(&documents);
        }
    }

    fn received(documents: &[Value]) -> Vec<Received> {
        let (mut completion, mut received) = (Completion::default(), Vec::new());
        for document in documents {
            completion.receive(document.clone(), &mut received);
        }
        received
    }

    fn text(text: &str) -> Received {
        Received::Text(text.into())
    }

    fn message(content: &str) -> Value {
        json!({"choices": [{"message": {"role": "assistant", "content": content}}]})
    }

    #[test]
    fn text_is_read_wherever_it_stands() {
        for document in [
            json!({"choices": [{"delta": {"content": "Hi"}}]}),
            json!({"choices": [{"index": 0, "delta": {"content": [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": 1}]}}]}),
            json!({"choices": [{"delta": {"content": {"type": "text", "text": "Hi"}}}]}),
            json!({"choices": [{"delta": {"content": ["Hi"]}}]}),
            json!({"choices": [{"delta": "Hi"}]}),
            json!({"choices": [{"message": {"content": "Hi"}}]}),
            json!({"choices": [{"delta": {}, "message": {"content": "Hi"}}]}),
            json!({"choices": [{"text": "Hi", "logprobs": null}]}),
            json!({"choices": [{"index": 1, "delta": {"content": "NO"}}, {"index": 0, "delta": {"content": "Hi"}}]}),
            json!({"choices": [{"delta": {"audio": {"transcript": "Hi"}}}]}),
            json!({"model": "m", "message": {"role": "assistant", "content": "Hi"}, "done": false}),
        ] {
            assert_eq!(received(std::slice::from_ref(&document))[0], text("Hi"), "{document}");
        }
    }

    #[test]
    fn a_message_that_repeats_what_was_said_adds_only_what_is_new() {
        assert_eq!(received(&[message("One "), message("One two.")]), [text("One "), text("two.")]);
        assert_eq!(received(&[message("ha"), message("ha")]), [text("ha"), text("ha")]);
        assert_eq!(received(&[message("One "), message("two.")]), [text("One "), text("two.")]);
        let last = json!({"choices": [{"delta": {}, "message": {"content": "One two."}, "finish_reason": "stop"}]});
        let deltas = json!({"choices": [{"delta": {"content": "One two."}}]});
        assert_eq!(received(&[deltas, last.clone()]), [text("One two."), Received::Finish(Finish::Done)]);
        assert_eq!(received(&[message("One two."), last]), [text("One two."), Received::Finish(Finish::Done)]);
    }

    #[test]
    fn reasoning_pictures_calls_and_refusals_are_no_text() {
        let delta = |delta: Value| received(&[json!({"choices": [{"delta": delta}]})]);
        let reasoning = || vec![Received::Reasoning("hm".into())];
        assert_eq!(delta(json!({"content": null, "reasoning_content": "hm", "reasoning": "hm"})), reasoning());
        assert_eq!(delta(json!({"content": "", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]})), reasoning());
        assert_eq!(delta(json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]})), reasoning());
        assert_eq!(delta(json!({"images": [{"type": "image_url"}]})), [Received::Picture]);
        assert_eq!(delta(json!({"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": ""}}]})), [Received::ToolCall]);
        assert_eq!(delta(json!({"function_call": {"name": "f"}})), [Received::ToolCall]);
        assert_eq!(delta(json!({"tool_calls": [], "images": [], "refusal": null, "audio": null, "function_call": null})), []);
        assert_eq!(delta(json!({"refusal": "No."})), [Received::Declined("No.".into())]);
    }

    #[test]
    fn errors_are_told_from_what_only_looks_like_one() {
        let failed =
            |document: &Value| received(std::slice::from_ref(document)).iter().any(|received| matches!(received, Received::Failed(_)));
        for document in [
            json!({"error": {"message": "x"}}),
            json!({"error": "x"}),
            json!({"error": {"code": 500}, "choices": [{"delta": {"content": ""}, "finish_reason": "error"}]}),
            json!({"object": "error", "message": "x"}),
            json!({"type": "error", "error": {"type": "overloaded_error"}}),
            json!({"detail": "x"}),
            json!({"detail": [{"msg": "x"}]}),
            json!({"code": "Throttling", "message": "x"}),
            json!({"choices": null, "base_resp": {"status_code": 1008, "status_msg": "x"}}),
            json!({"choices": [{"error": {"message": "x"}, "delta": {}}]}),
        ] {
            assert!(failed(&document), "{document}");
        }
        for document in [
            json!({"error": null, "choices": []}),
            json!({"error": {}, "choices": [{"delta": {"content": "x"}}]}),
            json!({"error": {"code": 0, "message": ""}, "choices": []}),
            json!({"error": false}),
            json!({"choices": [], "base_resp": {"status_code": 0, "status_msg": ""}}),
            json!({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}),
            json!({"type": "ping"}),
        ] {
            assert!(!failed(&document), "{document}");
        }
        let both = json!({"choices": [{"delta": {"content": "Half"}}], "error": {"message": "x"}});
        assert_eq!(received(&[both])[0], text("Half"));
    }

    #[test]
    fn a_reason_is_read_under_all_its_names() {
        for (document, finish) in [
            (json!({"choices": [{"delta": {}, "finish_reason": "stop"}]}), Some(Finish::Done)),
            (json!({"choices": [{"delta": {}, "finishReason": "MAX_TOKENS"}]}), Some(Finish::Length)),
            (json!({"choices": [{"delta": {}, "finish_reason": null, "stop_reason": null}]}), None),
            (json!({"choices": [{"delta": {}, "finish_reason": ""}]}), None),
            (json!({"choices": [{"delta": {}, "finish_reason": "null"}]}), None),
            (json!({"choices": [{"delta": {}, "finish_details": {"type": "max_tokens"}}]}), Some(Finish::Length)),
            (json!({"message": {"content": ""}, "done": true, "done_reason": "length"}), Some(Finish::Length)),
            (json!({"message": {"content": ""}, "done": true}), Some(Finish::Done)),
            (json!({"choices": [], "prompt_feedback": {"block_reason": "SAFETY"}}), Some(Finish::Filtered)),
            (json!({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}), Some(Finish::Filtered)),
        ] {
            let expected: Vec<Received> = finish.map(Received::Finish).into_iter().collect();
            assert_eq!(received(std::slice::from_ref(&document)), expected, "{document}");
        }
    }
}
