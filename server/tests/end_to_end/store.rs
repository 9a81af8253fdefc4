//! Failure case 24: the disk is full, or the store is read-only or locked.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use holdfast_protocol::{Code, ServerFrame, Status, frame::Chat};
use holdfast_providers::echo_text;
use serde_json::json;

use crate::support::{Server, Socket, fresh_id};

fn echo(model: &str) -> Chat {
    Chat { provider: Some("builtin".into()), model: Some(model.into()), ..Chat::new(fresh_id(), "go") }
}

/// Holds the store's write lock in another process for some seconds.
fn hold(data: &Path, seconds: u32) -> std::process::Child {
    let script = "import sqlite3, sys, time\n\
        store = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
        store.execute('PRAGMA busy_timeout = 5000')\n\
        store.execute('BEGIN IMMEDIATE')\n\
        print('held', flush=True)\n\
        time.sleep(float(sys.argv[2]))\n\
        store.execute('ROLLBACK')";
    let mut child = Command::new("python3")
        .args(["-c", script])
        .arg(data.join("holdfast.db"))
        .arg(seconds.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
    assert_eq!(line.trim(), "held");
    child
}

#[tokio::test]
async fn a_store_that_is_locked_for_five_seconds_loses_no_text() {
    let server = Server::start().await;
    let user = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    socket.chat(echo("echo-400-10")).await;
    socket.until(|frame| matches!(frame, ServerFrame::Chunk { .. })).await;
    let mut holder = hold(server.data(), 5);
    let complete = socket.complete().await;
    assert!(holder.wait().unwrap().success());
    assert_eq!((complete.status, complete.full_response.as_str()), (Status::Complete, echo_text(400).as_str()));
    assert_eq!(socket.text, complete.full_response);
    assert_eq!(server.show(&user, complete.conversation_id).await.messages[1].content, complete.full_response);
}

/// Limits the size of files that a process may write, in place of a disk of that size.
fn limit_files(process: u32, bytes: &str) {
    let done = Command::new("prlimit").args(["--pid", &process.to_string(), &format!("--fsize={bytes}:")]).status().unwrap();
    assert!(done.success());
}

#[tokio::test]
async fn a_full_disk_is_reported_shows_no_unsaved_text_and_recovers() {
    let server = Server::start().await;
    let user = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    socket.chat(echo("echo-2000-5")).await;
    let ServerFrame::Accepted(accepted) = socket.until(|frame| matches!(frame, ServerFrame::Accepted(_))).await else { unreachable!() };
    socket.until(|frame| matches!(frame, ServerFrame::Chunk { at: 100.., .. })).await;

    // From now on no file may grow.
    limit_files(server.process(), "0");
    let refused = server.as_user(&user, "POST", "/api/chat", Some(json!({"content": "x", "model": "echo"}))).await;
    assert_eq!(refused.status, 500, "{}", refused.text);
    assert!(refused.api_error().error.contains("read or write its data"), "{}", refused.text);
    // Whoever asks is shown what is saved, and that is what was seen.
    let _ = tokio::time::timeout(Duration::from_millis(500), socket.complete()).await;
    let kept = server.show(&user, accepted.conversation_id).await;
    assert!(
        kept.messages[1].content.starts_with(&socket.text),
        "{} bytes seen, {} kept",
        socket.text.len(),
        kept.messages[1].content.len()
    );

    limit_files(server.process(), "unlimited");
    let complete = socket.complete().await;
    assert!(matches!(complete.status, Status::Complete | Status::Interrupted | Status::Failed));
    assert!(complete.full_response.starts_with(&socket.text));
    let kept = server.show(&user, accepted.conversation_id).await;
    assert_eq!(kept.messages[1].content, complete.full_response);
    let reply = server.chat(&user, json!({"content": "again", "provider": "builtin", "model": "echo"})).await;
    assert_eq!(reply.full_response, "again");
}

/// Nothing that can be written is needed to read, and what was only to be read once is written again.
#[tokio::test]
async fn a_read_only_store_is_reported_shows_no_unsaved_text_and_recovers() {
    let server = Server::without_powers().await;
    let user = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    socket.chat(echo("echo-2000-5")).await;
    let ServerFrame::Accepted(accepted) = socket.until(|frame| matches!(frame, ServerFrame::Accepted(_))).await else { unreachable!() };
    socket.until(|frame| matches!(frame, ServerFrame::Chunk { at: 100.., .. })).await;
    let id = accepted.conversation_id;
    let path = format!("/api/conversations/{id}");
    let say = || server.as_user(&user, "POST", "/api/chat", Some(json!({"content": "x", "provider": "builtin", "model": "echo"})));
    let rename = |title: &'static str| server.as_user(&user, "PATCH", &path, Some(json!({"title": title})));

    // What is open stays writable whatever becomes of its permissions; as after a fault of the disk it must be opened anew.
    let make_read_only = async || {
        server.set_writable(false);
        limit_files(server.process(), "0");
        assert_eq!(say().await.status, 500);
        limit_files(server.process(), "unlimited");
    };
    make_read_only().await;
    for refused in [say().await, rename("No").await] {
        let api_error = refused.api_error();
        assert_eq!((refused.status, api_error.code), (500, Code::Internal), "{}", refused.text);
        assert!(api_error.error.contains("read or write its data") && api_error.retry_after_ms.is_some(), "{}", refused.text);
    }
    let unsent = echo("echo");
    let mut other = Socket::ready(&server, "/ws", &user).await;
    other.chat(unsent.clone()).await;
    let ServerFrame::Error { code, message_id, .. } = other.until(|frame| matches!(frame, ServerFrame::Error { .. })).await else {
        unreachable!()
    };
    assert_eq!((code, message_id), (Code::Internal, Some(unsent.message_id)));
    // Reading goes on, and shows what is saved: that is all that was seen.
    let _ = tokio::time::timeout(Duration::from_millis(500), socket.complete()).await;
    let kept = server.show(&user, id).await.messages[1].content.clone();
    assert!(kept.starts_with(&socket.text), "{} bytes seen, {} kept", socket.text.len(), kept.len());

    server.set_writable(true);
    let complete = socket.complete().await;
    assert_eq!((complete.status, &complete.full_response), (Status::Complete, &echo_text(2000)));
    assert_eq!(socket.text, complete.full_response);
    assert_eq!(server.show(&user, id).await.messages[1].content, complete.full_response);
    other.chat(unsent).await;
    assert_eq!(other.complete().await.full_response, "go");

    // Again, with nothing going on that would try for itself: the very first thing to be written is.
    make_read_only().await;
    assert_eq!(rename("No").await.status, 500);
    server.set_writable(true);
    assert_eq!(rename("Yes").await.status, 200);
    assert_eq!(server.show(&user, id).await.summary.title, "Yes");
}
