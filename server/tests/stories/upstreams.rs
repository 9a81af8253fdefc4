//! Failure case 23: a provider over real HTTP, well and unwell.

use std::time::Duration;

use holdfast_protocol::{Code, ServerFrame, Status, frame::Chat};
use serde_json::json;

use crate::support::{
    Server, Socket, fresh_id,
    upstream::{Request, Step, Upstream},
};

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

fn models() -> Vec<Step> {
    let body = r#"{"object":"list","data":[{"id":"tiny","object":"model"}]}"#;
    vec![Step::Send(
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
            .into(),
    )]
}

fn delta(text: &str) -> String {
    format!(
        "data: {}\n\n",
        json!({"id": "1", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]})
    )
}

async fn server_before(answer: impl Fn(&Request) -> Vec<Step> + Send + Sync + 'static) -> (Server, Upstream) {
    let upstream = Upstream::start(move |request| if request.path().ends_with("/models") { models() } else { answer(request) }).await;
    let server = Server::with(&[("OPENAI_BASE_URL", &format!("{}/v1", upstream.url())), ("OPENAI_API_KEY", "sk-test")]).await;
    (server, upstream)
}

#[tokio::test]
async fn the_same_words_through_pauses_split_characters_and_a_missing_end() {
    let words = ["Grüße, ", "漢字 ", "🧑‍🚀", " e\u{301}", "\n\n```rust\nfn main() {}\n```\n", "end"];
    let mut bytes = b": keep-alive\n\n\r\n\r\n".to_vec();
    for word in words {
        bytes.extend_from_slice(delta(word).as_bytes());
        bytes.extend_from_slice(b": a comment\n\n");
    }
    bytes.extend_from_slice(b"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"); // and no [DONE]
    let (server, upstream) = server_before(move |_| {
        let mut steps = vec![Step::Send(HEAD.into())];
        for piece in bytes.chunks(3) {
            steps.push(Step::Send(piece.to_vec()));
            steps.push(Step::Pause(Duration::from_millis(1)));
        }
        steps
    })
    .await;
    let user = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    socket.chat(Chat { provider: Some("openai".into()), model: Some("tiny".into()), ..Chat::new(fresh_id(), "hello") }).await;
    let complete = socket.complete().await;
    assert_eq!((complete.full_response.as_str(), complete.status), (words.concat().as_str(), Status::Complete));
    assert_eq!(socket.text, complete.full_response);
    let asked = upstream.requests().into_iter().find(|request| request.path().ends_with("/chat/completions")).unwrap();
    assert!(asked.headers.contains("authorization: bearer sk-test"));
    let models: Vec<holdfast_protocol::api::Model> = server.as_user(&user, "GET", "/api/models", None).await.json();
    assert!(models.iter().any(|model| model.provider == "openai" && model.model == "tiny" && model.default), "{models:?}");
}

#[tokio::test]
async fn what_came_before_a_break_is_kept_and_others_go_on() {
    let (server, _upstream) =
        server_before(|_| vec![Step::Send(format!("{HEAD}{}", delta("half a ")).into()), Step::Pause(Duration::from_millis(50))]).await;
    let user = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    socket.chat(Chat { provider: Some("openai".into()), model: Some("tiny".into()), ..Chat::new(fresh_id(), "hello") }).await;
    let complete = socket.complete().await;
    assert_eq!((complete.full_response.as_str(), complete.status), ("half a ", Status::Interrupted));
    assert_eq!(complete.error.unwrap().code, Code::ProviderUnavailable);
    let reply = server.chat(&user, json!({"content": "well", "provider": "builtin", "model": "echo"})).await;
    assert_eq!(reply.full_response, "well");
}

#[tokio::test]
async fn a_refused_key_is_told_without_the_key_and_a_busy_provider_is_tried_again() {
    let (server, _upstream) =
        server_before(|_| vec![Step::Send(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}".to_vec())])
            .await;
    let user = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    socket.chat(Chat { provider: Some("openai".into()), model: Some("tiny".into()), ..Chat::new(fresh_id(), "hello") }).await;
    let complete = socket.complete().await;
    let fault = complete.error.unwrap();
    assert_eq!((complete.status, fault.code), (Status::Failed, Code::ProviderRefused));
    assert!(fault.error.contains("key") && !fault.error.contains("OPENAI_API_KEY") && !fault.error.contains("sk-test"), "{}", fault.error);

    let tries = std::sync::atomic::AtomicUsize::new(0);
    let (server, _upstream) = server_before(move |_| {
        if tries.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 2 {
            return vec![Step::Send(b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec())];
        }
        vec![Step::Send(format!("{HEAD}{}data: [DONE]\n\n", delta("at last")).into())]
    })
    .await;
    let user = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    socket.chat(Chat { provider: Some("openai".into()), model: Some("tiny".into()), ..Chat::new(fresh_id(), "hello") }).await;
    assert_eq!(socket.complete().await.full_response, "at last");
}

#[tokio::test]
async fn the_built_in_provider_quotes_the_manual_with_its_source() {
    let server = Server::start().await;
    let user = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    socket
        .chat(Chat { provider: Some("builtin".into()), model: Some("quote".into()), ..Chat::new(fresh_id(), "How do I connect Ollama?") })
        .await;
    let ServerFrame::Complete(complete) = socket.until(|frame| matches!(frame, ServerFrame::Complete(_))).await else { unreachable!() };
    assert_eq!(complete.sources.first().and_then(|source| source.location.clone()).as_deref(), Some("Ollama"), "{:?}", complete.sources);
    assert!(
        complete.full_response.contains("OLLAMA_HOST") && complete.full_response.contains("not a language model"),
        "{}",
        complete.full_response
    );
}

#[tokio::test]
async fn where_a_provider_redirects_to_nobody_goes() {
    let elsewhere = Upstream::start(|_| models()).await;
    let target = elsewhere.url();
    let (server, _upstream) = server_before(move |_| {
        let head = "HTTP/1.1 307 Temporary Redirect\r\ncontent-length: 0\r\nconnection: close\r\n";
        vec![Step::Send(format!("{head}location: {target}/v1/chat/completions\r\n\r\n").into())]
    })
    .await;
    let user = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    socket.chat(Chat { provider: Some("openai".into()), model: Some("tiny".into()), ..Chat::new(fresh_id(), "hello") }).await;
    assert_eq!(socket.complete().await.status, Status::Failed);
    assert!(elsewhere.requests().is_empty(), "it would have had the key");
}
