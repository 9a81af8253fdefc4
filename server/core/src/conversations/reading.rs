//! Reads conversations piece by piece.

use std::{collections::VecDeque, sync::Arc};

use futures::{Stream, stream};
use holdfast_protocol::{ApiError, ConversationId, Message, Reason, UserId, api::ConversationSummary, rules::branches::Node as _};

use super::{Changes, Chat, Outline, PIECE};
use crate::limits::{
    budget::Lease,
    reading::{COPIES, LITTLE},
};

/// A conversation without the texts of its messages.
pub struct OutlinedConversation {
    /// Its entry in the list.
    pub summary: ConversationSummary,
    /// Its revision, from which to follow it.
    pub cursor: u64,
    /// The outlines of all messages, oldest first.
    pub outline: Vec<Outline>,
    /// The memory for this, and for one piece of the conversation.
    pub lease: Lease,
}

/// Memory that the outline of a message needs, bytes.
const OUTLINED: usize = 160;

/// An outline of at most this many messages is read without waiting for a turn.
const FEW: usize = 500;

impl Chat {
    /// Returns a conversation without the texts of its messages, with the memory for that and for one piece.
    ///
    /// # Errors
    /// The user has no such conversation, or there is not enough memory at the moment.
    pub async fn outline(&self, user: UserId, id: ConversationId) -> Result<OutlinedConversation, ApiError> {
        let summary = self.summary(user, id).await?;
        let count = self.store().message_count(id).await?;
        let lease = self.reading().take(user, count * OUTLINED + COPIES * PIECE).await?;
        let _turn = if count > FEW { Some(self.reading().turn(user).await) } else { None };
        let (cursor, outline) = self.store().outline(user, id).await?.ok_or(Reason::ConversationNotFound)?;
        Ok(OutlinedConversation { summary, cursor, outline, lease })
    }

    /// Returns these messages as they are now. An unfinished answer has its saved text and steps.
    ///
    /// # Errors
    /// The store failed.
    pub async fn outlined(&self, user: UserId, outline: &[Outline]) -> Result<Vec<Message>, ApiError> {
        let mut messages = self.store().outlined(user, outline).await?;
        for message in messages.iter_mut().filter(|message| message.status.is_unfinished()) {
            let live = self.hub().answers_in(message.conversation_id);
            if let Some(live) = live.iter().find(|live| live.id == message.id) {
                message.content = live.read(0, usize::MAX).unwrap_or_default();
                message.steps = live.read_steps(&[], usize::MAX);
            }
        }
        Ok(messages)
    }

    /// Converts these messages piece by piece, as the stream is read. Returns the memory at the end.
    pub fn pieces<T, F>(
        self: &Arc<Self>,
        user: UserId,
        outline: Vec<Outline>,
        lease: Lease,
        make: F,
    ) -> impl Stream<Item = Result<T, ApiError>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnMut(Vec<Message>) -> T + Send + 'static,
    {
        let rest = (self.clone(), VecDeque::from(outline), lease, make);
        stream::unfold(rest, move |(chat, mut rest, lease, mut make)| async move {
            let piece = next_piece(&mut rest);
            if piece.is_empty() {
                return None;
            }
            // Converting costs as much as reading, so both belong to one turn. Sending may take long and does not.
            let made = chat.in_turn(user, &piece, &mut make).await;
            if made.is_err() {
                rest.clear();
            }
            Some((made, (chat, rest, lease, make)))
        })
    }

    async fn in_turn<T>(&self, user: UserId, piece: &[Outline], make: &mut impl FnMut(Vec<Message>) -> T) -> Result<T, ApiError> {
        let bytes: usize = piece.iter().map(|it| it.bytes()).sum();
        let _turn = if bytes > LITTLE { Some(self.reading().turn(user).await) } else { None };
        Ok(make(self.outlined(user, piece).await?))
    }

    /// Returns the next piece of the changes since `cursor`, with older unfinished answers if `unfinished`, and the memory for it. Hold
    /// it until the piece is sent.
    ///
    /// # Errors
    /// The user has no such conversation, or there is not enough memory at the moment.
    pub async fn changes(
        &self,
        user: UserId,
        id: ConversationId,
        cursor: Option<u64>,
        unfinished: bool,
    ) -> Result<(Changes, Option<Lease>), ApiError> {
        if let Some(few) = self.store().few_changes(user, id, cursor, unfinished, LITTLE).await? {
            return Ok((few.ok_or(Reason::ConversationNotFound)?, None));
        }
        let turn = self.reading().turn(user).await;
        let span = self.store().next_span(user, id, cursor).await?.ok_or(Reason::ConversationNotFound)?;
        // Do not wait for memory while others wait for a turn.
        drop(turn);
        let lease = if span.bytes <= LITTLE { None } else { Some(self.reading().take(user, COPIES * span.bytes).await?) };
        let _turn = self.reading().turn(user).await;
        let changes = self.store().changes(user, id, span, unfinished).await?;
        Ok((changes.ok_or(Reason::ConversationNotFound)?, lease))
    }
}

/// Takes the messages that are read together from the front: at least one, if there is any.
fn next_piece(rest: &mut VecDeque<Outline>) -> Vec<Outline> {
    let (mut piece, mut bytes) = (Vec::new(), 0);
    while let Some(next) = rest.pop_front_if(|next| piece.is_empty() || bytes + next.bytes() <= PIECE) {
        bytes += next.bytes();
        piece.push(next);
    }
    piece
}
