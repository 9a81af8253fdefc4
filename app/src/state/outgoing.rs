//! What was written, on its way to being a message.

use holdfast_protocol::{
    ApiError, Code, ConversationId, MessageId,
    connection::{Delivery, Entry, Millis},
};

/// Where something written stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Waits for its turn, or for the connection.
    Queued,
    /// Waits for a time that the server named.
    Later {
        /// Why.
        code: Code,
        /// For so long yet, at least one.
        seconds: u64,
    },
    /// Under way.
    Sending,
    /// Refused.
    Refused(ApiError),
    /// The server has it, and the page will in a moment.
    Landed,
}

/// Something written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The message it is to be.
    pub id: MessageId,
    /// Where it goes; none while it is not known what the conversation it begins is called.
    pub conversation: Option<ConversationId>,
    /// The text.
    pub text: String,
    /// The message that it takes the place of.
    pub edits: Option<MessageId>,
    /// Where it stands.
    pub stage: Stage,
}

/// The next state: the outbox's entries, and those that left it but are not to be seen otherwise.
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
    // What was not reached is tried again in a moment, and has nothing to say.
    let why = entry.waits(now).filter(|why| !why.error.is_empty())?;
    Some(Stage::Later { code: why.code, seconds: why.retry_after_ms?.div_ceil(1000) })
}
