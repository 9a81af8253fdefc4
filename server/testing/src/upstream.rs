//! A scripted server that sends raw bytes, so that it can make every mistake that a real one can.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A step of a reply. At the end of the script the connection is closed.
#[derive(Clone, Debug)]
pub enum Step {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Waits.
    Pause(Duration),
    /// Waits forever with the connection open.
    Hang,
}

/// A received request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The request line, as in `GET /v1/models HTTP/1.1`.
    pub line: String,
    /// All headers, in lower case.
    pub headers: String,
    /// The body.
    pub body: String,
}

impl Request {
    /// Returns the path with its query.
    pub fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }
}

/// A running server. Dropping it stops it.
pub struct Upstream {
    /// Its port on 127.0.0.1.
    pub port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
    task: JoinHandle<()>,
}

impl Upstream {
    /// Starts a server that answers each request with the script that `script` returns.
    pub async fn start(script: impl Fn(&Request) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self::start_on(0, script).await
    }

    /// Starts a server on a given port.
    pub async fn start_on(port: u16, script: impl Fn(&Request) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("a port to listen on");
        let port = listener.local_addr().expect("a listener has an address").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (script, seen) = (Arc::new(script), requests.clone());
        let task = tokio::spawn(async move {
            // Connections end with the server: one that hangs must not outlive its test.
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (script, seen) = (script.clone(), seen.clone());
                connections.spawn(async move {
                    let _ = serve(stream, &*script, &seen).await;
                });
            }
        });
        Self { port, requests, task }
    }

    /// Returns its URL.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns the requests received so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no test panics while it holds this").clone()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    script: &(dyn Fn(&Request) -> Vec<Step> + Send + Sync),
    seen: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let (line, headers) = text.split_once("\r\n").unwrap_or((&text, ""));
    let (line, headers) = (line.to_owned(), headers.to_lowercase());
    let length = headers.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok()).unwrap_or(0);
    while bytes.len() < head + length {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    }
    let request = Request { line, headers, body: String::from_utf8_lossy(&bytes[head..]).into_owned() };
    let steps = script(&request);
    seen.lock().expect("no test panics while it holds this").push(request);
    stream.set_nodelay(true)?;
    for step in steps {
        match step {
            Step::Send(bytes) => stream.write_all(&bytes).await?,
            Step::Pause(time) => tokio::time::sleep(time).await,
            Step::Hang => std::future::pending().await,
        }
    }
    stream.shutdown().await
}

/// Returns the script of a whole reply.
pub fn reply(status: &str, headers: &str, body: &str) -> Vec<Step> {
    vec![Step::Send(
        format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}", body.len()).into_bytes(),
    )]
}

/// Returns the script of a JSON reply.
pub fn json(body: &str) -> Vec<Step> {
    reply("200 OK", "content-type: application/json\r\n", body)
}

/// The head of an event stream in chunks.
pub fn events() -> Step {
    Step::Send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n".to_vec())
}

/// The head of an event stream that lasts until the connection ends.
pub fn events_until_close() -> Step {
    Step::Send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n".to_vec())
}

/// One chunk.
pub fn chunk(bytes: &[u8]) -> Step {
    let mut framed = format!("{:x}\r\n", bytes.len()).into_bytes();
    framed.extend_from_slice(bytes);
    framed.extend_from_slice(b"\r\n");
    Step::Send(framed)
}

/// The end of the chunks; without it, the stream was cut.
pub fn end() -> Step {
    Step::Send(b"0\r\n\r\n".to_vec())
}

/// A pause of so many milliseconds.
pub fn pause(ms: u64) -> Step {
    Step::Pause(Duration::from_millis(ms))
}

/// An event stream of these bytes in chunks of `size`, each sent by itself.
pub fn in_chunks(stream: &[u8], size: usize) -> Vec<Step> {
    let mut steps = vec![events()];
    steps.extend(stream.chunks(size).flat_map(|bytes| [chunk(bytes), pause(1)]));
    steps.push(end());
    steps
}
