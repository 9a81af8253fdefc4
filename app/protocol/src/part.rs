//! The end of a conversation, cut from the rest of it.
//!
//! What is cut off is whole in itself: a message without siblings, and all that follows from it. So the path through it, and the
//! ways between versions in it, are the same as in the whole conversation.

use std::collections::HashSet;

use crate::{
    branches::{Choices, path},
    id::MessageId,
    message::Message,
};

/// Leaves of `messages` (in the order in which they were made) the last `most` of the path that is shown at first, with what
/// else follows from the first of those. Gives how many messages of that path stand before them: none where all stay.
pub fn keep_end(messages: &mut Vec<Message>, most: usize) -> usize {
    let steps = path(messages, &Choices::default());
    let from = steps.len().saturating_sub(most);
    // Siblings are chosen between; so where there are some, they stay together.
    let Some(before) = (1..=from).rev().find(|at| steps.get(*at).is_some_and(|step| step.branch.of == 1)) else { return 0 };
    let mut kept: HashSet<MessageId> = HashSet::from([steps[before].message.id]);
    messages.retain(|message| {
        let stays = kept.contains(&message.id) || message.parent_id.is_some_and(|parent| kept.contains(&parent));
        if stays {
            kept.insert(message.id);
        }
        stays
    });
    before
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use uuid::Uuid;

    use super::*;
    use crate::{
        branches::Step,
        connection::SplitMix,
        message::{Role, Status},
        transcript::tests::message,
    };

    /// Messages 1, 2, 3, … with these parents; 0 is none.
    fn tree(parents: &[u128]) -> Vec<Message> {
        let made = parents.iter().zip(1..).map(|(parent, n)| Message {
            parent_id: (*parent > 0).then(|| MessageId(Uuid::from_u128(*parent))),
            ..message(n, Role::User, "", Status::Complete, 1)
        });
        made.collect()
    }

    fn kept(parents: &[u128], most: usize) -> (Vec<u128>, usize) {
        let mut messages = tree(parents);
        let before = keep_end(&mut messages, most);
        (messages.iter().map(|message| message.id.0.as_u128()).collect(), before)
    }

    #[test]
    fn the_last_ones_stay() {
        assert_eq!(kept(&[0, 1, 2, 3], 2), (vec![3, 4], 2));
        assert_eq!(kept(&[0, 1, 2, 3], 4), (vec![1, 2, 3, 4], 0));
        assert_eq!(kept(&[], 4), (vec![], 0));
    }

    #[test]
    fn versions_stay_together_with_what_follows_from_them() {
        // 3 and 5 follow 2; 4 follows 3, and 6 follows 5.
        assert_eq!(kept(&[0, 1, 2, 3, 2, 5], 2), (vec![2, 3, 4, 5, 6], 1));
        // What is beside what is before does not.
        assert_eq!(kept(&[0, 1, 1, 3, 4, 5], 2), (vec![5, 6], 3));
        assert_eq!(kept(&[0, 0, 0], 1), (vec![1, 2, 3], 0));
    }

    #[test]
    fn whatever_the_tree_the_end_of_the_path_is_the_same() {
        let mut random = SplitMix::new(11);
        for _ in 0..2_000 {
            let size = 1 + random.below(14);
            let parents: Vec<u128> = (0..size).map(|n| u128::from(random.below(n + 1))).collect();
            let all = tree(&parents);
            let mut part = all.clone();
            let before = keep_end(&mut part, 1 + random.below(4) as usize);
            let choices = Choices::default();
            let (whole, end): (Vec<Step<'_>>, Vec<Step<'_>>) = (path(&all, &choices), path(&part, &choices));
            assert_eq!(whole[before..], end, "{parents:?}");
            let follows = |message: &Message| part.iter().any(|kept| Some(kept.id) == message.parent_id);
            assert!(all.iter().filter(|message| follows(message)).all(|message| part.contains(message)), "{parents:?}");
        }
    }
}
