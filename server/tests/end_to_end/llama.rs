//! Answers of a real model server: llama.cpp with a small model, over its chat completions, its Anthropic API, and its Responses API.

use holdfast_protocol::{ClientFrame, Code, ConversationId, Message, ServerFrame, Status, frame::Chat};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

use crate::support::{Server, Socket, User, fresh_id, model_server::ModelServer};

/// The providers for its two APIs.
const DIALECTS: [&str; 2] = ["openai", "anthropic"];

/// Starts a server that uses the model server over both APIs.
async fn server_before(model: &ModelServer) -> Server {
    let url = model.url.as_str();
    Server::capped(&[("OPENAI_BASE_URL", url), ("ANTHROPIC_BASE_URL", url), ("ANTHROPIC_API_KEY", "none")]).await
}

fn ask(provider: &str, content: &str) -> Chat {
    Chat { provider: Some(provider.into()), model: Some("smollm2".into()), ..Chat::new(fresh_id(), content) }
}

/// Sends a message to a conversation or a new one. Returns the whole answer.
async fn say(server: &Server, user: &User, provider: &str, conversation: Option<ConversationId>, content: &str) -> Message {
    let body = json!({"content": content, "conversation_id": conversation, "provider": provider, "model": "smollm2"});
    let reply = server.chat(user, body).await;
    let conversation = server.show(user, reply.conversation_id).await;
    conversation.messages.into_iter().find(|message| message.id == reply.answer_id).unwrap()
}

/// Checks that the model answered. A small model does not always stop on its own; then the server ends it at the limit.
fn assert_answered(answer: &Message, provider: &str) {
    let code = answer.error.as_ref().map(|error| error.code.as_str());
    assert!(!answer.content.is_empty() && matches!(code, None | Some("length_limit")), "{provider}: {:?} {code:?}", answer.status);
}

/// Starts an answer that takes a while, and waits for its first words.
async fn begin_long(server: &Server, user: &User, provider: &str) -> (Socket, ServerFrame) {
    let mut socket = Socket::ready(server, "/ws", user).await;
    socket.chat(ask(provider, "Write a long story about a fox.")).await;
    let accepted = socket.until(|frame| matches!(frame, ServerFrame::Accepted(_))).await;
    socket.until(|frame| matches!(frame, ServerFrame::Chunk { .. })).await;
    (socket, accepted)
}

#[tokio::test]
async fn a_real_model_server_streams_stops_and_answers_two_at_once() {
    let model = ModelServer::start();
    let server = server_before(&model).await;
    let user = server.guest().await;
    for provider in DIALECTS {
        streams(&server, &user, provider).await;
        stops(&model, &server, &user, provider).await;
        lacks_a_model(&server, &user, provider).await;
    }
    two_at_once(&model, &server, &user).await;
}

async fn streams(server: &Server, user: &User, provider: &str) {
    let mut socket = Socket::ready(server, "/ws", user).await;
    socket.chat(ask(provider, "Say hello.")).await;
    let mut chunks = 0;
    let complete = loop {
        match socket.until(|frame| matches!(frame, ServerFrame::Chunk { .. } | ServerFrame::Complete(_))).await {
            ServerFrame::Complete(complete) => break complete,
            _ => chunks += 1,
        }
    };
    assert_eq!((complete.status, complete.error), (Status::Complete, None), "{provider}");
    assert!(chunks > 3, "{provider}: the words come as they are written, not in {chunks} pieces");
    assert_eq!(socket.text, complete.full_response, "{provider}");
    let usage = complete.usage.unwrap_or_else(|| panic!("{provider} tells no usage"));
    assert!(usage.input_tokens > 10 && usage.output_tokens as usize > 3, "{provider}: {usage:?}");
}

async fn stops(model: &ModelServer, server: &Server, user: &User, provider: &str) {
    let (mut socket, accepted) = begin_long(server, user, provider).await;
    let ServerFrame::Accepted(accepted) = accepted else { unreachable!() };
    assert_eq!(model.answering().await, 1, "{provider}");
    socket.send(&ClientFrame::Stop { answer_id: accepted.answer_id }).await;
    let complete = socket.complete().await;
    assert_eq!((complete.status, complete.error), (Status::Stopped, None), "{provider}");
    assert!(!complete.full_response.is_empty(), "{provider}");
    model.until_answering(0).await;
}

async fn lacks_a_model(server: &Server, user: &User, provider: &str) {
    let body = json!({"content": "hello", "provider": provider, "model": "none-such"});
    let reply = server.as_user(user, "POST", "/api/chat", Some(body)).await;
    assert_eq!(reply.api_error().code, Code::ModelNotFound, "{provider}: {}", reply.text);
}

