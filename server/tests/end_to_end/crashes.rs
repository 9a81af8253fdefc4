//! Failure cases 15 and 16: the server stops, by a signal or by a crash.

use std::time::Duration;

use futures::future::join_all;
use holdfast_protocol::{ClientFrame, ConversationId, MessageId, ServerFrame, Status, frame::Chat};
use serde_json::json;

use crate::support::{Server, Socket, User, fresh_id, socket::Ended};

fn endless(content: &str) -> Chat {
    Chat { provider: Some("builtin".into()), model: Some("echo-2000-5".into()), ..Chat::new(fresh_id(), content) }
}

#[tokio::test]
async fn a_killed_server_has_stored_every_byte_that_was_shown() {
    let mut server = Server::start().await;
    let user = server.guest().await;
    for round in 0..10u64 {
        let mut socket = Socket::ready(&server, "/ws", &user).await;
        socket.chat(endless(&format!("round {round}"))).await;
        let ServerFrame::Accepted(accepted) = socket.until(|frame| matches!(frame, ServerFrame::Accepted(_))).await else { unreachable!() };
        socket.until(|frame| matches!(frame, ServerFrame::Chunk { .. })).await;
        let until = tokio::time::Instant::now() + Duration::from_millis(40 + round * 61);
        let _ = tokio::time::timeout_at(until, socket.complete()).await;
        server.kill();
        // What was on its way counts as received.
        socket.ended_collecting().await;
        server.start_again();
        let conversation = server.show(&user, accepted.conversation_id).await;
        let answer = conversation.messages.iter().find(|message| message.id == accepted.answer_id).unwrap();
        assert!(answer.content.starts_with(&socket.text), "round {round}: {} bytes seen, {} kept", socket.text.len(), answer.content.len());
        assert_eq!(answer.status, Status::Interrupted);
        assert!(answer.error.as_ref().unwrap().error.contains("restarted"));
    }
}

/// Row 16 of the failure cases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_kills_with_fifty_running_answers_lose_no_shown_text() {
    let mut server = Server::start().await;
    // Different times, but the same ones in each run.
    let moments = (0..100u64).map(|round| Duration::from_micros(round.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 120_000));
    for (round, moment) in moments.enumerate() {
        let user = server.guest().await;
        let running = join_all((0..50).map(|_| begin(&server, &user))).await;
        tokio::time::sleep(moment).await;
        server.kill();
        let seen = join_all(running.into_iter().map(async |(mut socket, conversation, answer)| {
            // What was on its way counts as received.
            socket.ended_collecting().await;
            (socket.text, conversation, answer)
        }))
        .await;
        server.start_again();
        for (text, conversation, answer) in seen {
            let kept = server.show(&user, conversation).await;
            let kept = kept.messages.iter().find(|message| message.id == answer).unwrap();
            assert!(kept.content.starts_with(&text), "round {round}: {} bytes seen, {} kept", text.len(), kept.content.len());
            assert_eq!(kept.status, Status::Interrupted);
        }
    }
}

/// Starts an endless answer on its own socket.
async fn begin(server: &Server, user: &User) -> (Socket, ConversationId, MessageId) {
    let mut socket = Socket::ready(server, "/ws", user).await;
    socket.chat(endless("go")).await;
    let ServerFrame::Accepted(accepted) = socket.until(|frame| matches!(frame, ServerFrame::Accepted(_))).await else { unreachable!() };
    socket.until(|frame| matches!(frame, ServerFrame::Chunk { .. })).await;
    (socket, accepted.conversation_id, accepted.answer_id)
}

/// Row 15 of the failure cases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_with_a_thousand_sockets_loses_no_socket_and_no_text() {
    let mut server = Server::with(&[("DRAIN_SECONDS", "5")]).await;
    let users = join_all((0..50).map(|_| server.guest())).await;
    let mut sockets = join_all((0..1_000).map(|n| Socket::ready(&server, "/ws", &users[n % 50]))).await;
    // Every fiftieth socket has a running answer; some end within the time that is left.
    for (n, socket) in sockets.iter_mut().enumerate().step_by(50) {
        let model = if n % 100 == 0 { "echo-100-5" } else { "echo-2000-50" };
        socket.chat(Chat { model: Some(model.into()), ..endless("go") }).await;
        socket.until(|frame| matches!(frame, ServerFrame::Chunk { .. })).await;
    }
    server.terminate();
    let told = join_all(sockets.into_iter().enumerate().map(async |(n, mut socket)| {
        let (mut wait, mut complete) = (None, None);
        while wait.is_none() || (n % 50 == 0 && complete.is_none()) {
            match socket.until(|frame| matches!(frame, ServerFrame::Drain { .. } | ServerFrame::Complete(_))).await {
                ServerFrame::Drain { reconnect_in_ms } => wait = Some(reconnect_in_ms),
                ServerFrame::Complete(end) => complete = Some(end),
                _ => unreachable!(),
            }
        }
        assert_eq!(socket.ended().await.code, 1012);
        (n, wait.unwrap(), complete)
    }))
    .await;
    assert_eq!(server.stop_waiting().await.code(), Some(0));
    let waits = told.iter().map(|(_, wait, _)| *wait);
    let (soonest, latest) = (waits.clone().min().unwrap(), waits.max().unwrap());
    assert!(latest - soonest >= 500, "they come back spread out: between {soonest} and {latest} ms");

    server.start_again();
    let back = join_all(told.iter().map(async |(n, wait, complete)| {
        let user = &users[n % 50];
        tokio::time::sleep(Duration::from_millis(*wait)).await;
        let mut socket = Socket::ready(&server, "/ws", user).await;
        let Some(complete) = complete else { return };
        let expected = if n % 100 == 0 { Status::Complete } else { Status::Interrupted };
        assert_eq!(complete.status, expected);
        socket.follow(complete.conversation_id, None).await;
        let ServerFrame::Sync(sync) = socket.until(|frame| matches!(frame, ServerFrame::Sync(_))).await else { unreachable!() };
        let answer = sync.messages.iter().find(|message| message.id == complete.answer_id).unwrap();
        assert_eq!((answer.status, &answer.content), (expected, &complete.full_response), "the same words");
    }));
    assert_eq!(back.await.len(), 1_000);
}

