//! Bodies of the calls for import, export and sharing of conversations.

use serde::{Deserialize, Serialize};

use crate::id::{ConversationId, MessageId, ShareId};

/// A line of the reply to an import. The server sends lines while the import runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ImportLine {
    /// Progress so far.
    Progress {
        /// Number of conversations read.
        read: u32,
    },
    /// The last line.
    Done(ImportReport),
}

/// The result of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportReport {
    /// Number of new conversations.
    pub added: u32,
    /// Number of existing conversations that received more messages.
    pub grown: u32,
    /// Number of conversations that already existed and did not change.
    pub same: u32,
    /// Number of conversations without messages; they are not imported.
    pub empty: u32,
    /// Number of conversations and files that could not be read.
    pub left_out: u32,
    /// Sentences that say what was left out and why, also from conversations that were imported; at most the first hundred.
    pub problems: Vec<String>,
}

/// Creates a link by which anybody can read a conversation as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewShare {
    /// Number of days for which the link is valid.
    #[serde(default = "week")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 365))]
    pub days: u32,
    /// The last message to show. The link shows the path to this message and nothing else. If absent, it is the newest message.
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

/// A read-only link to a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Share {
    /// Id of the link.
    pub id: ShareId,
    /// Id of the conversation that it shows.
    pub conversation_id: ConversationId,
    /// Title of the conversation.
    pub title: String,
    /// When the link was created, ms since 1970.
    pub created_at: u64,
    /// When the link expires, ms since 1970.
    pub expires_at: u64,
}

/// A new link with its path. The path is shown only in this reply.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MadeShare {
    /// The link, as it appears in the list.
    #[serde(flatten)]
    pub share: Share,
    /// Path of the link: `/s/…`.
    pub path: String,
}
