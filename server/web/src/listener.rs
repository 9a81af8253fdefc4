//! The listening socket: serves requests over TCP, TLS or a Unix socket, with deadlines.

mod addresses;
mod connection;
mod intake;
mod port;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::{Router, ServiceExt, extract::Request};
use axum_server::{
    Handle, Server,
    accept::DefaultAcceptor,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioTimer},
    server::conn::auto::Builder,
};
use tower::{Layer as _, util::MapRequestLayer};
use tracing::{info, warn};

pub use addresses::Addresses;
pub use intake::{BEFORE_SIGN_IN, FRAMES, Intake, TooMuch};
use port::Socket;
pub use port::{End, Port, PortError};

use self::connection::Acceptor;
use crate::http;
use holdfast_core::address::ClientAddress;

/// Interval at which the certificate's files are checked for changes.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Interval of HTTP/2 pings, unless the read timeout is shorter.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// Maximum length of a request's head, bytes. Longer ones are refused with 431.
const LONGEST_HEAD: usize = 64 * 1024;
/// Maximum number of simultaneous requests on an HTTP/2 connection.
const STREAMS: u32 = 100;
/// Flow-control window of HTTP/2, for a stream and for a connection, bytes.
const WINDOW: u32 = 128 * 1024;
const WINDOWS: u32 = 512 * 1024;

/// Reads the certificate (the file of its chain, and that of its key), and starts to watch its files: it is read again when they change.
///
/// # Errors
/// What is wrong with the files.
pub async fn certificate(cert: &Path, key: &Path) -> io::Result<RustlsConfig> {
    let config = read_certificate(cert, key).await?;
    tokio::spawn(renew(cert.to_owned(), key.to_owned(), config.clone()));
    Ok(config)
}

/// Reads the certificate and its key.
///
/// # Errors
/// What is wrong with the files.
pub async fn read_certificate(cert: &Path, key: &Path) -> io::Result<RustlsConfig> {
    RustlsConfig::from_pem_file(cert, key).await
}

async fn renew(cert: PathBuf, key: PathBuf, config: RustlsConfig) {
    let changed = |path: &Path| std::fs::metadata(path).and_then(|data| data.modified()).ok();
    let look = || -> [Option<SystemTime>; 2] { [changed(&cert), changed(&key)] };
    let mut before = look();
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let now = look();
        if now == before {
            continue;
        }
        // If only one of the files was replaced so far, keep the old pair and try again at the next check.
        match config.reload_from_pem_file(&cert, &key).await {
            Ok(()) => {
                info!(cert = %cert.display(), "certificate reloaded");
                before = now;
            }
            Err(error) => warn!(%error, cert = %cert.display(), "changed certificate can't be read; the old one stays in use"),
        }
    }
}

/// Timeouts for the client.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For the first byte, and for the head of a request.
    pub read: Duration,
    /// For reading anything of what it is sent.
    pub stalled: Duration,
}

/// Serves until `handle` ends it. Connections that exceed `timeouts` are closed.
///
/// # Errors
/// The error of the listening socket.
pub async fn serve(
    port: Port,
    certificate: Option<RustlsConfig>,
    timeouts: Timeouts,
    addresses: Arc<Addresses>,
    handle: Handle<End>,
    router: Router,
    base: String,
) -> io::Result<()> {
    let stripped = MapRequestLayer::new(move |request: Request<Incoming>| http::strip_base(&base, request)).layer(router);
    let service = ServiceExt::<Request<Incoming>>::into_make_service_with_connect_info::<ClientAddress>(stripped);
    let mut server = Server::from_listener(port).handle(handle);
    if certificate.is_none() {
        // No browser uses HTTP/2 without TLS. (`Server::http1_only` would also refuse upgrades.)
        *server.http_builder() = Builder::new(TokioExecutor::new()).http1_only();
    }
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(timeouts.read).max_buf_size(LONGEST_HEAD);
    match certificate {
        Some(certificate) => {
            let mut http2 = server.http_builder().http2();
            http2.timer(TokioTimer::new()).keep_alive_interval(KEEP_ALIVE.min(timeouts.read * 2)).keep_alive_timeout(timeouts.read);
            http2.max_concurrent_streams(STREAMS).initial_stream_window_size(WINDOW).initial_connection_window_size(WINDOWS);
            let inner = RustlsAcceptor::new(certificate).handshake_timeout(timeouts.read);
            server.acceptor(Acceptor::new(inner, timeouts, addresses)).serve(service).await
        }
        None => {
            let acceptor = Acceptor::new(DefaultAcceptor::new(), timeouts, addresses).plain();
            server.acceptor(acceptor).serve(service).await
        }
    }
}

/// Serves without deadlines, for those who collect metrics.
///
/// # Errors
/// The error of the listening socket.
pub async fn serve_metrics(port: Port, router: Router) -> io::Result<()> {
    match port.socket {
        Socket::Tcp(listener) => axum::serve(listener, router).await,
        Socket::Unix(listener, file) => {
            let _file = file;
            axum::serve(listener, router).await
        }
    }
}
