//! OpenAI's Responses API, for models that exist only there: builds requests, and parses the stream of an answer.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use holdfast_core::model::Prompt;
use holdfast_protocol::{Author, message::Usage};
use serde_json::{Value, json};

use super::{
    finish::Finish,
    parameters,
    reading::{Dialect, Received},
};

/// The models of a provider that answer only over this API, as far as is known.
#[derive(Debug, Default)]
pub(super) struct OnlyHere(Mutex<BTreeSet<String>>);

impl OnlyHere {
    pub(super) fn has(&self, model: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(model)
    }

    pub(super) fn add(&self, model: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(model.to_owned());
    }
}

/// Returns the request for an answer. The provider must not store it.
pub(super) fn body(prompt: &Prompt) -> Value {
    // In full, because llama.cpp does not read the short form of the assistant's messages.
    let turns = prompt.turns.iter().map(|turn| {
        let (role, part) = match turn.role {
            Author::User => ("user", "input_text"),
            Author::Assistant => ("assistant", "output_text"),
        };
        json!({"type": "message", "role": role, "content": [{"type": part, "text": turn.content}]})
    });
    let mut body = json!({"model": prompt.model, "input": turns.collect::<Vec<_>>(), "stream": true, "store": false});
    if let Some(system) = &prompt.system {
        body["instructions"] = system.as_str().into();
    }
    parameters::responses(prompt, &mut body);
    body
}

/// The state of a response.
#[derive(Debug, Default)]
pub(super) struct Response {
    usage: Option<Usage>,
    /// Whether text has arrived in events, so that the finished response repeats it.
    has_text: bool,
}

impl Response {
    fn count(&mut self, usage: &Value) {
        let clamp = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        if let Some(input) = usage["input_tokens"].as_u64() {
            self.usage = Some(Usage {
                input_tokens: clamp(input),
                output_tokens: clamp(usage["output_tokens"].as_u64().unwrap_or(0)),
                cached_tokens: usage["input_tokens_details"]["cached_tokens"].as_u64().map(clamp),
                reasoning_tokens: usage["output_tokens_details"]["reasoning_tokens"].as_u64().map(clamp),
                ..Usage::default()
            });
        }
    }

    /// Reads a response that has ended: what of it was not in events, and why it ended.
    fn end(&mut self, mut response: Value, received: &mut Vec<Received>) {
        self.count(&response["usage"]);
        if response["error"].is_object() {
            return received.push(Received::Failed(response));
        }
        if let Some(Value::Array(items)) = response.get_mut("output").map(Value::take)
            && !self.has_text
        {
            items.into_iter().for_each(|item| whole(item, received));
        }
        let reason = response["incomplete_details"]["reason"].as_str().and_then(Finish::read);
        let status = response["status"].as_str().filter(|status| *status != "completed").and_then(Finish::read);
        received.push(Received::Finish(reason.or(status).unwrap_or(Finish::Done)));
        received.push(Received::Over);
    }
}

impl Dialect for Response {
    fn receive(&mut self, mut data: Value, received: &mut Vec<Received>) {
        let mut text = |field: &str| match data.get_mut(field).map(Value::take) {
            Some(Value::String(text)) => text,
            _ => String::new(),
        };
        match text("type").as_str() {
            "response.output_text.delta" => {
                self.has_text = true;
                received.push(Received::Text(text("delta")));
            }
            "response.refusal.delta" => {
                self.has_text = true;
                received.push(Received::Declined(text("delta")));
            }
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => received.push(Received::Reasoning(text("delta"))),
            // Between two parts of a summary.
            "response.reasoning_summary_part.added" if data["summary_index"].as_u64().is_some_and(|index| index > 0) => {
                received.push(Received::Reasoning("\n\n".into()));
            }
            "response.output_item.added" => match data["item"]["type"].as_str() {
                Some("function_call" | "custom_tool_call" | "mcp_call") => received.push(Received::ToolCall),
                Some("image_generation_call") => received.push(Received::Picture),
                _ => {}
            },
            "response.completed" | "response.incomplete" | "response.failed" | "response.cancelled" => {
                self.end(data["response"].take(), received)
            }
            "error" => received.push(Received::Failed(match data["error"].is_null() {
                true => json!({"error": data}),
                false => data,
            })),
            // The whole response in one document.
            "" if data["object"] == "response" => self.end(data, received),
            _ if !data["error"].is_null() || data["detail"].is_string() => received.push(Received::Failed(data)),
            // Other events repeat what is known, or are not known yet.
            _ => {}
        }
    }

    fn usage(&self) -> Option<Usage> {
        self.usage
    }
}

