//! Errors between server and provider: administrators and the log get the cause, other users do not.

use futures::future::join_all;
use holdfast_protocol::{
    frame::Chat,
    providers::{ConnectionTest, ProviderInfo},
    transfer::MadeShare,
};
use serde_json::json;

use crate::support::{
    Server, Socket, User, fresh_id,
    manual::{certify, free_port},
};
use holdfast_testing::upstream::{Request, Step, Upstream, reply};

/// Internal details that a provider's error message may contain.
const INSIDE: &str = "dial tcp 10.1.2.3:8123 (llm-box.internal) /srv/inner LLM_BOX_KEY";

fn list() -> Vec<Step> {
    reply("200 OK", "content-type: application/json\r\n", r#"{"object":"list","data":[{"id":"tiny","object":"model"}]}"#)
}

/// A provider with many errors: the part of the path before `/v1` selects one.
async fn faulty() -> Upstream {
    Upstream::start(|request: &Request| {
        let said = json!({"error": {"message": INSIDE}}).to_string();
        let fault = request.path().split('/').nth(1).unwrap_or_default();
        match (request.path().ends_with("/models"), fault.starts_with("answer-")) {
            (true, true) => return list(),
            (false, false) => return reply("500 Internal Server Error", "", &said),
            (true, false) | (false, true) => {}
        }
        match fault.trim_start_matches("answer-").trim_start_matches("list-") {
            "401" => reply("401 Unauthorized", "", &said),
            "402" => reply("402 Payment Required", "", &said),
            "404" => reply("404 Not Found", "", &said),
            "400" => reply("400 Bad Request", "", &said),
            "429" => reply("429 Too Many Requests", "", r#"{"error":{"code":"insufficient_quota"}}"#),
            "500" => reply("500 Internal Server Error", "", &said),
            "moved" => reply("307 Temporary Redirect", "location: http://llm-box.internal:8123/srv/inner\r\n", ""),
            "strange" => reply("200 OK", "content-type: text/html\r\n", "<!doctype html><p>llm-box.internal\n"),
            "error" => reply("200 OK", "content-type: text/event-stream\r\n", &format!("data: {said}\n\n")),
            "cut" => {
                vec![Step::Send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 999\r\n\r\n: well".to_vec())]
            }
            "hang" => vec![Step::Hang],
            other => panic!("no such fault: {other}"),
        }
    })
    .await
}

#[tokio::test]
async fn only_administrators_see_the_address_of_a_provider() {
    let upstream = faulty().await;
    let folder = tempfile::tempdir().unwrap();
    let [cert, key, _] = certify(folder.path());
    let (closed, tls) = (free_port(), free_port());
    let behind_tls = Server::with(&[("LISTEN", &format!("127.0.0.1:{tls}")), ("TLS_CERT", &cert), ("TLS_KEY", &key)]).await;
    let configured = format!("http://127.0.0.1:{closed}/inner/v1");
    let server =
        Server::with_log(&[("OPENAI_BASE_URL", &configured), ("OPENAI_API_KEY", "sk-a"), ("SIGNUP", "open"), ("GUESTS", "true")]).await;
    let admin = server.admin("Ada").await;

    let mut providers = vec![
        ("refused".to_owned(), format!("http://127.0.0.1:{closed}/inner/v1")),
        // A label of 64 letters is refused without asking anybody for it.
        ("unnamed".to_owned(), format!("http://{}.internal:8123/inner/v1", "b".repeat(64))),
        ("untrusted".to_owned(), format!("https://127.0.0.1:{tls}/inner/v1")),
        ("no-tls".to_owned(), format!("https://{}/inner/v1", server.address)),
    ];
    for fault in ["401", "402", "404", "400", "429", "500", "moved", "strange", "error", "cut"] {
        providers.push((format!("answer-{fault}"), format!("{}/answer-{fault}/v1", upstream.url())));
    }
    for fault in ["401", "404", "500", "moved", "strange", "hang"] {
        providers.push((format!("list-{fault}"), format!("{}/list-{fault}/v1", upstream.url())));
    }
    for (name, url) in &providers {
        let new = json!({"name": name, "kind": "openai", "url": url, "key": "sk-b", "own_keys": true});
        let added = server.as_user(&admin, "POST", "/api/admin/providers", Some(new)).await;
        assert_eq!(added.status, 201, "{}", added.text);
    }
    providers.push(("openai".to_owned(), configured));

    let (guest, member) = (server.guest().await, server.member("Bob").await);
    let all = [&guest, &member].into_iter().flat_map(|user| providers.iter().map(move |provider| (user, provider)));
    join_all(all.map(|(user, (name, url))| what_they_read(&server, user, name, url, None))).await;
    // With a key of their own, which is tried as well.
    let (name, url) = &providers[4];
    assert_eq!(name, "answer-401");
    let kept = server.as_user(&member, "POST", &format!("/api/keys/{name}"), Some(json!({"key": "sk-own"}))).await;
    assert_eq!(kept.status, 204);
    what_they_read(&server, &member, name, url, Some("sk-own")).await;
    for path in ["/health", "/health/full", "/metrics", "/", "/api/openapi.json"] {
        let text = server.get(path).await.text;
        for (name, url) in &providers {
            tells_nothing(&format!("{path} {name}"), &text, url);
        }
    }

    // An administrator reads the cause in the list, where there is one, and in the test; and so does who reads the log.
    let log = server.log();
    let listed: Vec<ProviderInfo> = server.as_user(&admin, "GET", "/api/admin/providers", None).await.json();
    let paths = providers.iter().map(|(name, _)| format!("/api/admin/providers/{name}/test"));
    let trials = join_all(paths.map(async |path| server.as_user(&admin, "POST", &path, None).await.json::<ConnectionTest>())).await;
    for ((name, url), connection_test) in providers.iter().zip(trials) {
        assert!(!connection_test.ok, "{name}: {connection_test:?}");
        // Without a list a model may be named; and nobody waits for a list that does not come.
        if name == "list-404" || name == "list-hang" {
            assert!(connection_test.message.contains("Name one"), "{name}: {connection_test:?}");
            continue;
        }
        // What a wrong key and an empty account are told by is the key.
        let named = if name.ends_with("401") || name.ends_with("402") || name.ends_with("429") { "key" } else { url.as_str() };
        assert!(connection_test.message.contains(named), "{name}: {connection_test:?}");
        assert!(log.lines().any(|line| line.contains(name.as_str()) && line.contains(named)), "{name} in {log}");
        if !name.starts_with("answer") {
            let fault = listed.iter().find(|info| info.name == *name).and_then(|info| info.fault.as_ref()).unwrap();
            assert!(fault.error.contains(named), "{name}: {fault}");
        }
    }
    assert!(!log.contains("sk-"), "{log}");
    drop(behind_tls);
}

/// Asks a provider in each way in which somebody may, and looks at all that comes of it.
async fn what_they_read(server: &Server, user: &User, provider: &str, url: &str, own: Option<&str>) {
    let path = |path: &str| format!("{path} of {provider}");
    let ask = json!({"content": "x", "provider": provider, "model": "tiny"});
    let whole = server.as_user(user, "POST", "/api/chat", Some(ask)).await;
    assert!(whole.status >= 400 || whole.value()["status"] == "failed", "{provider}: {}", whole.text);
    tells_nothing(&path("/api/chat"), &whole.text, url);
    let unchosen = server.as_user(user, "POST", "/api/chat", Some(json!({"content": "x", "provider": provider}))).await;
    tells_nothing(&path("/api/chat without a model"), &unchosen.text, url);

    let mut socket = Socket::ready(server, "/ws", user).await;
    socket.chat(Chat { provider: Some(provider.to_owned()), model: Some("tiny".into()), ..Chat::new(fresh_id(), "hello") }).await;
    let complete = socket.complete().await;
    tells_nothing(&path("a frame"), &complete.error.unwrap().error, url);
    let id = complete.conversation_id;
    let conversation = server.as_user(user, "GET", &format!("/api/conversations/{id}"), None).await;
    tells_nothing(&path("the conversation"), &conversation.text, url);
    let share = server.as_user(user, "POST", &format!("/api/conversations/{id}/shares"), Some(json!({}))).await;
    tells_nothing(&path("a link"), &server.get(&share.json::<MadeShare>().path).await.text, url);
    tells_nothing(&path("/api/models"), &server.as_user(user, "GET", "/api/models", None).await.text, url);
    if own.is_some() {
        let connection_test = server.as_user(user, "POST", &format!("/api/keys/{provider}/test"), None).await;
        assert!(connection_test.text.contains("Your key"), "{}", connection_test.text);
        tells_nothing(&path("the test of a key"), &connection_test.text, url);
    }
}

fn tells_nothing(what: &str, text: &str, url: &str) {
    let (_, rest) = url.split_once("://").unwrap();
    let (authority, path) = rest.split_once('/').unwrap();
    for inside in [authority, path, "10.1.2.3", "llm-box", "/srv", "LLM_BOX", "OPENAI_BASE_URL", "OPENAI_API_KEY", "sk-"] {
        // The manual's own examples are in the page.
        if !(what.starts_with('/') && inside.starts_with("OPENAI_")) {
            assert!(!text.contains(inside), "{what} tells {inside}: {text}");
        }
    }
}
