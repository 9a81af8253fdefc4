//! Failure cases 10, 18, 21, 22, 30: messages and answers arrive completely and only once.

use std::time::Duration;

use holdfast_protocol::{ClientFrame, Code, ConversationId, MessageId, ServerFrame, Status, frame::Chat};
use serde_json::json;

use crate::support::{Server, Socket, fresh_id, message_id};

fn echo(content: &str, model: &str, conversation: ConversationId) -> Chat {
    Chat {
        conversation_id: Some(conversation),
        provider: Some("builtin".into()),
        model: Some(model.into()),
        ..Chat::new(fresh_id(), content)
    }
}

#[tokio::test]
async fn an_answer_streams_and_every_listener_gets_the_same_words() {
    let server = Server::start().await;
    let user = server.guest().await;
    let id = server.conversation(&user).await;
    let mut writer = Socket::ready(&server, "/ws", &user).await;
    let mut others = Vec::new();
    for _ in 0..9 {
        let mut other = Socket::ready(&server, &format!("/ws/conversations/{id}"), &user).await;
        other.until(|frame| matches!(frame, ServerFrame::Sync(_))).await;
        others.push(other);
    }
    let chat = echo("go", "echo-200-2", id);
    writer.chat(chat.clone()).await;
    let accepted = writer.until(|frame| matches!(frame, ServerFrame::Accepted(_))).await;
    let ServerFrame::Accepted(accepted) = accepted else { unreachable!() };
    assert_eq!((accepted.message_id, accepted.conversation_id), (chat.message_id, id));
    let complete = writer.complete().await;
    assert_eq!((complete.answer_id, complete.status), (accepted.answer_id, Status::Complete));
    let expected = holdfast_providers::echo_text(200);
    assert_eq!(complete.full_response, expected);
    for other in &mut others {
        let complete = other.complete().await;
        assert_eq!((complete.full_response.as_str(), other.text.as_str()), (expected.as_str(), expected.as_str()));
    }
    let stored = server.show(&user, id).await;
    assert_eq!(stored.messages.len(), 2);
    assert_eq!((stored.messages[0].content.as_str(), stored.messages[1].content.as_str()), ("go", expected.as_str()));
    assert_eq!(stored.summary.title, "go");
}

#[tokio::test]
async fn a_message_sent_again_is_one_message_with_one_answer() {
    let server = Server::start().await;
    let user = server.guest().await;
    let id = server.conversation(&user).await;
    let chat = echo("once", "echo", id);
    let mut answers = Vec::new();
    for _ in 0..3 {
        let mut socket = Socket::ready(&server, "/ws", &user).await;
        socket.chat(chat.clone()).await;
        let ServerFrame::Accepted(accepted) = socket.until(|frame| matches!(frame, ServerFrame::Accepted(_))).await else { unreachable!() };
        answers.push(accepted.answer_id);
        // Also if it ended before this socket followed the conversation.
        let complete = socket.complete().await;
        assert_eq!((complete.answer_id, complete.full_response.as_str(), socket.text.as_str()), (accepted.answer_id, "once", "once"));
    }
    let body = serde_json::to_value(&chat).unwrap();
    let reply = server.as_user(&user, "POST", &format!("/api/conversations/{id}/messages"), Some(body)).await;
    assert_eq!(reply.status, 202);
    answers.push(reply.json::<holdfast_protocol::frame::Accepted>().answer_id);
    assert!(answers.windows(2).all(|two| two[0] == two[1]));
    assert_eq!(server.show(&user, id).await.messages.len(), 2);

    let mut socket = Socket::ready(&server, "/ws", &user).await;
    socket.chat(Chat { content: "something else".into(), ..chat.clone() }).await;
    assert_eq!(socket.api_error().await, Code::MessageConflict);
    assert_eq!(server.show(&user, id).await.messages[0].content, "once");
}

#[tokio::test]
async fn a_message_can_start_a_conversation() {
    let server = Server::start().await;
    let user = server.guest().await;
    let message = fresh_id();
    let id = ConversationId::created_by(user.grant.user.id, message);
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    let chat = Chat { message_id: message, ..echo("first words", "echo", id) };
    socket.chat(chat.clone()).await;
    assert_eq!(socket.complete().await.full_response, "first words");
    socket.chat(chat).await;
    socket.until(|frame| matches!(frame, ServerFrame::Accepted(_))).await;
    assert_eq!(server.show(&user, id).await.messages.len(), 2);
    // Another user who knows the id can't use it.
    let other = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws", &other).await;
    socket.chat(Chat { message_id: message, ..echo("mine now", "echo", id) }).await;
    assert_eq!(socket.api_error().await, Code::ConversationNotFound);
}

