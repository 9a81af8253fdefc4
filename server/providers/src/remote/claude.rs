//! Parses the stream of an answer from Anthropic's messages API.

use holdfast_protocol::message::Usage;
use serde_json::Value;

use super::{
    finish::Finish,
    reading::{Dialect, Received},
};

/// The state of a message.
#[derive(Debug, Default)]
pub(super) struct Message {
    usage: Option<Usage>,
    has_reason: bool,
}

impl Message {
    fn count(&mut self, usage: &Value) {
        let count = |name: &str| usage[name].as_u64();
        let cached = count("cache_creation_input_tokens").unwrap_or(0) + count("cache_read_input_tokens").unwrap_or(0);
        let clamp = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let mut sum = self.usage.unwrap_or_default();
        if let Some(input) = count("input_tokens") {
            sum.input_tokens = clamp(input.saturating_add(cached));
            sum.cached_tokens = count("cache_read_input_tokens").map(clamp).or(sum.cached_tokens);
            self.usage = Some(sum);
        }
        if let Some(output) = count("output_tokens") {
            sum.output_tokens = clamp(output);
            self.usage = Some(sum);
        }
    }

    fn stop(&mut self, reason: &Value, received: &mut Vec<Received>) {
        let finish = reason.as_str().and_then(Finish::read);
        self.has_reason |= finish.is_some();
        received.extend(finish.map(Received::Finish));
    }

    fn over(&self, received: &mut Vec<Received>) {
        if !self.has_reason {
            received.push(Received::Finish(Finish::Done));
        }
        received.push(Received::Over);
    }
}

impl Dialect for Message {
    fn receive(&mut self, mut data: Value, received: &mut Vec<Received>) {
        match data["type"].as_str().unwrap_or_default() {
            "message_start" => self.count(&data["message"]["usage"]),
            "content_block_start" => data.get_mut("content_block").into_iter().for_each(|part| block(part.take(), received)),
            "content_block_delta" => data.get_mut("delta").into_iter().for_each(|part| block(part.take(), received)),
            "message_delta" => {
                self.count(&data["usage"]);
                self.stop(&data["delta"]["stop_reason"], received);
            }
            "message_stop" => self.over(received),
            // The whole message in one document.
            "message" => {
                self.count(&data["usage"]);
                if let Some(Value::Array(blocks)) = data.get_mut("content").map(Value::take) {
                    blocks.into_iter().for_each(|part| block(part, received));
                }
                self.stop(&data["stop_reason"], received);
                self.over(received);
            }
            "error" => received.push(Received::Failed(data)),
            // Pings, and types that are not known yet.
            "ping" | "content_block_stop" => {}
            _ if !data["error"].is_null() || data["detail"].is_string() || data["message"].is_string() => {
                received.push(Received::Failed(data))
            }
            _ => {}
        }
    }

    fn usage(&self) -> Option<Usage> {
        self.usage
    }
}

/// Parses a content block, or an addition to one.
fn block(mut block: Value, received: &mut Vec<Received>) {
    let mut text = |field: &str| match block.get_mut(field).map(Value::take) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    match (text("type").as_str(), text("text"), text("thinking")) {
        ("text" | "text_delta", text, _) if !text.is_empty() => received.push(Received::Text(text)),
        ("thinking" | "thinking_delta", _, text) => received.push(Received::Reasoning(text)),
        ("redacted_thinking", ..) => received.push(Received::Reasoning(String::new())),
        ("tool_use", ..) => received.push(Received::ToolCall),
        ("image", ..) => received.push(Received::Picture),
        _ => {} // tool inputs and signatures
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::{super::completion::tests::any_document, *};

    fn received(documents: &[Value]) -> Vec<Received> {
        let (mut message, mut received) = (Message::default(), Vec::new());
        for document in documents {
            message.receive(document.clone(), &mut received);
        }
        received
    }

    #[test]
    fn a_message_is_read_in_events_and_in_one_document() {
        let whole = json!({"type": "message", "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Hi"}], "stop_reason": "max_tokens"});
        let events = [
            json!({"type": "message_start", "message": {"usage": {"input_tokens": 1}}}),
            json!({"type": "content_block_start", "content_block": {"type": "thinking", "thinking": "", "signature": ""}}),
            json!({"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": "hm"}}),
            json!({"type": "content_block_delta", "delta": {"type": "signature_delta", "signature": "x"}}),
            json!({"type": "content_block_start", "content_block": {"type": "text", "text": ""}}),
            json!({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}}),
            json!({"type": "message_delta", "delta": {"stop_reason": "max_tokens"}}),
            json!({"type": "message_stop"}),
        ];
        let expected = [Received::Reasoning("hm".into()), Received::Text("Hi".into()), Received::Finish(Finish::Length), Received::Over];
        assert_eq!(received(&[whole]), expected);
        let mut came = received(&events);
        came.retain(|received| *received != Received::Reasoning(String::new()));
        assert_eq!(came, expected);
    }

    #[test]
    fn an_end_without_a_reason_is_an_end_and_errors_are_errors() {
        assert_eq!(received(&[json!({"type": "message_stop"})]), [Received::Finish(Finish::Done), Received::Over]);
        assert_eq!(
            received(&[json!({"type": "content_block_start", "content_block": {"type": "tool_use", "name": "f"}})]),
            [Received::ToolCall]
        );
        for error in [json!({"type": "error", "error": {"type": "x"}}), json!({"error": "x"}), json!({"detail": "x"})] {
            assert_eq!(received(std::slice::from_ref(&error)), [Received::Failed(error.clone())]);
        }
    }

    proptest! {
        #[test]
        fn any_document_is_read_without_harm(documents in prop::collection::vec(any_document(), 1..4)) {
            let _ = received(&documents);
        }
    }
}
