//! Cuts a long conversation into its last part and the pages before it.
//!
//! Each cut is made before a message without siblings, and the part contains everything that follows that message. So the part shows the
//! same path and the same alternative versions as the whole conversation.

use std::collections::{HashMap, HashSet};

use super::branches::{Choices, Node, path};
use crate::id::MessageId;

/// Removes all but the end of a conversation from `messages`, which must be in order of creation. Keeps about the last `most` messages of
/// the path that is shown first, as long as their texts have about `bytes` bytes, and everything else that follows the first of them.
/// Returns how many messages of that path precede the kept ones; 0 if all are kept.
pub fn keep_end<M: Node>(messages: &mut Vec<M>, most: usize, bytes: usize) -> usize {
    let entries = path(messages, &Choices::default());
    let fitting = fitting(entries.iter().rev().map(|entry| entry.message.bytes()).take(most), bytes);
    let from = entries.len().saturating_sub(fitting);
    // The reader can choose between siblings, so siblings must not be separated.
    let Some(before) = (1..=from).rev().find(|at| entries.get(*at).is_some_and(|entry| entry.branch.of == 1)) else { return 0 };
    let mut kept: HashSet<MessageId> = HashSet::from([entries[before].message.id()]);
    messages.retain(|message| {
        let stays = kept.contains(&message.id()) || message.parent_id().is_some_and(|parent| kept.contains(&parent));
        if stays {
            kept.insert(message.id());
        }
        stays
    });
    before
}

/// Number of messages that the page groups together, counted from the beginning of the conversation. A page of earlier messages is cut
/// between groups if possible.
pub const TOGETHER: usize = 8;

/// Removes everything from `messages` (in order of creation) except the page before a part that begins with `first`. Keeps about the last
/// `most` messages of the path that leads to `first`, as long as their texts have about `bytes` bytes, but at least one. The cut follows
/// the same rule as the part, so that the page and the part fit together. Returns how many messages precede the page; 0 if there are no
/// others, or if `first` does not exist.
pub fn keep_before<M: Node>(messages: &mut Vec<M>, first: MessageId, most: usize, bytes: usize) -> usize {
    let places: HashMap<MessageId, usize> = messages.iter().enumerate().map(|(place, message)| (message.id(), place)).collect();
    // As in `path`: a parent counts only if it comes earlier in the list.
    let parent = |place: usize| messages[place].parent_id().and_then(|id| places.get(&id).copied()).filter(|parent| *parent < place);
    let mut children = vec![0_usize; messages.len()];
    (0..messages.len()).filter_map(parent).for_each(|parent| children[parent] += 1);
    let way: Vec<usize> = std::iter::successors(places.get(&first).and_then(|place| parent(*place)), |place| parent(*place)).collect();

    let count = fitting(way.iter().take(most).map(|place| messages[*place].bytes()), bytes);
    // The reader can choose between siblings, so siblings must not be separated.
    let alone = |at: &usize| parent(way[*at]).is_some_and(|parent| children[parent] == 1);
    let nearest = count.saturating_sub(1)..way.len();
    let keeps_together = |at: &usize| (way.len() - 1 - at).is_multiple_of(TOGETHER) && alone(at);
    let cut = nearest.clone().take(TOGETHER).find(keeps_together).or_else(|| nearest.clone().find(alone));
    let (start, before) = cut.map_or((None, 0), |at| (Some(messages[way[at]].id()), way.len() - 1 - at));

    let (mut kept, mut after) = (HashSet::new(), HashSet::from([first]));
    messages.retain(|message| {
        let follows = |of: &HashSet<MessageId>| message.parent_id().is_some_and(|parent| of.contains(&parent));
        if message.id() == first || follows(&after) {
            after.insert(message.id());
            return false;
        }
        let stays = start.is_none_or(|start| message.id() == start) || follows(&kept);
        if stays {
            kept.insert(message.id());
        }
        stays
    });
    before
}

