//! Settings of answers: resolved level by level, sent in each API's terms, and left out where a model refuses them.

use std::sync::{Arc, Mutex};

use holdfast_protocol::{
    Code, ConversationId, Reason, Status,
    api::ChatReply,
    settings::{Level, SettingsInfo},
};
use holdfast_testing::upstream::{Request, Upstream, json as document, reply};
use serde_json::{Value, json};

use crate::support::{Server, User};

type Asked = Arc<Mutex<Vec<Value>>>;

/// A model server that refuses `temperature`, and its requests.
async fn model_server() -> (Server, Upstream, Asked) {
    let asked = Asked::default();
    let log = asked.clone();
    let upstream = Upstream::start(move |request: &Request| {
        if request.path().contains("/models") {
            return document(&json!({"object": "list", "data": [{"id": "tiny", "object": "model", "context_length": 4_096}]}).to_string());
        }
        let body: Value = serde_json::from_str(&request.body).unwrap();
        if body.get("temperature").is_some() {
            let words = "Unsupported value: 'temperature' does not support 0.3 with this model. Only the default (1) value is supported.";
            let body = json!({"error": {"message": words, "param": "temperature"}}).to_string();
            return reply("400 Bad Request", "content-type: application/json\r\n", &body);
        }
        log.lock().unwrap().push(body);
        let text = json!({"choices": [{"index": 0, "delta": {"content": "Fine."}, "finish_reason": "stop"}]});
        reply("200 OK", "content-type: text/event-stream\r\n", &format!("data: {text}\n\ndata: [DONE]\n\n"))
    })
    .await;
    let server = Server::capped(&[("OPENAI_BASE_URL", upstream.url().as_str())]).await;
    (server, upstream, asked)
}

async fn info(server: &Server, user: &User, path: &str) -> SettingsInfo {
    server.as_user(user, "GET", path, None).await.json()
}

