//! Behind nginx, Apache, HAProxy and Caddy, with the configurations of the manual, and with lines of them missing.

use std::net::SocketAddr;

use futures::{SinkExt as _, StreamExt as _};
use holdfast_protocol::{
    ClientFrame, ServerFrame, Status,
    api::{ConversationSummary, Grant},
    frame::{Chat, Initial},
};
use reqwest::{Client, Response, header::HeaderMap};
use serde_json::{Value, json};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};

use crate::support::{
    Server, fresh_id,
    manual::{Front, Kind, NAME, free_port},
};

/// A browser, as far as a proxy can tell.
struct Browser {
    http: Client,
    origin: String,
    token: String,
}

impl Browser {
    fn at(front: &Front) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], front.port));
        let client = Client::builder().tls_danger_accept_invalid_certs(true).resolve(NAME, address);
        let http = client.redirect(reqwest::redirect::Policy::none()).http1_only().build().unwrap();
        Self { http, origin: format!("https://{NAME}:{}", front.port), token: String::new() }
    }

    async fn get(&self, path: &str) -> Response {
        self.http.get(format!("{}{path}", self.origin)).bearer_auth(&self.token).send().await.unwrap()
    }

    async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Response {
        let request = self.http.post(format!("{}{path}", self.origin)).header("origin", &self.origin);
        request.bearer_auth(&self.token).header("content-type", "application/json").body(body).send().await.unwrap()
    }

    /// Signs in as a guest. Returns the headers of the reply.
    async fn sign_in(&mut self) -> HeaderMap {
        let reply = self.post("/api/auth/guest", "").await;
        let (status, headers, text) = (reply.status(), reply.headers().clone(), reply.text().await.unwrap());
        assert_eq!(status, 201, "{text}");
        self.token = serde_json::from_str::<Grant>(&text).unwrap().access_token;
        headers
    }

    /// Requests a socket like a page of `origin`.
    async fn ask_for_socket(&self, origin: &str) -> Response {
        let request = self.http.get(format!("{}/ws", self.origin)).header("origin", origin);
        let request = request.header("connection", "Upgrade").header("upgrade", "websocket");
        let request = request.header("sec-websocket-version", "13").header("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==");
        request.send().await.unwrap()
    }

    /// Sends a message over a socket. Returns the pieces of the answer.
    async fn chat_over_socket(&self) -> Vec<String> {
        let response = self.ask_for_socket(&self.origin).await;
        assert_eq!(response.status(), 101, "{:?}", response.headers());
        let mut socket = WebSocketStream::from_raw_socket(response.upgrade().await.unwrap(), Role::Client, None).await;
        let initial = ClientFrame::Initial(Initial { token: self.token.clone(), ..Initial::default() });
        let chat = ClientFrame::Chat(Chat { model: Some("echo-60-10".into()), ..Chat::new(fresh_id(), "over a socket") });
        for frame in [initial, chat] {
            socket.send(Message::text(frame.to_json())).await.unwrap();
        }
        let mut pieces = Vec::new();
        loop {
            let Message::Text(text) = socket.next().await.unwrap().unwrap() else { continue };
            match ServerFrame::parse(&text).unwrap() {
                ServerFrame::Chunk { content, .. } => pieces.push(content),
                ServerFrame::Complete(complete) => {
                    assert_eq!((complete.status, complete.full_response), (Status::Complete, pieces.concat()));
                    return pieces;
                }
                _ => {}
            }
        }
    }

    /// Reads an answer over an event stream. Returns whether pieces arrived before its end.
    async fn chat_over_stream(&self) -> bool {
        let id = self.post("/api/conversations", "{}").await.json_of::<ConversationSummary>().await.id;
        let mut stream = self.get(&format!("/api/conversations/{id}/events")).await;
        assert_eq!((stream.status().as_u16(), stream.headers()["content-type"].to_str().unwrap()), (200, "text/event-stream"));
        let mut came = String::from_utf8(stream.chunk().await.unwrap().unwrap().to_vec()).unwrap();
        assert!(came.contains("\"sync\""), "the first frame comes at once: {came}");
        let body = json!({"message_id": fresh_id(), "content": "over a stream", "model": "echo-60-10"}).to_string();
        assert_eq!(self.post(&format!("/api/conversations/{id}/messages"), body).await.status(), 202);
        let mut early = false;
        while !came.contains("\"type\":\"complete\"") {
            early |= came.contains("\"type\":\"chunk\"");
            came.push_str(&String::from_utf8_lossy(&stream.chunk().await.unwrap().unwrap()));
        }
        early
    }
}

