//! A model server with the chat completions API, as users run them. Holdfast asks it, and the floor relays it.

use std::{process::ExitCode, time::Duration};

use axum::{
    Json, Router,
    body::Body,
    http::header,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures::stream;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use crate::{child, reading::Words};

/// The listed models: number of words of an answer, and ms between two of them.
const MODELS: [(usize, u64); 2] = [(1_000, 10), (300, 10)];

/// Returns the name of the model that writes this many words at this interval.
pub(crate) fn model(words: usize, every: Duration) -> String {
    format!("say-{words}-{}", every.as_millis())
}

/// Serves until the parent process has ended.
pub(crate) fn run() -> ExitCode {
    child::run("upstream", Router::new().route("/v1/models", get(models)).route("/v1/chat/completions", post(answer)))
}

async fn models() -> Json<Value> {
    let models = MODELS.map(|(words, every)| json!({"id": model(words, Duration::from_millis(every)), "object": "model"}));
    Json(json!({"object": "list", "data": models}))
}

#[derive(Deserialize)]
struct Asked {
    model: String,
}

async fn answer(Json(asked): Json<Asked>) -> Response {
    let Some(words) = read(&asked.model) else { return (axum::http::StatusCode::NOT_FOUND, "There is no such model.").into_response() };
    let (began, count, model) = (Instant::now(), words.ends.len(), asked.model);
    let pieces = stream::unfold(0, move |at| {
        let due = began + words.every * u32::try_from(at).unwrap_or(u32::MAX);
        let event = match at {
            at if at < count => {
                let from = if at == 0 { 0 } else { words.ends[at - 1] };
                Some(event(&model, json!({"content": &words.text[from..words.ends[at]]}), Value::Null))
            }
            at if at == count => {
                let usage = json!({"prompt_tokens": 9, "completion_tokens": count, "total_tokens": count + 9});
                let usage = json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [], "usage": usage});
                Some(format!("{}data: {usage}\n\ndata: [DONE]\n\n", event(&model, json!({}), "stop".into())))
            }
            _ => None,
        };
        async move {
            let event = event?;
            sleep_until(due).await;
            Some((Ok::<_, std::convert::Infallible>(event), at + 1))
        }
    });
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(pieces)).into_response()
}

fn event(model: &str, delta: Value, finish_reason: Value) -> String {
    let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason});
    let event = json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": model, "system_fingerprint": "fp_1",
        "choices": [choice],
    });
    format!("data: {event}\n\n")
}

fn read(model: &str) -> Option<Words> {
    let (words, every) = model.strip_prefix("say-")?.split_once('-')?;
    Some(Words::new(words.parse().ok()?, Duration::from_millis(every.parse().ok()?)))
}
