//! A listener's place in a conversation, over the store and the hub.

use std::sync::Arc;

use holdfast_protocol::{
    MessageId, Refusal, ServerFrame, UserId,
    frame::{Open, Sync},
};

use super::place::{Place, Stale, Texts, Words};
use crate::{
    chat::{Bell, Chat, Following, LiveAnswer},
    store::Changes,
};

/// Text that goes into one frame at most, bytes. What is behind gets several.
const PIECE: usize = 64 * 1024;
/// How often to look again for an answer that ended between two looks.
const LOOKS: usize = 5;

/// Follows one conversation for one listener.
pub(super) struct Reader {
    chat: Arc<Chat>,
    user: UserId,
    following: Following,
    place: Place,
    running: Vec<Arc<LiveAnswer>>,
}

struct Running<'a>(&'a Following);

impl Texts for Running<'_> {
    fn text(&self, answer: MessageId, from: u64) -> Option<String> {
        let answer = self.0.answer(answer)?;
        if from > answer.watermark() { None } else { Some(answer.read(from, PIECE).unwrap_or_default()) }
    }
}

struct Known<'a>(&'a [Arc<LiveAnswer>]);

impl Texts for Known<'_> {
    fn text(&self, answer: MessageId, from: u64) -> Option<String> {
        self.0.iter().find(|live| live.id == answer)?.read(from, PIECE)
    }
}

impl Reader {
    /// Follows from where the listener is, and says what it lacks.
    ///
    /// # Errors
    /// There is no such conversation, for this user.
    pub(super) async fn open(chat: &Arc<Chat>, user: UserId, open: &Open, words: Words, bell: Bell) -> Result<(Self, Sync), Refusal> {
        let id = open.conversation_id;
        let following = chat.hub().follow(id, bell); // first, so that nothing falls between
        for _ in 0..LOOKS {
            let changes = changes(chat, user, id, open.cursor).await?;
            let Ok((place, sync)) = Place::enter(id, open.cursor, &open.have, changes, words, &Running(&following)) else {
                tokio::task::yield_now().await;
                continue;
            };
            let running = chat.hub().answers_in(id);
            return Ok((Self { chat: chat.clone(), user, following, place, running }, sync));
        }
        Err(Refusal::new(holdfast_protocol::Code::Internal, "The conversation changed too fast to be read. Try again.").retry_after(500))
    }

    /// Which conversation.
    pub(super) fn conversation(&self) -> holdfast_protocol::ConversationId {
        self.following.conversation()
    }

    /// What the listener lacks now; empty where it is level.
    ///
    /// # Errors
    /// The conversation is gone, or the store failed.
    pub(super) async fn next(&mut self) -> Result<Vec<ServerFrame>, Refusal> {
        let grown = self.place.grown(&Known(&self.running));
        if !grown.is_empty() || self.following.rev() <= self.place.seen() {
            self.count(&grown);
            return Ok(grown);
        }
        for _ in 0..LOOKS {
            let changes = changes(&self.chat, self.user, self.following.conversation(), Some(self.place.seen())).await?;
            match self.place.changed(changes, &Running(&self.following)) {
                Ok(frames) => {
                    self.count(&frames);
                    self.running = self.chat.hub().answers_in(self.following.conversation());
                    return Ok(frames);
                }
                Err(Stale) => tokio::task::yield_now().await,
            }
        }
        Ok(Vec::new()) // the bell rings again
    }

    /// Counts what goes out. Of an answer that is at its end by now `running` still holds what was written when.
    fn count(&self, frames: &[ServerFrame]) {
        for frame in frames {
            let age = match frame {
                ServerFrame::Chunk { answer_id, at, .. } => {
                    self.running.iter().find(|live| live.id == *answer_id).and_then(|live| live.age(*at))
                }
                _ => None,
            };
            self.chat.figures().shown(frame, age);
        }
    }
}

async fn changes(chat: &Chat, user: UserId, id: holdfast_protocol::ConversationId, cursor: Option<u64>) -> Result<Changes, Refusal> {
    let found = chat.store().changes(user, id, cursor).await.map_err(crate::chat::refused)?;
    found.ok_or_else(Refusal::conversation_not_found)
}
