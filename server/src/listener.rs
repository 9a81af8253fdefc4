//! The listening socket: what is read in time is served, over TLS where there is a certificate.

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

pub(crate) use addresses::Addresses;
pub(crate) use intake::{BEFORE_SIGN_IN, FRAMES, Intake, TooMuch};
pub(crate) use port::{End, Port, PortError, Socket};

use self::connection::Acceptor;
use crate::http;
use holdfast_core::address::ClientAddress;

/// A certificate with its key, both PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The chain, the server's own first.
    pub cert: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// So often the certificate's files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// So often a peer that speaks HTTP/2 is asked whether it is there, unless less time is given for reading.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// The longest head of a request, bytes. Larger ones are refused with 431.
const LONGEST_HEAD: usize = 64 * 1024;
/// Requests at once over one connection of HTTP/2.
const STREAMS: u32 = 100;
/// How much of a request's body a peer that speaks HTTP/2 may send ahead of what is read, bytes: of one, and of all over its connection.
const WINDOW: u32 = 128 * 1024;
const WINDOWS: u32 = 512 * 1024;

/// The certificate, read for the first time; from then on it is read again when its files change.
///
/// # Errors
/// What is wrong with the files.
pub(crate) async fn certificate(tls: &Tls) -> io::Result<RustlsConfig> {
    let config = read_certificate(tls).await?;
    tokio::spawn(renew(tls.clone(), config.clone()));
    Ok(config)
}

/// The certificate with its key, as the files are now.
///
/// # Errors
/// What is wrong with the files.
pub(crate) async fn read_certificate(tls: &Tls) -> io::Result<RustlsConfig> {
    RustlsConfig::from_pem_file(&tls.cert, &tls.key).await
}

async fn renew(tls: Tls, config: RustlsConfig) {
    let changed = |path: &Path| std::fs::metadata(path).and_then(|data| data.modified()).ok();
    let look = || -> [Option<SystemTime>; 2] { [changed(&tls.cert), changed(&tls.key)] };
    let mut before = look();
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let now = look();
        if now == before {
            continue;
        }
        // Half of a pair may have been written: then the old one stays, and the next look tries again.
        match config.reload_from_pem_file(&tls.cert, &tls.key).await {
            Ok(()) => {
                info!(cert = %tls.cert.display(), "the certificate has changed and is in force");
                before = now;
            }
            Err(error) => warn!(%error, cert = %tls.cert.display(), "the certificate has changed and can't be read; the old one stays"),
        }
    }
}

/// How long the other end may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    /// To say what it wants: for the first byte, and for the head of a request.
    pub(crate) read: Duration,
    /// To take anything of what it is sent.
    pub(crate) stalled: Duration,
}

/// Serves until `handle` says otherwise. Who loses its `timeouts` is cut off.
///
/// # Errors
/// The listening socket's own.
pub(crate) async fn serve(
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
        // No browser speaks HTTP/2 without TLS. (`Server::http1_only` would also refuse upgrades.)
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
