//! Answers that were asked for anew, until the server has begun them.

use super::Millis;
use crate::{
    error::{ApiError, Code},
    frame::Regenerate,
    id::MessageId,
};

#[derive(Clone, Debug)]
struct Asked {
    regenerate: Regenerate,
    sent: bool,
    not_before: Millis,
}

/// They are sent until it is known that they arrived. Once is enough: the server knows them by the new answer's id.
#[derive(Clone, Debug, Default)]
pub(super) struct PendingRegenerations(Vec<Asked>);

impl PendingRegenerations {
    /// Says whether it is new here.
    pub(super) fn add(&mut self, regenerate: Regenerate) -> bool {
        let is_new = !self.0.iter().any(|asked| asked.regenerate.answer_id == regenerate.answer_id);
        if is_new {
            self.0.push(Asked { regenerate, sent: false, not_before: 0 });
        }
        is_new
    }

    /// The next one to send, marked as sent.
    pub(super) fn next(&mut self, now: Millis) -> Option<Regenerate> {
        let asked = self.0.iter_mut().find(|asked| !asked.sent && asked.not_before <= now)?;
        asked.sent = true;
        Some(asked.regenerate.clone())
    }

    /// The server has it. Says whether it was asked for here.
    pub(super) fn done(&mut self, answer: MessageId) -> bool {
        let before = self.0.len();
        self.0.retain(|asked| asked.regenerate.answer_id != answer);
        self.0.len() < before
    }

    /// The server refused it. Where it named a time, it is asked for again then; where not, gives the refusal. What was asked for
    /// too often is given up as well: it is told with a countdown, and would come twice if both the person and this began it.
    /// None where it is nothing that was asked for here.
    pub(super) fn refuse(&mut self, answer: MessageId, api_error: ApiError, now: Millis) -> Option<Result<(), ApiError>> {
        let asked = self.0.iter_mut().find(|asked| asked.regenerate.answer_id == answer)?;
        if let Some(ms) = api_error.retry_after_ms.filter(|_| api_error.code != Code::RateLimited) {
            (asked.sent, asked.not_before) = (false, now + ms);
            return Some(Ok(()));
        }
        self.done(answer);
        Some(Err(api_error))
    }

    /// Whether this answer is asked for.
    pub(super) fn has(&self, answer: MessageId) -> bool {
        self.0.iter().any(|asked| asked.regenerate.answer_id == answer)
    }

    /// Whether one was sent and not answered.
    pub(super) fn is_sending(&self) -> bool {
        self.0.iter().any(|asked| asked.sent)
    }

    /// The connection is gone: what was under way may or may not have arrived.
    pub(super) fn requeue(&mut self) {
        self.0.iter_mut().for_each(|asked| asked.sent = false);
    }

    /// When one that had to wait for a time at `now` may go.
    pub(super) fn wake_at(&self, now: Millis) -> Option<Millis> {
        self.0.iter().filter(|asked| !asked.sent && asked.not_before > now).map(|asked| asked.not_before).min()
    }
}
