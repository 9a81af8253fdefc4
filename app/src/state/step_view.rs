//! A step of an answer on the page.

use holdfast_protocol::{
    Step,
    step::{StepKind, StepState},
};
use leptos::prelude::*;

use super::growing_text::GrowingText;
use crate::strings::Language;

/// The properties of a step that change, apart from its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepHead {
    /// State of the step.
    pub state: StepState,
    /// Duration of the step, ms; `None` while it is unfinished.
    pub took: Option<u64>,
}

impl StepHead {
    /// Returns the properties of a step.
    pub fn of(step: &Step) -> Self {
        Self { state: step.state, took: step.ended_at.map(|ended| ended.saturating_sub(step.started_at)) }
    }
}

/// A step of an answer with signals of its own, so that a growing step updates nothing else.
#[derive(Clone, Debug)]
pub struct StepView {
    /// Number of the step in its answer, from 0.
    pub index: u32,
    /// What the step is.
    pub kind: StepKind,
    /// Its properties.
    pub head: ArcRwSignal<StepHead>,
    /// Its content.
    pub content: GrowingText,
}

impl PartialEq for StepView {
    fn eq(&self, other: &Self) -> bool {
        (self.index, self.kind) == (other.index, other.kind)
    }
}

impl StepView {
    /// Creates the view of a step without its content. `prefix` precedes the ids of its elements.
    pub fn new(step: &Step, prefix: &str, language: Language) -> Self {
        let content = GrowingText::new(format!("{prefix}s{}-", step.index), language);
        Self { index: step.index, kind: step.kind, head: ArcRwSignal::new(StepHead::of(step)), content }
    }

    /// Applies changes.
    pub fn update(&self, step: &Step) {
        let head = StepHead::of(step);
        if *self.head.read_untracked() != head {
            self.head.set(head);
        }
        self.content.set(&step.content, !step.state.is_unfinished());
    }
}
