//! Requests that violate the API are refused with its errors, at every address.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_protocol::{Code, ServerFrame};
use serde_json::{Value, json};

use crate::support::{Server, Socket, server::Reply, socket::Ended};

/// Returns the calls of the server's own document: method, path with a non-existing id for each name in braces, and the call.
async fn calls(server: &Server) -> Vec<(String, String, Value)> {
    let document = server.get("/api/openapi.json").await.value();
    let mut calls = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let parts = path.split('/').map(|part| if part.starts_with('{') { "00000000-0000-4000-8000-000000000000" } else { part });
        let path = parts.collect::<Vec<_>>().join("/");
        for (method, call) in methods.as_object().unwrap().iter().filter(|(method, _)| *method != "parameters") {
            calls.push((method.to_uppercase(), path.clone(), call.clone()));
        }
    }
    assert!(calls.len() > 50, "{}", calls.len());
    calls
}

#[tokio::test]
async fn an_array_instead_of_an_object_is_refused_by_every_call() {
    let server = Server::start().await;
    let admin = server.admin("Ada").await;
    let takes_json = |call: &Value| !call["requestBody"]["content"]["application/json"].is_null();
    let mut tried = 0;
    for (method, path, _) in calls(&server).await.into_iter().filter(|(_, _, call)| takes_json(call)) {
        tried += 1;
        for body in [json!([]), json!(["a", "b", "c", "d", "e", "f", "g", "h"]), json!([{}]), json!("a"), json!(1), Value::Null] {
            let reply = server.as_user(&admin, &method, &path, Some(body.clone())).await;
            assert_eq!((reply.status, reply.api_error().code), (400, Code::BadFrame), "{method} {path} {body}: {}", reply.text);
            if body.is_array() {
                assert!(reply.api_error().error.contains("an array stands where an object"), "{}", reply.text);
            }
        }
    }
    assert!(tried > 20, "{tried}");
    // Within an object too, and so for the name of a choice.
    for body in [json!({"models": [["echo", "administrators"]]}), json!({"models": [{"model": "echo", "visible_to": {"everyone": null}}]})]
    {
        let reply = server.as_user(&admin, "PATCH", "/api/admin/providers/builtin", Some(body.clone())).await;
        assert_eq!((reply.status, reply.api_error().code), (400, Code::BadFrame), "{body}: {}", reply.text);
    }
}