trait JsonOf {
    async fn json_of<T: serde::de::DeserializeOwned>(self) -> T;
}

impl JsonOf for Response {
    async fn json_of<T: serde::de::DeserializeOwned>(self) -> T {
        let text = self.text().await.unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }
}

/// Returns a file of more than 3 MB in ChatGPT's format.
fn large_export() -> String {
    let words = "word ".repeat(20_000);
    let node = |n: usize| {
        let role = if n.is_multiple_of(2) { "user" } else { "assistant" };
        let parent = n.checked_sub(1).map(|n| n.to_string());
        let message =
            json!({"id": n.to_string(), "author": {"role": role}, "content": {"content_type": "text", "parts": [format!("{n} {words}")]}});
        (n.to_string(), json!({"id": n.to_string(), "parent": parent, "children": [(n + 1).to_string()], "message": message}))
    };
    let mapping: serde_json::Map<String, Value> = (0..32).map(node).collect();
    json!([{"title": "Large", "create_time": 1.0, "update_time": 2.0, "mapping": mapping, "current_node": "31"}]).to_string()
}

async fn server_for(port: u16, more: &[(&str, &str)]) -> Server {
    let (listen, public) = (format!("127.0.0.1:{}", free_port()), format!("https://{NAME}:{port}"));
    let settings = [&[("LISTEN", listen.as_str()), ("PUBLIC_URL", &public)], more].concat();
    Server::with_log(&settings).await
}

/// Checks everything that the manual promises for a proxy, with the manual's configuration.
async fn everything_works(kind: Kind) {
    let port = free_port();
    let server = server_for(port, &[]).await;
    let front = Front::start(kind, &server.address, port, |lines| lines).await;
    everything_works_through(kind, &server, &front).await;
}

/// The same over a Unix socket.
async fn everything_works_over_a_socket(kind: Kind) {
    let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
    let path = folder.path().join("holdfast.sock");
    // Apache's processes run as another user.
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let server = server_for(port, &[("LISTEN", &format!("unix:{}", path.display())), ("SOCKET_MODE", "0666")]).await;
    let front = Front::start_before_socket(kind, path.to_str().unwrap(), port).await;
    everything_works_through(kind, &server, &front).await;
    assert!(server.log().contains("address=127.0.0.1"), "the client's address is the one that the proxy tells: {}", server.log());
}

async fn everything_works_through(kind: Kind, server: &Server, front: &Front) {
    let mut browser = Browser::at(front);

    let page = browser.get("/").await;
    assert_eq!(page.status(), 200, "it is not sent elsewhere: {:?}", page.headers());
    let headers = browser.sign_in().await;
    let cookie = headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-holdfast_session=") && cookie.contains("; Secure"), "{cookie}");

    assert!(browser.chat_over_socket().await.len() > 1, "{kind:?} holds the socket's frames back");
    let foreign = browser.ask_for_socket("https://evil.example").await;
    assert_eq!(foreign.status(), 403);
    assert_eq!(foreign.json_of::<Value>().await["code"], "origin_not_allowed");
    assert!(browser.chat_over_stream().await, "{kind:?} holds event streams back");

    let file = large_export();
    assert!(file.len() > 3_000_000);
    let imported = browser.post("/api/import", file).await;
    let (status, text) = (imported.status(), imported.text().await.unwrap());
    assert!(status == 200 && text.contains("\"added\":1"), "{status}: {text}");
    let log = server.log();
    assert!(log.lines().filter(|line| line.contains("WARN")).all(|line| line.contains("evil.example")), "{log}");
}

