//! Failure cases 2, 3, 6, 7, 8, 25, 27: who may use a socket, and the effect on other sockets.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::StreamExt as _;
use holdfast_protocol::{ClientFrame, Code, ServerFrame, frame::Chat};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    sync::Semaphore,
    task::JoinSet,
};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{self, Message},
};

use crate::support::{Server, Socket, fresh_id, socket::Ended};

fn policy(code: Code) -> Ended {
    Ended { code: 1008, reason: code.as_str().to_owned(), error: Some(code) }
}

const SECRET: &str = "kV0yV3X2mF5q8b1dTzR7uPwLxGh4cJnE";

/// Returns a token that the test signs.
fn token(secret: &str, claims: &serde_json::Value) -> String {
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), claims, &jsonwebtoken::EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

#[tokio::test]
async fn initial_is_answered_with_ready_first_on_every_address() {
    let server = Server::start().await;
    let user = server.guest().await;
    let id = server.conversation(&user).await;
    for (path, opens) in [
        ("/ws".to_owned(), false),
        ("/api/chat/ws".into(), false),
        (format!("/ws/conversations/{id}"), true),
        ("/ws/chat/lecture-7".into(), true),
    ] {
        let mut socket = Socket::open(&server, &path).await;
        socket.initial(user.token()).await;
        let ServerFrame::Ready(ready) = socket.next().await else { panic!("{path}: ready comes first") };
        assert_eq!((ready.user_id, ready.heartbeat_ms, ready.version.as_str()), (user.grant.user.id, 30_000, "1"));
        assert_eq!(ready.conversation_id.is_some(), opens, "{path}");
        if opens {
            assert!(matches!(socket.next().await, ServerFrame::Sync(_)), "{path}");
        }
    }
}

#[tokio::test]
async fn a_token_in_the_address_counts_as_initial_and_can_be_switched_off() {
    let server = Server::start().await;
    let user = server.guest().await;
    let mut socket = Socket::open(&server, &format!("/ws?token={}", user.token())).await;
    assert!(matches!(socket.next().await, ServerFrame::Ready(_)));
    let mut socket = Socket::open(&server, "/ws?token=null").await;
    assert_eq!(socket.ended().await, policy(Code::TokenMalformed));

    let server = Server::with(&[("TOKEN_IN_QUERY", "false")]).await;
    let user = server.guest().await;
    let mut socket = Socket::open(&server, &format!("/ws?token={}", user.token())).await;
    socket.send(&ClientFrame::Ping).await;
    assert_eq!(socket.ended().await, policy(Code::AuthRequired));
}

#[tokio::test]
async fn each_kind_of_invalid_token_closes_the_socket_with_its_code() {
    let server = Server::with(&[("SECRET", SECRET)]).await;
    let user = server.guest().await;
    let payload = user.token().split('.').nth(1).unwrap().to_owned();
    let claims: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&payload).unwrap()).unwrap();
    let mut expired = claims.clone();
    expired["exp"] = json!(claims["iat"].as_u64().unwrap() - 10);
    let mut nobody = claims.clone();
    nobody["sid"] = json!(uuid::Uuid::new_v4());
    let cases = [
        ("null".to_owned(), Code::TokenMalformed),
        ("undefined".into(), Code::TokenMalformed),
        (String::new(), Code::TokenMalformed),
        ("garbage".into(), Code::TokenMalformed),
        (token("another secret that is long enough", &claims), Code::TokenInvalid),
        (format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#)), Code::TokenInvalid),
        (token(SECRET, &expired), Code::TokenExpired),
        (token(SECRET, &nobody), Code::SessionRevoked),
    ];
    for (token, code) in cases {
        let mut socket = Socket::open(&server, "/ws").await;
        socket.initial(&token).await;
        assert_eq!(socket.ended().await, policy(code), "{token}");
        let bearer = format!("Bearer {token}");
        let reply = server.call("GET", "/api/auth/me", &[("authorization", &bearer)], None).await;
        assert_eq!((reply.status, reply.api_error().code), (401, code), "{token}");
    }
    let mut socket = Socket::open(&server, "/ws").await;
    socket.initial(&token(SECRET, &claims)).await;
    assert!(matches!(socket.next().await, ServerFrame::Ready(_)), "the same made rightly is good");
}

#[tokio::test]
async fn frames_before_initial_are_refused() {
    let server = Server::start().await;
    let user = server.guest().await;
    let id = server.conversation(&user).await;
    let early = [
        ClientFrame::Ping.to_json(),
        ClientFrame::Chat(Chat { conversation_id: Some(id), ..Chat::new(fresh_id(), "hello") }).to_json(),
        "nonsense".into(),
    ];
    for text in early {
        let mut socket = Socket::open(&server, "/ws").await;
        socket.send_text(&text).await;
        assert_eq!(socket.ended().await, policy(Code::AuthRequired), "{text}");
    }
    assert!(server.show(&user, id).await.messages.is_empty());
}