#[tokio::test]
async fn an_array_instead_of_an_object_is_not_a_frame() {
    let server = Server::start().await;
    let user = server.guest().await;
    let id = server.conversation(&user).await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    for text in [
        r#"["ping"]"#.to_owned(),
        format!(r#"["open","{id}"]"#),
        format!(r#"["open",{{"conversation_id":"{id}"}}]"#),
        format!(r#"["chat","{id}","text"]"#),
        format!(r#"{{"type":"open","conversation_id":"{id}","have":[]}}"#),
        format!(r#"{{"type":["open"],"conversation_id":"{id}"}}"#),
    ] {
        socket.send_text(&text).await;
        assert_eq!(socket.api_error().await, Code::BadFrame, "{text}");
    }
    socket.send_text(r#"{"type":"ping"}"#).await;
    assert_eq!(socket.next().await, ServerFrame::Pong, "the socket stays open");
    // Nobody comes in by position either.
    let mut socket = Socket::open(&server, "/ws").await;
    socket.send_text(&json!(["initial", user.token()]).to_string()).await;
    let Ended { code, error, .. } = socket.ended().await;
    assert_eq!((code, error), (1008, Some(Code::AuthRequired)));
}

/// Returns the methods in `Allow`.
fn allowed(reply: &Reply) -> BTreeSet<String> {
    let allow = reply.headers.get("allow").unwrap_or_else(|| panic!("no Allow: {} {}", reply.status, reply.text));
    allow.to_str().unwrap().split(',').map(|method| method.trim().to_owned()).collect()
}

#[tokio::test]
async fn a_wrong_method_is_refused_with_the_allowed_ones() {
    let server = Server::start().await;
    let mut addresses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (method, path, _) in calls(&server).await {
        addresses.entry(path).or_default().insert(method);
    }
    for path in ["/", "/c/x", "/signin", "/nowhere", "/ws", "/ws/chat/x", "/api/chat/ws", "/s/x", "/worker.js", "/offline", "/favicon.svg"]
    {
        addresses.entry(path.to_owned()).or_default().insert("GET".to_owned());
    }
    for path in ["/api/openapi.json", "/api/asyncapi.json", "/api/docs", "/api/docs/", "/api/docs/index.css", "/api/redoc"] {
        addresses.entry(path.to_owned()).or_default().insert("GET".to_owned());
    }
    for (path, mut right) in addresses {
        if right.contains("GET") {
            right.insert("HEAD".to_owned());
        }
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY"].into_iter().filter(|it| !right.contains(*it)) {
            let reply = server.call(method, &path, &[], None).await;
            assert_eq!(reply.status, 405, "{method} {path}: {}", reply.text);
            // Addresses of uploads answer OPTIONS with what they support, and say so.
            let allowed: BTreeSet<String> = allowed(&reply).into_iter().filter(|method| *method != "OPTIONS").collect();
            assert_eq!(allowed, right, "{method} {path}");
            if method != "HEAD" {
                let api_error = reply.api_error();
                assert!(api_error.code == Code::BadFrame && api_error.error.contains(method), "{method} {path}: {api_error:?}");
            }
        }
        let reply = server.call("OPTIONS", &path, &[], None).await;
        assert_eq!((reply.status, allowed(&reply), reply.text.as_str()), (204, right, ""), "{path}");
    }
}

#[tokio::test]
async fn an_unknown_path_is_reported_for_any_method() {
    let server = Server::start().await;
    for path in ["/api", "/api/", "/api/nothing", "/api/auth", "/api/conversations/", "/api/%FF", "/api/docs/nothing", "/api//models"] {
        let methods: &[&str] = if path.contains("docs") { &["GET"] } else { &["GET", "POST", "PUT", "DELETE", "OPTIONS", "QUERY"] };
        for method in methods {
            let reply = server.call(method, path, &[], None).await;
            assert_eq!((reply.status, reply.api_error().code), (404, Code::NotFound), "{method} {path}: {}", reply.text);
        }
    }
    for path in ["/s/%FF", "/api/docs/%FF", "/ws/chat/%FF"] {
        let reply = server.get(path).await;
        assert_eq!((reply.status, reply.api_error().code), (400, Code::BadFrame), "{path}: {}", reply.text);
    }
    let user = server.guest().await;
    for path in ["/api/conversations", "/api/models", "/health"] {
        let (get, head) = (server.as_user(&user, "GET", path, None).await, server.as_user(&user, "HEAD", path, None).await);
        assert_eq!((head.status, head.text.as_str()), (200, ""), "{path}");
        assert_eq!(head.headers.get("content-type"), get.headers.get("content-type"), "{path}");
    }
}

#[tokio::test]
async fn a_body_of_another_type_is_refused_with_the_right_one() {
    let server = Server::start().await;
    let user = server.guest().await;
    let bearer = format!("Bearer {}", user.token());
    let send = async |kind: Option<&str>, more: Option<(&str, &str)>, body: Vec<u8>| {
        let mut request = server.http.post(server.url("/api/conversations")).header("authorization", &bearer).body(body);
        for (name, value) in kind.map(|kind| ("content-type", kind)).into_iter().chain(more) {
            request = request.header(name, value);
        }
        let response = request.send().await.unwrap();
        Reply { status: response.status().as_u16(), headers: response.headers().clone(), text: response.text().await.unwrap() }
    };
    for kind in [None, Some(""), Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/jsonx"), Some("json")] {
        let reply = send(kind, None, b"{}".to_vec()).await;
        assert_eq!((reply.status, reply.api_error().code), (415, Code::BadFrame), "{kind:?}: {}", reply.text);
        assert!(reply.api_error().error.contains("application/json"), "{}", reply.text);
    }
    let reply = send(Some("application/json"), Some(("content-encoding", "gzip")), b"{}".to_vec()).await;
    assert_eq!((reply.status, reply.api_error().code), (415, Code::BadFrame), "{}", reply.text);
    for kind in ["application/json", "Application/JSON ; charset=utf-8", "application/vnd.example+json"] {
        let reply = send(Some(kind), Some(("content-encoding", "identity")), b"{}".to_vec()).await;
        assert_eq!(reply.status, 201, "{kind}: {}", reply.text);
    }
    let deep = [b"{\"title\":".to_vec(), vec![b'['; 100_000]].concat();
    let none: [&[u8]; 9] = [
        b"",
        b"{",
        b"{}{}",
        b"{\"title\":}",
        b"{title:1}",
        b"{\"title\":\"\xff\"}",
        b"\xef\xbb\xbf{}",
        b"{\"title\":1,\"title\":2}",
        &deep,
    ];
    for body in none {
        let reply = send(Some("application/json"), None, body.to_vec()).await;
        assert_eq!((reply.status, reply.api_error().code), (400, Code::BadFrame), "{}: {}", String::from_utf8_lossy(body), reply.text);
        assert!(reply.text.len() < 1_000);
    }
}
