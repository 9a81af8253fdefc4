//! The server as a process: signals, and limits of its environment.

use std::{process::Command, time::Duration};

use holdfast_protocol::{
    Status,
    frame::{Chat, ServerFrame},
};

use crate::support::{Server, Socket, eventually, fresh_id, server::command};

/// A closing terminal sends this signal, and so does its shell.
#[tokio::test]
async fn a_hangup_stops_the_server_like_sigterm() {
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
    assert_eq!((complete.status, complete.full_response), (Status::Complete, holdfast_providers::echo_text(400)));
    assert_eq!(socket.ended().await.code, 1012);
    assert_eq!(server.stop_waiting().await.code(), Some(0));
}

#[tokio::test]
async fn an_ignored_hangup_stays_ignored() {
    let mut server = Server::under(&["nohup"], &[]).await;
    let user = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    server.signal("HUP");
    // A server that stops sends `drain` to each socket first; this one goes on.
    socket.chat(Chat { model: Some("echo-100-2".into()), ..Chat::new(fresh_id(), "go") }).await;
    let frame = socket.until(|frame| matches!(frame, ServerFrame::Complete(_) | ServerFrame::Drain { .. })).await;
    assert!(matches!(frame, ServerFrame::Complete(_)), "{frame:?}");
    assert_eq!(server.get("/health").await.status, 200);
    assert_eq!(server.stop().await.code(), Some(0));
}

/// Returns the output of a start that warns about a variable and then fails, at a terminal or not.
fn starts(at_a_terminal: bool, variables: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut start = command();
    if at_a_terminal {
        let program = start.get_program().to_str().unwrap().to_owned();
        start = Command::new("script");
        start.args(["-qefc", &program, "/dev/null"]);
    }
    let start = start.current_dir(folder.path()).env("HOLDFAST_LISEN", "x").env("HOLDFAST_DATA", "/proc/none");
    let out = start.env_remove("NO_COLOR").env("TERM", "xterm").envs(variables.iter().copied()).output().unwrap();
    String::from_utf8(out.stdout).unwrap() + &String::from_utf8(out.stderr).unwrap()
}

#[test]
fn colours_are_used_only_on_terminals() {
    for (at_a_terminal, variables, coloured) in [
        (true, vec![], true),
        (true, vec![("NO_COLOR", "")], true),
        (true, vec![("NO_COLOR", "1")], false),
        (true, vec![("TERM", "dumb")], false),
        (true, vec![("HOLDFAST_LOG_FORMAT", "json")], false),
        (false, vec![], false),
    ] {
        let said = starts(at_a_terminal, &variables);
        assert!(said.contains("HOLDFAST_LISEN is no setting"), "{said}");
        assert_eq!(said.contains('\u{1b}'), coloured, "{at_a_terminal} {variables:?}: {said:?}");
    }
}

/// Returns the CPU time that an idle process uses in a second.
async fn idle_second(server: &Server) -> Duration {
    let before = server.processor_time();
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.processor_time() - before
}

#[tokio::test]
async fn running_out_of_files_is_logged_once_and_keeps_open_connections() {
    // The last limit is below what the server needs for itself.
    for limit in [200, 110, 75] {
        let server = Server::under(&["prlimit", &format!("--nofile={limit}:{limit}")], &[("LIMITS", "on")]).await;
        let user = server.guest().await;
        let mut socket = Socket::ready(&server, "/ws", &user).await;
        let log = server.log();
        let low = log.lines().find(|line| line.contains("the limit of open files is low")).unwrap_or_else(|| panic!("{log}"));
        assert!(low.contains("WARN") && low.contains(&format!("limit={limit}")) && low.contains("LimitNOFILE="), "{low}");

        let crowd: Vec<_> = (0..limit + 50).filter_map(|_| std::net::TcpStream::connect(&server.address).ok()).collect();
        assert!(crowd.len() >= limit, "{}", crowd.len());
        let is_told = |line: &&str| line.contains("ERROR") && line.contains("files") && line.contains("LimitNOFILE=");
        eventually(|| server.log().lines().any(|line| is_told(&line)), || server.log()).await;
        let idle = idle_second(&server).await;
        assert!(idle < Duration::from_millis(300), "{limit}: it spins, {idle:?}");
        let is_enough = limit > 100;
        let chat = Chat { model: Some("echo-20-1".into()), ..Chat::new(fresh_id(), "still here") };
        if is_enough {
            socket.chat(chat).await;
            assert_eq!(socket.complete().await.status, Status::Complete);
        }
        let health = server.get("/health/full").await; // over a connection from before
        let part = health.value()["parts"].as_array().unwrap().iter().find(|part| part["name"] == "files").unwrap().clone();
        assert_eq!((health.status, part["ok"].as_bool()), (503, Some(false)), "{}", health.text);

        drop(crowd);
        let fresh = reqwest::Client::new();
        let mut tries = 0;
        while fresh.get(server.url("/health")).send().await.is_ok_and(|reply| reply.status() != 200) {
            tries += 1;
            assert!(tries < 500, "{}", server.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let log = server.log();
        assert_eq!(log.lines().filter(is_told).count(), 1, "{limit}: {log}");
    }
}

#[tokio::test]
async fn a_soft_limit_of_files_is_raised() {
    let server = Server::under(&["prlimit", "--nofile=128:4096"], &[("LIMITS", "on")]).await;
    let metrics = server.get("/metrics").await.text;
    assert!(metrics.contains("\nprocess_max_fds 4096\n") && metrics.contains("\nprocess_open_fds "), "{metrics}");
    assert!(!server.log().contains("limit of open files"), "{}", server.log());
}
