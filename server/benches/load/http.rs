//! A minimal HTTP client for the load generator: one call on one connection, with the received bytes counted.

use std::{net::SocketAddr, time::Duration};

use holdfast_protocol::{
    ConversationId,
    api::{ConversationSummary, Grant},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::wire::BenchError;

const PATIENCE: Duration = Duration::from_secs(20);

/// A reply.
pub(crate) struct Reply {
    /// Its status.
    pub status: u16,
    /// Number of received bytes: head and body as sent.
    pub wire: usize,
    /// The body, not decompressed.
    pub body: Vec<u8>,
}

/// Makes a call. `headers` are whole lines; the body is JSON.
pub(crate) async fn call(address: SocketAddr, what: &str, headers: &[String], body: &str) -> Result<Reply, BenchError> {
    let mut text = format!("{what} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    if !what.starts_with("GET") {
        text.push_str(&format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    let calling = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(text.as_bytes()).await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        Ok::<_, BenchError>(bytes)
    };
    let mut bytes = timeout(PATIENCE, calling).await.map_err(|_| BenchError::Late("an answer over HTTP"))??;
    let wire = bytes.len();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(|| BenchError::Wrong("not an answer of HTTP".into()))?;
    let status = std::str::from_utf8(&bytes[..end]).ok().and_then(|head| head.split(' ').nth(1)?.parse().ok());
    let status = status.ok_or_else(|| BenchError::Wrong("an answer of HTTP without a status".into()))?;
    bytes.drain(..end + 4);
    Ok(Reply { status, wire, body: bytes })
}

/// Makes a call; any status other than a success is an error.
pub(crate) async fn succeed(address: SocketAddr, what: &str, headers: &[String], body: &str) -> Result<Reply, BenchError> {
    let reply = call(address, what, headers, body).await?;
    if (200..300).contains(&reply.status) {
        return Ok(reply);
    }
    Err(BenchError::Refused(format!("{what} answered {}: {}", reply.status, String::from_utf8_lossy(&reply.body))))
}

/// Returns the tokens of new guests.
pub(crate) async fn guests(address: SocketAddr, count: usize) -> Result<Vec<String>, BenchError> {
    let mut tokens = Vec::with_capacity(count);
    for _ in 0..count {
        let reply = succeed(address, "POST /api/auth/guest", &[], "").await?;
        tokens.push(serde_json::from_slice::<Grant>(&reply.body)?.access_token);
    }
    Ok(tokens)
}

/// Creates a conversation.
pub(crate) async fn conversation(address: SocketAddr, token: &str) -> Result<ConversationId, BenchError> {
    let bearer = [format!("authorization: Bearer {token}")];
    let reply = succeed(address, "POST /api/conversations", &bearer, "{}").await?;
    Ok(serde_json::from_slice::<ConversationSummary>(&reply.body)?.id)
}
