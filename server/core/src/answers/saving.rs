//! What the rules and the store say to each other about answers that are being written.

use holdfast_protocol::{
    ApiError, ConversationId, MessageId, Status, Step, UserId,
    api::ConversationSummary,
    message::{Source, Usage},
};
use serde::{Deserialize, Serialize};

use crate::spending::Spent;

/// The text that an answer gained since it was last saved.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Gain(
    /// The answer.
    pub MessageId,
    /// Byte offset at which the text begins.
    pub u64,
    /// The text.
    pub String,
);

/// What is new of a step of an answer since it was last saved: its state, and its content from byte `at` on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StepGain(
    /// The answer.
    pub MessageId,
    /// The step.
    pub Step,
);

/// The saved text and steps of a running answer.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// Its user.
    pub user: UserId,
    /// The answer.
    pub answer: MessageId,
    /// Its text.
    pub content: String,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// The end of an answer, with its whole text.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The answer.
    pub answer: MessageId,
    /// Its user.
    pub user: UserId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// The whole text.
    pub content: String,
    /// All steps; none of them can change any more.
    pub steps: Vec<Step>,
    /// The final status; never `Streaming`.
    pub status: Status,
    /// Why it is not complete; `None` if it is.
    pub error: Option<ApiError>,
    /// Its tokens and their cost, if they are known.
    pub usage: Option<Usage>,
    /// What its user used for it since it was begun or continued; recorded in place of its reservation. `None` if that costs nothing.
    pub spent: Option<Spent>,
    /// Passages that it is based on.
    pub sources: Vec<Source>,
    /// Number of messages at the beginning of the conversation that were not sent to the model.
    pub left_out: u32,
    /// Names of the settings that the model does not accept.
    pub ignored: Vec<String>,
}

/// The conversation of an answer that has ended.
pub struct Ended {
    /// Its revision; 0 if it was removed meanwhile.
    pub rev: u64,
    /// Its list entry; `None` if it was removed meanwhile.
    pub summary: Option<ConversationSummary>,
}
