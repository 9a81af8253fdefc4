//! The three transports. They move bytes; the state machine decides.

pub(crate) mod poll;
pub(crate) mod socket;
pub(crate) mod stream;

use std::future::Future;

use futures::{
    channel::mpsc::UnboundedSender,
    future::{AbortHandle, Abortable},
};
use leptos::task::spawn_local;

/// A transport that is open or being opened. Dropping it closes the transport.
pub(crate) struct TransportTask {
    outgoing: Option<UnboundedSender<String>>,
    abort: AbortHandle,
}

impl TransportTask {
    fn run(outgoing: Option<UnboundedSender<String>>, task: impl Future<Output = ()> + 'static) -> Self {
        let (abort, registration) = AbortHandle::new_pair();
        spawn_local(async move {
            _ = Abortable::new(task, registration).await;
        });
        Self { outgoing, abort }
    }

    /// Sends a text, if the transport is a socket.
    pub(crate) fn send(&self, text: String) {
        if let Some(outgoing) = &self.outgoing {
            // If the receiver is gone, the machine has been told of the end.
            _ = outgoing.unbounded_send(text);
        }
    }
}

impl Drop for TransportTask {
    fn drop(&mut self) {
        self.abort.abort();
    }
}