/// Reads an item of a finished response.
fn whole(mut item: Value, received: &mut Vec<Received>) {
    let parts = |value: Option<&mut Value>| match value.map(Value::take) {
        Some(Value::Array(parts)) => parts,
        _ => Vec::new(),
    };
    let text = |part: &mut Value, field: &str| match part.get_mut(field).map(Value::take) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    match item["type"].as_str() {
        Some("message") => {
            for mut part in parts(item.get_mut("content")) {
                received.extend(text(&mut part, "text").map(Received::Text));
                received.extend(text(&mut part, "refusal").map(Received::Declined));
            }
        }
        Some("reasoning") => {
            for field in ["summary", "content"] {
                received.extend(parts(item.get_mut(field)).iter_mut().filter_map(|part| text(part, "text")).map(Received::Reasoning));
            }
        }
        Some("function_call" | "custom_tool_call" | "mcp_call") => received.push(Received::ToolCall),
        Some("image_generation_call") => received.push(Received::Picture),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::completion::tests::any_document, *};

    fn received(documents: &[Value]) -> (Vec<Received>, Option<Usage>) {
        let (mut response, mut received) = (Response::default(), Vec::new());
        for document in documents {
            response.receive(document.clone(), &mut received);
        }
        (received, response.usage())
    }

    fn ended(status: &str, more: Value) -> Value {
        let mut response = json!({"object": "response", "status": status, "output": [
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
            {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}],
            "usage": {"input_tokens": 7, "input_tokens_details": {"cached_tokens": 5}, "output_tokens": 9, "output_tokens_details": {"reasoning_tokens": 4}}});
        for (name, value) in more.as_object().into_iter().flatten() {
            response[name] = value.clone();
        }
        response
    }

    #[test]
    fn a_response_is_read_in_events_and_in_one_document() {
        let events = [
            json!({"type": "response.created", "response": {"status": "in_progress"}}),
            json!({"type": "response.reasoning_summary_part.added", "summary_index": 0}),
            json!({"type": "response.reasoning_summary_text.delta", "delta": "hm"}),
            json!({"type": "response.output_item.added", "item": {"type": "message"}}),
            json!({"type": "response.output_text.delta", "delta": "Hi"}),
            json!({"type": "response.output_text.done", "text": "Hi"}),
            json!({"type": "response.completed", "response": ended("completed", Value::Null)}),
        ];
        let usage = Usage { input_tokens: 7, output_tokens: 9, cached_tokens: Some(5), reasoning_tokens: Some(4), ..Usage::default() };
        let expected = vec![Received::Reasoning("hm".into()), Received::Text("Hi".into()), Received::Finish(Finish::Done), Received::Over];
        assert_eq!(received(&events), (expected.clone(), Some(usage)));
        assert_eq!(received(&[ended("completed", Value::Null)]), (expected, Some(usage)));
    }

    #[test]
    fn an_early_end_has_its_reason() {
        let finish = |status: &str, more: Value| received(&[ended(status, more)]).0.into_iter().rev().nth(1);
        let incomplete = |reason: &str| json!({"incomplete_details": {"reason": reason}});
        assert_eq!(finish("incomplete", incomplete("max_output_tokens")), Some(Received::Finish(Finish::Length)));
        assert_eq!(finish("incomplete", incomplete("content_filter")), Some(Received::Finish(Finish::Filtered)));
        assert_eq!(finish("incomplete", Value::Null), Some(Received::Finish(Finish::Broken)));
        let refused = [
            json!({"type": "response.refusal.delta", "delta": "No."}),
            json!({"type": "response.completed", "response": ended("completed", Value::Null)}),
        ];
        assert_eq!(received(&refused).0, [Received::Declined("No.".into()), Received::Finish(Finish::Done), Received::Over]);
        let failed =
            json!({"type": "response.failed", "response": {"status": "failed", "error": {"code": "server_error", "message": "Oh"}}});
        assert!(matches!(&received(&[failed]).0[..], [Received::Failed(_)]));
        let error = json!({"type": "error", "code": "rate_limit_exceeded", "message": "Slow down"});
        assert!(matches!(&received(&[error]).0[..], [Received::Failed(error)] if error["error"]["message"] == "Slow down"));
        let call = json!({"type": "response.output_item.added", "item": {"type": "function_call"}});
        assert_eq!(received(&[call]).0, [Received::ToolCall]);
    }

    proptest! {
        #[test]
        fn any_document_is_read_without_harm(documents in prop::collection::vec(any_document(), 1..4)) {
            let _ = received(&documents);
        }
    }
}
