//! What the rules and the store say to each other about read-only links to conversations.

use holdfast_protocol::{ConversationId, MessageId, ShareId, UserId, transfer::Share};

use crate::clock::Millis;

/// A link to create.
pub struct NewShare {
    /// Its id.
    pub id: ShareId,
    /// Hash of its token.
    pub hash: [u8; 32],
    /// Its owner.
    pub user: UserId,
    /// The conversation that it shows.
    pub conversation: ConversationId,
    /// The last message that it shows.
    pub message: MessageId,
    /// The time after which the link shows nothing, ms since 1970.
    pub expires_at: Millis,
}

/// What a link shows: the messages that lead to `message` (see `path_to`).
pub struct Shared {
    /// The link.
    pub share: Share,
    /// Its owner.
    pub owner: UserId,
    /// The last message that is shown.
    pub message: MessageId,
    /// The conversation's revision. While this and the title are the same, so is everything that is shown.
    pub rev: u64,
}
