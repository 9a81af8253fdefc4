//! Steps of an answer: what a model thought, looked up or did on the way to its text.

use serde::{Deserialize, Serialize};

use crate::error::ApiError;

/// What a step of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// The model's reasoning. Its content is text that is never sent back to the model as text.
    Reasoning,
    /// A search in the user's documents.
    Retrieval,
    /// A call of a tool.
    Tool,
}

/// The state of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// The step waits for the user's approval.
    Waiting,
    /// The step is running, so its content can grow.
    Running,
    /// The step is finished.
    Done,
    /// The step could not be finished; `error` says why.
    Failed,
    /// The user did not approve the step.
    Denied,
    /// The answer ended, or the server stopped, before the step was finished.
    Interrupted,
}

impl StepState {
    /// Returns whether the step can still change. A step that has ended never does.
    pub const fn is_unfinished(self) -> bool {
        matches!(self, Self::Waiting | Self::Running)
    }

    /// Returns whether a step in the state `self` can come to the state `next`, or is in it.
    pub fn leads_to(self, next: Self) -> bool {
        self == next || self == Self::Waiting || (self == Self::Running && next != Self::Waiting)
    }
}

/// A step of an answer. The steps of an answer are numbered from 0 and only ever added. The content of each is an append-only text with
/// byte offsets of its own, like the text of the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Step {
    /// Number of the step in its answer, from 0.
    pub index: u32,
    /// Kind of the step: reasoning, a search, or a tool call.
    pub kind: StepKind,
    /// Byte offset (UTF-8) in the answer's text at which the step belongs.
    pub after: u64,
    /// State of the step.
    pub state: StepState,
    /// Byte offset (UTF-8) at which `content` begins; 0 unless the client already has the beginning.
    #[serde(default)]
    pub at: u64,
    /// The content, from byte `at` on: reasoning, or the output of a tool.
    pub content: String,
    /// Name of the tool; absent for other kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    // The page shows reasoning only, and reading what tool calls have would enlarge its first load.
    #[cfg_attr(target_family = "wasm", serde(skip_deserializing))]
    pub name: Option<String>,
    /// Arguments of the tool call; absent for other kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_family = "wasm", serde(skip_deserializing))]
    pub input: Option<serde_json::Value>,
    /// Why the step failed; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_family = "wasm", serde(skip_deserializing))]
    pub error: Option<ApiError>,
    /// When it started, ms since 1970.
    pub started_at: u64,
    /// When it ended, ms since 1970. Absent until then, and if nobody knows: the server stopped before, or the step was imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<u64>,
}

impl Step {
    /// Creates a step that starts now, without content. `after` is the length of the answer's text.
    pub fn started(index: u32, kind: StepKind, after: u64, now: u64) -> Self {
        let (name, input, error) = (None, None, None);
        Self {
            index,
            kind,
            after,
            state: StepState::Running,
            at: 0,
            content: String::new(),
            name,
            input,
            error,
            started_at: now,
            ended_at: None,
        }
    }

    /// Returns the step without the first `from` bytes of its content. If there is no such offset, returns all of it.
    #[must_use]
    pub fn from_byte(&self, from: u64) -> Self {
        let rest = usize::try_from(from).ok().and_then(|from| self.content.get(from..));
        let at = if rest.is_some() { from } else { 0 };
        Self { at, content: rest.unwrap_or(&self.content).to_owned(), ..self.without_content() }
    }

    /// Returns everything about the step except its content.
    #[must_use]
    pub fn without_content(&self) -> Self {
        Self { content: String::new(), name: self.name.clone(), input: self.input.clone(), error: self.error.clone(), ..*self }
    }

    /// Returns the storage that the step takes, bytes, approximately.
    pub fn bytes(&self) -> usize {
        self.content.len() + self.name.as_ref().map_or(0, String::len) + 128
    }
}
