//! What administrators and authors of clients see.

use std::time::Duration;

use holdfast_protocol::{ClientFrame, Code, ServerFrame, frame::Chat};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{Server, Socket, fresh_id};

const PROTOCOL: &str = include_str!("../../../docs/protocol.md");

#[tokio::test]
async fn health_reports_each_part_and_no_secrets() {
    let server = Server::with(&[("OPENAI_API_KEY", "sk-hidden"), ("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")]).await;
    assert_eq!(server.get("/health").await.value(), json!({"status": "ok"}));
    let full = server.get("/health/full").await;
    let parts: Vec<String> =
        full.value()["parts"].as_array().unwrap().iter().map(|part| part["name"].as_str().unwrap().to_owned()).collect();
    assert!(
        parts.contains(&"store".into()) && parts.contains(&"provider openai".into()) && parts.contains(&"provider builtin".into()),
        "{parts:?}"
    );
    assert!(!full.text.contains("hidden") && !full.text.contains("127.0.0.1"), "{}", full.text);
    let metrics = server.get("/metrics").await;
    assert!(metrics.text.contains("\nholdfast_answers_running 0\n"), "{}", metrics.text);
}

/// Returns a metric of a scrape, by name with labels.
fn figure(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} in {metrics}")).parse().unwrap()
}

#[tokio::test]
async fn sent_chunks_are_counted_and_timed() {
    let server = Server::start().await;
    let user = server.guest().await;
    let mut first = Socket::ready(&server, "/ws", &user).await;
    let chat = Chat { provider: Some("builtin".into()), model: Some("echo-60-5".into()), ..Chat::new(fresh_id(), "count") };
    first.chat(chat).await;
    let complete = first.complete().await;
    let metrics = server.get("/metrics").await.text;
    let chunks = figure(&metrics, "holdfast_chunks_sent_total");
    assert!(chunks >= 2.0, "{metrics}");
    assert_eq!(figure(&metrics, "holdfast_chunk_bytes_sent_total"), complete.full_response.len() as f64, "to one listener, once");
    for name in ["holdfast_answer_save_seconds", "holdfast_answer_show_seconds"] {
        let count = figure(&metrics, &format!("{name}_count"));
        assert!(count >= 2.0 && count == figure(&metrics, &format!("{name}_bucket{{le=\"+Inf\"}}")), "{metrics}");
        assert!(figure(&metrics, &format!("{name}_sum")) > 0.0, "{metrics}");
        let buckets = metrics.lines().filter(|line| line.starts_with(&format!("{name}_bucket")));
        let counts: Vec<f64> = buckets.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect();
        assert!(counts.is_sorted() && counts.len() > 5, "{metrics}");
    }
    // Each family has a help text and a type, and its name follows the conventions.
    for family in metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = family.split_once(' ').unwrap();
        assert!(metrics.contains(&format!("# HELP {name} ")), "{name}");
        assert_eq!(name.ends_with("_total"), kind == "counter", "{name}");
        assert_eq!(name.ends_with("_seconds"), kind == "histogram", "{name}");
    }
}

#[tokio::test]
async fn metrics_can_have_their_own_address() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let server = Server::with(&[("METRICS_LISTEN", &address)]).await;
    assert_eq!(server.get("/metrics").await.status, 404);
    let there = reqwest::get(format!("http://{address}/metrics")).await.unwrap();
    assert!(there.text().await.unwrap().contains("holdfast_listeners 0"));
    assert_eq!(reqwest::get(format!("http://{address}/health")).await.unwrap().status(), 404);
}

