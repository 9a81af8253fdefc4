//! A client's socket, and the frames on it.

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

/// A handshake, and the answer to `initial`, have so long.
const PATIENCE: Duration = Duration::from_secs(20);
/// Thousands of sockets of this process share its memory.
const BUFFER: usize = 4 * 1024;

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// The system said no.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The socket broke.
    #[error("the socket broke: {0}")]
    Socket(#[from] Box<tungstenite::Error>),
    /// The server closed it.
    #[error("the server closed the socket{}", .0.map(|code| format!(" with {code}")).unwrap_or_default())]
    Closed(Option<u16>),
    /// It took too long.
    #[error("nothing came in time: {0}")]
    Late(&'static str),
    /// The server refused something.
    #[error("refused: {0}")]
    Refused(String),
    /// The words are not the same, or what came is not what the protocol says.
    #[error("WRONG: {0}")]
    Wrong(String),
    /// A server process did not do its part.
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

/// A frame, read at the price of one pass over its bytes where it is a chunk.
pub(crate) enum Heard<'a> {
    /// An answer grew.
    Chunk(Chunk<'a>),
    /// Anything else.
    Other(Box<ServerFrame>),
}

/// [`ServerFrame::Chunk`] with a borrowed text.
#[derive(Deserialize)]
pub(crate) struct Chunk<'a> {
    /// Which answer.
    pub answer_id: MessageId,
    /// Where the piece begins.
    pub at: u64,
    /// The piece.
    #[serde(borrow)]
    pub content: Cow<'a, str>,
}

/// Reads a frame of the server.
pub(crate) fn read(text: &str) -> Result<Heard<'_>, BenchError> {
    if text.starts_with(r#"{"type":"chunk""#) {
        return Ok(Heard::Chunk(serde_json::from_str(text)?));
    }
    Ok(Heard::Other(Box::new(ServerFrame::parse(text)?)))
}

/// A client's socket.
pub(crate) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// Connects, and shakes hands.
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self, BenchError> {
        Self::over(TcpSocket::new_v4()?, address).await
    }

    /// The same with a socket that takes little in advance.
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

    /// Connects, and says who it is. The server's first word must be `ready`.
    pub(crate) async fn enter(address: SocketAddr, initial: Initial) -> Result<(Self, Ready), BenchError> {
        let mut socket = Self::connect(address).await?;
        let ready = socket.greet(initial).await?;
        Ok((socket, ready))
    }

    /// Says who it is, and waits for `ready`.
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

    /// The next text.
    pub(crate) async fn hear(&mut self) -> Result<Utf8Bytes, BenchError> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text),
                Some(Ok(Message::Close(frame))) => return Err(BenchError::Closed(frame.map(|frame| frame.code.into()))),
                Some(Ok(_)) => {} // a ping of the WebSocket; answered by the library
                Some(Err(error)) => return Err(error.into()),
                None => return Err(BenchError::Closed(None)),
            }
        }
    }

    /// The bare stream, for a reader with manners of its own.
    pub(crate) fn into_stream(self) -> TcpStream {
        self.0.into_inner()
    }
}
