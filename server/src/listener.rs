//! The listening socket: what is read in time is served, over TLS where there is a certificate.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use axum::{Router, ServiceExt, extract::Request};
use axum_server::{
    Handle, Server,
    accept::Accept,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use futures::future::BoxFuture;
use hyper::body::Incoming;
use hyper_util::rt::TokioTimer;
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer as _, util::MapRequestLayer};
use tracing::{info, warn};

use crate::http;

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

/// The certificate, read for the first time; from then on it is read again when its files change.
///
/// # Errors
/// What is wrong with the files.
pub(crate) async fn certificate(tls: &Tls) -> io::Result<RustlsConfig> {
    let config = RustlsConfig::from_pem_file(&tls.cert, &tls.key).await?;
    tokio::spawn(renew(tls.clone(), config.clone()));
    Ok(config)
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

/// Serves until `handle` says otherwise. Who takes longer than `patience` for the head of a request is cut off.
///
/// # Errors
/// The listening socket's own.
pub(crate) async fn serve(
    listener: TcpListener,
    certificate: Option<RustlsConfig>,
    patience: Duration,
    handle: Handle<SocketAddr>,
    router: Router,
    base: String,
) -> io::Result<()> {
    let stripped = MapRequestLayer::new(move |request: Request<Incoming>| http::strip_base(&base, request)).layer(router);
    let service = ServiceExt::<Request<Incoming>>::into_make_service_with_connect_info::<SocketAddr>(stripped);
    let mut server = Server::from_listener(listener).handle(handle);
    // HTTP/2 is only spoken over TLS: no browser asks for it without.
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(patience);
    let prompt = Prompt { patience };
    match certificate {
        Some(certificate) => server.acceptor(RustlsAcceptor::new(certificate).acceptor(prompt)).serve(service).await,
        None => server.acceptor(prompt).serve(service).await,
    }
}

/// Lets in who says something in time: the time for a request's head only begins with its first byte.
#[derive(Clone, Copy)]
struct Prompt {
    patience: Duration,
}

impl<S: Send + 'static> Accept<TcpStream, S> for Prompt {
    type Stream = TcpStream;
    type Service = S;
    type Future = BoxFuture<'static, io::Result<(TcpStream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let patience = self.patience;
        Box::pin(async move {
            // A chunk is sent when it is there, not when the one before it was acknowledged.
            stream.set_nodelay(true)?;
            tokio::time::timeout(patience, stream.peek(&mut [0])).await??;
            Ok((stream, service))
        })
    }
}
