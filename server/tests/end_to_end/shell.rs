//! `holdfast user …`, with and without a running server.

use std::{io::Write as _, process::Stdio, time::Duration};

use holdfast_protocol::{ApiError, Code, Reason, ServerFrame, frame::Chat};
use serde_json::json;
use tokio::time::Instant;

use crate::support::{Server, Socket, fresh_id, server::command};

/// Runs a command on the data of a server. Returns whether it succeeded, and its output.
fn user(server: &Server, arguments: &[&str], stdin: &str) -> (bool, String) {
    let mut command = command();
    command.current_dir(server.data()).arg("user").args(arguments).env("HOLDFAST_DATA", server.data());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
}

fn good(server: &Server, arguments: &[&str]) -> String {
    let (fine, said) = user(server, arguments, "");
    assert!(fine, "{said}");
    said
}

async fn login(server: &Server, name: &str, password: &str) -> u16 {
    server.call("POST", "/api/auth/login", &[], Some(json!({"username": name, "password": password}))).await.status
}

#[tokio::test]
async fn accounts_are_created_and_changed_while_the_server_runs() {
    let server = Server::start().await;
    let said = good(&server, &["add", "Ada", "--role", "admin"]);
    let password = said.split_once("Password: ").unwrap().1.lines().next().unwrap().to_owned();
    assert!(password.len() >= 20, "{said}");
    assert_eq!(login(&server, "ada", &password).await, 201);
    assert_eq!(login(&server, "ada", "wrong").await, 401);
    let (fine, said) = user(&server, &["add", "ADA"], "");
    assert!(!fine && said.contains("already"), "{said}");

    let (fine, said) = user(&server, &["add", "Bob", "--password-stdin"], "correct horse\n");
    assert!(fine && !said.contains("correct horse"), "{said}");
    let bob = server.sign_in("/api/auth/login", Some(json!({"username": "Bob", "password": "correct horse"}))).await;
    let (fine, said) = user(&server, &["add", "Cy", "--password-stdin"], "short\n");
    assert!(!fine && said.contains("8 to 1024"), "{said}");

    let (fine, said) = user(&server, &["add", "Cy", "--password-stdin"], "cycycycy\n");
    assert!(!fine && said.contains("easy to guess"), "{said}");
    let (fine, said) = user(&server, &["passwd", "Bob", "--password-stdin"], "password1\n");
    assert!(!fine && said.contains("easy to guess"), "{said}");

    let said = good(&server, &["list"]);
    assert!(said.lines().count() == 3 && said.contains("Ada") && said.contains("admin") && said.contains("member"), "{said}");
    good(&server, &["role", "Bob", "admin"]);
    assert_eq!(server.as_user(&bob, "GET", "/api/admin/users", None).await.status, 200);
    good(&server, &["role", "Ada", "member"]);
    let (fine, said) = user(&server, &["role", "Bob", "member"], "");
    assert!(!fine && said.contains("only administrator"), "{said}");
    let (fine, said) = user(&server, &["remove", "Nobody"], "");
    assert!(!fine && said.contains("no account") && said.contains("holdfast user list"), "{said}");
    let (_, said) = user(&server, &["role", "Bob", "king"], "");
    assert!(said.contains("member, admin"), "{said}");
}

#[tokio::test]
async fn open_connections_of_the_user_end_within_a_second_and_no_others() {
    let server = Server::start().await;
    let [bob, cy, dee, eve] =
        [server.member("Bob").await, server.member("Cy").await, server.member("Dee").await, server.member("Eve").await];
    let mut other = Socket::ready(&server, "/ws", &eve).await;
    let chat = Chat { model: Some("echo-2000-2".into()), ..Chat::new(fresh_id(), "go on while others are removed") };
    other.chat(chat).await;
    let ways: [(&[&str], &_, &str); 3] = [
        (&["suspend", "Bob", "Too loud"], &bob, "Too loud"),
        (&["remove", "Cy"], &cy, "were removed"),
        (&["passwd", "Dee"], &dee, "signed out"),
    ];
    for (arguments, person, words) in ways {
        let mut socket = Socket::ready(&server, "/ws", person).await;
        good(&server, arguments);
        let since = Instant::now();
        let (ended, sentence) = socket.ended_with_words().await;
        assert_eq!((ended.code, ended.error), (1008, Some(Code::SessionRevoked)));
        assert!(sentence.contains(words), "{sentence}");
        assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
        let refused = server.as_user(person, "GET", "/api/auth/me", None).await;
        assert_eq!((refused.status, refused.api_error().code), (401, Code::SessionRevoked));
    }
    good(&server, &["unsuspend", "Bob"]);
    Socket::ready(&server, "/ws", &bob).await;
    assert_eq!(other.complete().await.status, holdfast_protocol::Status::Complete);
    assert_eq!(server.chat(&eve, json!({"content": "still here", "model": "echo"})).await.full_response, "still here");
}

