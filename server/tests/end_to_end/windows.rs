//! Conversations that are longer than their model's window: trimmed by whole turns from the oldest, and stated.

use std::sync::{Arc, Mutex};

use holdfast_protocol::{Code, ConversationId, Message, ServerFrame, Status, frame::Chat};
use serde_json::{Value, json};

use crate::support::{Server, Socket, User, fresh_id};
use holdfast_testing::upstream::{Request, Step, Upstream, chunk, events, json as document, reply};

/// What a model was asked: its messages, as role and content.
type Asked = Arc<Mutex<Vec<Vec<(String, String)>>>>;

/// Messages of a request, the system's as well.
fn messages(body: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    body["messages"].as_array().unwrap().iter().map(|message| (text(&message["role"]), text(&message["content"]))).collect()
}

/// A word is a token here.
fn words(messages: &[(String, String)]) -> usize {
    messages.iter().map(|(_, content)| content.split_whitespace().count()).sum()
}

fn whole_answer(path: &str, tokens: usize) -> Vec<Step> {
    let events = if path.ends_with("/messages") {
        let start = json!({"type": "message_start", "message": {"usage": {"input_tokens": tokens, "output_tokens": 1}}});
        let text = json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "word ".repeat(20)}});
        let end = json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 20}});
        [start, text, end, json!({"type": "message_stop"})].map(|event| format!("data: {event}\n\n")).concat()
    } else {
        let text = json!({"choices": [{"index": 0, "delta": {"content": "word ".repeat(20)}, "finish_reason": null}]});
        let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
        let usage = json!({"choices": [], "usage": {"prompt_tokens": tokens, "completion_tokens": 20}});
        format!("data: {text}\n\ndata: {end}\n\ndata: {usage}\n\ndata: [DONE]\n\n")
    };
    reply("200 OK", "content-type: text/event-stream\r\n", &events)
}

