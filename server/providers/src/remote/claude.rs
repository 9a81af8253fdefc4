//! Parses the stream of an answer from Anthropic's messages API.

use holdfast_protocol::message::Usage;
use serde_json::Value;

use super::{
    finish::Finish,
    reading::{Dialect, Heard},
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
            self.usage = Some(sum);
        }
        if let Some(output) = count("output_tokens") {
            sum.output_tokens = clamp(output);
            self.usage = Some(sum);
        }
    }

    fn stop(&mut self, reason: &Value, heard: &mut Vec<Heard>) {
        let finish = reason.as_str().and_then(Finish::read);
        self.has_reason |= finish.is_some();
        heard.extend(finish.map(Heard::Finish));
    }

    fn over(&self, heard: &mut Vec<Heard>) {
        if !self.has_reason {
            heard.push(Heard::Finish(Finish::Done));
        }
        heard.push(Heard::Over);
    }
}

impl Dialect for Message {
    fn hear(&mut self, mut data: Value, heard: &mut Vec<Heard>) {
        match data["type"].as_str().unwrap_or_default() {
            "message_start" => self.count(&data["message"]["usage"]),
            "content_block_start" => data.get_mut("content_block").into_iter().for_each(|part| block(part.take(), heard)),
            "content_block_delta" => data.get_mut("delta").into_iter().for_each(|part| block(part.take(), heard)),
            "message_delta" => {
                self.count(&data["usage"]);
                self.stop(&data["delta"]["stop_reason"], heard);
            }
            "message_stop" => self.over(heard),
            // The whole message in one document.
            "message" => {
                self.count(&data["usage"]);
                if let Some(Value::Array(blocks)) = data.get_mut("content").map(Value::take) {
                    blocks.into_iter().for_each(|part| block(part, heard));
                }
                self.stop(&data["stop_reason"], heard);
                self.over(heard);
            }
            "error" => heard.push(Heard::Failed(data)),
            // Pings, and types that are not known yet.
            "ping" | "content_block_stop" => {}
            _ if !data["error"].is_null() || data["detail"].is_string() || data["message"].is_string() => heard.push(Heard::Failed(data)),
            _ => {}
        }
    }

    fn usage(&self) -> Option<Usage> {
        self.usage
    }
}

/// Parses a content block, or an addition to one.
fn block(mut block: Value, heard: &mut Vec<Heard>) {
    let mut text = |field: &str| match block.get_mut(field).map(Value::take) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    match (text("type").as_str(), text("text"), text("thinking")) {
        ("text" | "text_delta", text, _) if !text.is_empty() => heard.push(Heard::Text(text)),
        ("thinking" | "thinking_delta", _, text) => heard.push(Heard::Reasoning(text)),
        ("redacted_thinking", ..) => heard.push(Heard::Reasoning(String::new())),
        ("tool_use", ..) => heard.push(Heard::ToolCall),
        ("image", ..) => heard.push(Heard::Picture),
        _ => {} // tool inputs and signatures
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::{super::completion::tests::any_document, *};

    fn heard(documents: &[Value]) -> Vec<Heard> {
        let (mut message, mut heard) = (Message::default(), Vec::new());
        for document in documents {
            message.hear(document.clone(), &mut heard);
        }
        heard
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
        let expected = [Heard::Reasoning("hm".into()), Heard::Text("Hi".into()), Heard::Finish(Finish::Length), Heard::Over];
        assert_eq!(heard(&[whole]), expected);
        let mut came = heard(&events);
        came.retain(|heard| *heard != Heard::Reasoning(String::new()));
        assert_eq!(came, expected);
    }

    #[test]
    fn an_end_without_a_reason_is_an_end_and_errors_are_errors() {
        assert_eq!(heard(&[json!({"type": "message_stop"})]), [Heard::Finish(Finish::Done), Heard::Over]);
        assert_eq!(heard(&[json!({"type": "content_block_start", "content_block": {"type": "tool_use", "name": "f"}})]), [Heard::ToolCall]);
        for error in [json!({"type": "error", "error": {"type": "x"}}), json!({"error": "x"}), json!({"detail": "x"})] {
            assert_eq!(heard(std::slice::from_ref(&error)), [Heard::Failed(error.clone())]);
        }
    }

    proptest! {
        #[test]
        fn any_document_is_read_without_harm(documents in prop::collection::vec(any_document(), 1..4)) {
            let _ = heard(&documents);
        }
    }
}
