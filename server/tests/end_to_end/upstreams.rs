//! Failure case 23: a provider over real HTTP, well and unwell.

use std::time::Duration;

use holdfast_protocol::{Code, ServerFrame, Status, frame::Chat};
use serde_json::json;

use crate::support::{Server, Socket, fresh_id};
use holdfast_testing::upstream::{Request, Step, Upstream};

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
async fn pauses_split_characters_and_a_missing_end_keep_the_text() {
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
async fn text_before_a_broken_connection_is_stored_and_other_answers_continue() {
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
async fn a_refused_key_is_reported_without_the_key_and_a_busy_provider_is_retried() {
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
            return vec![Step::Send(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec())];
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
async fn redirects_of_a_provider_are_not_followed() {
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

/// Something that comes for ever, every 50 ms, after `before`.
fn for_ever(before: &str, again: &str) -> Vec<Step> {
    let mut steps = vec![Step::Send(format!("{HEAD}{before}").into())];
    steps.extend((0..1_200).flat_map(|_| [Step::Send(again.into()), Step::Pause(Duration::from_millis(50))]));
    steps
}

fn thought(text: &str) -> String {
    format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": {"reasoning_content": text}, "finish_reason": null}]}))
}

#[tokio::test]
async fn an_answer_without_progress_ends_even_if_data_arrives() {
    let role = format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": {"role": "assistant"}, "finish_reason": null}]}));
    let usage = format!("data: {}\n\n", json!({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}));
    let empty =
        [delta(""), thought(""), role, usage, "data: {}\n\n".into(), ": keep-alive\n\n".into(), "event: ping\n\n".into(), "\n".into()];
    let end = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    let kinds = empty.clone();
    let upstream = Upstream::start(move |request| {
        if request.path().ends_with("/models") {
            return models();
        }
        // The message says which: what comes first, and what comes for ever.
        let asked = serde_json::from_str::<serde_json::Value>(&request.body).unwrap();
        let text = asked["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap().to_owned();
        let (first, kind) = text.split_once(' ').unwrap();
        let first = match first {
            "text" => delta("some words"),
            "thought" => thought("hmm"),
            "end" => format!("{}{end}", delta("some words")),
            _ => String::new(),
        };
        for_ever(&first, &kinds[kind.parse::<usize>().unwrap()])
    })
    .await;
    let base = format!("{}/v1", upstream.url());
    let settings = [
        ("OPENAI_BASE_URL", base.as_str()),
        ("OPENAI_API_KEY", "sk-test"),
        ("PROVIDER_IDLE_SECONDS", "1"),
        ("PROVIDER_FIRST_SECONDS", "1"),
    ];
    let server = Server::with(&settings).await;
    let user = server.guest().await;
    let cases = (0..empty.len()).flat_map(|kind| {
        [("text", "some words", Status::Interrupted), ("thought", "", Status::Failed), ("end", "some words", Status::Complete)]
            .map(|(first, text, status)| (first, kind, text, status))
    });
    let nothing = (0..empty.len()).map(|kind| ("nothing", kind, "", Status::Failed));
    let ask = async |(first, kind, text, status): (&str, usize, &str, Status)| {
        let mut socket = Socket::ready(&server, "/ws", &user).await;
        let content = format!("{first} {kind}");
        socket.chat(Chat { provider: Some("openai".into()), model: Some("tiny".into()), ..Chat::new(fresh_id(), content.clone()) }).await;
        let complete =
            tokio::time::timeout(Duration::from_secs(20), socket.complete()).await.unwrap_or_else(|_| panic!("{content} goes on"));
        assert_eq!((complete.full_response.as_str(), complete.status), (text, status), "{content}");
        if status != Status::Complete {
            assert_eq!(complete.error.unwrap().code, Code::ProviderUnavailable, "{content}");
        }
    };
    futures::future::join_all(cases.chain(nothing).map(ask)).await;
}

#[tokio::test]
async fn a_model_may_reason_for_long_while_it_makes_progress() {
    let upstream = Upstream::start(|request| {
        if request.path().ends_with("/models") {
            return models();
        }
        let mut steps = vec![Step::Send(HEAD.into())];
        steps.extend((0..10).flat_map(|_| [Step::Send(thought("well, ").into()), Step::Pause(Duration::from_millis(300))]));
        steps.push(Step::Send(format!("{}data: [DONE]\n\n", delta("so it is")).into()));
        steps
    })
    .await;
    let base = format!("{}/v1", upstream.url());
    let settings = [("OPENAI_BASE_URL", base.as_str()), ("PROVIDER_IDLE_SECONDS", "1"), ("PROVIDER_FIRST_SECONDS", "1")];
    let server = Server::with(&settings).await;
    let user = server.guest().await;
    let reply = server.chat(&user, json!({"content": "think", "provider": "openai", "model": "tiny"})).await;
    assert_eq!((reply.full_response.as_str(), reply.status), ("so it is", Status::Complete));
}
