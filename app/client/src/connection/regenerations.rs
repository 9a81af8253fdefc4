//! Requests to regenerate answers that the server has not accepted yet.

use holdfast_protocol::{
    error::{ApiError, Code},
    frame::Regenerate,
    id::MessageId,
};

use super::Millis;

#[derive(Clone, Debug)]
struct PendingRegeneration {
    regenerate: Regenerate,
    sent: bool,
    not_before: Millis,
}

/// Requests that are sent until the server has accepted them. Sending one twice is safe, because the server recognizes it by the new
/// answer's id.
#[derive(Clone, Debug, Default)]
pub(super) struct PendingRegenerations(Vec<PendingRegeneration>);

impl PendingRegenerations {
    /// Adds a request. Returns whether it is new.
    pub(super) fn add(&mut self, regenerate: Regenerate) -> bool {
        let is_new = !self.0.iter().any(|pending| pending.regenerate.answer_id == regenerate.answer_id);
        if is_new {
            self.0.push(PendingRegeneration { regenerate, sent: false, not_before: 0 });
        }
        is_new
    }

    /// Returns the next request to send, and marks it as sent.
    pub(super) fn next(&mut self, now: Millis) -> Option<Regenerate> {
        let pending = self.0.iter_mut().find(|pending| !pending.sent && pending.not_before <= now)?;
        pending.sent = true;
        Some(pending.regenerate.clone())
    }

    /// Removes a request that the server has accepted. Returns whether there was one.
    pub(super) fn done(&mut self, answer: MessageId) -> bool {
        let before = self.0.len();
        self.0.retain(|pending| pending.regenerate.answer_id != answer);
        self.0.len() < before
    }

    /// Records that the server refused a request. Returns `None` if there is no such request, `Some(Ok)` if it is sent again at the time
    /// that the server named, and `Some(Err)` with the error if it is given up. A rate limit also ends the request: the page shows its
    /// countdown, and if both the user and this code tried again, the answer would come twice.
    pub(super) fn refuse(&mut self, answer: MessageId, api_error: ApiError, now: Millis) -> Option<Result<(), ApiError>> {
        let pending = self.0.iter_mut().find(|pending| pending.regenerate.answer_id == answer)?;
        if let Some(ms) = api_error.retry_after_ms.filter(|_| api_error.code != Code::RateLimited) {
            (pending.sent, pending.not_before) = (false, now + ms);
            return Some(Ok(()));
        }
        self.done(answer);
        Some(Err(api_error))
    }

    /// Returns whether there is a request for this answer.
    pub(super) fn has(&self, answer: MessageId) -> bool {
        self.0.iter().any(|pending| pending.regenerate.answer_id == answer)
    }

    /// Returns whether a request was sent and not answered.
    pub(super) fn is_sending(&self) -> bool {
        self.0.iter().any(|pending| pending.sent)
    }

    /// Marks sent requests as not sent, because the connection was lost. They may or may not have arrived.
    pub(super) fn requeue(&mut self) {
        self.0.iter_mut().for_each(|pending| pending.sent = false);
    }

    /// Returns when the next request that waits for a time may be sent.
    pub(super) fn wake_at(&self, now: Millis) -> Option<Millis> {
        self.0.iter().filter(|pending| !pending.sent && pending.not_before > now).map(|pending| pending.not_before).min()
    }
}
