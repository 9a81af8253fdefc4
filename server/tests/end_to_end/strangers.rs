//! Limits on what clients may cost that are not signed in, and on what one connection may send.

use std::time::Duration;

use holdfast_protocol::{ClientFrame, Code, ServerFrame};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use crate::support::{
    Server, Socket,
    raw::{exchange, status},
    socket::Ended,
};

#[tokio::test]
async fn before_authentication_bodies_and_sockets_are_limited() {
    let server = Server::start().await;
    let user = server.guest().await;
    let large = "x".repeat(20 * 1024);
    let reply = server.call("POST", "/api/auth/login", &[], Some(json!({"username": "Ada", "password": large}))).await;
    assert_eq!((reply.status, reply.api_error().code), (413, Code::TooLarge), "{}", reply.text);
    let reply = server.as_user(&user, "POST", "/api/chat", Some(json!({"content": large, "model": "echo"}))).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let too_large = || Ended { code: 1009, reason: "too_large".into(), error: Some(Code::TooLarge) };
    let mut socket = Socket::open(&server, "/ws").await;
    socket.initial(&large).await;
    assert_eq!(socket.ended().await, too_large());
    let mut socket = Socket::open(&server, "/ws").await;
    for _ in 0..100 {
        socket.send_message(Message::Ping(vec![b'x'; 125].into())).await;
        socket.send_message(Message::Pong(vec![b'x'; 125].into())).await;
    }
    assert_eq!(socket.ended().await, too_large());
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    socket.send_text(&large).await;
    assert_eq!(socket.api_error().await, Code::BadFrame, "after it there is room for more");
}

#[tokio::test]
async fn a_body_has_a_deadline_even_if_it_arrives_steadily() {
    let server = Server::with(&[("BODY_SECONDS", "1"), ("READ_SECONDS", "5")]).await;
    let user = server.guest().await;
    for (path, token) in [("/api/chat", format!("authorization: Bearer {}\r\n", user.token())), ("/api/auth/login", String::new())] {
        let mut peer = TcpStream::connect(&server.address).await.unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\n{token}content-type: application/json\r\ncontent-length: 1000\r\n\r\n{{");
        peer.write_all(head.as_bytes()).await.unwrap();
        let (mut reader, mut writer) = peer.into_split();
        let trickle = tokio::spawn(async move {
            while writer.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        let mut answer = [0; 1024];
        let read = timeout(Duration::from_secs(15), reader.read(&mut answer)).await.unwrap().unwrap();
        let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
        assert_eq!(status(&answer), Some(408), "{path}: {answer}");
        trickle.abort();
    }
}

#[tokio::test]
async fn connections_are_limited_for_an_address_and_not_for_a_proxy() {
    let settings = [("LIMITS", "on"), ("CONNECTIONS_PER_ADDRESS", "5"), ("TRUSTED_PROXIES", "192.0.2.1")];
    let server = Server::with(&settings).await;
    let mut open = Vec::new();
    for _ in 0..5 {
        let mut peer = TcpStream::connect(&server.address).await.unwrap();
        peer.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        assert!(peer.read(&mut [0; 1024]).await.unwrap() > 0);
        open.push(peer);
    }
    let asked = b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let answer = exchange(&server, asked).await;
    assert!(status(&answer) == Some(503) && answer.contains(r#""code":"busy""#), "{answer}");
    open.pop();
    let freed = async {
        while status(&exchange(&server, asked).await) != Some(200) {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), freed).await.expect("a closed connection makes room");

    let server = Server::with(&settings[..2]).await; // the loopback is trusted
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(TcpStream::connect(&server.address).await.unwrap());
    }
    assert_eq!(status(&exchange(&server, asked).await), Some(200));
}

#[tokio::test]
async fn a_flood_of_frames_is_closed_and_does_not_affect_others() {
    let server = Server::start().await;
    let user = server.guest().await;
    let mut bystander = Socket::ready(&server, "/ws", &user).await;
    let fragment = |opcode| Message::Frame(Frame::message(Vec::new(), OpCode::Data(opcode), false));
    let floods = [
        ("texts", Message::text(r#"{"type":"pong"}"#), 10_000),
        ("binary frames", Message::binary(vec![0; 8]), 10_000),
        ("pings", Message::Ping(Vec::new().into()), 10_000),
        ("pongs", Message::Pong(Vec::new().into()), 10_000),
        ("fragments", fragment(Data::Continue), 10_000),
        ("bytes", Message::text("x".repeat(1_000_000)), 12),
    ];
    for (name, message, count) in floods {
        let mut flood = Socket::ready(&server, "/ws", &user).await;
        if name == "fragments" {
            flood.send_message(fragment(Data::Text)).await;
        }
        for _ in 0..count {
            flood.send_message(message.clone()).await;
        }
        assert_eq!(flood.ended().await, Ended { code: 1008, reason: "rate_limited".into(), error: Some(Code::RateLimited) }, "{name}");
    }
    bystander.send(&ClientFrame::Ping).await;
    assert_eq!(bystander.next().await, ServerFrame::Pong);
}

#[tokio::test]
async fn http_2_needs_tls() {
    let server = Server::start().await;
    let answer = exchange(&server, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00").await;
    assert!(answer.is_empty() || status(&answer).is_some_and(|status| (400..600).contains(&status)), "{answer}");
}