#[tokio::test]
async fn the_api_reference_can_be_read_and_browsed_offline() {
    let server = Server::start().await;
    let document = server.get("/api/openapi.json").await.value();
    for path in [
        "/api/auth/guest",
        "/api/auth/signup",
        "/api/auth/login",
        "/api/auth/refresh",
        "/api/auth/logout",
        "/api/auth/me",
        "/api/conversations",
        "/api/conversations/{id}",
        "/api/conversations/{id}/messages",
        "/api/conversations/{id}/events",
        "/api/conversations/{id}/poll",
        "/api/answers/{id}/stop",
        "/api/chat",
        "/api/models",
        "/health",
        "/health/full",
        "/metrics",
    ] {
        assert!(document["paths"].get(path).is_some(), "{path}");
    }
    assert_eq!(server.get("/api/docs").await.headers["location"], "docs/");
    let page = server.get("/api/docs/").await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("https://"), "nothing comes from elsewhere");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'self';"), "{policy}");
    let begin = server.get("/api/docs/swagger-initializer.js").await;
    assert!(begin.text.contains("../openapi.json") && !begin.text.contains("petstore"), "{}", begin.text);
    assert_eq!(server.get("/api/docs/nothing.js").await.status, 404);
}

#[tokio::test]
async fn the_frames_are_described_for_tools() {
    let server = Server::start().await;
    let document = server.get("/api/asyncapi.json").await.value();
    let messages = document["components"]["messages"].as_object().unwrap();
    for kind in ClientFrame::TYPES {
        assert!(messages.contains_key(&format!("client_{kind}")), "{kind}: {:?}", messages.keys());
    }
    for kind in ServerFrame::TYPES {
        assert!(messages.contains_key(&format!("server_{kind}")), "{kind}: {:?}", messages.keys());
    }
    for kind in ClientFrame::TYPES.iter().chain(ServerFrame::TYPES) {
        let name = format!("`{kind}`");
        let has_row =
            PROTOCOL.lines().any(|line| line.starts_with("| `") && line.split('|').nth(1).is_some_and(|types| types.contains(&name)));
        assert!(has_row, "docs/protocol.md has no row for {kind}");
    }
    assert_eq!(document["channels"]["socket"]["address"], "/ws");
    assert_eq!(dangling(&document, &document), Vec::<String>::new());
}

#[tokio::test]
async fn the_reference_names_every_call_and_every_frame() {
    let server = Server::start().await;
    let page = server.get("/api/redoc").await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("<script"), "it is read without scripts");
    let document = server.get("/api/openapi.json").await.value();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|name| *name != "parameters") {
            assert!(page.text.contains(&format!("{} {path}</h3>", method.to_uppercase())), "{method} {path}");
        }
    }
    for frame in ["initial (to the server)", "chunk (to the client)"] {
        assert!(page.text.contains(&format!("{frame}</h3>")), "{frame}");
    }
    for schema in ["ApiError", "Message", "Chat"] {
        assert!(page.text.contains(&format!("href=\"#{schema}\"")) && page.text.contains(&format!("id=\"{schema}\"")), "{schema}");
    }
}

/// Returns references in a document that lead nowhere.
fn dangling(document: &Value, part: &Value) -> Vec<String> {
    match part {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str).filter(|path| document.pointer(&path[1..]).is_none());
            own.map(str::to_owned).into_iter().chain(fields.values().flat_map(|field| dangling(document, field))).collect()
        }
        Value::Array(items) => items.iter().flat_map(|item| dangling(document, item)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let server = Server::start().await;
    for path in ["/", "/health", "/api/models", "/ws", "/nowhere", "/api/nowhere"] {
        let reply = server.get(path).await;
        let told = |name: &str| reply.headers.get(name).unwrap_or_else(|| panic!("{path} lacks {name}")).to_str().unwrap();
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        ] {
            assert_eq!(told(name), value, "{path}: {name}");
        }
        assert!(told("x-request-id").len() >= 16, "{path}");
        assert!(!reply.headers.contains_key("server"), "{path}");
        // Without own TLS, the proxy decides, and over plain HTTP the header would not count.
        assert!(!reply.headers.contains_key("strict-transport-security"), "{path}");
        let policy = told("content-security-policy");
        for part in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
    }
    assert_eq!(server.get("/api/nowhere").await.status, 404);
}

