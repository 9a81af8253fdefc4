//! The steps of a running answer, each with a watermark of its own.

use holdfast_protocol::{
    Status, Step,
    step::{StepKind, StepState},
};

use crate::clock::Millis;

/// How much of a step a reader has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepPosition {
    /// Number of bytes of its content.
    pub bytes: u64,
    /// The state that the reader was told, or `None` if that is not known.
    pub state: Option<StepState>,
}

/// The steps of a running answer. Like its text, a step is written by one writer, saved by the flusher, and read below its watermark.
#[derive(Debug, Default)]
pub(super) struct LiveSteps {
    steps: Vec<LiveStep>,
    /// Whether something of them is not saved.
    is_changed: bool,
}

#[derive(Debug)]
struct LiveStep {
    /// The step as it is written.
    written: Step,
    /// What readers may see: the step as it was saved, without its content, and the number of saved bytes. `None` before the first save.
    saved: Option<(Step, usize)>,
}

impl LiveStep {
    fn is_saved(&self) -> bool {
        self.saved.as_ref().is_some_and(|(saved, bytes)| saved.state == self.written.state && *bytes == self.written.content.len())
    }

    fn saved_bytes(&self) -> usize {
        self.saved.as_ref().map_or(0, |(_, bytes)| *bytes)
    }

    fn mark_saved(&mut self) {
        self.saved = Some((self.written.without_content(), self.written.content.len()));
    }
}

impl LiveSteps {
    /// Creates steps that are saved already.
    pub(super) fn saved(steps: Vec<Step>) -> Self {
        let mut steps: Vec<LiveStep> = steps.into_iter().map(|written| LiveStep { written, saved: None }).collect();
        steps.iter_mut().for_each(LiveStep::mark_saved);
        Self { steps, is_changed: false }
    }

    /// Appends reasoning to the step that is running, or to a new one at byte `after` of the text. Blank text starts no step.
    pub(super) fn reason(&mut self, piece: &str, after: u64, now: Millis) {
        let is_open = self.steps.last().is_some_and(|step| step.written.state.is_unfinished());
        let piece = if is_open { piece } else { piece.trim_start() };
        if piece.is_empty() {
            return;
        }
        if !is_open {
            let index = u32::try_from(self.steps.len()).unwrap_or(u32::MAX);
            self.steps.push(LiveStep { written: Step::started(index, StepKind::Reasoning, after, now), saved: None });
        }
        if let Some(step) = self.steps.last_mut() {
            step.written.content.push_str(piece);
        }
        self.is_changed = true;
    }

    /// Ends the steps that have not ended. Returns whether there were any.
    pub(super) fn end(&mut self, state: StepState, now: Millis) -> bool {
        let mut any = false;
        for step in self.steps.iter_mut().filter(|step| step.written.state.is_unfinished()) {
            (step.written.state, step.written.ended_at) = (state, Some(now));
            any = true;
        }
        self.is_changed |= any;
        any
    }

    /// Ends the steps that have not ended, with their answer.
    pub(super) fn end_with(&mut self, answer: Status, now: Millis) {
        self.end(if answer == Status::Complete { StepState::Done } else { StepState::Interrupted }, now);
    }

    /// Returns the length of all contents, saved or not.
    pub(super) fn bytes(&self) -> usize {
        self.steps.iter().map(|step| step.written.content.len()).sum()
    }

    /// Returns how many bytes wait to be saved.
    pub(super) fn unsaved_bytes(&self) -> usize {
        if self.is_changed { self.steps.iter().map(|step| step.written.content.len() - step.saved_bytes()).sum() } else { 0 }
    }

    /// Returns what must be saved of each changed step: its content from the watermark on.
    pub(super) fn unsaved(&self) -> Vec<Step> {
        if !self.is_changed {
            return Vec::new();
        }
        let changed = self.steps.iter().filter(|step| !step.is_saved());
        changed.map(|step| step.written.from_byte(step.saved_bytes() as u64)).collect()
    }

    /// Records that these pieces are saved.
    pub(super) fn saved_pieces(&mut self, pieces: &[Step]) {
        for piece in pieces {
            if let Some(step) = self.steps.get_mut(piece.index as usize) {
                let upto = usize::try_from(piece.at).unwrap_or(usize::MAX).saturating_add(piece.content.len());
                step.saved = Some((piece.without_content(), upto));
            }
        }
        self.is_changed = self.steps.iter().any(|step| !step.is_saved());
    }