#[tokio::test]
async fn frames_without_a_conversation_refer_to_that_of_the_socket() {
    let server = Server::start().await;
    let user = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws/chat/coach-1", &user).await;
    let mut chat = echo("one", "echo", ConversationId(uuid::Uuid::nil()));
    chat.conversation_id = None;
    socket.chat(chat.clone()).await;
    let named = socket.complete().await.conversation_id;
    let reply = server.chat(&user, json!({"content": "two", "session_id": "coach-1", "model": "echo"})).await;
    assert_eq!((reply.conversation_id, reply.full_response.as_str()), (named, "two"));
    let mut bare = Socket::ready(&server, "/ws", &user).await;
    for text in ["three", "four"] {
        bare.chat(Chat { message_id: fresh_id(), content: text.into(), ..chat.clone() }).await;
        bare.complete().await;
    }
    let page: holdfast_protocol::api::ConversationPage = server.as_user(&user, "GET", "/api/conversations", None).await.json();
    assert_eq!(page.conversations.len(), 2, "one by its name, one that the socket began and kept to");
}

#[tokio::test]
async fn an_answer_continues_without_listeners_until_it_is_stopped() {
    let server = Server::start().await;
    let user = server.guest().await;
    let id = server.conversation(&user).await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    socket.chat(echo("go", "echo-100-5", id)).await;
    socket.until(|frame| matches!(frame, ServerFrame::Chunk { .. })).await;
    drop(socket);
    let done = wait_for_end(&server, &user, id).await;
    assert_eq!((done.status, done.content), (Status::Complete, holdfast_providers::echo_text(100)));

    let mut socket = Socket::ready(&server, "/ws", &user).await;
    socket.chat(echo("go", "echo-100000-5", id)).await;
    let ServerFrame::Chunk { answer_id, .. } = socket.until(|frame| matches!(frame, ServerFrame::Chunk { .. })).await else {
        unreachable!()
    };
    socket.send(&ClientFrame::Stop { answer_id }).await;
    let complete = socket.complete().await;
    assert_eq!(complete.status, Status::Stopped);
    assert!(!complete.full_response.is_empty());
    let other = server.guest().await;
    let reply = server.as_user(&other, "POST", &format!("/api/answers/{answer_id}/stop"), None).await;
    assert_eq!(reply.status, 404);
}

