//! The floor: a bare relay without store, tokens or rules. It sends the same chunks at the same rate, one frame a word,
//! from the task that has the socket. Nothing that keeps promises can be cheaper.

use std::{io::Read as _, process::ExitCode, time::Duration};

use axum::{
    Router,
    extract::ws::{Message, WebSocket, WebSocketUpgrade},
    routing::get,
};
use holdfast_protocol::{
    ClientFrame, ConversationId, MessageId, ServerFrame, Status, UserId, VERSION,
    frame::{Accepted, Chat, Complete, Ready},
};
use serde::Serialize;
use tokio::{
    net::TcpListener,
    time::{Instant, sleep_until},
};
use uuid::Uuid;

use crate::reading::Words;

/// The same buffers as the real server's.
const READ_BUFFER: usize = 2 * 1024;
const WRITE_BUFFER: usize = 4 * 1024;

/// Runs it until the process that started it is gone.
pub(crate) fn run() -> ExitCode {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let serving = async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("Floor is ready: http://{}", listener.local_addr()?);
        let router = Router::new().route("/", get(|| async { "floor" })).route("/health", get(|| async { "ok" }));
        let upgrade = |upgrade: WebSocketUpgrade| async {
            upgrade.read_buffer_size(READ_BUFFER).write_buffer_size(WRITE_BUFFER).on_upgrade(async |socket| {
                let _ = serve(socket).await; // the peer is gone
            })
        };
        axum::serve(listener, router.route("/ws", get(upgrade))).await
    };
    // As many threads as the real server has.
    let result = tokio::runtime::Builder::new_multi_thread().enable_all().build().and_then(|runtime| runtime.block_on(serving));
    if let Err(error) = result {
        eprintln!("load: the floor could not serve: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// [`ServerFrame::Chunk`] with a borrowed text.
#[derive(Serialize)]
struct Chunk<'a> {
    r#type: &'static str,
    conversation_id: ConversationId,
    answer_id: MessageId,
    at: usize,
    content: &'a str,
}

async fn serve(mut socket: WebSocket) -> Result<(), axum::Error> {
    while let Some(message) = socket.recv().await {
        let Message::Text(text) = message? else { continue };
        match ClientFrame::parse(&text) {
            Ok(ClientFrame::Initial(_)) => {
                let ready = Ready {
                    user_id: UserId(Uuid::nil()),
                    username: "Guest".into(),
                    conversation_id: None,
                    heartbeat_ms: 30_000,
                    expires_at: 0,
                    version: VERSION.into(),
                };
                socket.send(Message::text(ServerFrame::Ready(ready).to_json())).await?;
            }
            Ok(ClientFrame::Chat(chat)) => relay(&mut socket, &chat).await?,
            _ => {}
        }
    }
    Ok(())
}

async fn relay(socket: &mut WebSocket, chat: &Chat) -> Result<(), axum::Error> {
    let Some((words, every)) = chat.model.as_deref().and_then(parse) else { return Ok(()) };
    let words = Words::new(words, every);
    let (conversation_id, answer_id) = (ConversationId(Uuid::new_v4()), MessageId(Uuid::new_v4()));
    let accepted = Accepted { message_id: chat.message_id, conversation_id, answer_id };
    socket.send(Message::text(ServerFrame::Accepted(accepted).to_json())).await?;
    let began = Instant::now();
    let (mut at, mut beats) = (0, 0);
    for &end in &words.ends {
        sleep_until(began + every * beats).await;
        let chunk = Chunk { r#type: "chunk", conversation_id, answer_id, at, content: &words.text[at..end] };
        socket.send(Message::text(serde_json::to_string(&chunk).map_err(axum::Error::new)?)).await?;
        (at, beats) = (end, beats + 1);
    }
    let complete = Complete {
        conversation_id,
        answer_id,
        cursor: 1,
        full_response: words.text,
        status: Status::Complete,
        error: None,
        usage: None,
        sources: Vec::new(),
    };
    socket.send(Message::text(ServerFrame::Complete(complete).to_json())).await
}

fn parse(model: &str) -> Option<(usize, Duration)> {
    let (words, every) = model.strip_prefix("echo-")?.split_once('-')?;
    Some((words.parse().ok()?, Duration::from_millis(every.parse().ok()?)))
}
