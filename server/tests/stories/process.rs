//! The server as a process: what it does with signals, and with what its surroundings allow it.

use std::time::Duration;

use holdfast_protocol::{
    Status,
    frame::{Chat, ServerFrame},
};

use crate::support::{Server, Socket, fresh_id};

/// A terminal that is closed sends this signal, and so does its shell.
#[tokio::test]
async fn a_hangup_ends_it_as_gently_as_the_usual_signal() {
    let mut server = Server::with(&[("DRAIN_SECONDS", "60")]).await;
    let user = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    socket.chat(Chat { model: Some("echo-400-5".into()), ..Chat::new(fresh_id(), "go") }).await;
    socket.until(|frame| matches!(frame, ServerFrame::Chunk { .. })).await;
    server.signal("HUP");
    while server.get("/health").await.status == 200 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    server.signal("HUP");
    let complete = socket.complete().await;
    assert_eq!((complete.status, complete.full_response), (Status::Complete, holdfast_server::providers::echo_text(400)));
    assert_eq!(socket.ended().await.code, 1012);
    assert_eq!(server.stop_waiting().await.code(), Some(0));
}

#[tokio::test]
async fn a_hangup_that_is_to_be_ignored_is_ignored() {
    let mut server = Server::under(&["nohup"], &[]).await;
    let user = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    server.signal("HUP");
    // A server that ends tells it to each socket first; this one goes on.
    socket.chat(Chat { model: Some("echo-100-2".into()), ..Chat::new(fresh_id(), "go") }).await;
    let frame = socket.until(|frame| matches!(frame, ServerFrame::Complete(_) | ServerFrame::Drain { .. })).await;
    assert!(matches!(frame, ServerFrame::Complete(_)), "{frame:?}");
    assert_eq!(server.get("/health").await.status, 200);
    assert_eq!(server.stop().await.code(), Some(0));
}