/// Returns how many of these lengths, from the first on, add up to about `bytes`. The last of them may exceed it.
fn fitting(lengths: impl Iterator<Item = usize>, bytes: usize) -> usize {
    let mut rest = bytes;
    let fits = |length: &usize| {
        let fits = rest > 0;
        rest = rest.saturating_sub(*length);
        fits
    };
    lengths.take_while(fits).count()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use uuid::Uuid;

    use super::*;
    use crate::{
        message::Message,
        rules::{
            branches::PathEntry,
            tests::{Numbers, tree},
        },
    };

    fn kept(parents: &[u128], most: usize) -> (Vec<u128>, usize) {
        let mut messages = tree(parents);
        let before = keep_end(&mut messages, most, usize::MAX);
        (messages.iter().map(|message| message.id.0.as_u128()).collect(), before)
    }

    #[test]
    fn the_last_ones_stay() {
        assert_eq!(kept(&[0, 1, 2, 3], 2), (vec![3, 4], 2));
        assert_eq!(kept(&[0, 1, 2, 3], 4), (vec![1, 2, 3, 4], 0));
        assert_eq!(kept(&[], 4), (vec![], 0));
    }

    #[test]
    fn of_long_ones_fewer_stay() {
        let mut messages = tree(&[0, 1, 2, 3, 4]);
        messages.iter_mut().for_each(|message| message.content = "1234".into());
        for (bytes, before) in [(1, 4), (4, 4), (5, 3), (8, 3), (9, 2), (100, 1), (usize::MAX, 1)] {
            assert_eq!(keep_end(&mut messages.clone(), 4, bytes), before, "{bytes}");
        }
    }

    #[test]
    fn versions_stay_together_with_what_follows_from_them() {
        // 3 and 5 follow 2; 4 follows 3, and 6 follows 5.
        assert_eq!(kept(&[0, 1, 2, 3, 2, 5], 2), (vec![2, 3, 4, 5, 6], 1));
        // Siblings of earlier messages are not kept.
        assert_eq!(kept(&[0, 1, 1, 3, 4, 5], 2), (vec![5, 6], 3));
        assert_eq!(kept(&[0, 0, 0], 1), (vec![1, 2, 3], 0));
    }

    fn kept_before(parents: &[u128], first: u128, most: usize, bytes: usize) -> (Vec<u128>, usize) {
        let mut messages = tree(parents);
        messages.iter_mut().for_each(|message| message.content = "1234".into());
        let before = keep_before(&mut messages, MessageId(Uuid::from_u128(first)), most, bytes);
        (messages.iter().map(|message| message.id.0.as_u128()).collect(), before)
    }

    #[test]
    fn what_comes_before_comes_in_pieces_of_so_many_messages_or_so_much_text() {
        let chain = [0, 1, 2, 3, 4, 5];
        assert_eq!(kept_before(&chain, 6, 2, 1_000), (vec![4, 5], 3));
        assert_eq!(kept_before(&chain, 4, 2, 1_000), (vec![2, 3], 1));
        assert_eq!(kept_before(&chain, 6, 5, 8), (vec![4, 5], 3));
        assert_eq!(kept_before(&chain, 6, 5, 1), (vec![5], 4), "one at least");
        assert_eq!(kept_before(&chain, 2, 5, 1_000), (vec![1], 0));
        assert_eq!(kept_before(&chain, 1, 5, 1_000), (vec![], 0));
        assert_eq!(kept_before(&chain, 9, 5, 1_000), (vec![1, 2, 3, 4, 5, 6], 0), "nobody knows where it is");
        let long: Vec<u128> = (0..40).collect();
        assert_eq!(kept_before(&long, 40, 10, 1_000), ((25..40).collect(), 24), "what stands together comes together");
        // 3 and 4 are siblings, so the page before 5 is cut before both.
        assert_eq!(kept_before(&[0, 1, 2, 2, 4], 5, 1, 1_000), (vec![2, 3, 4], 1));
    }

    #[test]
    fn whatever_the_tree_all_pieces_together_are_all_of_it() {
        let mut random = Numbers(12);
        for _ in 0..2_000 {
            let size = 1 + random.below(20);
            let parents: Vec<u128> = (0..size).map(|n| u128::from(random.below(n + 1).max(n.saturating_sub(3)))).collect();
            let all = tree(&parents);
            let choices = Choices::default();
            let whole: Vec<PathEntry<'_>> = path(&all, &choices);
            let mut here = all.clone();
            let mut before = keep_end(&mut here, 1 + random.below(3) as usize, usize::MAX);
            while before > 0 {
                let mut piece = all.clone();
                let further = keep_before(&mut piece, here[0].id, 1 + random.below(3) as usize, 1_000);
                assert!(further < before && piece.iter().all(|message| !here.contains(message)), "{parents:?}");
                here.splice(0..0, piece);
                here.sort_by_key(|message| message.created_at);
                before = further;
                assert_eq!(whole[before..], path(&here, &choices), "{parents:?}");
            }
            assert_eq!(here, all, "{parents:?}");
        }
    }

    #[test]
    fn whatever_the_tree_the_end_of_the_path_is_the_same() {
        let mut random = Numbers(11);
        for _ in 0..2_000 {
            let size = 1 + random.below(14);
            let parents: Vec<u128> = (0..size).map(|n| u128::from(random.below(n + 1))).collect();
            let all = tree(&parents);
            let mut part = all.clone();
            let before = keep_end(&mut part, 1 + random.below(4) as usize, usize::MAX);
            let choices = Choices::default();
            let (whole, end): (Vec<PathEntry<'_>>, Vec<PathEntry<'_>>) = (path(&all, &choices), path(&part, &choices));
            assert_eq!(whole[before..], end, "{parents:?}");
            let follows = |message: &Message| part.iter().any(|kept| Some(kept.id) == message.parent_id);
            assert!(all.iter().filter(|message| follows(message)).all(|message| part.contains(message)), "{parents:?}");
        }
    }
}
