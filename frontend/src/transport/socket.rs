//! The WebSocket.

use std::{future::pending, pin::pin, task::Poll};

use futures::{
    SinkExt, StreamExt,
    channel::mpsc::unbounded,
    future::{Either, poll_fn, select},
};
use gloo_net::websocket::{Message, State, WebSocketError, futures::WebSocket};
use gloo_timers::future::TimeoutFuture;
use holdfast_client::connection::Attempt;
use holdfast_protocol::ServerFrame;

use super::TransportTask;
use crate::{address, driver::Driver};

/// Close code of a connection that ended without a close frame.
const ABNORMAL: u16 = 1006;
/// Time to wait for the close event after an error, ms.
const CLOSE_FOLLOWS: u32 = 500;

/// Opens the socket.
pub(crate) fn open(driver: Driver, attempt: Attempt) -> TransportTask {
    let (outgoing, mut texts) = unbounded::<String>();
    TransportTask::run(Some(outgoing), async move {
        let Ok(mut socket) = WebSocket::open(&address::socket(driver.base())) else {
            driver.feed(|machine, now| machine.handle_closed(now, attempt, ABNORMAL, ""));
            return;
        };
        // The sink reports ready also for a socket that failed to open; a socket that is closed earlier reports nothing.
        let early = poll_fn(|cx| match socket.poll_ready_unpin(cx) {
            Poll::Ready(_) => Poll::Ready(None),
            Poll::Pending => socket.poll_next_unpin(cx).map(Some),
        });
        let early = early.await.flatten();
        let mut is_broken = matches!(early, Some(Err(_)));
        if let Some(Err(WebSocketError::ConnectionClose(close))) = early {
            driver.feed(|machine, now| machine.handle_closed(now, attempt, close.code, &close.reason));
            return;
        }
        if matches!(socket.state(), State::Open) {
            driver.feed(|machine, now| machine.handle_opened(now, attempt));
        }
        let (mut sink, mut stream) = socket.split();
        let writer = async {
            while let Some(text) = texts.next().await {
                if sink.send(Message::Text(text)).await.is_err() {
                    break;
                }
            }
            pending::<()>().await; // the reading side reports the end
        };
        let reader = async {
            loop {
                // The close event follows an error immediately, if it comes at all.
                let next = if is_broken {
                    match select(stream.next(), TimeoutFuture::new(CLOSE_FOLLOWS)).await {
                        Either::Left((next, _)) => next,
                        Either::Right(_) => None,
                    }
                } else {
                    stream.next().await
                };
                let Some(item) = next else { break };
                match item {
                    Ok(Message::Text(text)) => driver.frame(attempt, &text),
                    Ok(Message::Bytes(_)) => {}
                    Err(WebSocketError::ConnectionClose(close)) => return (close.code, close.reason),
                    Err(_) => is_broken = true,
                }
            }
            (ABNORMAL, String::new())
        };
        if let Either::Right(((code, reason), _)) = select(pin!(writer), pin!(reader)).await {
            driver.feed(|machine, now| machine.handle_closed(now, attempt, code, &reason));
        }
    })
}

impl Driver {
    /// Reports a frame. An unknown frame of a newer server only shows that the socket is alive.
    pub(crate) fn frame(&self, attempt: Attempt, text: &str) {
        match ServerFrame::parse(text) {
            Ok(frame) => self.feed(|machine, now| machine.handle_frame(now, attempt, frame)),
            Err(_) => self.feed(|machine, now| machine.handle_alive(now, attempt)),
        }
    }
}
