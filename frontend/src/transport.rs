//! The three ways to the server. They move bytes; the machine decides.

pub(crate) mod poll;
pub(crate) mod socket;
mod sse;
pub(crate) mod stream;

use std::future::Future;

use futures::{
    channel::mpsc::UnboundedSender,
    future::{AbortHandle, Abortable},
};
use leptos::task::spawn_local;

/// A transport that is open, or being opened. It ends when this is dropped.
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

    /// Sends a text, where this is a transport that can.
    pub(crate) fn send(&self, text: String) {
        if let Some(outgoing) = &self.outgoing {
            // Where the other end is gone, the machine hears of it from there.
            _ = outgoing.unbounded_send(text);
        }
    }
}

impl Drop for TransportTask {
    fn drop(&mut self) {
        self.abort.abort();
    }
}
