//! The stream of an answer, from the request on: reports what is being waited for before the first piece.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::{
    StreamExt, TryStreamExt,
    stream::{self, PollNext},
};
use holdfast_protocol::ApiError;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use holdfast_core::model::{Answer, Piece, ProviderError};

/// Reports what is being waited for.
#[derive(Debug)]
pub(super) struct Notes {
    sender: UnboundedSender<ApiError>,
    said: AtomicBool,
}

impl Notes {
    /// Reports a reason, unless one was reported already, because it does not change.
    pub(super) fn say(&self, what: ApiError) {
        if !self.said.swap(true, Ordering::Relaxed) {
            // If nobody receives it, the answer was dropped.
            let _ = self.sender.send(what);
        }
    }
}

/// Returns the answer that `ask` gets; what it reports meanwhile are pieces before the answer.
pub(super) fn answer<F>(ask: impl FnOnce(Notes) -> F) -> Answer
where
    F: Future<Output = Result<Answer, ProviderError>> + Send + 'static,
{
    let (sender, receiver) = unbounded_channel();
    let began = Arc::new(AtomicBool::new(false));
    let is_over = began.clone();
    let notes = stream::unfold(receiver, move |mut receiver| {
        let is_over = is_over.clone();
        async move {
            let note = receiver.recv().await.filter(|_| !is_over.load(Ordering::Relaxed))?;
            Some((Ok(Piece::Waiting(note)), receiver))
        }
    });
    let notes_sender = Notes { sender, said: AtomicBool::new(false) };
    let answer = stream::once(ask(notes_sender)).try_flatten().inspect(move |_| began.store(true, Ordering::Relaxed));
    stream::select_with_strategy(notes, answer, |(): &mut ()| PollNext::Left).boxed()
}

#[cfg(test)]
mod tests {
    use holdfast_protocol::Reason;

    use super::*;

    #[tokio::test]
    async fn notes_come_before_the_answer_and_before_its_failure() {
        let pieces = answer(async |notes: Notes| {
            notes.say(Reason::ProviderLoadsModel.into());
            tokio::task::yield_now().await;
            Ok(stream::iter([Ok(Piece::Text("a".into()))]).boxed())
        });
        let text = |text: &str| Ok(Piece::Text(text.into()));
        assert_eq!(pieces.collect::<Vec<_>>().await, [Ok(Piece::Waiting(Reason::ProviderLoadsModel.into())), text("a")]);
        let failing = answer(async |notes: Notes| {
            notes.say(Reason::ProviderLoadsModel.into());
            tokio::task::yield_now().await;
            Err(ProviderError::from(Reason::ProviderFailed))
        });
        assert_eq!(
            failing.collect::<Vec<_>>().await,
            [Ok(Piece::Waiting(Reason::ProviderLoadsModel.into())), Err(ProviderError::from(Reason::ProviderFailed))]
        );
        // A report that comes too late is dropped.
        let late = answer(async |notes: Notes| {
            notes.say(Reason::ProviderLoadsModel.into());
            Ok(stream::iter([Ok(Piece::Text("a".into()))]).boxed())
        });
        assert_eq!(late.collect::<Vec<_>>().await, [text("a")]);
    }
}