#[tokio::test]
async fn a_suspension_that_is_lifted_at_once_stops_the_answers_all_the_same() {
    let server = Server::start().await;
    let bob = server.member("Bob").await;
    let mut socket = Socket::ready(&server, "/ws", &bob).await;
    let chat = Chat { model: Some("echo-5000-10".into()), ..Chat::new(fresh_id(), "go on") };
    socket.chat(chat).await;
    let ServerFrame::Accepted(accepted) = socket.until(|frame| matches!(frame, ServerFrame::Accepted(_))).await else { unreachable!() };
    // What `suspend` leaves for the server; Bob is not suspended any more when the server looks.
    let why = serde_json::to_string(&ApiError::from(Reason::SessionEnded)).unwrap().replace('\'', "''");
    crate::support::store::change(
        &server,
        &format!("insert into revocations (user_id, reason, stop_answers) select id, '{why}', 1 from users where username = 'Bob'"),
    );
    assert_eq!(socket.ended_with_words().await.0.error, Some(Code::SessionRevoked));
    let path = format!("/api/conversations/{}", accepted.conversation_id);
    let stopped = async || {
        let bundle = server.as_user(&bob, "GET", &path, None).await.value();
        bundle["messages"].as_array().unwrap().iter().any(|message| message["status"] == "stopped")
    };
    let since = Instant::now();
    while !stopped().await {
        assert!(since.elapsed() < Duration::from_secs(5), "the answer goes on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn the_command_and_the_call_refuse_the_same_and_log_the_same() {
    let server = Server::with_log(&[("LOG", "info")]).await;
    let admin = server.admin("Root").await;
    let bob = server.member("Bob").await.grant.user.id;
    let path = format!("/api/admin/users/{bob}");
    for reason in ["x".repeat(201), "a\u{202e}b".to_owned(), "two\nlines".to_owned()] {
        let refused = server.as_user(&admin, "PATCH", &path, Some(json!({"suspended": true, "reason": reason}))).await;
        let (fine, said) = user(&server, &["suspend", "Bob", &reason], "");
        assert_eq!(refused.status == 400, !fine, "{reason:?}: {said}");
        if !fine {
            assert!(said.contains(&refused.api_error().error), "{said}");
        }
        good(&server, &["unsuspend", "Bob"]);
    }
    let (fine, _) = user(&server, &["suspend", "Bob", &"x".repeat(201)], "");
    assert!(!fine);

    let said = good(&server, &["suspend", "Bob", "Too loud"]);
    assert!(said.contains(&format!("user suspended user_id={bob} by=command-line reason=\"Too loud\"")), "{said}");
    let said = good(&server, &["unsuspend", "Bob"]);
    assert!(said.contains(&format!("user unsuspended user_id={bob} by=command-line")), "{said}");
    let done = server.as_user(&admin, "PATCH", &path, Some(json!({"suspended": true, "reason": "Too loud"}))).await;
    assert_eq!(done.status, 200);
    let line = format!("user suspended user_id={bob} by={} reason=\"Too loud\"", admin.grant.user.id);
    while !server.log().contains(&line) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let said = good(&server, &["remove", "Bob"]);
    assert!(said.contains(&format!("user removed user_id={bob} by=command-line")), "{said}");
}

#[tokio::test]
async fn a_new_password_stops_no_running_answer() {
    let server = Server::start().await;
    let dee = server.member("Dee").await;
    let mut socket = Socket::ready(&server, "/ws", &dee).await;
    socket.chat(Chat { model: Some("echo-400-5".into()), ..Chat::new(fresh_id(), "go on") }).await;
    let ServerFrame::Accepted(accepted) = socket.until(|frame| matches!(frame, ServerFrame::Accepted(_))).await else { unreachable!() };
    let id = accepted.conversation_id;
    let (fine, said) = user(&server, &["passwd", "Dee", "--password-stdin"], "battery staple\n");
    assert!(fine, "{said}");
    assert_eq!(socket.ended().await.error, Some(Code::SessionRevoked));
    let dee = server.sign_in("/api/auth/login", Some(json!({"username": "Dee", "password": "battery staple"}))).await;
    let mut answer = server.show(&dee, id).await.messages.remove(1);
    while answer.status.is_unfinished() {
        tokio::time::sleep(Duration::from_millis(50)).await;
        answer = server.show(&dee, id).await.messages.remove(1);
    }
    assert_eq!(answer.status, holdfast_protocol::Status::Complete);
}

#[tokio::test]
async fn commands_work_without_a_running_server() {
    let mut server = Server::start().await;
    server.member("Bob").await;
    server.stop().await;
    good(&server, &["add", "Ada", "--role", "admin"]);
    good(&server, &["remove", "Bob"]);
    let (fine, _) = user(&server, &["passwd", "Ada", "--password-stdin"], "battery staple\n");
    assert!(fine);
    server.start_again();
    assert_eq!(login(&server, "Ada", "battery staple").await, 201);
    assert_eq!(login(&server, "Bob", "correct horse").await, 401);
    let bob = server.member("Bob").await;
    Socket::ready(&server, "/ws", &bob).await;
}

#[tokio::test]
async fn beside_a_server_of_another_version_the_command_changes_nothing() {
    let server = Server::start().await;
    crate::support::store::change(&server, "delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)");
    let (fine, said) = user(&server, &["add", "Ada"], "");
    assert!(!fine && said.contains("another version"), "{said}");
    assert_eq!(crate::support::store::query(&server, "select count(*) from users"), "0");
}

#[test]
fn users_can_be_created_before_the_first_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("new");
    let run = |arguments: &[&str]| command().current_dir(folder.path()).args(arguments).arg("--data").arg(&data).output().unwrap();
    let output = run(&["user", "add", "Ada", "--role", "admin"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = run(&["user", "list"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("Ada"));
}
