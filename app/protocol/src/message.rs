//! Messages of a conversation.

use serde::{Deserialize, Serialize};

use crate::{
    error::ApiError,
    id::{ConversationId, FileId, MessageId},
    sources::Sources,
    step::Step,
    usage::Cost,
};

/// The author of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The user.
    User,
    /// The model.
    Assistant,
}

/// The state of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A user's message that the server has saved.
    Accepted,
    /// An answer that is being written.
    Streaming,
    /// An answer that is finished.
    Complete,
    /// An answer that its user stopped.
    Stopped,
    /// An answer that the server could not finish, because it restarted or the provider broke off.
    Interrupted,
    /// An answer that the provider refused or never started.
    Failed,
}

impl Status {
    /// Returns the status as it is written in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Accepted => "accepted",
            Status::Streaming => "streaming",
            Status::Complete => "complete",
            Status::Stopped => "stopped",
            Status::Interrupted => "interrupted",
            Status::Failed => "failed",
        }
    }

    /// Returns the status with this text, or `None` if there is none.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Accepted, Self::Streaming, Self::Complete, Self::Stopped, Self::Interrupted, Self::Failed]
            .into_iter()
            .find(|status| status.as_str() == text)
    }

    /// Returns whether the text can still grow.
    pub const fn is_unfinished(self) -> bool {
        matches!(self, Status::Streaming)
    }
}

/// Number of tokens of an answer, as the provider counted them or as the server estimates them, and their cost. The tokens of an answer that
/// was continued are those of all its requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Usage {
    /// Tokens that the model read.
    pub input_tokens: u32,
    /// Tokens that the model wrote.
    pub output_tokens: u32,
    /// Those of the input that the provider had stored from an earlier request; absent if it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    // The page does not use it yet, and reading it would enlarge its first load.
    #[cfg_attr(target_family = "wasm", serde(skip_deserializing))]
    pub cached_tokens: Option<u32>,
    /// Those of the output that are reasoning; absent if the provider does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    // The page does not use it yet, and reading it would enlarge its first load.
    #[cfg_attr(target_family = "wasm", serde(skip_deserializing))]
    pub reasoning_tokens: Option<u32>,
    /// Whether the numbers are estimated from the texts, because the provider did not count them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    // The page asks for it when somebody opens the details of an answer; reading it here would enlarge its first load.
    #[cfg_attr(target_family = "wasm", serde(skip_deserializing))]
    pub estimated: bool,
    /// What it cost by the prices when it was written; absent if the model had no price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    // As above.
    #[cfg_attr(target_family = "wasm", serde(skip_deserializing))]
    pub cost: Option<Cost>,
}

impl Usage {
    /// Adds the tokens and the cost of another request. A cost in another currency replaces the one before.
    pub fn add(&mut self, more: &Self) {
        let both = |before: Option<u32>, more: Option<u32>| match (before, more) {
            (None, None) => None,
            (before, more) => Some(before.unwrap_or(0).saturating_add(more.unwrap_or(0))),
        };
        self.input_tokens = self.input_tokens.saturating_add(more.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(more.output_tokens);
        self.cached_tokens = both(self.cached_tokens, more.cached_tokens);
        self.reasoning_tokens = both(self.reasoning_tokens, more.reasoning_tokens);
        self.estimated |= more.estimated;
        self.cost = match (self.cost, more.cost) {
            (Some(before), Some(more)) if before.currency == more.currency => {
                Some(Cost { nanos: before.nanos.saturating_add(more.nanos), ..more })
            }
            (before, more) => more.or(before),
        };
    }
}

/// A passage that an answer is based on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Source {
    /// Name of the document.
    pub title: String,
    /// Place in the document: a page or a heading. Absent if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Text of the passage.
    pub excerpt: String,
    /// How well the passage matches the question, from 0 (not at all) to 1.
    pub score: f32,
    /// The number by which the answer's text cites the passage, as `[n]`; 0 if it has none.
    #[serde(default, skip_serializing_if = "is_none_left_out")]
    pub n: u32,
    /// The user's file that the passage is from; absent if it is from no file. The file may have been removed meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_id: Option<FileId>,
    /// Number of the page in that file, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// What to highlight on that page: the cited words if they were found there, else the passage. A box is its left, upper, right and
    /// lower edge in points from the upper left corner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boxes: Vec<[f32; 4]>,
    /// Whether the answer's text cites the passage.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub used: bool,
    /// The words that the answer quotes from it; they were found on the page, word for word. Absent if it quotes none, or others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
}

/// A file that was attached to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attachment {
    /// Id of the file. It may have been removed meanwhile.
    pub file_id: FileId,
    /// Name of the file when it was attached.
    pub name: String,
}

/// A message of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Message {
    /// Id of the message. The client makes the id of a user's message, the server that of an answer.
    pub id: MessageId,
    /// Id of the conversation.
    pub conversation_id: ConversationId,
    /// Id of the message that it follows; absent for a first message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<MessageId>,
    /// Author of the message.
    pub role: Author,
    /// Text of the message, from byte `at` on.
    pub content: String,
    /// State of the message.
    pub status: Status,
    /// Name of the provider that answers; absent for users' messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Name of the model that answers; absent for users' messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// When it was created, ms since 1970. Strictly increasing within a conversation.
    pub created_at: u64,
    /// The conversation's revision when the message last changed.
    pub rev: u64,
    /// Byte offset (UTF-8) at which `content` begins; 0 unless the client already has the beginning.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub at: u64,
    /// Why the answer failed or was interrupted; while it has no text yet, what it is waiting for. Absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ApiError>,
    /// Number of tokens that the provider counted; absent if it did not report any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// Passages that the answer quotes or was given; empty if there are none.
    #[serde(default, skip_serializing_if = "Sources::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Source>))]
    pub sources: Sources,
    /// Files that the user attached to the message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// Steps of the answer, by index; empty if there are none. The content of each begins at an `at` of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Number of messages at the beginning of the conversation that were not sent to the model, because they did not fit its context
    /// window.
    #[serde(default, skip_serializing_if = "is_none_left_out")]
    pub left_out: u32,
    /// Names of the settings that the model does not accept, so that they were left out of the request; empty if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde requires this signature
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// Returns whether the whole conversation was sent to the model.
#[allow(clippy::trivially_copy_pass_by_ref)] // serde requires this signature
pub(crate) fn is_none_left_out(n: &u32) -> bool {
    *n == 0
}
