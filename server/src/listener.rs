//! The listening socket: what is read in time is served, over TLS where there is a certificate.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    path::{Path, PathBuf},
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use axum::{Router, ServiceExt, extract::Request};
use axum_server::{
    Handle, Server,
    accept::{Accept, DefaultAcceptor},
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use futures::future::BoxFuture;
use hyper::body::Incoming;
use hyper_util::rt::TokioTimer;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    time::Sleep,
};
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

/// So often a peer that speaks HTTP/2 is asked whether it is there.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

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

/// How long the other end may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// To say what it wants: for the first byte, and for the head of a request.
    pub(crate) read: Duration,
    /// To take anything of what it is sent.
    pub(crate) stalled: Duration,
}

/// Serves until `handle` says otherwise. Who loses its `patience` is cut off.
///
/// # Errors
/// The listening socket's own.
pub(crate) async fn serve(
    listener: TcpListener,
    certificate: Option<RustlsConfig>,
    patience: Patience,
    handle: Handle<SocketAddr>,
    router: Router,
    base: String,
) -> io::Result<()> {
    let stripped = MapRequestLayer::new(move |request: Request<Incoming>| http::strip_base(&base, request)).layer(router);
    let service = ServiceExt::<Request<Incoming>>::into_make_service_with_connect_info::<SocketAddr>(stripped);
    let mut server = Server::from_listener(listener).handle(handle);
    // HTTP/2 is only spoken over TLS: no browser asks for it without.
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(patience.read);
    match certificate {
        Some(certificate) => {
            server.http_builder().http2().timer(TokioTimer::new()).keep_alive_interval(KEEP_ALIVE).keep_alive_timeout(patience.read);
            let inner = RustlsAcceptor::new(certificate).handshake_timeout(patience.read);
            server.acceptor(Prompt { inner, patience }).serve(service).await
        }
        None => server.acceptor(Prompt { inner: DefaultAcceptor::new(), patience }).serve(service).await,
    }
}

/// Lets in what `inner` does, and cuts off who then says nothing: the time for a request's head only begins with its
/// first byte.
#[derive(Clone)]
struct Prompt<A> {
    inner: A,
    patience: Patience,
}

impl<A, S> Accept<TcpStream, S> for Prompt<A>
where
    A: Accept<TcpStream, S, Future: Send + 'static>,
{
    type Stream = Prompted<A::Stream>;
    type Service = A::Service;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, A::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let patience = self.patience;
        // A chunk is sent when it is there, not when the one before it was acknowledged.
        let set = stream.set_nodelay(true);
        let accepting = self.inner.accept(stream, service);
        Box::pin(async move {
            set?;
            let (stream, service) = accepting.await?;
            Ok((
                Prompted { stream, first: Some(Box::pin(tokio::time::sleep(patience.read))), patience: patience.stalled, stuck: None },
                service,
            ))
        })
    }
}

/// A connection whose first byte must come in time, and whose peer must go on taking what is sent.
struct Prompted<S> {
    stream: S,
    first: Option<Pin<Box<Sleep>>>,
    /// How long the peer may take nothing.
    patience: Duration,
    /// Runs while there is something to be sent that the peer does not take.
    stuck: Option<Pin<Box<Sleep>>>,
}

impl<S> Prompted<S> {
    /// Gives what came of sending, or an error where that has been nothing for too long.
    fn sent<T>(&mut self, cx: &mut Context<'_>, sent: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if sent.is_ready() {
            self.stuck = None;
            return sent;
        }
        let patience = self.patience;
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        if stuck.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Prompted<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, into);
        if read.is_ready() {
            self.first = None;
        } else if let Some(first) = &mut self.first
            && first.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Prompted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.sent(cx, sent)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.sent(cx, sent)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let sent = Pin::new(&mut self.stream).poll_flush(cx);
        self.sent(cx, sent)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, duplex},
        time::{Instant, sleep},
    };

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_cut_off_and_who_is_slow_is_not() {
        let (ours, mut theirs) = duplex(16);
        let mut ours = Prompted { stream: ours, first: None, patience: PATIENCE, stuck: None };
        let slow = async {
            for _ in 0..4 {
                sleep(PATIENCE - Duration::from_secs(1)).await;
                theirs.read_exact(&mut [0; 16]).await.unwrap();
            }
        };
        let (sent, ()) = tokio::join!(ours.write_all(&[0; 80]), slow);
        sent.unwrap();
        let since = Instant::now();
        assert_eq!(ours.write_all(&[0; 16]).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(since.elapsed() >= PATIENCE);
        theirs.read_exact(&mut [0; 16]).await.unwrap();
        ours.write_all(&[0; 16]).await.unwrap();
    }
}
