//! A client's socket, and its frames.

use std::{borrow::Cow, io, net::SocketAddr, time::Duration};

use futures::{SinkExt as _, StreamExt as _};
use holdfast_protocol::{
    ClientFrame, MessageId, ServerFrame,
    frame::{Initial, Ready},
};
use serde::Deserialize;
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{self, Message, Utf8Bytes, protocol::WebSocketConfig},
};

/// Timeout for the handshake, and for the answer to `initial`.
const PATIENCE: Duration = Duration::from_secs(20);
/// Buffer size; small, because thousands of sockets share the memory of this process.
const BUFFER: usize = 4 * 1024;

/// An error of a benchmark.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// The system reported an error.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The socket failed.
    #[error("the socket broke: {0}")]
    Socket(#[from] Box<tungstenite::Error>),
    /// The server closed the socket.
    #[error("the server closed the socket{}", .0.map(|code| format!(" with {code}")).unwrap_or_default())]
    Closed(Option<u16>),
    /// It took too long.
    #[error("nothing came in time: {0}")]
    Late(&'static str),
    /// The server refused something.
    #[error("refused: {0}")]
    Refused(String),
    /// The words differ, or the data violates the protocol.
    #[error("WRONG: {0}")]
    Wrong(String),
    /// A server process failed.
    #[error("a server {0}")]
    Server(String),
}

impl From<tungstenite::Error> for BenchError {
    fn from(error: tungstenite::Error) -> Self {
        Self::Socket(Box::new(error))
    }
}

impl From<serde_json::Error> for BenchError {
    fn from(error: serde_json::Error) -> Self {
        Self::Wrong(format!("not a frame: {error}"))
    }
}

/// A received frame. Reading a chunk takes one pass over its bytes.
pub(crate) enum Heard<'a> {
    /// An answer grew.
    Chunk(Chunk<'a>),
    /// Any other frame.
    Other(Box<ServerFrame>),
}

/// [`ServerFrame::Chunk`] with a borrowed text.
#[derive(Deserialize)]
pub(crate) struct Chunk<'a> {
    /// Id of the answer.
    pub answer_id: MessageId,
    /// Byte offset of the piece.
    pub at: u64,
    /// The piece.
    #[serde(borrow)]
    pub content: Cow<'a, str>,
}

/// Reads a frame from the server.
pub(crate) fn read(text: &str) -> Result<Heard<'_>, BenchError> {
    if text.starts_with(r#"{"type":"chunk""#) {
        return Ok(Heard::Chunk(serde_json::from_str(text)?));
    }
    Ok(Heard::Other(Box::new(ServerFrame::parse(text)?)))
}

/// A client's socket.
pub(crate) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// Connects, and performs the handshake.
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self, BenchError> {
        Self::over(TcpSocket::new_v4()?, address).await
    }

    /// Connects with a small receive buffer.
    pub(crate) async fn connect_narrow(address: SocketAddr, bytes: u32) -> Result<Self, BenchError> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(bytes)?;
        Self::over(socket, address).await
    }

    async fn over(socket: TcpSocket, address: SocketAddr) -> Result<Self, BenchError> {
        let connecting = async {
            let stream = socket.connect(address).await?;
            stream.set_nodelay(true)?;
            let config = WebSocketConfig::default().read_buffer_size(BUFFER).write_buffer_size(0);
            let (stream, _) = client_async_with_config(format!("ws://{address}/ws"), stream, Some(config)).await?;
            Ok(Self(stream))
        };
        timeout(PATIENCE, connecting).await.map_err(|_| BenchError::Late("the handshake"))?
    }

    /// Connects and authenticates. The server's first frame must be `ready`.
    pub(crate) async fn enter(address: SocketAddr, initial: Initial) -> Result<(Self, Ready), BenchError> {
        let mut socket = Self::connect(address).await?;
        let ready = socket.greet(initial).await?;
        Ok((socket, ready))
    }

    /// Authenticates, and waits for `ready`.
    pub(crate) async fn greet(&mut self, initial: Initial) -> Result<Ready, BenchError> {
        self.say(&ClientFrame::Initial(initial)).await?;
        let text = timeout(PATIENCE, self.hear()).await.map_err(|_| BenchError::Late("ready"))??;
        match ServerFrame::parse(&text)? {
            ServerFrame::Ready(ready) => Ok(ready),
            ServerFrame::Error { code, error, .. } => Err(BenchError::Refused(format!("{code}: {error}"))),
            _ => Err(BenchError::Wrong(format!("the first frame is not `ready`: {text}"))),
        }
    }

    /// Sends a frame.
    pub(crate) async fn say(&mut self, frame: &ClientFrame) -> Result<(), BenchError> {
        Ok(self.0.send(Message::text(frame.to_json())).await?)
    }

    /// Receives the next text.
    pub(crate) async fn hear(&mut self) -> Result<Utf8Bytes, BenchError> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text),
                Some(Ok(Message::Close(frame))) => return Err(BenchError::Closed(frame.map(|frame| frame.code.into()))),
                Some(Ok(_)) => {} // a WebSocket ping, which the library answers
                Some(Err(error)) => return Err(error.into()),
                None => return Err(BenchError::Closed(None)),
            }
        }
    }

    /// Returns the bare stream.
    pub(crate) fn into_stream(self) -> TcpStream {
        self.0.into_inner()
    }
}