    /// Records that everything is saved.
    pub(super) fn saved_all(&mut self) {
        self.steps.iter_mut().for_each(LiveStep::mark_saved);
        self.is_changed = false;
    }

    /// Returns all steps as they are written, saved or not.
    pub(super) fn written(&self) -> Vec<Step> {
        self.steps.iter().map(|step| step.written.clone()).collect()
    }

    /// Returns the number of steps that readers may see.
    pub(super) fn visible(&self) -> usize {
        self.steps.iter().take_while(|step| step.saved.is_some()).count()
    }

    /// Returns the saved steps that differ from what a reader has, each from where the reader's content ends; in total at most about
    /// `most` bytes of content. A step whose offset is not valid comes from its beginning.
    pub(super) fn read(&self, has: &[StepPosition], most: usize) -> Vec<Step> {
        let mut rest = most;
        let mut news = Vec::new();
        for (place, step) in self.steps.iter().enumerate() {
            let Some((saved, bytes)) = &step.saved else { break };
            let has = has.get(place);
            let from = has.and_then(|has| usize::try_from(has.bytes).ok()).unwrap_or(0);
            let content = &step.written.content;
            let from = if from <= *bytes && content.is_char_boundary(from) { from } else { 0 };
            let upto = content.floor_char_boundary((*bytes).min(from.saturating_add(rest)));
            let piece = content.get(from..upto).unwrap_or_default();
            rest -= piece.len();
            if !piece.is_empty() || has.is_none_or(|has| has.state != Some(saved.state)) {
                news.push(Step { at: from as u64, content: piece.to_owned(), ..saved.without_content() });
            }
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(bytes: u64, state: StepState) -> StepPosition {
        StepPosition { bytes, state: Some(state) }
    }

    #[test]
    fn no_step_is_read_before_it_is_saved() {
        let mut steps = LiveSteps::default();
        steps.reason(" \n", 0, 1);
        assert!(steps.unsaved().is_empty(), "blank");
        steps.reason("\nLet me", 0, 1);
        let first = steps.unsaved();
        steps.reason(" see", 0, 2);
        steps.end(StepState::Done, 3);
        assert!(steps.read(&[], 100).is_empty());
        steps.saved_pieces(&first);
        let read = steps.read(&[], 100);
        assert_eq!((read[0].content.as_str(), read[0].state, read[0].ended_at), ("Let me", StepState::Running, None));
        assert!(steps.read(&[has(6, StepState::Running)], 100).is_empty());
        let second = steps.unsaved();
        assert_eq!((second[0].at, second[0].content.as_str(), second[0].state), (6, " see", StepState::Done));
        steps.saved_pieces(&second);
        assert!(steps.unsaved().is_empty());
        let read = steps.read(&[has(6, StepState::Running)], 100);
        assert_eq!((read[0].at, read[0].content.as_str(), read[0].ended_at), (6, " see", Some(3)));
        // Text came in between, so more reasoning is another step.
        steps.reason("Again", 40, 4);
        steps.saved_all();
        let read = steps.read(&[has(10, StepState::Done)], 100);
        assert_eq!((read.len(), read[0].index, read[0].after, steps.visible()), (1, 1, 40, 2));
    }

    #[test]
    fn pieces_are_small_and_cut_no_character() {
        let mut steps = LiveSteps::default();
        steps.reason("aä漢", 0, 1);
        steps.end(StepState::Done, 2);
        steps.reason("more", 9, 3);
        steps.saved_all();
        let read = steps.read(&[], 4);
        assert_eq!((read[0].content.as_str(), read[1].content.as_str()), ("aä", "m"));
        let unknown = StepPosition { bytes: 6, state: None };
        assert_eq!(steps.read(&[unknown, has(4, StepState::Running)], 4).len(), 1, "the reader must be told its state");
        assert_eq!(steps.read(&[has(2, StepState::Done)], 100)[0].at, 0, "the middle of a character is no place");
        assert_eq!(steps.read(&[has(99, StepState::Done)], 100)[0].at, 0);
    }
}