async fn wait_for_end(server: &Server, user: &crate::support::User, id: ConversationId) -> holdfast_protocol::Message {
    for _ in 0..1_000 {
        let last = server.show(user, id).await.messages.pop().unwrap();
        if last.status != Status::Streaming {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the answer does not end");
}

#[tokio::test]
async fn a_cursor_of_another_store_sends_everything_again() {
    let server = Server::start().await;
    let user = server.guest().await;
    let reply = server.chat(&user, json!({"content": "hello", "model": "echo"})).await;
    let cursor = server.show(&user, reply.conversation_id).await.cursor;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    for (asked, messages, since) in
        [(None, 2, 0), (Some(cursor), 0, cursor), (Some(cursor + 1_000_000), 2, 0), (Some(cursor - 1), 1, cursor - 1), (Some(7), 2, 0)]
    {
        socket.follow(reply.conversation_id, asked).await;
        let ServerFrame::Sync(sync) = socket.until(|frame| matches!(frame, ServerFrame::Sync(_))).await else { unreachable!() };
        let given = asked.is_none_or(|asked| asked != cursor - 1 || sync.since == since);
        if given {
            assert_eq!((sync.cursor, sync.messages.len(), sync.since), (cursor, messages, since), "{asked:?}");
        } else {
            assert_eq!((sync.messages.len(), sync.since), (2, 0), "a revision that was never given out");
        }
    }
}

#[tokio::test]
async fn unusual_texts_are_stored_and_returned_unchanged() {
    let server = Server::start().await;
    let user = server.guest().await;
    let texts = [
        "🧑‍🚀 🏳️‍🌈",
        "שלום עליכם مرحبا",
        "e\u{301}\u{327}\u{334}",
        "nul\u{0}nul",
        "\u{feff}tab\t\r\nline\u{2028}sep",
        "</script><img src=x onerror=alert(1)>",
    ];
    for text in texts {
        let reply = server.chat(&user, json!({"content": text, "model": "echo"})).await;
        assert_eq!(reply.full_response, text);
        let stored = server.show(&user, reply.conversation_id).await;
        assert_eq!((stored.messages[0].content.as_str(), stored.messages[1].content.as_str()), (text, text));
    }
    let whole = "ä".repeat(128 * 1024);
    let reply = server.chat(&user, json!({"content": whole, "model": "echo-1-0"})).await;
    assert_eq!(server.show(&user, reply.conversation_id).await.messages[0].content, whole);
    let reply = server.as_user(&user, "POST", "/api/chat", Some(json!({"content": format!("{whole}x"), "model": "echo-1-0"}))).await;
    assert_eq!((reply.status, reply.api_error().code), (413, Code::TooLarge));
    let reply = server.as_user(&user, "POST", "/api/chat", Some(json!({"content": "  \n"}))).await;
    assert_eq!((reply.status, reply.api_error().code), (400, Code::BadFrame));
    let reply = server.as_user(&user, "POST", "/api/chat", Some(json!({"content": "x", "model": "gpt-99"}))).await;
    assert_eq!((reply.status, reply.api_error().code), (404, Code::ModelNotFound));
}

#[tokio::test]
async fn the_list_is_updated_in_every_tab() {
    let server = Server::start().await;
    let user = server.guest().await;
    let mut tab = Socket::ready(&server, "/ws", &user).await;
    let is = |title: &'static str, answering: bool| move |frame: &ServerFrame| matches!(frame, ServerFrame::Conversation(listed) if listed.title == title && listed.answering == answering);
    let reply = server.chat(&user, json!({"content": "hello there", "model": "echo"})).await;
    tab.until(is("hello there", true)).await;
    tab.until(is("hello there", false)).await;
    let path = format!("/api/conversations/{}", reply.conversation_id);
    server.as_user(&user, "PATCH", &path, Some(json!({"title": "Greetings"}))).await;
    tab.until(is("Greetings", false)).await;
    assert_eq!(server.as_user(&user, "DELETE", &path, None).await.status, 204);
    tab.until(|frame| matches!(frame, ServerFrame::Conversation(listed) if listed.removed)).await;
    assert_eq!(server.as_user(&user, "GET", &path, None).await.status, 404);
}

#[tokio::test]
async fn the_choice_of_a_model_is_remembered() {
    let server = Server::start().await;
    let user = server.guest().await;
    let first = server.chat(&user, json!({"content": "parrot", "model": "echo", "provider": "builtin"})).await;
    let again = server.chat(&user, json!({"content": "polly", "conversation_id": first.conversation_id})).await;
    assert_eq!(again.full_response, "polly");
    let shown = server.show(&user, first.conversation_id).await;
    assert_eq!((shown.summary.provider.as_deref(), shown.summary.model.as_deref()), (Some("builtin"), Some("echo")));
}

#[tokio::test]
async fn limit_errors_say_when_to_try_again() {
    let server = Server::with(&[("LIMITS", "on")]).await;
    let user = server.guest().await;
    let mut codes = Vec::new();
    for n in 0..40u128 {
        let body = json!({"message_id": message_id(n + 1), "content": "x", "model": "echo-1-0"});
        let id = ConversationId::created_by(user.grant.user.id, MessageId(uuid::Uuid::from_u128(n + 1)));
        let reply = server.as_user(&user, "POST", &format!("/api/conversations/{id}/messages"), Some(body)).await;
        if reply.status == 429 {
            let api_error = reply.api_error();
            assert!(api_error.retry_after_ms.unwrap() > 0 && reply.headers.contains_key("retry-after"));
            codes.push(api_error.code);
        }
    }
    assert!(!codes.is_empty() && codes.iter().all(|code| *code == Code::RateLimited), "{codes:?}");
}

#[tokio::test]
async fn at_most_four_answers_run_at_once() {
    let server = Server::with(&[("LIMITS", "on")]).await;
    let user = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    for n in 0..5u128 {
        let message = message_id(n + 1);
        socket
            .chat(Chat { message_id: message, ..echo("go", "echo-100000-10", ConversationId::created_by(user.grant.user.id, message)) })
            .await;
    }
    assert_eq!(socket.api_error().await, Code::Busy);
}
