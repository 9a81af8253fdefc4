//! Steps of answers: reasoning beside the text, with the same promises.

use std::time::Duration;

use holdfast_protocol::{
    ClientFrame, ConversationId, Message, MessageId, ServerFrame, Status, Step,
    api::PollReply,
    frame::{Chat, Open},
    step::{StepKind, StepState},
};
use holdfast_providers::echo_text;
use serde_json::json;

use crate::{
    cuts::{RUNGS, go, over_transport, quick},
    support::{Client, Proxy, Server, Socket, User, fresh_id},
};

/// A question to a model that thinks before it writes.
fn asking(model: &str) -> Chat {
    Chat { provider: Some("builtin".into()), model: Some(model.into()), ..Chat::new(fresh_id(), "think") }
}

async fn answer(server: &Server, user: &User, conversation: ConversationId, id: MessageId) -> Message {
    server.show(user, conversation).await.messages.into_iter().find(|message| message.id == id).unwrap()
}

/// Asks, and returns the socket on which the first reasoning has come, with the ids of the conversation and the answer.
async fn thinking(server: &Server, user: &User, model: &str) -> (Socket, ConversationId, MessageId) {
    let mut socket = Socket::ready(server, "/ws", user).await;
    socket.chat(asking(model)).await;
    let ServerFrame::Accepted(accepted) = socket.until(|frame| matches!(frame, ServerFrame::Accepted(_))).await else { unreachable!() };
    socket.until(|frame| matches!(frame, ServerFrame::Step(_))).await;
    (socket, accepted.conversation_id, accepted.answer_id)
}

fn is_reasoning(step: &Step, content: &str, state: StepState) -> bool {
    step.kind == StepKind::Reasoning && step.after == 0 && step.content == content && step.state == state && step.at == 0
}

#[tokio::test]
async fn reasoning_comes_beside_the_text_and_stays() {
    let server = Server::start().await;
    let user = server.guest().await;
    let (mut socket, conversation, id) = thinking(&server, &user, "echo-40-1-60").await;
    let complete = socket.complete().await;
    assert_eq!((complete.status, complete.full_response), (Status::Complete, echo_text(40)));
    assert!(is_reasoning(&socket.steps[0], &echo_text(60), StepState::Done) && socket.steps.len() == 1, "{:?}", socket.steps);
    let step = &socket.steps[0];
    assert!(step.ended_at.is_some_and(|ended| ended >= step.started_at + 50), "{step:?}");
    assert_eq!(answer(&server, &user, conversation, id).await.steps, socket.steps);
    // A text alone is what the next answer is asked for with, and what a text of the answer is.
    let reply = server.chat(&user, json!({"content": "x", "provider": "builtin", "model": "echo-5-0-7"})).await;
    assert_eq!((reply.full_response, reply.steps[0].content.clone()), (echo_text(5), echo_text(7)));
}

#[tokio::test]
async fn a_reader_resumes_each_step_from_what_it_has() {
    let server = Server::start().await;
    let user = server.guest().await;
    let (socket, conversation, id) = thinking(&server, &user, "echo-10-10-400").await;
    let cursor = server.show(&user, conversation).await.cursor;
    let mut other = Socket::ready(&server, "/ws", &user).await;
    let have_steps = [(id, vec![socket.steps[0].content.len() as u64])].into();
    let open = Open { conversation_id: conversation, cursor: Some(cursor), have: [(id, 0)].into(), have_steps };
    other.send(&ClientFrame::Open(open.clone())).await;
    let ServerFrame::Sync(sync) = other.until(|frame| matches!(frame, ServerFrame::Sync(_))).await else { unreachable!() };
    let step = &sync.messages[0].steps[0];
    assert_eq!(step.at, socket.steps[0].content.len() as u64);
    assert!(echo_text(400)[step.at as usize..].starts_with(&step.content));
    // The same over the other transports.
    let have = format!("%7B%22{id}%22%3A0%7D");
    let have_steps = format!("%7B%22{id}%22%3A%5B{}%5D%7D", step.at);
    let query = format!("cursor={cursor}&have={have}&have_steps={have_steps}");
    let poll: PollReply = server.as_user(&user, "GET", &format!("/api/conversations/{conversation}/poll?{query}"), None).await.json();
    let polled = poll.frames.iter().find_map(|frame| match frame {
        ServerFrame::Sync(sync) => sync.messages.first()?.steps.first().map(|step| (step.at, step.content.clone())),
        ServerFrame::Step(frame) => Some((frame.step.at, frame.step.content.clone())),
        _ => None,
    });
    let (at, content) = polled.unwrap_or_else(|| panic!("{poll:?}"));
    assert!(at == step.at && echo_text(400)[at as usize..].starts_with(&content), "{at}");
    let bad = server.as_user(&user, "GET", &format!("/api/conversations/{conversation}/poll?have_steps=%5B1%5D"), None).await;
    assert_eq!((bad.status, bad.api_error().reason.as_ref()), (400, "have_invalid"));
}

