//! Reads a conversation for one client, from the store and the hub.

use std::sync::Arc;

use holdfast_protocol::{
    ApiError, MessageId, Reason, ServerFrame, Step, UserId,
    frame::{Open, Sync},
};

use super::position::{Position, Stale, TextDelivery, Texts, told_late};
use holdfast_core::answers::{LiveAnswer, StepPosition, Subscription, Wake};
use holdfast_core::conversations::Changes;
use holdfast_core::conversations::Chat;
use holdfast_core::limits::budget::Lease;

/// Maximum number of bytes of text in a frame. A client that is further behind gets several frames.
const PIECE: usize = 64 * 1024;
/// Maximum number of attempts to read a conversation while answers end between two reads.
const LOOKS: usize = 5;

/// Follows one conversation for one client.
pub(super) struct Reader {
    chat: Arc<Chat>,
    user: UserId,
    following: Subscription,
    position: Position,
    words: TextDelivery,
    running: Vec<Arc<LiveAnswer>>,
    /// An answer whose end must be sent as a frame, even if it happened earlier; see [`Reader::owe`].
    owed: Option<MessageId>,
    /// The memory for what was read last.
    lease: Option<Lease>,
}

struct Running<'a>(&'a Subscription);

impl Texts for Running<'_> {
    fn text(&self, answer: MessageId, from: u64) -> Option<String> {
        let answer = self.0.answer(answer)?;
        if from > answer.watermark() { None } else { Some(answer.read(from, PIECE).unwrap_or_default()) }
    }

    fn steps(&self, answer: MessageId, has: &[StepPosition]) -> Vec<Step> {
        self.0.answer(answer).map(|answer| answer.read_steps(has, PIECE)).unwrap_or_default()
    }
}

struct Known<'a>(&'a [Arc<LiveAnswer>]);

impl Texts for Known<'_> {
    fn text(&self, answer: MessageId, from: u64) -> Option<String> {
        self.0.iter().find(|live| live.id == answer)?.read(from, PIECE)
    }

    fn steps(&self, answer: MessageId, has: &[StepPosition]) -> Vec<Step> {
        self.0.iter().find(|live| live.id == answer).map(|answer| answer.read_steps(has, PIECE)).unwrap_or_default()
    }
}

impl Reader {
    /// Starts to follow a conversation from what the client has. Returns the reader and the first `sync`.
    ///
    /// # Errors
    /// The user has no such conversation, or it changed too fast to be read.
    pub(super) async fn open(
        chat: &Arc<Chat>,
        user: UserId,
        open: &Open,
        words: TextDelivery,
        wake: Wake,
    ) -> Result<(Self, Sync), ApiError> {
        let id = open.conversation_id;
        let following = chat.hub().follow(id, wake); // subscribe first, so that no change is missed
        for _ in 0..LOOKS {
            let (changes, lease) = chat.changes(user, id, open.cursor, true).await?;
            let Ok((position, sync)) = Position::enter(open, changes, words, &Running(&following)) else {
                tokio::task::yield_now().await;
                continue;
            };
            let running = chat.hub().answers_in(id);
            return Ok((Self { chat: chat.clone(), user, following, position, words, running, owed: None, lease }, sync));
        }
        Err(unsteady())
    }

    /// Returns the conversation's id.
    pub(super) fn conversation(&self) -> holdfast_protocol::ConversationId {
        self.following.conversation()
    }

    /// Records that the client expects the end of this answer as a frame. If the rest of the `sync` contains the ended answer, its text and
    /// end are sent as frames too, as if the client had listened.
    pub(super) fn owe(&mut self, answer: MessageId) {
        self.owed = self.position.is_behind().then_some(answer);
    }

    /// Returns the next piece of what the client lacks; empty if it is up to date.
    ///
    /// # Errors
    /// The conversation was removed, or the store failed.
    pub(super) async fn next(&mut self) -> Result<Vec<ServerFrame>, ApiError> {
        // What was read last has been sent by now.
        self.lease = None;
        if self.position.is_behind() {
            return self.go_on().await;
        }
        let grown = self.position.grown(&Known(&self.running));
        if !grown.is_empty() || self.following.rev() <= self.position.seen() {
            self.count(&grown);
            return Ok(grown);
        }
        for _ in 0..LOOKS {
            let changes = self.changes().await?;
            match self.position.changed(changes, &Running(&self.following)) {
                Ok(frames) => {
                    self.count(&frames);
                    self.running = self.chat.hub().answers_in(self.following.conversation());
                    return Ok(frames);
                }
                Err(Stale) => tokio::task::yield_now().await,
            }
        }
        Ok(Vec::new()) // another wake follows
    }

    /// Returns the next piece of the `sync`.
    async fn go_on(&mut self) -> Result<Vec<ServerFrame>, ApiError> {
        for _ in 0..LOOKS {
            let changes = self.changes().await?;
            let Ok(sync) = self.position.go_on(changes, self.words, &Running(&self.following)) else {
                tokio::task::yield_now().await;
                continue;
            };
            self.running = self.chat.hub().answers_in(self.following.conversation());
            let owed = sync.messages.iter().find(|it| Some(it.id) == self.owed && !it.status.is_unfinished()).cloned();
            if owed.is_some() || !sync.more {
                self.owed = None;
            }
            return Ok([ServerFrame::Sync(sync)].into_iter().chain(owed.into_iter().flat_map(told_late)).collect());
        }
        Err(unsteady())
    }

    /// Reads the changes since what was sent last.
    async fn changes(&mut self) -> Result<Changes, ApiError> {
        self.lease = None;
        let (changes, lease) = self.chat.changes(self.user, self.following.conversation(), Some(self.position.seen()), false).await?;
        self.lease = lease;
        Ok(changes)
    }

    /// Returns whether the last piece is so large that it must be sent before more is read.
    pub(super) fn is_much(&self) -> bool {
        self.lease.is_some()
    }

    /// Returns the memory for what was read last, to hold until it is sent.
    pub(super) fn into_lease(self) -> Option<Lease> {
        self.lease
    }

    /// Records in the metrics what is sent. `running` still has answers that have ended, so it tells when their text was written.
    fn count(&self, frames: &[ServerFrame]) {
        for frame in frames {
            let age = match frame {
                ServerFrame::Chunk { answer_id, at, .. } => {
                    self.running.iter().find(|live| live.id == *answer_id).and_then(|live| live.age(*at))
                }
                _ => None,
            };
            self.chat.metrics().shown(frame, age);
        }
    }
}

fn unsteady() -> ApiError {
    Reason::ConversationUnsteady.error().retry_after(500)
}