#[tokio::test]
async fn private_responses_are_not_cached() {
    let server = Server::start().await;
    let user = server.guest().await;
    let id = server.conversation(&user).await;
    let bearer = format!("Bearer {}", user.token());
    for path in ["/".to_owned(), format!("/c/{id}"), format!("/api/conversations/{id}"), "/api/auth/me".to_owned()] {
        let reply = server.call("GET", &path, &[("authorization", &bearer), ("cookie", &user.cookie)], None).await;
        let kept = if path.starts_with("/api") { "no-store" } else { "no-store, no-transform" };
        assert_eq!((reply.status, reply.headers["cache-control"].to_str().unwrap()), (200, kept), "{path}");
    }
}

#[tokio::test]
async fn an_invalid_body_is_refused_with_the_reason() {
    let server = Server::start().await;
    let user = server.guest().await;
    let reply = server.as_user(&user, "POST", "/api/chat", Some(json!({"contents": "x"}))).await;
    assert_eq!(reply.status, 400);
    assert!(reply.api_error().error.contains("content"), "{}", reply.text);
    // Errors do not repeat user input.
    let id = server.conversation(&user).await;
    let reply = server.as_user(&user, "PATCH", &format!("/api/conversations/{id}"), Some(json!({"pinned": "x".repeat(100_000)}))).await;
    assert_eq!((reply.status, reply.text.len() < 1_000), (400, true), "{} bytes", reply.text.len());
    let reply = server.as_user(&user, "POST", "/api/chat", Some(json!({"content": "x".repeat(3 << 20)}))).await;
    assert_eq!(reply.status, 413);
}

#[tokio::test]
async fn an_invalid_parameter_is_refused_with_the_api_s_error() {
    let server = Server::start().await;
    let admin = server.admin("Ada").await;
    let id = server.conversation(&admin).await;
    for path in [
        "/api/admin/users?cursor=x",
        "/api/conversations?shelf=x",
        &format!("/api/conversations/{id}/poll?cursor=x"),
        &format!("/api/conversations/{id}/export?format=x"),
    ] {
        let reply = server.as_user(&admin, "GET", path, None).await;
        assert_eq!((reply.status, reply.api_error().code), (400, Code::BadFrame), "{path}: {}", reply.text);
    }
    let reply = server.as_user(&admin, "POST", "/api/auth/methods/%FF", Some(json!({"password": "correct horse"}))).await;
    assert_eq!((reply.status, reply.api_error().code), (400, Code::BadFrame), "{}", reply.text);
    let activity = server.as_user(&admin, "GET", "/api/admin/activity", None).await.text;
    assert!(activity.contains("\"/api/auth/methods/{provider}\""), "they are noted like all others: {activity}");
}

#[tokio::test]
async fn slow_requests_are_disconnected() {
    let server = Server::with(&[("READ_SECONDS", "1")]).await;
    let user = server.guest().await;
    let auth = format!("authorization: Bearer {}\r\ncontent-type: application/json\r\n", user.token());
    // A byte from time to time does not keep a request alive.
    for begun in [
        String::new(),
        "GET / HTTP/1.1\r\nhost: x\r\nx-slow: ".to_owned(),
        format!("POST /api/chat HTTP/1.1\r\nhost: x\r\n{auth}content-length: 100\r\n\r\n{{"),
    ] {
        let mut peer = TcpStream::connect(&server.address).await.unwrap();
        peer.write_all(begun.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let end = tokio::time::timeout(Duration::from_secs(15), peer.read_to_end(&mut answer)).await;
        assert!(end.is_ok(), "still there after {begun:?}");
        let answer = String::from_utf8_lossy(&answer);
        assert!(!answer.contains(" 200 "), "{answer}");
    }
    // A socket is not a slow request.
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    socket.chat(Chat { provider: Some("builtin".into()), model: Some("echo".into()), ..Chat::new(fresh_id(), "still here") }).await;
    assert_eq!(socket.complete().await.full_response, "still here");
}