#[tokio::test]
async fn a_silent_socket_is_closed_after_ten_seconds() {
    let server = Server::start().await;
    let mut socket = Socket::open(&server, "/ws").await;
    assert_eq!(socket.ended().await, policy(Code::AuthTimeout));
}

#[tokio::test]
async fn a_user_id_that_is_not_the_token_s_is_a_mismatch() {
    let server = Server::start().await;
    let (ada, bob) = (server.guest().await, server.guest().await);
    let mut socket = Socket::open(&server, "/ws").await;
    let initial = json!({"type": "initial", "token": ada.token(), "user_id": bob.grant.user.id, "username": "whoever"});
    socket.send_text(&initial.to_string()).await;
    assert_eq!(socket.ended().await, policy(Code::UserMismatch));
}

#[tokio::test]
async fn a_conversation_of_another_user_does_not_exist() {
    let server = Server::start().await;
    let (ada, bob) = (server.guest().await, server.guest().await);
    let hers = server.conversation(&ada).await;
    let missing = uuid::Uuid::new_v4();
    for id in [hers.to_string(), missing.to_string()] {
        let mut socket = Socket::open(&server, &format!("/ws/conversations/{id}")).await;
        socket.initial(bob.token()).await;
        assert_eq!(socket.ended().await, policy(Code::ConversationNotFound));
        let mut socket = Socket::ready(&server, "/ws", &bob).await;
        socket.follow(id.parse().unwrap(), None).await;
        assert_eq!(socket.api_error().await, Code::ConversationNotFound);
        socket.chat(Chat { conversation_id: id.parse().ok(), ..Chat::new(fresh_id(), "hello") }).await;
        assert_eq!(socket.api_error().await, Code::ConversationNotFound);
    }
    let mut words = Vec::new();
    for id in [hers.0, missing] {
        for (method, path, body) in [
            ("GET", format!("/api/conversations/{id}"), None),
            ("PATCH", format!("/api/conversations/{id}"), Some(json!({"title": "mine"}))),
            ("DELETE", format!("/api/conversations/{id}"), None),
            ("GET", format!("/api/conversations/{id}/events"), None),
            ("GET", format!("/api/conversations/{id}/poll"), None),
            ("POST", format!("/api/conversations/{id}/messages"), Some(json!({"message_id": fresh_id(), "content": "x"}))),
        ] {
            let reply = server.as_user(&bob, method, &path, body).await;
            assert_eq!((reply.status, reply.api_error().code), (404, Code::ConversationNotFound), "{method} {path}");
            words.push(reply.text);
        }
    }
    assert!(words.windows(2).all(|two| two[0] == two[1]), "the same words: {words:?}");
}

#[tokio::test]
async fn signing_out_ends_the_session_s_sockets_within_a_second() {
    let server = Server::start().await;
    let user = server.member("Ada").await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    assert_eq!(server.as_user(&user, "POST", "/api/auth/logout", None).await.status, 204);
    let ended = tokio::time::timeout(Duration::from_secs(1), socket.ended()).await.unwrap();
    assert_eq!(ended, policy(Code::SessionRevoked));
    let mut again = Socket::open(&server, "/ws").await;
    again.initial(user.token()).await;
    assert_eq!(again.ended().await, policy(Code::SessionRevoked));
    let reply = server.call("POST", "/api/auth/refresh", &[("cookie", &user.cookie)], None).await;
    assert_eq!((reply.status, reply.api_error().code), (401, Code::SessionRevoked));
}

#[tokio::test]
async fn a_new_token_renews_an_open_socket() {
    let server = Server::start().await;
    let user = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    let fresh = server.call("POST", "/api/auth/refresh", &[("cookie", &user.cookie)], None).await;
    let grant: holdfast_protocol::api::Grant = fresh.json();
    socket.send(&ClientFrame::Auth { token: grant.access_token }).await;
    assert_eq!(
        socket.until(|frame| matches!(frame, ServerFrame::Refreshed { .. })).await,
        ServerFrame::Refreshed { expires_at: grant.expires_at }
    );
    socket.send(&ClientFrame::Auth { token: "null".into() }).await;
    assert_eq!(socket.api_error().await, Code::TokenMalformed);
    let other = server.guest().await;
    socket.send(&ClientFrame::Auth { token: other.token().into() }).await;
    assert_eq!(socket.api_error().await, Code::UserMismatch);
    socket.send(&ClientFrame::Ping).await;
    assert_eq!(socket.next().await, ServerFrame::Pong, "and it lives");
}

