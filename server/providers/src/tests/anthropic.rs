//! Anthropic's messages.

use std::time::Duration;

use holdfast_protocol::Code;
use serde_json::{Value, json};

use holdfast_testing::upstream::*;

use super::*;
use crate::ProviderSettings;

async fn upstream(steps: Vec<Step>) -> (Upstream, Providers) {
    let models =
        json!({"data": [{"type": "model", "id": "claude-new"}, {"type": "model", "id": "claude-old"}], "has_more": false}).to_string();
    let upstream =
        Upstream::start(move |request| if request.path().starts_with("/v1/models?") { json(&models) } else { steps.clone() }).await;
    let settings = ProviderSettings {
        services: service(Kind::Anthropic, Some("sk-ant-x"), Some(upstream.url())),
        idle_timeout: Duration::from_secs(2),
        ..ProviderSettings::default()
    };
    let providers = Providers::new(&settings).unwrap();
    (upstream, providers)
}

async fn answered(steps: Vec<Step>) -> Outcome {
    let (_upstream, providers) = upstream(steps).await;
    let (provider, model) = providers.choose(&Requester::default(), Some("anthropic"), None).await.unwrap();
    assert_eq!(model, "claude-new");
    ask(&*provider, prompt(&model, "hi")).await
}

fn event(data: &Value) -> String {
    format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap_or_default())
}

fn text(text: &str) -> String {
    event(&json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}))
}

fn start() -> String {
    event(&json!({"type": "message_start", "message": {"usage": {"input_tokens": 5, "cache_read_input_tokens": 2, "output_tokens": 1}}}))
}

fn stop() -> String {
    event(&json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 15}}))
}

#[tokio::test]
async fn a_usual_answer_without_its_thinking() {
    let stream = [
        start(),
        event(&json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}})),
        event(&json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}})),
        event(&json!({"type": "ping"})),
        event(&json!({"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}})),
        text("Grüße "),
        text("漢字🦀"),
        event(&json!({"type": "content_block_stop", "index": 1})),
        stop(),
        event(&json!({"type": "message_stop"})),
    ]
    .concat();
    let usage = Some(Usage { input_tokens: 7, output_tokens: 15, cached_tokens: Some(2), ..Usage::default() });
    for size in [1, 7, 4096] {
        let outcome = answered(in_chunks(stream.as_bytes(), size)).await;
        assert_eq!(outcome, Outcome { text: "Grüße 漢字🦀".into(), usage, fault: None });
    }
    // Over at `message_stop`, or without it after a reason.
    assert_eq!(answered(vec![events(), chunk(stream.as_bytes()), Step::Hang]).await.fault, None);
    assert_eq!(answered(vec![events(), chunk([start(), text("a"), stop()].concat().as_bytes())]).await.fault, None);
}

#[tokio::test]
async fn an_end_without_a_reason_is_a_cut() {
    let outcome = answered(in_chunks([start(), text("one")].concat().as_bytes(), 64)).await;
    assert_eq!(outcome.text, "one");
    assert_eq!(outcome.fault.map(|fault| (fault.code(), fault.retryable)), Some((Code::ProviderUnavailable, false)));
}

#[tokio::test]
async fn an_overload_before_the_first_word_is_worth_another_try() {
    let overload = event(&json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}));
    let fault = answered(in_chunks([start(), overload].concat().as_bytes(), 64)).await.fault.unwrap();
    assert!(fault.retryable && fault.detail().contains("“Overloaded”"), "{fault}");
    let fault = answered(reply("529 Overloaded", "", "{}")).await.fault.unwrap();
    assert_eq!((fault.code(), fault.retryable), (Code::ProviderUnavailable, true));
    let fault = answered(reply("401 Unauthorized", "", "{}")).await.fault.unwrap();
    assert!(
        fault.code() == Code::ProviderRefused
            && fault.detail().contains("ANTHROPIC_API_KEY")
            && !fault.api_error.error.contains("ANTHROPIC_"),
        "{fault}"
    );
}

#[tokio::test]
async fn the_request_is_what_the_api_wants() {
    let (upstream, providers) = upstream(in_chunks(b"data: {\"type\":\"message_stop\"}\n\n", 99)).await;
    let (provider, _) = providers.choose(&Requester::default(), None, Some("claude-old")).await.unwrap();
    let mut asked = prompt("claude-old", "hi");
    asked.system = Some("be short".into());
    asked.turns.push(Turn { role: Author::Assistant, content: String::new() });
    asked.turns.push(Turn { role: Author::Assistant, content: "Well, ".into() });
    ask(&*provider, asked).await;
    let request = upstream.requests().pop().unwrap();
    assert_eq!(request.line, "POST /v1/messages HTTP/1.1");
    assert!(request.headers.contains("x-api-key: sk-ant-x") && request.headers.contains("anthropic-version: 2023-06-01"));
    let body: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(body["messages"], json!([{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Well,"}]));
    assert_eq!((&body["system"], &body["model"]), (&json!("be short"), &json!("claude-old")));
    assert!(body["max_tokens"].as_u64().is_some_and(|most| most >= 4096));
}