/// A model server whose list is `list`, and that refuses prompts of more than `window` words in the words that `api_error` gives.
async fn server_before(
    list: Value,
    window: usize,
    api_error: impl Fn(usize) -> (&'static str, Value) + Send + Sync + 'static,
) -> (Server, Upstream, Asked) {
    let asked = Asked::default();
    let log = asked.clone();
    let upstream = Upstream::start(move |request: &Request| {
        if request.path().contains("/models") {
            return document(&list.to_string());
        }
        let messages = messages(&serde_json::from_str(&request.body).unwrap());
        let tokens = words(&messages);
        log.lock().unwrap().push(messages);
        if tokens > window {
            let (status, body) = api_error(tokens);
            return reply(status, "content-type: application/json\r\n", &body.to_string());
        }
        whole_answer(request.path(), tokens)
    })
    .await;
    let url = upstream.url();
    let settings = [("OPENAI_BASE_URL", url.as_str()), ("ANTHROPIC_BASE_URL", url.as_str()), ("ANTHROPIC_API_KEY", "none")];
    (Server::capped(&settings).await, upstream, asked)
}

fn plain_list() -> Value {
    json!({"object": "list", "data": [{"id": "tiny", "object": "model"}]})
}

/// Says something, and returns the answer.
async fn say(server: &Server, user: &User, provider: &str, conversation: Option<ConversationId>, content: &str) -> Message {
    let body = json!({"content": content, "conversation_id": conversation, "provider": provider, "model": "tiny"});
    let reply = server.chat(user, body).await;
    let conversation = server.show(user, reply.conversation_id).await;
    let answer = conversation.messages.into_iter().find(|message| message.id == reply.answer_id).unwrap();
    assert_eq!(answer.left_out, reply.left_out);
    answer
}

/// A conversation of so many questions of ten words. Returns its last answer.
async fn long_conversation(server: &Server, user: &User, provider: &str, questions: usize) -> Message {
    let mut last = say(server, user, provider, None, &"one ".repeat(10)).await;
    for n in 1..questions {
        last = say(server, user, provider, Some(last.conversation_id), &format!("{n} {}", "ask ".repeat(9))).await;
        assert_eq!((last.status, &last.error), (Status::Complete, &None), "{provider}, question {n}");
    }
    last
}

/// What may be asked: whole turns, the newest question last, and in order.
fn assert_whole_turns(asked: &[(String, String)]) {
    for (index, (role, _)) in asked.iter().enumerate() {
        assert_eq!(role, if index % 2 == 0 { "user" } else { "assistant" }, "{asked:?}");
    }
    assert_eq!(asked.last().unwrap().0, "user");
}

#[tokio::test]
async fn a_conversation_that_exceeds_the_context_continues_and_reports_left_out_messages() {
    // The words of vendors and servers for the same thing, with and without numbers.
    type ApiError = fn(usize) -> (&'static str, Value);
    let refusals: [(&str, ApiError); 4] = [
        ("openai", |n| {
            let words = format!("This model's maximum context length is 100 tokens. However, your messages resulted in {n} tokens.");
            ("400 Bad Request", json!({"error": {"message": words, "type": "invalid_request_error", "code": "context_length_exceeded"}}))
        }),
        ("openai", |n| {
            let words = format!("request ({n} tokens) exceeds the available context size (100 tokens), try increasing it");
            let error = json!({"code": 400, "message": words, "type": "exceed_context_size_error", "n_prompt_tokens": n, "n_ctx": 100});
            ("400 Bad Request", json!({"error": error}))
        }),
        ("openai", |_| ("400 Bad Request", json!({"error": {"message": "The prompt does not fit the context window."}}))),
        ("anthropic", |n| {
            let error = json!({"type": "invalid_request_error", "message": format!("prompt is too long: {n} tokens > 100 maximum")});
            ("400 Bad Request", json!({"type": "error", "error": error}))
        }),
    ];
    for (provider, api_error) in refusals {
        let (server, _upstream, asked) = server_before(plain_list(), 100, api_error).await;
        let user = server.guest().await;
        let answer = long_conversation(&server, &user, provider, 8).await;
        assert!(answer.left_out >= 8 && answer.left_out < 15 && answer.left_out % 2 == 0, "{}", answer.left_out);
        let asked = asked.lock().unwrap().clone();
        let last = asked.last().unwrap();
        assert_whole_turns(last);
        assert_eq!(last.len() + answer.left_out as usize, 15, "what was left out is what was not asked");
        assert!(last.last().unwrap().1.starts_with("7 "), "{last:?}");
        // What was learned from a refusal is not asked again with each message.
        let refused = asked.iter().filter(|messages| words(messages) > 100).count();
        assert!(refused <= 3, "{refused} of {} prompts were refused", asked.len());
    }
}

#[tokio::test]
async fn a_known_context_size_is_respected_without_a_refusal() {
    let window = 4_000;
    for entry in [json!({"max_model_len": window}), json!({"context_length": window}), json!({"meta": {"n_ctx": window}})] {
        let mut model = json!({"id": "tiny", "object": "model"});
        model.as_object_mut().unwrap().extend(entry.as_object().unwrap().clone());
        let list = json!({"object": "list", "data": [model]});
        let (server, _upstream, asked) = server_before(list, window, |_| ("400 Bad Request", json!({"error": "too long"}))).await;
        let user = server.guest().await;
        let mut last = say(&server, &user, "openai", None, &"long ".repeat(1_000)).await;
        for _ in 0..5 {
            last = say(&server, &user, "openai", Some(last.conversation_id), &"long ".repeat(1_000)).await;
            assert_eq!((last.status, &last.error), (Status::Complete, &None));
        }
        assert!(last.left_out >= 4 && last.left_out < 10, "{}", last.left_out);
        let asked = asked.lock().unwrap().clone();
        assert_eq!(asked.len(), 6, "nothing was refused");
        assert_whole_turns(asked.last().unwrap());
    }
}

#[tokio::test]
async fn a_message_that_does_not_fit_alone_is_reported_after_a_few_attempts() {
    let api_error = |_| ("400 Bad Request", json!({"error": {"message": "The prompt is too long for the context window."}}));
    let (server, _upstream, asked) = server_before(plain_list(), 100, api_error).await;
    let user = server.guest().await;
    let last = long_conversation(&server, &user, "openai", 3).await;
    asked.lock().unwrap().clear();
    let body = json!({"content": "much ".repeat(200), "conversation_id": last.conversation_id, "provider": "openai", "model": "tiny"});
    let fault = server.chat(&user, body).await.error.unwrap();
    assert_eq!(fault.code, Code::ContextFull);
    assert!(fault.error.contains("last message alone") && fault.error.contains("Shorten it"), "{}", fault.error);
    let times = asked.lock().unwrap().len();
    assert!((1..=4).contains(&times), "asked {times} times");
    let conversation = server.show(&user, last.conversation_id).await;
    let failed = conversation.messages.last().unwrap();
    assert_eq!((failed.status, failed.left_out), (Status::Failed, 0));
    // The next message is answered all the same.
    let next = say(&server, &user, "openai", Some(last.conversation_id), "and now something short").await;
    assert_eq!((next.status, next.error), (Status::Complete, None));
}

#[tokio::test]
async fn left_out_messages_are_shown_on_the_page_and_in_exports() {
    let api_error = |n: usize| {
        let words = format!("This model's maximum context length is 100 tokens. However, your messages resulted in {n} tokens.");
        ("400 Bad Request", json!({"error": {"message": words}}))
    };
    let (server, _upstream, _asked) = server_before(plain_list(), 100, api_error).await;
    let user = server.guest().await;
    let answer = long_conversation(&server, &user, "openai", 5).await;
    let (id, count) = (answer.conversation_id, answer.left_out);
    assert!(count > 1);
    let cookie = ("cookie", user.cookie.as_str());
    let page = server.call("GET", &format!("/c/{id}"), &[cookie], None).await;
    let line = format!("The first {count} messages were left out, because the conversation does not fit the model");
    assert!(page.text.contains(&line), "{}", page.text);
    let german = server.call("GET", &format!("/c/{id}"), &[cookie, ("accept-language", "de")], None).await;
    assert!(german.text.contains(&format!("Die ersten {count} Nachrichten wurden ausgelassen")), "{}", german.text);
    let markdown = server.as_user(&user, "GET", &format!("/api/conversations/{id}/export?format=md"), None).await;
    assert!(markdown.text.contains(&format!("without the first {count} messages")), "{} {}", markdown.status, markdown.text);
    let json = server.as_user(&user, "GET", &format!("/api/conversations/{id}/export?format=json"), None).await;
    assert!(json.text.contains(&format!("\"left_out\":{count}")), "{} {}", json.status, json.text);
}

#[tokio::test]
async fn left_out_messages_are_known_after_a_kill_during_the_answer() {
    let list = json!({"object": "list", "data": [{"id": "tiny", "object": "model", "max_model_len": 200}]});
    let upstream = Upstream::start(move |request: &Request| {
        if request.path().contains("/models") {
            return document(&list.to_string());
        }
        if request.body.contains("hold on") {
            let text = json!({"choices": [{"index": 0, "delta": {"content": "Half a sent"}, "finish_reason": null}]});
            return vec![events(), chunk(format!("data: {text}\n\n").as_bytes()), Step::Hang];
        }
        whole_answer(request.path(), words(&messages(&serde_json::from_str(&request.body).unwrap())))
    })
    .await;
    let mut server = Server::capped(&[("OPENAI_BASE_URL", &upstream.url())]).await;
    let user = server.guest().await;
    server.as_user(&user, "GET", "/api/models", None).await;
    let last = long_conversation(&server, &user, "openai", 6).await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    let chat = Chat {
        conversation_id: Some(last.conversation_id),
        provider: Some("openai".into()),
        model: Some("tiny".into()),
        ..Chat::new(fresh_id(), "hold on")
    };
    socket.chat(chat).await;
    let ServerFrame::Accepted(accepted) = socket.until(|frame| matches!(frame, ServerFrame::Accepted(_))).await else { unreachable!() };
    socket.until(|frame| matches!(frame, ServerFrame::Chunk { .. })).await;
    server.kill();
    socket.ended_collecting().await;
    server.start_again();
    let answer =
        server.show(&user, last.conversation_id).await.messages.into_iter().find(|message| message.id == accepted.answer_id).unwrap();
    assert_eq!((answer.status, answer.content.as_str()), (Status::Interrupted, "Half a sent"));
    assert!(answer.left_out >= last.left_out.max(1), "{} and {}", answer.left_out, last.left_out);
}
