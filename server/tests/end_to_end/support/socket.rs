//! A socket, by hand.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use holdfast_protocol::{
    ClientFrame, Code, ConversationId, ServerFrame, Step,
    frame::{Chat, Initial, Open},
    rules::{
        answer::{self, Applied},
        steps,
    },
};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest as _},
};

use super::{Server, User};

pub struct Socket {
    inner: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The text of the answer that was heard last.
    pub text: String,
    /// The steps of that answer.
    pub steps: Vec<Step>,
}

/// How a socket ended: its code and reason, and the error before it.
#[derive(Debug, PartialEq, Eq)]
pub struct Ended {
    pub code: u16,
    pub reason: String,
    pub error: Option<Code>,
}

const PATIENCE: Duration = Duration::from_secs(20);

impl Socket {
    pub async fn open(server: &Server, path: &str) -> Self {
        Self::open_at(&server.address, path).await
    }

    pub async fn open_at(address: &str, path: &str) -> Self {
        let (inner, _) = connect_async(format!("ws://{address}{path}")).await.unwrap();
        Self { inner, text: String::new(), steps: Vec::new() }
    }

    /// Opens with headers; the error is the response that came instead.
    pub async fn try_open(server: &Server, path: &str, headers: &[(&'static str, &str)]) -> Result<Self, (u16, serde_json::Value)> {
        let mut request = format!("ws://{}{path}", server.address).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((inner, _)) => Ok(Self { inner, text: String::new(), steps: Vec::new() }),
            Err(tungstenite::Error::Http(response)) => {
                let body = response.body().clone().unwrap_or_default();
                Err((response.status().as_u16(), serde_json::from_slice(&body).unwrap_or_default()))
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Opens and says who it is; `ready` has come.
    pub async fn ready(server: &Server, path: &str, user: &User) -> Self {
        let mut socket = Self::open(server, path).await;
        socket.initial(user.token()).await;
        let first = socket.next().await;
        assert!(matches!(first, ServerFrame::Ready(_)), "{first:?}");
        socket
    }

    pub async fn send(&mut self, frame: &ClientFrame) {
        self.send_text(&frame.to_json()).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        self.inner.send(Message::text(text)).await.unwrap();
    }

    pub async fn send_message(&mut self, message: Message) {
        let _ = self.inner.send(message).await;
    }

    pub async fn initial(&mut self, token: &str) {
        self.send(&ClientFrame::Initial(Initial { token: token.into(), ..Initial::default() })).await;
    }

    pub async fn follow(&mut self, conversation_id: ConversationId, cursor: Option<u64>) {
        self.send(&ClientFrame::Open(Open { conversation_id, cursor, have: Default::default(), have_steps: Default::default() })).await;
    }

    pub async fn chat(&mut self, chat: Chat) {
        self.send(&ClientFrame::Chat(chat)).await;
    }

    /// The next frame that is no ping.
    pub async fn next(&mut self) -> ServerFrame {
        loop {
            match self.hear().await {
                Ok(ServerFrame::Ping) => self.send(&ClientFrame::Pong).await,
                Ok(frame) => return frame,
                Err(ended) => panic!("the socket ended: {ended:?}"),
            }
        }
    }

    /// Frames until one fits.
    pub async fn until(&mut self, fits: impl Fn(&ServerFrame) -> bool) -> ServerFrame {
        loop {
            let frame = self.next().await;
            assert_ne!(self.take(&frame), Applied::Gap, "after {} bytes and {:?}: {frame:?}", self.text.len(), self.steps);
            if fits(&frame) {
                return frame;
            }
        }
    }

    pub async fn complete(&mut self) -> holdfast_protocol::frame::Complete {
        match self.until(|frame| matches!(frame, ServerFrame::Complete(_))).await {
            ServerFrame::Complete(complete) => complete,
            _ => unreachable!(),
        }
    }

    pub async fn api_error(&mut self) -> Code {
        match self.until(|frame| matches!(frame, ServerFrame::Error { .. })).await {
            ServerFrame::Error { code, .. } => code,
            _ => unreachable!(),
        }
    }

    /// Waits for the end.
    pub async fn ended(&mut self) -> Ended {
        let mut error = None;
        loop {
            match self.hear().await {
                Ok(ServerFrame::Error { code, .. }) => error = Some(code),
                Ok(_) => {}
                Err(ended) => return Ended { error, ..ended },
            }
        }
    }

    /// Waits for the end; with the sentence that was said before it.
    pub async fn ended_with_words(&mut self) -> (Ended, String) {
        let (mut error, mut words) = (None, String::new());
        loop {
            match self.hear().await {
                Ok(ServerFrame::Error { code, error: sentence, .. }) => (error, words) = (Some(code), sentence),
                Ok(_) => {}
                Err(ended) => return (Ended { error, ..ended }, words),
            }
        }
    }

    /// Waits for the end, and takes what still comes of an answer.
    pub async fn ended_collecting(&mut self) {
        while let Ok(frame) = self.hear().await {
            self.take(&frame);
        }
    }

    fn take(&mut self, frame: &ServerFrame) -> Applied {
        match frame {
            ServerFrame::Chunk { at, content, .. } => answer::apply(&mut self.text, *at, content),
            ServerFrame::Step(frame) => steps::apply(&mut self.steps, frame.step.clone()),
            _ => Applied::Known,
        }
    }

    async fn hear(&mut self) -> Result<ServerFrame, Ended> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.inner.next()).await.expect("the server says something");
            match message {
                Some(Ok(Message::Text(text))) => return Ok(ServerFrame::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"))),
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Err(Ended { code: frame.code.into(), reason: frame.reason.to_string(), error: None });
                }
                Some(Ok(Message::Close(None)) | Err(_)) | None => return Err(Ended { code: 1006, reason: String::new(), error: None }),
                Some(Ok(_)) => {}
            }
        }
    }
}