async fn set(server: &Server, user: &User, path: &str, body: Value) {
    let reply = server.as_user(user, "PATCH", path, Some(body)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

async fn ask(server: &Server, user: &User, mut body: Value) -> ChatReply {
    body["content"] = json!("hello");
    let reply: ChatReply = server.chat(user, body).await;
    assert_eq!(reply.status, Status::Complete, "{:?}", reply.error);
    reply
}

#[tokio::test]
async fn each_setting_comes_from_the_nearest_level_and_reaches_the_model() {
    let (mut server, _upstream, asked) = model_server().await;
    let (admin, user) = (server.admin("Admin").await, server.member("ada").await);
    set(&server, &admin, "/api/admin/settings", json!({"instructions": "Be brief.", "seed": 7, "stop": ["END"]})).await;
    set(&server, &user, "/api/settings", json!({"instructions": "Be kind.", "max_output_tokens": 100})).await;
    let tiny = json!({"provider": "openai", "model": "tiny", "settings": {"top_p": 0.5}});
    let first = ask(&server, &user, tiny).await;
    let id = first.conversation_id;
    let path = format!("/api/conversations/{id}");
    set(&server, &user, &path, json!({"settings": {"max_output_tokens": 50, "reasoning_effort": "low"}})).await;
    let second = ask(&server, &user, json!({"conversation_id": id, "settings": {"seed": 8, "stop": []}})).await;
    assert!(second.ignored.is_empty());

    let asked = asked.lock().unwrap().clone();
    let system = |body: &Value| (body["messages"][0]["role"].clone(), body["messages"][0]["content"].clone());
    assert_eq!(system(&asked[0]), (json!("system"), json!("Be kind.")));
    let numbers =
        |body: &Value| [&body["max_tokens"], &body["seed"], &body["top_p"], &body["stop"], &body["reasoning_effort"]].map(Value::clone);
    assert_eq!(numbers(&asked[0]), [json!(100), json!(7), json!(0.5), json!(["END"]), Value::Null]);
    assert_eq!(
        numbers(&asked[1]),
        [json!(50), json!(8), json!(0.5), Value::Null, json!("low")],
        "the first message's became the conversation's"
    );

    let told = info(&server, &user, &format!("{path}/settings?provider=openai&model=tiny")).await;
    let from = |name: &str| told.from.get(name).copied();
    assert_eq!((from("instructions"), from("max_output_tokens")), (Some(Level::User), Some(Level::Conversation)));
    assert_eq!((from("seed"), from("top_p"), from("temperature")), (Some(Level::Server), Some(Level::Conversation), None));
    assert_eq!((told.own.max_output_tokens, told.own.instructions, told.context_tokens), (Some(50), None, Some(4_096)));
    assert_eq!(told.window_tokens, Some(4_096));

    // Taken back, the next level counts; an empty text means none.
    set(&server, &user, &path, json!({"settings": {"max_output_tokens": null, "instructions": ""}})).await;
    let told = info(&server, &user, &format!("{path}/settings")).await;
    assert_eq!((told.effective.max_output_tokens, told.effective.instructions.as_deref()), (Some(100), Some("")));
    server.stop().await;
    server.start_again();
    assert_eq!(info(&server, &user, &format!("{path}/settings")).await, told, "after a restart");
}

#[tokio::test]
async fn what_a_model_refuses_is_left_out_and_reported() {
    let (server, _upstream, asked) = model_server().await;
    let user = server.member("ada").await;
    let body = json!({"provider": "openai", "model": "tiny", "settings": {"temperature": 0.3, "seed": 1}});
    let reply = ask(&server, &user, body).await;
    assert_eq!(reply.ignored, ["temperature"]);
    assert_eq!(asked.lock().unwrap()[0]["seed"], 1);
    let conversation = server.show(&user, reply.conversation_id).await;
    assert_eq!(conversation.messages[1].ignored, ["temperature"]);
    let path = format!("/api/conversations/{}/settings?provider=openai&model=tiny", reply.conversation_id);
    assert_eq!(info(&server, &user, &path).await.ignored, ["temperature"]);
    // It is remembered: nothing is refused again.
    ask(&server, &user, json!({"conversation_id": reply.conversation_id})).await;
    assert_eq!(asked.lock().unwrap().len(), 2);

    let builtin = ask(&server, &user, json!({"provider": "builtin", "model": "echo", "settings": {"instructions": "Be brief."}})).await;
    assert_eq!(builtin.ignored, ["instructions"]);
}

#[tokio::test]
async fn settings_out_of_bounds_are_refused_everywhere() {
    let server = Server::start().await;
    let (admin, user) = (server.admin("Admin").await, server.guest().await);
    let chat = ask(&server, &user, json!({"model": "echo"})).await;
    let hot = json!({"temperature": 3});
    let conversation = format!("/api/conversations/{}", chat.conversation_id);
    for (who, method, path, body) in [
        (&user, "PATCH", conversation.as_str(), json!({"settings": hot})),
        (&user, "PATCH", "/api/settings", hot.clone()),
        (&admin, "PATCH", "/api/admin/settings", hot.clone()),
        (&user, "POST", "/api/conversations", json!({"settings": hot})),
        (&user, "POST", "/api/chat", json!({"content": "x", "model": "echo", "settings": hot})),
        (&user, "POST", &format!("{conversation}/messages"), json!({"content": "x", "model": "echo", "settings": hot})),
        (
            &user,
            "POST",
            &format!("/api/messages/{}/regenerate", chat.message_id),
            json!({"answer_id": crate::support::fresh_id(), "settings": hot}),
        ),
    ] {
        let refused = server.as_user(who, method, path, Some(body)).await;
        assert_eq!((refused.status, refused.api_error().code), (400, Code::BadFrame), "{method} {path}: {}", refused.text);
        assert_eq!(refused.api_error().reason, Reason::SettingBounds.as_str(), "{method} {path}");
    }
    for bad in [json!({"stop": [""]}), json!({"seed": "x"}), json!({"instructions": "x".repeat(16_001)}), json!([])] {
        assert_eq!(server.as_user(&user, "PATCH", "/api/settings", Some(bad.clone())).await.status, 400, "{bad:.60}");
    }
}

#[tokio::test]
async fn a_smaller_window_leaves_out_old_messages_and_keeps_the_instructions() {
    let (server, _upstream, asked) = model_server().await;
    let user = server.member("ada").await;
    let body =
        json!({"content": "hello", "provider": "openai", "model": "tiny", "settings": {"context_tokens": 512, "instructions": "Be kind."}});
    let mut id: Option<ConversationId> = None;
    let mut left_out = 0;
    for n in 0..6 {
        let mut body = if n == 0 { body.clone() } else { json!({"conversation_id": id}) };
        body["content"] = json!(format!("{n} {}", "word ".repeat(60)));
        let reply: ChatReply = server.chat(&user, body).await;
        (id, left_out) = (Some(reply.conversation_id), reply.left_out);
    }
    assert!(left_out >= 2, "{left_out}");
    let last = asked.lock().unwrap().last().unwrap().clone();
    assert_eq!(last["messages"][0]["content"], "Be kind.");
    assert_eq!(last["messages"].as_array().unwrap().len(), 12 - usize::try_from(left_out).unwrap());
}
