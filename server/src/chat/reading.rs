//! Reads conversations for those who ask, in parts.

use std::{collections::VecDeque, sync::Arc};

use futures::{Stream, stream};
use holdfast_protocol::{ConversationId, Message, Refusal, UserId, api::ConversationSummary, branches::Node as _};

use super::{Chat, refused};
use crate::store::{Changes, Outline, PIECE, Span};

/// A conversation without the texts of its messages.
#[derive(Clone, Debug)]
pub struct OutlinedConversation {
    /// What the list says of it.
    pub summary: ConversationSummary,
    /// Its revision: where to follow it from.
    pub cursor: u64,
    /// All its messages, oldest first.
    pub outline: Vec<Outline>,
}

impl Chat {
    /// A conversation without the texts of its messages.
    ///
    /// # Errors
    /// It is not there, for this user.
    pub async fn outline(&self, user: UserId, id: ConversationId) -> Result<OutlinedConversation, Refusal> {
        let summary = self.summary(user, id).await?;
        let (cursor, outline) = self.store().outline(user, id).await.map_err(refused)?.ok_or_else(Refusal::conversation_not_found)?;
        Ok(OutlinedConversation { summary, cursor, outline })
    }

    /// These messages, as they are now. An unfinished answer's text is what is saved of it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn outlined(&self, user: UserId, outline: &[Outline]) -> Result<Vec<Message>, Refusal> {
        let mut messages = self.store().outlined(user, outline).await.map_err(refused)?;
        for message in messages.iter_mut().filter(|message| message.status.is_unfinished()) {
            let live = self.hub().answers_in(message.conversation_id);
            if let Some(live) = live.iter().find(|live| live.id == message.id) {
                message.content = live.read(0, usize::MAX).unwrap_or_default();
            }
        }
        Ok(messages)
    }

    /// These messages, read piece by piece as they are taken.
    pub fn pieces(
        self: &Arc<Self>,
        user: UserId,
        outline: Vec<Outline>,
    ) -> impl Stream<Item = Result<Vec<Message>, Refusal>> + Send + use<> {
        let rest = (self.clone(), VecDeque::from(outline));
        stream::unfold(rest, move |(chat, mut rest)| async move {
            let piece = next_piece(&mut rest);
            if piece.is_empty() {
                return None;
            }
            let messages = chat.outlined(user, &piece).await;
            if messages.is_err() {
                rest.clear();
            }
            Some((messages, (chat, rest)))
        })
    }

    /// What is to be read next of what changed since `cursor`.
    ///
    /// # Errors
    /// The conversation is not there, for this user.
    pub async fn next_span(&self, user: UserId, id: ConversationId, cursor: Option<u64>) -> Result<Span, Refusal> {
        self.store().next_span(user, id, cursor).await.map_err(refused)?.ok_or_else(Refusal::conversation_not_found)
    }

    /// What changed within a span; with unfinished answers of before, if `unfinished`.
    ///
    /// # Errors
    /// The conversation is not there, for this user.
    pub async fn changes(&self, user: UserId, id: ConversationId, span: Span, unfinished: bool) -> Result<Changes, Refusal> {
        self.store().changes(user, id, span, unfinished).await.map_err(refused)?.ok_or_else(Refusal::conversation_not_found)
    }
}

/// The first of these that are read together: one at least, unless there is none.
fn next_piece(rest: &mut VecDeque<Outline>) -> Vec<Outline> {
    let (mut piece, mut bytes) = (Vec::new(), 0);
    while let Some(next) = rest.pop_front_if(|next| piece.is_empty() || bytes + next.bytes() <= PIECE) {
        bytes += next.bytes();
        piece.push(next);
    }
    piece
}