#[tokio::test]
async fn a_conversation_that_exceeds_the_context_window_of_a_real_model_server_continues() {
    let model = ModelServer::start();
    let server = server_before(&model).await;
    let user = server.guest().await;
    for provider in DIALECTS {
        let note = "Remember this about my garden, and answer with one word: ".to_owned()
            + &"the roses by the wall need water in June. ".repeat(6);
        let mut last = say(&server, &user, provider, None, &note).await;
        for n in 0..3 {
            last = say(&server, &user, provider, Some(last.conversation_id), &format!("{n}. {note}")).await;
            assert_answered(&last, provider);
        }
        assert!(last.left_out >= 2, "{provider}: {}", last.left_out);

        let conversation = last.conversation_id;
        let body = json!({"content": "rose ".repeat(400), "conversation_id": conversation, "provider": provider, "model": "smollm2"});
        let full = server.chat(&user, body).await;
        assert_eq!((full.status, full.error.map(|it| it.code)), (Status::Failed, Some(Code::ContextFull)), "{provider}");
        assert_answered(&say(&server, &user, provider, Some(conversation), "Say hello.").await, provider);
    }
}

async fn two_at_once(model: &ModelServer, server: &Server, user: &User) {
    let ((mut first, one), (mut second, two)) = tokio::join!(begin_long(server, user, DIALECTS[0]), begin_long(server, user, DIALECTS[1]));
    model.until_answering(2).await;
    for (socket, accepted) in [(&mut first, one), (&mut second, two)] {
        let ServerFrame::Accepted(accepted) = accepted else { unreachable!() };
        socket.send(&ClientFrame::Stop { answer_id: accepted.answer_id }).await;
        assert_eq!(socket.complete().await.status, Status::Stopped);
    }
    model.until_answering(0).await;
}

#[tokio::test]
async fn answers_of_a_killed_model_server_are_interrupted_and_it_can_answer_again() {
    let mut model = ModelServer::start();
    let server = server_before(&model).await;
    let user = server.guest().await;
    for provider in DIALECTS {
        let (mut socket, accepted) = begin_long(&server, &user, provider).await;
        let ServerFrame::Accepted(accepted) = accepted else { unreachable!() };
        model.kill();
        let complete = socket.complete().await;
        assert_eq!((complete.status, complete.full_response.as_str()), (Status::Interrupted, socket.text.as_str()), "{provider}");
        assert_eq!(complete.error.unwrap().code, Code::ProviderUnavailable, "{provider}");

        let body = json!({"content": "Are you there?", "provider": provider, "model": "smollm2"});
        let down = server.chat(&user, body).await;
        assert_eq!((down.status, down.error.map(|it| it.code)), (Status::Failed, Some(Code::ProviderUnavailable)), "{provider}");

        model.start_again();
        assert_answered(&say(&server, &user, provider, Some(accepted.conversation_id), "Say hello.").await, provider);
    }
}

/// Passes requests on to the model server, one for each connection, but refuses chat completions as OpenAI does for some models. Returns its
/// address.
async fn without_completions(model: &ModelServer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let target = model.url.trim_start_matches("http://").split('/').next().unwrap().to_owned();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let target = target.clone();
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(client.read_u8().await?);
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                if head.starts_with("POST /v1/chat/completions ") {
                    let body = r#"{"error":{"message":"This model is only supported in v1/responses and not in v1/chat/completions."}}"#;
                    let reply = format!("HTTP/1.1 404 Not Found\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
                    return client.write_all(reply.as_bytes()).await;
                }
                let mut server = TcpStream::connect(target).await?;
                server.write_all(head.replacen("\r\n", "\r\nconnection: close\r\n", 1).as_bytes()).await?;
                copy_bidirectional(&mut client, &mut server).await.map(|_| ())
            });
        }
    });
    url
}

#[tokio::test]
async fn a_real_model_server_answers_over_its_responses_api() {
    let model = ModelServer::start();
    let url = without_completions(&model).await;
    let server = Server::capped(&[("OPENAI_BASE_URL", url.as_str())]).await;
    let user = server.guest().await;
    streams(&server, &user, DIALECTS[0]).await;
    let first = say(&server, &user, DIALECTS[0], None, "My name is Ada. Say hello.").await;
    assert_answered(&first, "first");
    let second = say(&server, &user, DIALECTS[0], Some(first.conversation_id), "What is my name?").await;
    assert_answered(&second, "second");
    let (one, two) = (first.usage.unwrap_or_default(), second.usage.unwrap_or_default());
    assert!(two.input_tokens > one.input_tokens + one.output_tokens, "the conversation is sent: {one:?} {two:?}");
    stops(&model, &server, &user, DIALECTS[0]).await;
}
