//! Messages of a conversation.

use serde::{Deserialize, Serialize};

use crate::{
    error::Code,
    id::{ConversationId, MessageId},
};

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A user's message that the server has.
    Accepted,
    /// An answer that is being written.
    Streaming,
    /// An answer that came to its end.
    Complete,
    /// An answer that its user stopped.
    Stopped,
    /// An answer that the server could not finish: a restart, or a provider that broke off.
    Interrupted,
    /// An answer that the provider refused or never began.
    Failed,
}

impl Status {
    /// The status as it stands on the wire.
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

    /// The status that a text stands for.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Accepted, Self::Streaming, Self::Complete, Self::Stopped, Self::Interrupted, Self::Failed]
            .into_iter()
            .find(|status| status.as_str() == text)
    }

    /// Whether the text can still grow.
    pub const fn is_unfinished(self) -> bool {
        matches!(self, Status::Streaming)
    }
}

/// What an answer cost, as the provider counted it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Usage {
    /// Tokens read.
    pub input_tokens: u32,
    /// Tokens written.
    pub output_tokens: u32,
}

/// A passage that an answer rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Source {
    /// The document's name.
    pub title: String,
    /// Where in it: a page or a heading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The passage itself.
    pub excerpt: String,
    /// How well it fits the question, 0–1.
    pub score: f32,
}

/// Why an answer is `failed` or `interrupted`; of one that has no words yet, what it waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnswerError {
    /// Stable code.
    pub code: Code,
    /// One sentence that names the mend.
    pub error: String,
    /// When the provider wants to be asked again, ms from the answer's end. The page does not read it: its first load stays small.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", serde(skip))]
    pub retry_after_ms: Option<u64>,
}

impl AnswerError {
    /// A fault with its sentence.
    pub fn new(code: Code, error: impl Into<String>) -> Self {
        Self { code, error: error.into(), retry_after_ms: None }
    }
}

impl From<crate::ApiError> for AnswerError {
    fn from(api_error: crate::ApiError) -> Self {
        Self { code: api_error.code, error: api_error.error, retry_after_ms: api_error.retry_after_ms }
    }
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Message {
    /// The client's id for a user's message, the server's for an answer.
    pub id: MessageId,
    /// Where it belongs.
    pub conversation_id: ConversationId,
    /// The message it follows; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<MessageId>,
    /// Who speaks.
    pub role: Author,
    /// The text, from the byte `at` on.
    pub content: String,
    /// Where it stands.
    pub status: Status,
    /// The provider that answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The model that answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// When it was made, ms since 1970. Strictly increasing within a conversation.
    pub created_at: u64,
    /// The conversation's revision at the message's last change.
    pub rev: u64,
    /// Offset in bytes of UTF-8 at which `content` begins.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub at: u64,
    /// Why it failed or broke off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<AnswerError>,
    /// Tokens that the provider counted; `None` where it did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// The passages that the answer quotes or was given; empty if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    /// How many of the conversation's first messages the model did not see, because they did not fit its window.
    #[serde(default, skip_serializing_if = "is_none_left_out")]
    pub left_out: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// Whether the model saw the whole conversation.
#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
pub(crate) fn is_none_left_out(n: &u32) -> bool {
    *n == 0
}
