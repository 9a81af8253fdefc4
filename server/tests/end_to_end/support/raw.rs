//! Bytes over a connection of its own, for what no client library would send.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::Server;

const PATIENCE: Duration = Duration::from_secs(20);

/// Sends the bytes and gives everything that comes back until the server closes the connection.
pub async fn exchange(server: &Server, bytes: &[u8]) -> String {
    let mut peer = TcpStream::connect(&server.address).await.unwrap();
    // A server that refuses what it has not read to its end may close before everything is sent.
    let _ = peer.write_all(bytes).await;
    let mut came = Vec::new();
    let ended = timeout(PATIENCE, peer.read_to_end(&mut came)).await;
    ended.unwrap_or_else(|_| panic!("the connection stays open after: {}", String::from_utf8_lossy(&came))).ok();
    String::from_utf8_lossy(&came).into_owned()
}

/// The status of an HTTP/1.1 response; `None` where there is none.
pub fn status(response: &str) -> Option<u16> {
    response.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
}
