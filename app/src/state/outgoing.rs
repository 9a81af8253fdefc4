//! Messages that are not in the transcript yet.

use holdfast_client::connection::{Delivery, Entry, Millis};
use holdfast_protocol::{ApiError, Code, ConversationId, MessageId, Reason};
use leptos::prelude::*;

/// Delivery state of a message, as the user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Waits for the messages before it, or for the connection.
    Queued,
    /// Waits for a time that the server named.
    Later {
        /// The code of the refusal that named the time.
        code: Code,
        /// Seconds left, at least one.
        seconds: u64,
    },
    /// Being sent.
    Sending,
    /// Refused by the server.
    Refused(ApiError),
    /// Accepted; the transcript will contain it in a moment.
    Landed,
}

/// A message that is not in the transcript yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Id of the message.
    pub id: MessageId,
    /// Its conversation; `None` while the id of a new conversation is not known yet.
    pub conversation: Option<ConversationId>,
    /// Its text.
    pub text: String,
    /// Number of files attached to it.
    pub files: usize,
    /// The message that it replaces.
    pub edits: Option<MessageId>,
    /// Its delivery state.
    pub stage: Stage,
}

/// The messages that are being sent.
#[derive(Clone, Copy, Debug)]
pub struct Sending {
    /// Messages of all conversations that are not in a transcript yet.
    pub outgoing: RwSignal<Vec<Outgoing>>,
    /// The conversation that a message on the start page has created.
    pub begun: RwSignal<Option<ConversationId>>,
}

impl Sending {
    pub(super) fn new() -> Self {
        Self { outgoing: RwSignal::new(Vec::new()), begun: RwSignal::new(None) }
    }

    /// Removes a withdrawn message.
    pub fn withdrawn(&self, id: MessageId) {
        self.outgoing.update(|outgoing| outgoing.retain(|it| it.id != id));
    }

    /// Forgets the user's messages.
    pub(super) fn clear(&self) {
        self.outgoing.set(Vec::new());
        self.begun.set(None);
    }
}

/// Returns the new list: the outbox's entries, and accepted messages that are not in the transcript yet.
pub(super) fn next(
    before: &[Outgoing],
    entries: &[Entry],
    shown: Option<ConversationId>,
    arrived: &[MessageId],
    now: Millis,
) -> Vec<Outgoing> {
    let in_outbox = |id: MessageId| entries.iter().any(|entry| entry.chat.message_id == id);
    let lands = |it: &&Outgoing| shown.is_some() && it.conversation == shown && !in_outbox(it.id) && !arrived.contains(&it.id);
    let landed = before.iter().filter(lands).map(|it| Outgoing { stage: Stage::Landed, ..it.clone() });
    let waiting = entries.iter().map(|entry| Outgoing {
        id: entry.chat.message_id,
        conversation: entry.chat.conversation_id,
        text: entry.chat.content.clone(),
        files: entry.chat.attachments.len(),
        edits: entry.chat.edits,
        stage: match &entry.delivery {
            Delivery::Queued => later(entry, now).unwrap_or(Stage::Queued),
            Delivery::Sending => Stage::Sending,
            Delivery::Refused(api_error) => Stage::Refused(api_error.clone()),
        },
    });
    landed.chain(waiting).collect()
}

fn later(entry: &Entry, now: Millis) -> Option<Stage> {
    // After a network error it is tried again in a moment; there is nothing to report.
    let why = entry.waits(now).filter(|why| !why.is(Reason::ServerUnreachable))?;
    Some(Stage::Later { code: why.code, seconds: why.retry_after_ms?.div_ceil(1000) })
}