#[tokio::test]
async fn an_interrupted_answer_continues_as_the_same_text() {
    let mut server = Server::start().await;
    let user = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    socket.chat(Chat { model: Some("echo-300-3".into()), ..endless("go") }).await;
    let ServerFrame::Accepted(accepted) = socket.until(|frame| matches!(frame, ServerFrame::Accepted(_))).await else { unreachable!() };
    socket.until(|frame| matches!(frame, ServerFrame::Chunk { at: 100.., .. })).await;
    server.kill();
    server.start_again();
    let mut socket = Socket::ready(&server, &format!("/ws/conversations/{}", accepted.conversation_id), &user).await;
    let ServerFrame::Sync(sync) = socket.next().await else { panic!("sync follows ready") };
    let kept = sync.messages.last().unwrap().content.clone();
    socket.text.clone_from(&kept);
    socket.send(&ClientFrame::Continue { answer_id: accepted.answer_id }).await;
    let complete = socket.complete().await;
    assert_eq!((complete.answer_id, complete.status), (accepted.answer_id, Status::Complete));
    assert_eq!(complete.full_response, holdfast_providers::echo_text(300));
    assert_eq!(socket.text, complete.full_response, "nothing was said twice");
}

#[tokio::test]
async fn a_stopping_server_sends_drain_and_finishes_short_answers() {
    let mut server = Server::with(&[("DRAIN_SECONDS", "5")]).await;
    let user = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    let mut idle = Socket::ready(&server, "/ws", &user).await;
    socket.chat(Chat { model: Some("echo-200-5".into()), ..endless("short") }).await;
    socket.until(|frame| matches!(frame, ServerFrame::Chunk { .. })).await;
    server.terminate();
    let complete = socket.complete().await;
    assert_eq!(complete.status, Status::Complete);
    assert_eq!(complete.full_response, holdfast_providers::echo_text(200));
    assert!(matches!(socket.until(|frame| matches!(frame, ServerFrame::Drain { .. })).await, ServerFrame::Drain { reconnect_in_ms: 1.. }));
    assert_eq!(socket.ended().await, Ended { code: 1012, reason: "restart".into(), error: None });
    assert_eq!(idle.ended().await.code, 1012);
    assert_eq!(server.stop_waiting().await.code(), Some(0));
}

/// A service manager may stop a server that it has just started. The signal must be handled already, or the process would end abruptly.
#[tokio::test]
async fn a_server_that_is_starting_can_be_stopped() {
    for _ in 0..20 {
        let mut server = Server::start().await;
        assert_eq!(server.stop().await.code(), Some(0));
    }
}

#[tokio::test]
async fn answers_that_cannot_finish_in_time_are_stored_as_interrupted() {
    let mut server = Server::with(&[("DRAIN_SECONDS", "0")]).await;
    let user = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    socket.chat(endless("long")).await;
    socket.until(|frame| matches!(frame, ServerFrame::Chunk { .. })).await;
    server.terminate();
    let complete = socket.complete().await;
    assert_eq!(complete.status, Status::Interrupted);
    assert_eq!(server.stop_waiting().await.code(), Some(0));
    server.start_again();
    let shown = server.show(&user, complete.conversation_id).await;
    assert_eq!(shown.messages[1].content, complete.full_response);
}

#[tokio::test]
async fn a_conversation_survives_a_restart() {
    let mut server = Server::start().await;
    let user = server.member("Ada").await;
    let reply = server.chat(&user, json!({"content": "remember", "model": "echo"})).await;
    assert_eq!(server.stop().await.code(), Some(0));
    server.start_again();
    assert_eq!(server.show(&user, reply.conversation_id).await.messages[1].content, "remember");
}
