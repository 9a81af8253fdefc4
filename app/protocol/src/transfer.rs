//! Bodies of the calls by which conversations are taken along, and shown to others.

use serde::{Deserialize, Serialize};

use crate::id::{ConversationId, MessageId, ShareId};

/// A line of the answer to an import: it is told while it goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ImportLine {
    /// So far.
    Progress {
        /// Conversations that were looked at.
        read: u32,
    },
    /// The last line.
    Done(ImportReport),
}

/// What came of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportReport {
    /// Conversations that are new.
    pub added: u32,
    /// Conversations that were here, and have more messages now.
    pub grown: u32,
    /// Conversations that were here as they are.
    pub same: u32,
    /// Conversations without messages.
    pub empty: u32,
    /// Conversations and files that could not be read.
    pub left_out: u32,
    /// What was left out and why, also of conversations that were imported: the first hundred sentences.
    pub problems: Vec<String>,
}

/// Makes a link by which anybody can read a conversation as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewShare {
    /// How many days it is good for.
    #[serde(default = "week")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 365))]
    pub days: u32,
    /// The last message that is shown; what leads to it is shown, and nothing else. Else the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
}

impl Default for NewShare {
    fn default() -> Self {
        Self { days: week(), message_id: None }
    }
}

const fn week() -> u32 {
    7
}

/// A link that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Share {
    /// Which.
    pub id: ShareId,
    /// What it shows.
    pub conversation_id: ConversationId,
    /// Its title.
    pub title: String,
    /// When it was made, ms since 1970.
    pub created_at: u64,
    /// When it ends, ms since 1970.
    pub expires_at: u64,
}

/// A link with its path, which is told this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MadeShare {
    /// What the list says of it.
    #[serde(flatten)]
    pub share: Share,
    /// The path to open: `/s/…`.
    pub path: String,
}