/// Case 37: `kill -9` while a model thinks.
#[tokio::test]
async fn a_killed_server_has_kept_the_reasoning_that_was_shown() {
    let mut server = Server::start().await;
    let user = server.guest().await;
    for round in 0..5u64 {
        let (mut socket, conversation, id) = thinking(&server, &user, "echo-20-3-3000").await;
        let until = tokio::time::Instant::now() + Duration::from_millis(40 + round * 61);
        let _ = tokio::time::timeout_at(until, socket.complete()).await;
        server.kill();
        // What was on its way counts as received.
        socket.ended_collecting().await;
        server.start_again();
        let kept = answer(&server, &user, conversation, id).await;
        assert_eq!((kept.status, kept.content.as_str(), kept.steps.len()), (Status::Interrupted, "", 1), "round {round}");
        let (seen, kept) = (&socket.steps[0], &kept.steps[0]);
        assert!(kept.content.starts_with(&seen.content) && echo_text(3000).starts_with(&kept.content), "round {round}");
        assert!(is_reasoning(kept, &kept.content, StepState::Interrupted), "{kept:?}");
    }
}

/// Case 37: cuts while a model thinks, and `kill -9`; the client ends with what the server has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_cuts_and_a_crash_the_client_has_the_same_reasoning_and_text() {
    let mut server = Server::start().await;
    let proxy = Proxy::before(&server.address).await;
    let user = server.guest().await;
    let client = Client::start(&proxy.address, &user, quick());
    let conversation = server.conversation(&user).await;
    client.follow(conversation);
    client.submit(Chat { conversation_id: Some(conversation), ..asking("echo-300-5-300") });
    let thought =
        move |bytes: usize| client_has(conversation, move |answer| answer.steps.first().is_some_and(|step| step.content.len() >= bytes));
    for bytes in [50, 300, 900] {
        client.wait("some reasoning", thought(bytes)).await;
        proxy.cut();
    }
    client.wait("more reasoning", thought(1_200)).await;
    server.kill();
    server.start_again();
    client.wait("the end", client_has(conversation, |answer| answer.status == Status::Interrupted)).await;
    let shown = client.settled(conversation, 2).await;
    assert_eq!(shown, server.show(&user, conversation).await.messages);
    assert_eq!(shown[1].steps[0].state, StepState::Interrupted);
    // The answer goes on: it keeps the step, and thinks anew.
    client.continue_answer(shown[1].id);
    client.wait("new reasoning", client_has(conversation, |answer| answer.steps.len() == 2)).await;
    proxy.cut();
    client.wait("the end", client_has(conversation, |answer| answer.status == Status::Complete)).await;
    let whole = client.settled(conversation, 2).await;
    assert_eq!(whole, server.show(&user, conversation).await.messages);
    assert_eq!((whole[1].content.clone(), &whole[1].steps[0]), (echo_text(300), &shown[1].steps[0]));
    assert!(is_reasoning(&whole[1].steps[1], &echo_text(300), StepState::Done), "{:?}", whole[1].steps[1]);
}

/// Case 37 over each transport: every connection is cut after some hundred bytes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cuts_at_many_places_lose_no_reasoning_over_any_transport() {
    let server = Server::start().await;
    let proxy = Proxy::before(&server.address).await;
    for transport in RUNGS {
        proxy.cut_after(usize::MAX);
        let user = server.guest().await;
        let client = over_transport(&server, &proxy, &user, transport).await;
        let (chat, id) = go(&user, "echo-50-4-300");
        client.submit(chat);
        client.follow(id);
        for place in 0..20 {
            proxy.cut_after(900 + place * 37);
            tokio::time::sleep(Duration::from_millis(60)).await;
            proxy.cut();
        }
        proxy.cut_after(usize::MAX);
        let shown = client.settled(id, 2).await;
        assert_eq!(shown, server.show(&user, id).await.messages, "{transport:?}");
        assert!(is_reasoning(&shown[1].steps[0], &echo_text(300), StepState::Done), "{transport:?}: {:?}", shown[1].steps);
        assert_eq!(shown[1].content, echo_text(50), "{transport:?}");
    }
}

/// Whether the answer that the client shows is such.
fn client_has(
    conversation: ConversationId,
    is_such: impl Fn(&Message) -> bool + Clone + Send + 'static,
) -> impl Fn(&holdfast_client::connection::Connection, u64) -> bool + Clone + Send + 'static {
    move |machine, _| machine.transcript(conversation).is_some_and(|it| it.messages().get(1).is_some_and(&is_such))
}

#[tokio::test]
async fn stopping_while_it_thinks_keeps_the_reasoning() {
    let server = Server::start().await;
    let user = server.guest().await;
    let (mut socket, conversation, id) = thinking(&server, &user, "echo-20-5-2000").await;
    socket.send(&ClientFrame::Stop { answer_id: id }).await;
    let complete = socket.complete().await;
    assert_eq!((complete.status, complete.full_response.as_str()), (Status::Stopped, ""));
    assert_eq!(socket.steps[0].state, StepState::Interrupted);
    assert_eq!(answer(&server, &user, conversation, id).await.steps, socket.steps);
}