#[tokio::test]
async fn invalid_frames_are_reported_and_the_socket_stays_open() {
    let server = Server::start().await;
    let user = server.guest().await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (text, code) in [
        ("not json", Code::BadFrame),
        (r#"{"type":"dance"}"#, Code::UnknownType),
        (r#"{"type":"chat","message_id":7,"content":[]}"#, Code::BadFrame),
        (r#"{"type":"initial","token":"x"}"#, Code::BadFrame),
        (nested.as_str(), Code::BadFrame),
    ] {
        socket.send_text(text).await;
        assert_eq!(socket.api_error().await, code, "{}", &text[..text.len().min(60)]);
    }
    socket.send_message(Message::binary(vec![0, 159, 146, 150])).await;
    assert_eq!(socket.api_error().await, Code::BadFrame);
    socket.send(&ClientFrame::Ping).await;
    assert_eq!(socket.next().await, ServerFrame::Pong);
}

#[tokio::test]
async fn a_socket_that_sends_too_much_is_closed_and_others_are_not() {
    let server = Server::start().await;
    let user = server.guest().await;
    let mut bystander = Socket::ready(&server, "/ws", &user).await;

    let mut flood = Socket::ready(&server, "/ws", &user).await;
    for _ in 0..2_000 {
        flood.send_message(Message::text(r#"{"type":"ping"}"#)).await;
    }
    let ended = flood.ended().await;
    assert!(ended == policy(Code::RateLimited) || ended.code == 1006, "{ended:?}");

    let mut large = Socket::ready(&server, "/ws", &user).await;
    large.send_message(Message::text("x".repeat(2 * 1024 * 1024))).await;
    let ended = large.ended().await;
    assert!([1009, 1006].contains(&ended.code), "{ended:?}");

    bystander.send(&ClientFrame::Ping).await;
    assert_eq!(bystander.next().await, ServerFrame::Pong);
}

#[tokio::test]
async fn sockets_are_limited_for_users_and_before_authentication() {
    let server = Server::with(&[("LIMITS", "on")]).await;
    let user = server.guest().await;
    let mut open = Vec::new();
    for _ in 0..20 {
        open.push(Socket::ready(&server, "/ws", &user).await);
    }
    let mut one_more = Socket::open(&server, "/ws").await;
    one_more.initial(user.token()).await;
    assert_eq!(one_more.ended().await, Ended { code: 1013, reason: "busy".into(), error: Some(Code::Busy) });
    open.pop();
    tokio::time::sleep(Duration::from_millis(50)).await;
    Socket::ready(&server, "/ws", &user).await;
}

/// Row 26 of the failure cases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_unauthenticated_sockets_keep_nobody_out() {
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let server = Server::with(&[("LIMITS", "on")]).await;
    let user = server.guest().await;
    let (opened, refused) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let at_once = Arc::new(Semaphore::new(64));
    let mut crowd = JoinSet::new();
    for _ in 0..10_000 {
        let (address, at_once) = (server.address.clone(), at_once.clone());
        let (opened, refused) = (opened.clone(), refused.clone());
        crowd.spawn(async move {
            let place = at_once.acquire_owned().await.unwrap();
            let connected = connect_async(format!("ws://{address}/ws")).await;
            drop(place);
            match connected {
                Ok((mut socket, _)) => {
                    opened.fetch_add(1, Ordering::Relaxed);
                    // Silent until the server closes it.
                    while let Some(Ok(_)) = socket.next().await {}
                }
                Err(tungstenite::Error::Http(response)) => {
                    assert_eq!(response.status(), 503);
                    refused.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => panic!("{error}"),
            }
        });
    }
    let mut welcomed = 0;
    while opened.load(Ordering::Relaxed) + refused.load(Ordering::Relaxed) < 10_000 {
        let mut socket = Socket::ready(&server, "/ws", &user).await;
        socket.send_message(Message::Close(None)).await;
        welcomed += 1;
        let metrics = server.get("/metrics").await.text;
        let (_, count) = metrics.split_once("\nholdfast_unauthenticated_sockets ").unwrap();
        let count: usize = count.lines().next().unwrap().parse().unwrap();
        assert!(count <= 2_000, "{count}");
    }
    assert!(welcomed > 5, "{welcomed}");
    assert!(opened.load(Ordering::Relaxed) > 5_000, "most of them had been let in");
    // At the end, all of them are closed.
    while let Some(gone) = crowd.join_next().await {
        gone.unwrap();
    }
}

#[tokio::test]
async fn a_request_without_upgrade_names_what_the_proxy_removed() {
    let server = Server::start().await;
    let reply = server.get("/ws").await;
    assert_eq!(reply.status, 426);
    assert!(reply.value()["fix"].as_str().unwrap().contains("proxy_set_header Upgrade"), "{}", reply.text);
}

#[tokio::test]
async fn nothing_is_compressed() {
    let server = Server::start().await;
    let user = server.guest().await;
    let mut peer = TcpStream::connect(&server.address).await.unwrap();
    let head = format!(
        "GET /ws?token={} HTTP/1.1\r\nhost: {}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-extensions: permessage-deflate; client_max_window_bits\r\n\r\n",
        user.token(),
        server.address
    );
    peer.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let mut lines = BufReader::new(peer);
    while lines.read_line(&mut answer).await.unwrap() > 2 {}
    assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
    assert!(!answer.to_lowercase().contains("sec-websocket-extensions"), "what is compressed beside a secret can tell of it: {answer}");
}
