//! Rules for the steps of an answer: they are only ever added, and the content of each only grows.

use super::answer::{self, Applied};
use crate::step::Step;

/// Applies a step, or a piece of one, to the steps of the same answer. The piece begins at byte `at` of the step's content.
///
/// Each content stays a prefix of the server's, even if pieces arrive twice or overlap. A step that has ended never changes its state
/// again, so a piece that arrives late does not undo it. [`Applied::Gap`] means that an earlier step, or a part of this one, is missing.
pub fn apply(steps: &mut Vec<Step>, piece: Step) -> Applied {
    let index = piece.index as usize;
    let Some(mine) = steps.get_mut(index) else {
        if index > steps.len() || piece.at > 0 {
            return Applied::Gap;
        }
        steps.push(piece);
        return Applied::Grew;
    };
    let grew = answer::apply(&mut mine.content, piece.at, &piece.content);
    if grew == Applied::Gap || mine.state == piece.state || !mine.state.leads_to(piece.state) {
        return grew;
    }
    let content = std::mem::take(&mut mine.content);
    *mine = Step { at: 0, content, ..piece };
    Applied::Grew
}

/// Returns how many bytes a reader has of each step, in the order of the steps.
pub fn have(steps: &[Step]) -> Vec<u64> {
    steps.iter().map(|step| step.content.len() as u64).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::step::{StepKind, StepState};

    fn step(index: u32, at: u64, content: &str, state: StepState) -> Step {
        Step { at, content: content.into(), state, ..Step::started(index, StepKind::Reasoning, 0, 1) }
    }

    #[test]
    fn steps_are_added_in_order_and_grow() {
        let mut steps = Vec::new();
        assert_eq!(apply(&mut steps, step(1, 0, "later", StepState::Running)), Applied::Gap);
        assert_eq!(apply(&mut steps, step(0, 3, "def", StepState::Running)), Applied::Gap);
        assert_eq!(apply(&mut steps, step(0, 0, "abc", StepState::Running)), Applied::Grew);
        assert_eq!(apply(&mut steps, step(0, 4, "ef", StepState::Done)), Applied::Gap);
        assert_eq!(steps[0].state, StepState::Running, "what has a gap changes nothing");
        assert_eq!(apply(&mut steps, step(0, 1, "bc", StepState::Running)), Applied::Known);
        assert_eq!(apply(&mut steps, step(0, 1, "bcd", StepState::Running)), Applied::Grew);
        assert_eq!(apply(&mut steps, step(1, 0, "", StepState::Waiting)), Applied::Grew);
        assert_eq!((steps[0].content.as_str(), have(&steps)), ("abcd", vec![4, 0]));
    }

    #[test]
    fn a_step_that_has_ended_stays_so() {
        let mut steps = vec![step(0, 0, "abc", StepState::Waiting)];
        for (state, after) in [
            (StepState::Running, StepState::Running),
            (StepState::Waiting, StepState::Running),
            (StepState::Done, StepState::Done),
            (StepState::Running, StepState::Done),
            (StepState::Interrupted, StepState::Done),
        ] {
            apply(&mut steps, Step { ended_at: Some(9), ..step(0, 3, "", state) });
            assert_eq!((steps[0].state, steps[0].content.as_str()), (after, "abc"));
        }
    }

    proptest! {
        /// Pieces of two steps in any order, any number of times, keep each a prefix; all of them at the end make them whole.
        #[test]
        fn any_pieces_keep_each_a_prefix(wholes in prop::array::uniform2(".{0,20}"), cuts in prop::collection::vec((0u32..2, 0usize..30, 0usize..30, any::<bool>()), 0..40)) {
            let mut steps = Vec::new();
            for (index, a, b, ends) in cuts {
                let whole = &wholes[index as usize];
                let bounds: Vec<usize> = (0..=whole.len()).filter(|&i| whole.is_char_boundary(i)).collect();
                let (a, b) = (bounds[a % bounds.len()], bounds[b % bounds.len()]);
                let (from, to) = (a.min(b), a.max(b));
                let state = if ends { StepState::Done } else { StepState::Running };
                apply(&mut steps, step(index, from as u64, &whole[from..to], state));
                prop_assert!(steps.iter().zip(&wholes).all(|(step, whole)| whole.starts_with(&step.content) && step.at == 0));
            }
            for (index, whole) in (0..).zip(&wholes) {
                apply(&mut steps, step(index, 0, whole, StepState::Done));
            }
            prop_assert!(steps.iter().zip(&wholes).all(|(step, whole)| &step.content == whole && step.state == StepState::Done));
        }
    }
}
