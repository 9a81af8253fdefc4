//! A conversation continues after any end of an answer, and a server that loads its model is waited for.

use std::sync::atomic::{AtomicUsize, Ordering};

use holdfast_protocol::{Code, ConversationId, ServerFrame, Status, frame::Chat};
use serde_json::{Value, json};

use crate::support::{Server, Socket, User, fresh_id};
use holdfast_testing::upstream::{Request, Step, Upstream, reply};

fn answer(text: &str) -> Vec<Step> {
    let delta = json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]});
    let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    reply("200 OK", "content-type: text/event-stream\r\n", &format!("data: {delta}\n\ndata: {end}\n\ndata: [DONE]\n\n"))
}

fn error(status: &str, message: &str) -> Vec<Step> {
    reply(status, "", &json!({"error": {"message": message}}).to_string())
}

/// A server whose template requires alternating roles. The last message tells it how to fail.
fn strict(request: &Request, loads: &AtomicUsize) -> Vec<Step> {
    if request.path().ends_with("/models") {
        return reply("200 OK", "", r#"{"data":[{"id":"m"}]}"#);
    }
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let messages = body["messages"].as_array().unwrap();
    let roles: Vec<&str> = messages.iter().map(|message| message["role"].as_str().unwrap()).collect();
    let is_empty = messages.iter().any(|message| message["content"].as_str().unwrap().trim().is_empty());
    if roles[0] != "user" || is_empty || roles.windows(2).any(|two| two[0] == two[1]) {
        return error("400 Bad Request", "Conversation roles must alternate user/assistant/user/assistant/...");
    }
    let last = messages.last().unwrap()["content"].as_str().unwrap();
    match last {
        _ if last.contains("BOOM") => error("500 Internal Server Error", "worker died"),
        _ if last.contains("ODD") => error("400 Bad Request", "this is odd"),
        _ if last.contains("FILTER") => error("400 Bad Request", "Your request was rejected as a result of our safety system."),
        _ if last == "KEY" => error("401 Unauthorized", "no valid key"),
        _ if last.contains("CUT") => {
            let delta = json!({"choices": [{"index": 0, "delta": {"content": "half "}, "finish_reason": null}]});
            vec![Step::Send(format!("HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\ndata: {delta}\n\n").into())]
        }
        _ if last == "HANG" => vec![Step::Hang],
        _ if last.contains("LOAD") && loads.fetch_add(1, Ordering::Relaxed) < 2 => error("503 Service Unavailable", "Loading model"),
        _ => answer(&format!("to {}", last.replace('\n', "|"))),
    }
}

async fn server() -> (Server, Upstream) {
    let loads = AtomicUsize::new(0);
    let upstream = Upstream::start(move |request| strict(request, &loads)).await;
    let server = Server::capped(&[("OPENAI_BASE_URL", &format!("{}/v1", upstream.url())), ("LIMITS", "off")]).await;
    (server, upstream)
}

async fn say(server: &Server, user: &User, conversation: ConversationId, words: &str) -> (ConversationId, Status, String, Option<Code>) {
    let mut socket = Socket::ready(server, "/ws", user).await;
    let chat = Chat { provider: Some("openai".into()), model: Some("m".into()), ..Chat::new(fresh_id(), words) };
    let chat = Chat { conversation_id: (!conversation.0.is_nil()).then_some(conversation), ..chat };
    socket.chat(chat).await;
    if words.contains("HANG") {
        let ServerFrame::Accepted(accepted) = socket.until(|frame| matches!(frame, ServerFrame::Accepted(_))).await else { unreachable!() };
        server.as_user(user, "POST", &format!("/api/answers/{}/stop", accepted.answer_id), None).await;
    }
    let end = socket.complete().await;
    (end.conversation_id, end.status, end.full_response, end.error.map(|fault| fault.code))
}

#[tokio::test]
async fn after_an_answer_that_failed_was_stopped_or_cut_the_next_message_is_answered() {
    let (server, _upstream) = server().await;
    let user = server.guest().await;
    for (words, status, code, asked) in [
        ("BOOM", Status::Failed, Some(Code::ProviderUnavailable), "to well?"),
        ("ODD", Status::Failed, Some(Code::ProviderRefused), "to well?"),
        ("FILTER", Status::Failed, Some(Code::ContentFiltered), "to well?"),
        ("CUT", Status::Interrupted, Some(Code::ProviderUnavailable), "to well?"),
        // These failures are not about the message, so it is sent again with the next one.
        ("KEY", Status::Failed, Some(Code::ProviderRefused), "to KEY||well?"),
        ("HANG", Status::Stopped, None, "to HANG||well?"),
    ] {
        for before in [None, Some("hello")] {
            let mut conversation = ConversationId(uuid::Uuid::nil());
            if let Some(before) = before {
                conversation = say(&server, &user, conversation, before).await.0;
            }
            let (conversation, became, _, why) = say(&server, &user, conversation, words).await;
            assert_eq!((became, why), (status, code), "{words}");
            for asked in [asked, "to well?"] {
                let (_, status, text, why) = say(&server, &user, conversation, "well?").await;
                assert_eq!((status, text.as_str(), why), (Status::Complete, asked, None), "after {words}");
            }
        }
    }
}

#[tokio::test]
async fn a_provider_that_loads_its_model_is_waited_for_and_shown_as_loading() {
    let (server, upstream) = server().await;
    let user = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    socket.chat(Chat { provider: Some("openai".into()), model: Some("m".into()), ..Chat::new(fresh_id(), "LOAD") }).await;
    let is_said = |frame: &ServerFrame| matches!(frame, ServerFrame::Message { message, .. } if message.error.is_some());
    let ServerFrame::Message { message, .. } = socket.until(is_said).await else { unreachable!() };
    let said = message.error.unwrap();
    assert_eq!((message.status, said.code), (Status::Streaming, Code::Busy));
    assert!(said.error.contains("is loading the model"), "{}", said.error);
    let end = socket.complete().await;
    assert_eq!((end.status, end.full_response.as_str(), end.error), (Status::Complete, "to LOAD", None));
    assert_eq!(upstream.requests().iter().filter(|request| request.line.starts_with("POST")).count(), 3);
}
