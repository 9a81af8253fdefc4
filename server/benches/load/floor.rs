//! The floor: a bare relay without store, tokens or rules. It sends the same chunks at the same rate, one frame for each word, from the
//! task of the socket. For answers of a model server, it parses the server's events and relays them. No server with guarantees can be
//! cheaper.

use std::{borrow::Cow, process::ExitCode, time::Duration};

use axum::{
    Router,
    extract::ws::{Message, WebSocket, WebSocketUpgrade},
    routing::get,
};
use holdfast_protocol::{
    ClientFrame, ConversationId, MessageId, ServerFrame, Status, UserId, VERSION,
    frame::{Accepted, Chat, Complete, Ready},
};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use crate::{child, reading::Words};

/// The buffer size of the real server.
const READ_BUFFER: usize = 2 * 1024;
const WRITE_BUFFER: usize = 4 * 1024;

/// Serves until the parent process has ended. With the address of a model server, it relays that server's answers.
pub(crate) fn run(upstream: Option<&str>) -> ExitCode {
    let upstream =
        upstream.map(|address| Upstream { client: reqwest::Client::new(), url: format!("http://{address}/v1/chat/completions") });
    let upgrade = async move |upgrade: WebSocketUpgrade| {
        upgrade.read_buffer_size(READ_BUFFER).write_buffer_size(WRITE_BUFFER).on_upgrade(async move |socket| {
            let _ = serve(socket, upstream).await; // the peer is gone
        })
    };
    let router = Router::new().route("/", get(|| async { "floor" })).route("/health", get(|| async { "ok" }));
    child::run("floor", router.route("/ws", get(upgrade)))
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

async fn serve(mut socket: WebSocket, upstream: Option<Upstream>) -> Result<(), axum::Error> {
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
            Ok(ClientFrame::Chat(chat)) => match &upstream {
                Some(upstream) => upstream.relay(&mut socket, &chat).await?,
                None => make_up(&mut socket, &chat).await?,
            },
            _ => {}
        }
    }
    Ok(())
}

/// The frames of one answer.
struct Telling<'a> {
    socket: &'a mut WebSocket,
    conversation_id: ConversationId,
    answer_id: MessageId,
}

impl<'a> Telling<'a> {
    async fn begin(socket: &'a mut WebSocket, chat: &Chat) -> Result<Self, axum::Error> {
        let (conversation_id, answer_id) = (ConversationId(Uuid::new_v4()), MessageId(Uuid::new_v4()));
        let accepted = Accepted { message_id: chat.message_id, conversation_id, answer_id };
        socket.send(Message::text(ServerFrame::Accepted(accepted).to_json())).await?;
        Ok(Self { socket, conversation_id, answer_id })
    }

    async fn chunk(&mut self, at: usize, content: &str) -> Result<(), axum::Error> {
        let chunk = Chunk { r#type: "chunk", conversation_id: self.conversation_id, answer_id: self.answer_id, at, content };
        self.socket.send(Message::text(serde_json::to_string(&chunk).map_err(axum::Error::new)?)).await
    }

    async fn end(self, full_response: String) -> Result<(), axum::Error> {
        let complete = Complete {
            conversation_id: self.conversation_id,
            answer_id: self.answer_id,
            cursor: 1,
            full_response,
            status: Status::Complete,
            error: None,
            usage: None,
            sources: Vec::new(),
            left_out: 0,
        };
        self.socket.send(Message::text(ServerFrame::Complete(complete).to_json())).await
    }
}

/// Sends the words that the model's name asks for.
async fn make_up(socket: &mut WebSocket, chat: &Chat) -> Result<(), axum::Error> {
    let Some((words, every)) = chat.model.as_deref().and_then(parse) else { return Ok(()) };
    let words = Words::new(words, every);
    let mut telling = Telling::begin(socket, chat).await?;
    let began = Instant::now();
    let (mut at, mut beats) = (0, 0);
    for &end in &words.ends {
        sleep_until(began + every * beats).await;
        telling.chunk(at, &words.text[at..end]).await?;
        (at, beats) = (end, beats + 1);
    }
    telling.end(words.text).await
}

/// A model server, and the connections to it.
#[derive(Clone)]
struct Upstream {
    client: reqwest::Client,
    url: String,
}

/// The parts of an event that a relay needs.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    choices: Vec<Choice<'a>>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    delta: Delta<'a>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default)]
    content: Cow<'a, str>,
}

impl Upstream {
    /// Sends a frame for each event of an answer.
    async fn relay(&self, socket: &mut WebSocket, chat: &Chat) -> Result<(), axum::Error> {
        let mut telling = Telling::begin(socket, chat).await?;
        let turn = serde_json::json!({"role": "user", "content": chat.content});
        let body = serde_json::json!({"model": chat.model, "messages": [turn], "stream": true});
        let request = self.client.post(&self.url).header("content-type", "application/json").body(body.to_string());
        let mut response = request.send().await.map_err(axum::Error::new)?;
        let (mut text, mut rest) = (String::new(), Vec::new());
        while let Some(bytes) = response.chunk().await.map_err(axum::Error::new)? {
            rest.extend_from_slice(&bytes);
            let Some(last) = rest.iter().rposition(|byte| *byte == b'\n') else { continue };
            for line in rest[..=last].split(|byte| *byte == b'\n') {
                let Some(data) = line.strip_prefix(b"data: ").filter(|data| *data != b"[DONE]") else { continue };
                let event: Event<'_> = serde_json::from_slice(data).map_err(axum::Error::new)?;
                if let Some(choice) = event.choices.first().filter(|choice| !choice.delta.content.is_empty()) {
                    telling.chunk(text.len(), &choice.delta.content).await?;
                    text.push_str(&choice.delta.content);
                }
            }
            rest.drain(..=last);
        }
        telling.end(text).await
    }
}

fn parse(model: &str) -> Option<(usize, Duration)> {
    let (words, every) = model.strip_prefix("echo-")?.split_once('-')?;
    Some((words.parse().ok()?, Duration::from_millis(every.parse().ok()?)))
}
