//! A connection: its deadlines, its limits, and its end.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{Extension, middleware::AddExtension};
use axum_server::accept::Accept;
use futures::future::BoxFuture;
use holdfast_protocol::Reason;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    runtime::Handle,
    time::{Sleep, timeout},
};
use tower::Layer as _;

use super::{
    Timeouts,
    addresses::{Addresses, Counted, Full},
    intake::Intake,
    port::{self, Stream},
};

/// The first bytes of an HTTP/2 client (RFC 9113 §3.4). Until these are received or excluded, hyper sets no deadline.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How long to wait after the last bytes until the peer has closed too. If the socket were closed earlier with unread input, the system
/// would send a reset, which may overtake the last bytes.
const LINGER: Duration = Duration::from_secs(2);
/// Maximum number of connections that wait in this way; others are closed immediately.
const LINGERING: usize = 1_000;
/// The same while hardly any open files are left.
const LINGERING_WITHOUT_FILES: usize = 8;

/// Accepts what `inner` accepts, as long as the address does not have too many connections, and closes connections that send nothing.
/// hyper's timeout for a request's head starts only with its first byte.
#[derive(Clone, Debug)]
pub(super) struct Acceptor<A> {
    inner: A,
    timeouts: Timeouts,
    addresses: Arc<Addresses>,
    lingering: Arc<AtomicUsize>,
    /// Whether connections use HTTP without TLS.
    is_plain: bool,
}

impl<A> Acceptor<A> {
    pub(super) fn new(inner: A, timeouts: Timeouts, addresses: Arc<Addresses>) -> Self {
        Self { inner, timeouts, addresses, lingering: Arc::default(), is_plain: false }
    }

    /// Sets that connections use HTTP without TLS. A refusal can then be sent before any request, and HTTP/2 is disabled: no browser uses
    /// it without TLS, and hyper sets fewer deadlines for it.
    pub(super) fn plain(self) -> Self {
        Self { is_plain: true, ..self }
    }
}

impl<A, S> Accept<Stream, S> for Acceptor<A>
where
    A: Accept<Stream, S, Future: Send + 'static>,
    A::Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Connection<A::Stream>;
    type Service = AddExtension<A::Service, Intake>;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: Stream, service: S) -> Self::Future {
        let (timeouts, lingering, is_plain) = (self.timeouts, self.lingering.clone(), self.is_plain);
        let counted = match port::peer(&stream) {
            Ok(peer) => self.addresses.enter(peer),
            Err(error) => return Box::pin(async { Err(error) }), // closed already
        };
        let counted = match counted {
            Ok(counted) => counted,
            Err(full) => {
                let most = if full == Full::Server { LINGERING_WITHOUT_FILES } else { LINGERING };
                return Box::pin(async move {
                    if is_plain {
                        linger(&lingering, most, refuse(stream, full)).await;
                    }
                    Err(io::ErrorKind::QuotaExceeded.into())
                });
            }
        };
        // Send each chunk immediately, without waiting for the acknowledgement of the one before.
        let set = port::send_at_once(&stream);
        let accepting = self.inner.accept(stream, service);
        Box::pin(async move {
            set?;
            let (stream, service) = accepting.await?;
            let intake = Intake::default();
            let service = Extension(intake.clone()).layer(service);
            Ok((Connection::new(stream, timeouts, is_plain, intake, Some((counted, lingering))), service))
        })
    }
}

/// Replies that there are too many connections.
async fn refuse(mut stream: Stream, full: Full) -> io::Result<()> {
    let reason = match full {
        Full::Address => Reason::TooManyFromNetwork,
        Full::Server => Reason::TooManyOpen,
    };
    let body = serde_json::to_string(&reason.error().retry_after(10_000))?;
    let head =
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 10\r\nconnection: close\r\ncontent-length:";
    stream.write_all(format!("{head} {}\r\n\r\n{body}", body.len()).as_bytes()).await?;
    last_words(&mut stream).await
}

/// Waits until a closing connection has been read by the peer, unless `most` others are waiting.
async fn linger(lingering: &AtomicUsize, most: usize, telling: impl Future<Output = io::Result<()>>) {
    if lingering.fetch_add(1, Ordering::Relaxed) < most {
        let _ = timeout(LINGER, telling).await; // it ends either way
    }
    lingering.fetch_sub(1, Ordering::Relaxed);
}

