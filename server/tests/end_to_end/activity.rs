//! What administrators see of the server's activity.

use std::time::Duration;

use holdfast_protocol::{
    Code,
    activity::{Activity, OpenTransport, Refused},
    frame::Chat,
};
use serde_json::json;

use crate::support::{Server, Socket, User, eventually, fresh_id};

async fn look(server: &Server, admin: &User) -> Activity {
    let reply = server.as_user(admin, "GET", "/api/admin/activity", None).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

/// Reads the activity until the condition holds.
async fn until(server: &Server, admin: &User, is_so: impl Fn(&Activity) -> bool) -> Activity {
    for _ in 0..500 {
        let now = look(server, admin).await;
        if is_so(&now) {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it never was so: {:?}", look(server, admin).await);
}

#[tokio::test]
async fn open_connections_and_running_answers_are_listed() {
    let server = Server::with(&[("NODE", "north-1")]).await;
    let admin = server.admin("Ada").await;
    let empty = look(&server, &admin).await;
    assert_eq!((empty.connections, empty.present.len(), empty.answers.len()), (0, 0, 0));

    let bob = server.member("Bob").await;
    let silent = Socket::open(&server, "/ws").await;
    let mut socket = Socket::ready(&server, "/ws", &bob).await;
    let id = server.conversation(&bob).await;
    let path = format!("/api/conversations/{id}/events");
    let mut stream = server.http.get(server.url(&path)).bearer_auth(bob.token()).send().await.unwrap();
    stream.chunk().await.unwrap().unwrap();
    let cursor = server.show(&bob, id).await.cursor;
    let path = format!("/api/conversations/{id}/poll?cursor={cursor}&wait_ms=20000");
    let poll = tokio::spawn(server.http.get(server.url(&path)).bearer_auth(bob.token()).send());
    let now = until(&server, &admin, |now| now.connections == 3 && now.unauthenticated == 1).await;
    assert_eq!(now.present.len(), 1);
    assert_eq!((now.present[0].user.id, now.present[0].user.username.as_str()), (bob.grant.user.id, "Bob"));
    assert_eq!(
        now.present[0].open.iter().map(|it| it.transport).collect::<Vec<_>>(),
        [OpenTransport::Socket, OpenTransport::Stream, OpenTransport::Poll],
        "the oldest first"
    );
    assert!(now.present[0].open.iter().all(|it| it.since <= now.now && it.since + 60_000 > now.now && it.node == "north-1"), "{now:?}");

    socket.chat(Chat { provider: Some("builtin".into()), model: Some("echo-100000-5".into()), ..Chat::new(fresh_id(), "go on") }).await;
    let now = until(&server, &admin, |now| now.answers.first().is_some_and(|answer| answer.bytes > 0)).await;
    let answer = &now.answers[0];
    let told = (answer.user_id, answer.username.as_str(), answer.provider.as_str(), answer.model.as_str());
    assert_eq!(told, (bob.grant.user.id, "Bob", "builtin", "echo-100000-5"));
    let text = server.as_user(&admin, "GET", "/api/admin/activity", None).await.text;
    assert!(!text.contains("go on") && !text.contains(&id.to_string()), "nothing of what is said there: {text}");

    poll.abort();
    drop((silent, socket, stream));
    server.as_user(&admin, "DELETE", &format!("/api/admin/users/{}", bob.grant.user.id), None).await;
    until(&server, &admin, |now| now.connections == 0 && now.unauthenticated == 0 && now.answers.is_empty()).await;
}

#[tokio::test]
async fn refusals_are_listed_with_origin_address_and_fix_and_without_input() {
    let server = Server::with(&[("TRUSTED_PROXIES", "127.0.0.1")]).await;
    let admin = server.admin("Ada").await;
    assert_eq!(look(&server, &admin).await.refusals, []);
    let evil = [("origin", "https://evil.example"), ("x-forwarded-for", "192.0.2.7")];
    for _ in 0..3 {
        assert!(Socket::try_open(&server, "/ws", &evil).await.is_err());
    }
    let login = json!({"username": "Ada", "password": "a wrong password"});
    assert_eq!(server.call("POST", "/api/auth/login", &[], Some(login)).await.status, 401);
    // An error's sentence may quote user input.
    assert_eq!(server.call("POST", "/api/auth/login", &[], Some(json!({"username": "Ada", "password": ["hunter22"]}))).await.status, 400);
    assert_eq!(server.get("/api/conversations/0190e8a0-0000-7000-8000-000000000000?token=hunter22").await.status, 401);
    let mut socket = Socket::open(&server, "/ws").await;
    socket.initial("hunter22").await;
    socket.ended().await;
    let mut socket = Socket::ready(&server, "/ws", &admin).await;
    socket.send_text(r#"{"type":"hunter22"}"#).await;

    let is_all = |now: &Activity| now.refusals.first().is_some_and(|newest| newest.code == Code::UnknownType);
    let now = until(&server, &admin, is_all).await;
    let told = |it: &Refused| (it.code, it.count, it.path.clone(), it.origin.clone(), it.address.clone());
    let local = |code, path: &str| (code, 1, path.to_owned(), None, "127.0.0.1".to_owned());
    assert_eq!(
        now.refusals.iter().map(told).collect::<Vec<_>>(),
        [
            local(Code::UnknownType, "/ws"),
            local(Code::TokenMalformed, "/ws"),
            local(Code::AuthRequired, "/api/conversations/{id}"),
            local(Code::BadFrame, "/api/auth/login"),
            local(Code::AuthRequired, "/api/auth/login"),
            (Code::OriginNotAllowed, 3, "/ws".to_owned(), Some("https://evil.example".to_owned()), "192.0.2.7".to_owned()),
        ]
    );
    assert_eq!(now.refusals.last().unwrap().fix, "HOLDFAST_ALLOWED_ORIGINS=https://evil.example");
    assert!(now.refusals.iter().all(|refused| refused.fix.len() > 20));
    let text = server.as_user(&admin, "GET", "/api/admin/activity", None).await.text;
    assert!(!text.contains("hunter22"), "{text}");
    let metrics = server.get("/metrics").await.text;
    for line in [
        "holdfast_refused_origins_recent 1",
        "holdfast_refused_total{code=\"origin_not_allowed\"} 3",
        "holdfast_connections{transport=\"socket\"} 1",
    ] {
        assert!(metrics.contains(&format!("\n{line}\n")), "{line}: {metrics}");
    }
}

#[tokio::test]
async fn too_many_attempts_through_a_proxy_name_the_fix_of_the_proxy() {
    // A trusted proxy, an untrusted one, and one that reports addresses.
    for (trusted, forwarded, level, words) in [
        ("127.0.0.1", None, "INFO", "X-Forwarded-For"),
        ("10.0.0.0/8", Some("192.0.2.7"), "WARN", "add 127.0.0.1 to HOLDFAST_TRUSTED_PROXIES"),
        ("127.0.0.1", Some("192.0.2.7"), "INFO", "limit_sign_in"),
    ] {
        let server = Server::with_log(&[("LIMITS", "on"), ("LIMIT_SIGN_IN", "2"), ("TRUSTED_PROXIES", trusted)]).await;
        let headers: Vec<(&str, &str)> = forwarded.iter().map(|address| ("x-forwarded-for", *address)).collect();
        let mut statuses = Vec::new();
        for _ in 0..3 {
            statuses.push(server.call("POST", "/api/auth/guest", &headers, None).await.status);
        }
        assert_eq!(statuses, [201, 201, 429]);
        let is_told = |line: &&str| line.contains("code=rate_limited") && line.contains(level) && line.contains(words);
        eventually(|| server.log().lines().any(|line| is_told(&line)), || server.log()).await;
        let log = server.log();
        let other = ["X-Forwarded-For", "HOLDFAST_TRUSTED_PROXIES", "limit_sign_in"].iter().filter(|other| !words.contains(**other));
        let refused: String = log.lines().filter(|line| line.contains("rate_limited")).collect();
        assert!(other.clone().all(|other| !refused.contains(other)), "a wrong lead: {refused}");
    }
}

#[tokio::test]
async fn undeclared_paths_are_listed_only_by_their_kind() {
    let server = Server::start().await;
    let admin = server.admin("Ada").await;
    for path in ["/s/hunter22", "/c/hunter22", "/hunter22", "/api/hunter22"] {
        assert_eq!(server.call("POST", path, &[("origin", "https://evil.example")], None).await.status, 403, "{path}");
    }
    let now = look(&server, &admin).await;
    let mut paths: Vec<&str> = now.refusals.iter().map(|it| it.path.as_str()).collect();
    paths.sort();
    assert!(paths.iter().all(|path| path.starts_with("/s/") || path.starts_with("/c/") || *path == "(page)"), "{paths:?}");
    assert!(paths.len() == 3 && !paths.concat().contains("hunter22"), "{paths:?}");
}

#[tokio::test]
async fn the_log_records_opened_and_closed_connections_and_no_content() {
    let server = Server::with_log(&[("LOG", "debug")]).await;
    let ada = server.member("Ada").await;
    let (user, session) = (ada.grant.user.id.to_string(), sessions(&server, &ada).await);
    let mut socket = Socket::ready(&server, "/ws", &ada).await;
    socket.chat(Chat { model: Some("echo".into()), ..Chat::new(fresh_id(), "a-secret-word") }).await;
    socket.complete().await;
    let conversation = server.conversation(&ada).await;
    let mut stranger = Socket::open(&server, "/ws").await;
    stranger.initial("garbage").await;
    stranger.ended().await;
    let url = server.url(&format!("/api/conversations/{conversation}/events"));
    let mut stream = server.http.get(url).bearer_auth(ada.token()).send().await.unwrap();
    assert!(stream.chunk().await.unwrap().is_some());
    assert_eq!(server.as_user(&ada, "POST", "/api/auth/logout", None).await.status, 204);
    socket.ended().await;
    while let Ok(Some(_)) = stream.chunk().await {}
    let whose = format!("user_id={user} session_id={session}");
    for line in [
        format!("signed in {whose} role=Member address=127.0.0.1"),
        format!("signed out {whose} by={user}"),
        format!("opened {whose} transport=\"socket\""),
        format!("closed {whose} transport=\"socket\" close=1008 why=\"session_revoked\""),
        "closed transport=\"socket\" close=1008 why=\"token_malformed\"".to_owned(),
        format!("opened {whose} transport=\"stream\""),
        format!("closed {whose} transport=\"stream\" why=\"session_revoked\""),
    ] {
        let mut tries = 0;
        while !server.log().contains(&line) {
            tries += 1;
            assert!(tries < 500, "{line} is not in {}", server.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    let log = server.log();
    assert!(!log.contains("a-secret-word") && !log.contains("garbage") && !log.contains(ada.token()), "{log}");
}

#[tokio::test]
async fn the_log_records_sign_ins_and_failed_attempts() {
    let server = Server::with_log(&[("LOG", "info")]).await;
    let ada = server.member("Ada").await;
    let user = ada.grant.user.id;
    for (name, password) in [("Ada", "not-her-password"), ("my-password-by-mistake", "x")] {
        let reply = server.call("POST", "/api/auth/login", &[], Some(json!({"username": name, "password": password}))).await;
        assert_eq!(reply.status, 401);
    }
    let session = sessions(&server, &ada).await;
    assert_eq!(server.as_user(&ada, "POST", "/api/auth/logout", None).await.status, 204);
    for _ in 0..2 {
        assert_eq!(server.as_user(&ada, "GET", "/api/auth/me", None).await.status, 401);
    }
    let expected = [
        format!("signed in user_id={user} session_id={session} role=Member address=127.0.0.1"),
        format!("sign-in failed user_id={user} address=127.0.0.1 reason=auth_required"),
        "sign-in failed address=127.0.0.1 reason=auth_required".to_owned(),
        format!("signed out user_id={user} session_id={session} by={user}"),
        "refused address=127.0.0.1 path=\"/api/auth/me\" code=session_revoked".to_owned(),
    ];
    let mut tries = 0;
    while let Some(line) = expected.iter().find(|line| !server.log().contains(*line)) {
        tries += 1;
        assert!(tries < 500, "{line} is not in {}", server.log());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let log = server.log();
    assert_eq!(log.matches("code=session_revoked").count(), 1, "each kind once: {log}");
    assert!(!log.contains("not-her-password") && !log.contains("by-mistake"), "{log}");
}

#[tokio::test]
async fn input_cannot_start_a_line_in_the_log() {
    const FORGED: &str = "http://x.example\" code=fine\tINFO all is well\u{85}";
    for format in ["text", "json"] {
        let server = Server::with_log(&[("LOG", "info"), ("LOG_FORMAT", format)]).await;
        let headers = [("origin", FORGED)];
        assert_eq!(server.call("POST", "/api/auth/guest", &headers, None).await.status, 403);
        assert_eq!(server.call("GET", "/api/auth/%0A%1B[2JINFO", &[], None).await.status, 404);
        let mut tries = 0;
        while !server.log().contains("origin_not_allowed") && !server.log().contains("not this server's") {
            tries += 1;
            assert!(tries < 500, "{}", server.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let log = server.log();
        assert!(!log.contains("\" code=fine") || log.contains("\\\" code=fine"), "{log}");
        assert!(!log.contains(['\u{1b}', '\t', '\u{85}']), "{log}");
        for line in log.lines().filter(|line| !line.trim().is_empty()) {
            let (at, level) = match format {
                "json" => {
                    let line: serde_json::Value = serde_json::from_str(line).unwrap();
                    (line["timestamp"].as_str().unwrap().to_owned(), line["level"].as_str().unwrap().to_owned())
                }
                _ => {
                    let mut words = line.split_whitespace();
                    (words.next().unwrap().to_owned(), words.next().unwrap().to_owned())
                }
            };
            assert!(at.ends_with('Z') && ["INFO", "WARN", "ERROR"].contains(&level.as_str()), "{line}");
        }
    }
}

async fn sessions(server: &Server, user: &User) -> String {
    server.as_user(user, "GET", "/api/auth/sessions", None).await.value()[0]["id"].as_str().unwrap().to_owned()
}
