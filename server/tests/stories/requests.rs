//! Requests that are none of the contract's: each is refused in its words, wherever it goes.

use holdfast_protocol::{Code, ServerFrame};
use serde_json::{Value, json};

use crate::support::{Server, Socket, socket::Ended};

/// The calls of the server's own document: method, path with an id that names nothing in place of what stands in braces, and the call.
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
async fn an_array_in_the_place_of_an_object_is_refused_by_every_call() {
    let server = Server::start().await;
    let admin = server.admin("Ada").await;
    let takes_json = |call: &Value| !call["requestBody"]["content"]["application/json"].is_null();
    let mut tried = 0;
    for (method, path, _) in calls(&server).await.into_iter().filter(|(_, _, call)| takes_json(call)) {
        tried += 1;
        for body in [json!([]), json!(["a", "b", "c", "d", "e", "f", "g", "h"]), json!([{}]), json!("a"), json!(1), Value::Null] {
            let reply = server.as_user(&admin, &method, &path, Some(body.clone())).await;
            assert_eq!((reply.status, reply.refusal().code), (400, Code::BadFrame), "{method} {path} {body}: {}", reply.text);
            if body.is_array() {
                assert!(reply.refusal().error.contains("an array stands where an object"), "{}", reply.text);
            }
        }
    }
    assert!(tried > 20, "{tried}");
    // Within an object too, and so for the name of a choice.
    for body in [json!({"models": [["echo", "administrators"]]}), json!({"models": [{"model": "echo", "offered_to": {"everyone": null}}]})]
    {
        let reply = server.as_user(&admin, "PATCH", "/api/admin/providers/builtin", Some(body.clone())).await;
        assert_eq!((reply.status, reply.refusal().code), (400, Code::BadFrame), "{body}: {}", reply.text);
    }
}

#[tokio::test]
async fn an_array_in_the_place_of_an_object_is_no_frame() {
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
        assert_eq!(socket.refusal().await, Code::BadFrame, "{text}");
    }
    socket.send_text(r#"{"type":"ping"}"#).await;
    assert_eq!(socket.next().await, ServerFrame::Pong, "the socket stays open");
    // Nobody comes in by position either.
    let mut socket = Socket::open(&server, "/ws").await;
    socket.send_text(&json!(["initial", user.token()]).to_string()).await;
    let Ended { code, error, .. } = socket.ended().await;
    assert_eq!((code, error), (1008, Some(Code::AuthRequired)));
}
