//! Reads conversations for those who ask, in parts.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures::{Stream, stream};
use holdfast_protocol::{ApiError, Code, ConversationId, Message, UserId, api::ConversationSummary, branches::Node as _};
use tokio::time::Instant;

use super::{Chat, LiveAnswer, refused};
use crate::{
    limits::budget::Lease,
    store::{Changes, LONGEST_PATH, Outline, PIECE},
};

/// A conversation without the texts of its messages.
pub struct OutlinedConversation {
    /// What the list says of it.
    pub summary: ConversationSummary,
    /// Its revision: where to follow it from.
    pub cursor: u64,
    /// All its messages, oldest first.
    pub outline: Vec<Outline>,
    /// The memory that this takes, and a piece of the conversation.
    pub(crate) lease: Lease,
}

/// What a message takes without its text, while it is known where it stands, bytes.
const OUTLINED: usize = 160;

/// Copies of a text while it is read and sent: as a row, a message, JSON, and on its way out.
const COPIES: usize = 4;

/// The outline of so few messages is read without waiting for a turn.
const FEW: usize = 500;

/// So little needs no place in the budget, bytes.
const LITTLE: usize = 16 * 1024;

/// An answer waits for so long for the memory to read its conversation.
const PATH_WAIT: Duration = Duration::from_secs(60);

impl Chat {
    /// A conversation without the texts of its messages, with the memory for it and for a piece of it.
    ///
    /// # Errors
    /// It is not there, for this user, or there is no memory for it just now.
    pub async fn outline(&self, user: UserId, id: ConversationId) -> Result<OutlinedConversation, ApiError> {
        let summary = self.summary(user, id).await?;
        let count = self.store().message_count(id).await.map_err(refused)?;
        let lease = self.reading().take(user, count * OUTLINED + COPIES * PIECE).await?;
        let _turn = if count > FEW { Some(self.reading().turn(user).await) } else { None };
        let (cursor, outline) = self.store().outline(user, id).await.map_err(refused)?.ok_or_else(ApiError::conversation_not_found)?;
        Ok(OutlinedConversation { summary, cursor, outline, lease })
    }

    /// These messages, as they are now. An unfinished answer's text is what is saved of it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn outlined(&self, user: UserId, outline: &[Outline]) -> Result<Vec<Message>, ApiError> {
        let mut messages = self.store().outlined(user, outline).await.map_err(refused)?;
        for message in messages.iter_mut().filter(|message| message.status.is_unfinished()) {
            let live = self.hub().answers_in(message.conversation_id);
            if let Some(live) = live.iter().find(|live| live.id == message.id) {
                message.content = live.read(0, usize::MAX).unwrap_or_default();
            }
        }
        Ok(messages)
    }

    /// What is made of these messages, piece by piece as it is taken. The memory for them is given back at the end.
    pub(crate) fn pieces<T, F>(
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
            // Making it costs as much as reading it, so both are one turn. Sending it may take long, and is none.
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

    /// The messages that lead to an answer, oldest first, and the memory for them, to be held until they are sent to a provider.
    ///
    /// # Errors
    /// There is no memory for them for a minute, or the store failed.
    pub(super) async fn path_to(&self, answer: &LiveAnswer, stored_bytes: Option<u64>) -> Result<(Vec<Message>, Option<Lease>), ApiError> {
        let stored_bytes = match stored_bytes {
            Some(bytes) => bytes,
            None => self.store().stored_bytes(answer.conversation).await.map_err(refused)?,
        };
        let bytes = usize::try_from(stored_bytes).unwrap_or(usize::MAX).min(LONGEST_PATH) + answer.len();
        let lease = if bytes <= LITTLE { None } else { Some(self.path_memory(answer, COPIES * bytes).await?) };
        Ok((self.store().path_to(answer.user, answer.id).await.map_err(refused)?, lease))
    }

    /// The message is accepted, so it is worth more waiting than a page is.
    async fn path_memory(&self, answer: &LiveAnswer, bytes: usize) -> Result<Lease, ApiError> {
        let give_up = Instant::now() + PATH_WAIT;
        loop {
            match self.reading().take(answer.user, bytes).await {
                Err(api_error) if api_error.code == Code::Busy && Instant::now() < give_up => {}
                taken => return taken,
            }
        }
    }

    /// The next piece of what changed since `cursor`, with unfinished answers of before, if `unfinished`; and the memory for it, to be
    /// held until it is sent.
    ///
    /// # Errors
    /// The conversation is not there, for this user, or there is no memory for it just now.
    pub(crate) async fn changes(
        &self,
        user: UserId,
        id: ConversationId,
        cursor: Option<u64>,
        unfinished: bool,
    ) -> Result<(Changes, Option<Lease>), ApiError> {
        if let Some(few) = self.store().few_changes(user, id, cursor, unfinished, LITTLE).await.map_err(refused)? {
            return Ok((few.ok_or_else(ApiError::conversation_not_found)?, None));
        }
        let turn = self.reading().turn(user).await;
        let span = self.store().next_span(user, id, cursor).await.map_err(refused)?.ok_or_else(ApiError::conversation_not_found)?;
        // Nobody waits for memory while others wait for their turn.
        drop(turn);
        let lease = if span.bytes <= LITTLE { None } else { Some(self.reading().take(user, COPIES * span.bytes).await?) };
        let _turn = self.reading().turn(user).await;
        let changes = self.store().changes(user, id, span, unfinished).await.map_err(refused)?;
        Ok((changes.ok_or_else(ApiError::conversation_not_found)?, lease))
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
