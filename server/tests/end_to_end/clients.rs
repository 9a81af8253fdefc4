//! What clients of the original services send: messages without an id, users in any form, and keys for one answer.

use holdfast_protocol::{Code, ServerFrame, Status, frame::Accepted};
use serde_json::{Value, json};

use crate::support::{Server, Socket, User, server::Reply, store};
use holdfast_testing::upstream::{Request, Step, Upstream, reply};

async fn accepted(socket: &mut Socket) -> Accepted {
    match socket.until(|frame| matches!(frame, ServerFrame::Accepted(_) | ServerFrame::Error { .. })).await {
        ServerFrame::Accepted(accepted) => accepted,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_message_without_an_id_gets_one_on_every_transport() {
    let server = Server::start().await;
    let user = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    socket.send_text(r#"{"type":"chat","content":"one two","model":"echo"}"#).await;
    let first = accepted(&mut socket).await;
    assert_eq!(socket.complete().await.full_response, "one two");
    socket.send_text(r#"{"type":"chat","content":"three","message_id":null}"#).await;
    let second = accepted(&mut socket).await;
    assert_eq!(socket.complete().await.full_response, "three");
    assert!(first.message_id != second.message_id && first.conversation_id == second.conversation_id);
    let path = format!("/api/conversations/{}/messages", first.conversation_id);
    let third = server.as_user(&user, "POST", &path, Some(json!({"content": "four"}))).await;
    assert_eq!(third.status, 202, "{}", third.text);
    let third: Accepted = third.json();
    let whole = server.chat(&user, json!({"content": "five", "conversation_id": first.conversation_id, "model": "echo"})).await;
    let messages = server.show(&user, first.conversation_id).await.messages;
    for id in [first.message_id, second.message_id, third.message_id, whole.message_id] {
        assert_eq!(messages.iter().filter(|message| message.id == id).count(), 1);
    }
}

#[tokio::test]
async fn a_user_id_in_any_form_is_the_token_s_or_a_mismatch() {
    let server = Server::start().await;
    let user = server.guest().await;
    let own = json!(user.grant.user.id);
    for other in [json!(null), json!(7), json!("guest"), json!(""), json!({"id": own}), json!([own]), json!(true), json!(1.5)] {
        let mut socket = Socket::open(&server, "/ws").await;
        socket.send_text(&json!({"type": "initial", "token": user.token(), "user_id": other}).to_string()).await;
        let ended = socket.ended().await;
        assert_eq!((ended.code, ended.error), (1008, Some(Code::UserMismatch)), "{other}");
    }
    for initial in [json!({"user_id": own}), json!({})] {
        let mut frame = json!({"type": "initial", "token": user.token()});
        frame.as_object_mut().unwrap().extend(initial.as_object().unwrap().clone());
        let mut socket = Socket::open(&server, "/ws").await;
        socket.send_text(&frame.to_string()).await;
        assert!(matches!(socket.next().await, ServerFrame::Ready(_)), "{initial}");
    }
}

/// A model server that answers with the key that it received.
async fn which_key() -> Upstream {
    Upstream::start(|request: &Request| -> Vec<Step> {
        if request.path().ends_with("/models") {
            return reply("200 OK", "content-type: application/json\r\n", r#"{"data":[{"id":"m"}]}"#);
        }
        let key = request.headers.split("authorization: bearer ").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap_or("none");
        let said = json!({"choices": [{"index": 0, "delta": {"content": key.replace("sk-", "key ")}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 3, "completion_tokens": 4}});
        reply("200 OK", "content-type: text/event-stream\r\n", &format!("data: {said}\n\ndata: [DONE]\n\n"))
    })
    .await
}

async fn whole(server: &Server, user: &User, keys: Value) -> Reply {
    let body = json!({"content": "x", "provider": "corp", "model": "m", "api_keys": keys});
    server.as_user(user, "POST", "/api/chat", Some(body)).await
}

#[tokio::test]
async fn keys_of_a_message_are_used_for_its_answer_and_not_stored() {
    let upstream = which_key().await;
    let server = Server::with_log(&[("LOG", "trace")]).await;
    let (admin, user) = (server.admin("Ada").await, server.guest().await);
    let new = json!({"name": "corp", "kind": "openai", "url": upstream.url(), "key": "sk-server"});
    assert_eq!(server.as_user(&admin, "POST", "/api/admin/providers", Some(new)).await.status, 201);
    // Only providers that allow own keys.
    let refused = whole(&server, &user, json!({"corp": "sk-mine"})).await;
    assert!(refused.status == 403 && refused.api_error().code == Code::NotAllowed && !refused.text.contains("sk-mine"), "{}", refused.text);
    let patch = json!({"own_keys": true});
    assert_eq!(server.as_user(&admin, "PATCH", "/api/admin/providers/corp", Some(patch)).await.status, 200);
    let said = async |keys: Value| whole(&server, &user, keys).await.value();
    let first = said(json!({"corp": "sk-mine", "openai": ""})).await;
    assert_eq!((first["full_response"].as_str(), first["usage"]["output_tokens"].as_u64()), (Some("key mine"), Some(4)), "{first}");
    assert_eq!(said(json!({})).await["full_response"], "key server", "for that answer alone");
    // Over the other transports too.
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    socket.send_text(r#"{"type":"chat","content":"x","provider":"corp","model":"m","api_keys":{"corp":"sk-socket"}}"#).await;
    let begun = accepted(&mut socket).await;
    assert_eq!(socket.complete().await.full_response, "key socket");
    let path = format!("/api/conversations/{}/messages", begun.conversation_id);
    let posted = server.as_user(&user, "POST", &path, Some(json!({"content": "x", "api_keys": {"corp": "sk-posted"}}))).await;
    assert_eq!(posted.status, 202, "{}", posted.text);
    assert_eq!(socket.complete().await.full_response, "key posted");
    // Invalid keys are refused without quoting them.
    for wrong in
        [json!("sk-wrong"), json!(["sk-wrong"]), json!({"corp": 7}), json!({"corp": "sk-wrong".repeat(300)}), json!({"corp": "sk-wrong x"})]
    {
        let refused = whole(&server, &user, wrong.clone()).await;
        assert!(refused.status == 400 && !refused.text.contains("sk-wrong"), "{wrong}: {} {}", refused.status, refused.text);
    }
    let refused = whole(&server, &user, json!({"other": "sk-wrong"})).await;
    assert!(refused.status == 403 && refused.text.contains("`other`"), "{}", refused.text);
    for key in ["sk-mine", "sk-socket", "sk-posted", "sk-wrong"] {
        assert!(!server.log().contains(key), "{key} is in the log");
    }
    assert_eq!(store::query(&server, "select count(*) from own_keys"), "0");
}

#[tokio::test]
async fn a_failed_answer_has_its_reason() {
    let upstream = Upstream::start(|request: &Request| -> Vec<Step> {
        if request.path().ends_with("/models") {
            return reply("200 OK", "content-type: application/json\r\n", r#"{"data":[{"id":"m"}]}"#);
        }
        reply("401 Unauthorized", "content-type: application/json\r\n", r#"{"error":{"message":"Incorrect API key provided"}}"#)
    })
    .await;
    let server = Server::with(&[("OPENAI_BASE_URL", &upstream.url()), ("OPENAI_API_KEY", "sk-x")]).await;
    let user = server.guest().await;
    let body = json!({"content": "x", "session_id": "mine", "provider": "openai", "model": "m", "message_id": uuid::Uuid::new_v4()});
    let reply = server.chat(&user, body.clone()).await;
    let fault = reply.error.unwrap();
    assert_eq!((reply.status, fault.code), (Status::Failed, Code::ProviderRefused), "{}", fault.error);
    let again = server.chat(&user, body).await;
    assert_eq!((again.message_id, again.answer_id), (reply.message_id, reply.answer_id));
}

#[tokio::test]
async fn a_message_that_is_sent_again_does_not_count_against_the_rate() {
    let server = Server::capped(&[("LIMIT_MESSAGES", "3")]).await;
    let user = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    let chat = json!({"type": "chat", "content": "x", "model": "echo", "message_id": uuid::Uuid::new_v4()});
    socket.send_text(&chat.to_string()).await;
    let first = accepted(&mut socket).await;
    socket.complete().await;
    let path = format!("/api/conversations/{}/messages", first.conversation_id);
    for _ in 0..5 {
        socket.send_text(&chat.to_string()).await;
        assert_eq!(accepted(&mut socket).await.answer_id, first.answer_id);
        let posted = server.as_user(&user, "POST", &path, Some(chat.clone())).await;
        assert_eq!(posted.status, 202, "{}", posted.text);
        let mut body = chat.clone();
        body["conversation_id"] = json!(first.conversation_id);
        assert_eq!(server.chat(&user, body).await.answer_id, first.answer_id);
    }
    // New messages do.
    for _ in 0..2 {
        server.chat(&user, json!({"content": "x", "model": "echo"})).await;
    }
    let refused = server.as_user(&user, "POST", "/api/chat", Some(json!({"content": "x", "model": "echo"}))).await;
    assert_eq!(refused.api_error().code, Code::RateLimited);
}