/// Closes the sending side, and waits until the peer has closed too.
async fn last_words(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<()> {
    stream.shutdown().await?;
    let mut dropped = [0; 4096];
    while stream.read(&mut dropped).await? > 0 {}
    Ok(())
}

/// A connection whose first bytes must arrive in time, and whose peer must keep reading.
pub(super) struct Connection<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> {
    /// `None` while it is dropped.
    stream: Option<S>,
    opening: Option<Opening>,
    is_plain: bool,
    /// Write timeout.
    timeouts: Duration,
    /// Runs while there is data that the peer does not read.
    stuck: Option<Pin<Box<Sleep>>>,
    intake: Intake,
    /// Whether the peer has closed the connection or is gone, so that nothing can be sent.
    is_over: bool,
    is_shut: bool,
    held: Option<(Counted, Arc<AtomicUsize>)>,
}

/// The state until the HTTP version is known.
struct Opening {
    deadline: Pin<Box<Sleep>>,
    /// Number of bytes of [`PREFACE`] that were received.
    preface: usize,
}

/// What the first bytes mean.
#[derive(PartialEq, Eq)]
enum HttpVersion {
    Unknown,
    Http1,
    Http2,
}

impl Opening {
    /// Returns the protocol, as far as these bytes tell.
    fn detect(&mut self, bytes: &[u8]) -> HttpVersion {
        let expected = &PREFACE[self.preface..];
        let compared = bytes.len().min(expected.len());
        if bytes[..compared] != expected[..compared] {
            return HttpVersion::Http1;
        }
        self.preface += compared;
        if compared == expected.len() { HttpVersion::Http2 } else { HttpVersion::Unknown }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Connection<S> {
    fn new(stream: S, timeouts: Timeouts, is_plain: bool, intake: Intake, held: Option<(Counted, Arc<AtomicUsize>)>) -> Self {
        let opening = Opening { deadline: Box::pin(tokio::time::sleep(timeouts.read)), preface: 0 };
        Self {
            stream: Some(stream),
            opening: Some(opening),
            is_plain,
            timeouts: timeouts.stalled,
            stuck: None,
            intake,
            is_over: false,
            is_shut: false,
            held,
        }
    }

    /// Calls a step of the stream.
    fn with<T>(&mut self, step: impl FnOnce(Pin<&mut S>) -> Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        let Some(stream) = &mut self.stream else { return Poll::Ready(Err(io::ErrorKind::NotConnected.into())) };
        let stepped = step(Pin::new(stream));
        self.is_over |= matches!(stepped, Poll::Ready(Err(_)));
        stepped
    }

    /// Returns the result of sending, or an error if the peer has read nothing for too long.
    fn sent<T>(&mut self, cx: &mut Context<'_>, sent: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if sent.is_ready() {
            self.stuck = None;
            return sent;
        }
        let timeouts = self.timeouts;
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeouts)));
        if stuck.as_mut().poll(cx).is_ready() {
            self.is_over = true;
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> AsyncRead for Connection<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let read = self.with(|stream| stream.poll_read(cx, into));
        if let Poll::Ready(Ok(())) = read {
            let came = &into.filled()[before..];
            self.is_over |= came.is_empty() && into.remaining() > 0;
            match self.opening.as_mut().map_or(HttpVersion::Unknown, |opening| opening.detect(came)) {
                HttpVersion::Unknown => {}
                HttpVersion::Http2 if self.is_plain => {
                    self.is_over = true;
                    into.set_filled(before);
                    return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
                }
                HttpVersion::Http1 | HttpVersion::Http2 => self.opening = None,
            }
            if let Err(too_much) = self.intake.count(came) {
                into.set_filled(before);
                return Poll::Ready(Err(too_much.into()));
            }
        } else if let Some(opening) = &mut self.opening
            && opening.deadline.as_mut().poll(cx).is_ready()
        {
            self.is_over = true;
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> AsyncWrite for Connection<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let sent = self.with(|stream| stream.poll_write(cx, bytes));
        self.sent(cx, sent)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let sent = self.with(|stream| stream.poll_write_vectored(cx, slices));
        self.sent(cx, sent)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let sent = self.with(|stream| stream.poll_flush(cx));
        self.sent(cx, sent)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.is_shut = true;
        self.with(|stream| stream.poll_shutdown(cx))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Drop for Connection<S> {
    fn drop(&mut self) {
        let (Some(mut stream), Some((counted, lingering)), Ok(runtime)) = (self.stream.take(), self.held.take(), Handle::try_current())
        else {
            return;
        };
        // A peer that reads nothing does not read the last bytes either.
        if self.is_over || self.stuck.is_some() {
            return;
        }
        if lingering.load(Ordering::Relaxed) >= LINGERING {
            return;
        }
        runtime.spawn(async move {
            linger(&lingering, LINGERING, last_words(&mut stream)).await;
            drop((stream, counted));
        });
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

    fn connection(stream: tokio::io::DuplexStream) -> Connection<tokio::io::DuplexStream> {
        Connection::new(stream, Timeouts { read: PATIENCE, stalled: PATIENCE }, false, Intake::default(), None)
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_cut_off_and_who_is_slow_is_not() {
        let (ours, mut theirs) = duplex(16);
        let mut ours = connection(ours);
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

    #[tokio::test(start_paused = true)]
    async fn the_time_for_an_opening_runs_until_it_is_known_what_is_spoken() {
        let long = PREFACE.len() - 1;
        for (sent, is_cut) in
            [(&PREFACE[..0], true), (&PREFACE[..1], true), (&PREFACE[..long], true), (PREFACE, false), (b"PUT", false), (b"G", false)]
        {
            let (ours, mut theirs) = duplex(64);
            let mut ours = connection(ours);
            for byte in sent {
                theirs.write_all(&[*byte]).await.unwrap();
            }
            let reading = async {
                let mut into = vec![0; 64];
                loop {
                    if let Err(error) = ours.read(&mut into).await {
                        return error.kind();
                    }
                }
            };
            let cut = tokio::time::timeout(PATIENCE * 2, reading).await;
            assert_eq!(cut.ok(), is_cut.then_some(io::ErrorKind::TimedOut), "{sent:?}");
        }
    }
}