#[tokio::test]
async fn nginx_with_the_manual_s_lines() {
    everything_works(Kind::Nginx).await;
}

#[tokio::test]
async fn apache_with_the_manual_s_lines() {
    everything_works(Kind::Apache).await;
}

#[tokio::test]
async fn haproxy_with_the_manual_s_lines() {
    everything_works(Kind::Haproxy).await;
}

#[tokio::test]
async fn caddy_with_the_manual_s_lines() {
    everything_works(Kind::Caddy).await;
}

#[tokio::test]
async fn nginx_over_a_unix_socket() {
    everything_works_over_a_socket(Kind::Nginx).await;
}

#[tokio::test]
async fn apache_over_a_unix_socket() {
    everything_works_over_a_socket(Kind::Apache).await;
}

#[tokio::test]
async fn haproxy_over_a_unix_socket() {
    everything_works_over_a_socket(Kind::Haproxy).await;
}

#[tokio::test]
async fn caddy_over_a_unix_socket() {
    everything_works_over_a_socket(Kind::Caddy).await;
}

/// Removes the lines of the manual's configuration that contain any of these words.
fn without(words: &'static [&'static str]) -> impl Fn(String) -> String {
    move |lines| lines.split_inclusive('\n').filter(|line| !words.iter().any(|word| line.contains(word))).collect()
}

#[tokio::test]
async fn incomplete_proxy_configurations_use_a_stream_or_name_the_missing_line() {
    // No upgrade; no scheme; the host replaced by the upstream's; only proxy_pass.
    let ways: [(&'static [&'static str], bool); 5] = [
        (&["Upgrade", "Connection"], false),
        (&["X-Forwarded-Proto"], true),
        (&["X-Forwarded-Host", "header Host"], true),
        (&["X-Forwarded-"], true),
        (&["proxy_set_header", "proxy_http_version"], false),
    ];
    for (words, has_socket) in ways {
        let port = free_port();
        let server = server_for(port, &[]).await;
        let front = Front::start(Kind::Nginx, &server.address, port, without(words)).await;
        let mut browser = Browser::at(&front);
        assert_eq!(browser.get("/").await.status(), 200, "{words:?}");
        let headers = browser.sign_in().await;
        assert!(headers["set-cookie"].to_str().unwrap().contains("; Secure"), "{words:?}");
        assert!(browser.chat_over_stream().await, "{words:?}");
        if has_socket {
            assert!(browser.chat_over_socket().await.len() > 1, "{words:?}");
        } else {
            for _ in 0..2 {
                let refused = browser.ask_for_socket(&browser.origin).await;
                assert_eq!(refused.status(), 426, "{words:?}");
                let body: Value = refused.json_of().await;
                assert!(body["fix"].as_str().unwrap().contains("proxy_set_header Upgrade $http_upgrade"), "{body}");
            }
            let log = server.log();
            let told: Vec<_> = log.lines().filter(|line| line.contains("removed the upgrade")).collect();
            assert!(told.len() == 1 && told[0].contains("WARN") && told[0].contains("proxy_set_header Upgrade"), "{words:?}: {log}");
        }
    }
}

#[tokio::test]
async fn a_proxy_that_drops_the_port_is_reported_with_the_line_that_keeps_it() {
    let port = free_port();
    let server = server_for(port, &[]).await;
    let without_port = |lines: String| lines.replace("$http_host", "$host");
    let front = Front::start(Kind::Nginx, &server.address, port, without_port).await;
    let mut browser = Browser::at(&front);
    assert_eq!(browser.get("/").await.status(), 200, "it is not sent in circles");
    browser.sign_in().await;
    assert!(browser.chat_over_socket().await.len() > 1);
    let log = server.log();
    assert!(log.contains("does not forward the port") && log.contains("proxy_set_header Host $http_host"), "{log}");
}
