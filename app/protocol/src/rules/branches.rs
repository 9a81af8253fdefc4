//! Selects the messages of a branched conversation that are shown.
//!
//! The messages are a tree. Answers to the same message are siblings, and so are messages that replace each other. The page shows one
//! path through the tree, from a first message to a leaf.

use std::collections::HashMap;

use crate::{id::MessageId, message::Message, step::Step};

/// The siblings that a reader selected. A later selection takes precedence over an earlier one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices(Vec<MessageId>);

impl Choices {
    /// Selects a message instead of its siblings. The message need not have arrived yet.
    pub fn choose(&mut self, id: MessageId) {
        self.0.retain(|other| *other != id);
        self.0.push(id);
    }

    fn rank(&self, id: MessageId) -> Option<usize> {
        self.0.iter().position(|chosen| *chosen == id)
    }
}

/// Position of a shown message among its siblings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Branch {
    /// Index among the siblings, from 0, in order of creation.
    pub at: usize,
    /// Number of siblings, including this message.
    pub of: usize,
    /// The sibling before this one; `None` for the first.
    pub previous: Option<MessageId>,
    /// The sibling after this one; `None` for the last.
    pub next: Option<MessageId>,
}

/// A node of the tree: a message, or an outline of one.
pub trait Node {
    /// Id of the message.
    fn id(&self) -> MessageId;
    /// Id of the message that it follows; `None` for a first message.
    fn parent_id(&self) -> Option<MessageId>;
    /// Length of its text and its steps, bytes.
    fn bytes(&self) -> usize;
}

impl Node for Message {
    fn id(&self) -> MessageId {
        self.id
    }

    fn parent_id(&self) -> Option<MessageId> {
        self.parent_id
    }

    fn bytes(&self) -> usize {
        self.content.len() + self.steps.iter().map(Step::bytes).sum::<usize>()
    }
}

/// A message on the shown path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PathEntry<'a, M = Message> {
    /// The message.
    pub message: &'a M,
    /// Its position among its siblings.
    pub branch: Branch,
}

/// Returns the messages that are shown, first to last. At each fork it takes the selected sibling, or else the one that leads to the
/// newest message. `messages` must be in order of creation.
pub fn path<'a, M: Node>(messages: &'a [M], choices: &Choices) -> Vec<PathEntry<'a, M>> {
    let places: HashMap<MessageId, usize> = messages.iter().enumerate().map(|(place, message)| (message.id(), place)).collect();
    let mut roots = Vec::new();
    let mut children = vec![Vec::new(); messages.len()];
    let mut parents = Vec::with_capacity(messages.len());
    for (place, message) in messages.iter().enumerate() {
        // A parent counts only if it comes earlier in the list. So there can be no cycles.
        let parent = message.parent_id().and_then(|id| places.get(&id).copied()).filter(|parent| *parent < place);
        parents.push(parent);
        parent.map_or(&mut roots, |parent| &mut children[parent]).push(place);
    }
    let mut newest: Vec<usize> = (0..messages.len()).collect();
    for place in (0..messages.len()).rev() {
        if let Some(parent) = parents[place] {
            newest[parent] = newest[parent].max(newest[place]);
        }
    }
    let mut entries = Vec::new();
    let mut level = &roots;
    // A selected sibling takes precedence over all others; of several selected ones, the latest selection wins.
    while let Some(&place) = level.iter().max_by_key(|place| (choices.rank(messages[**place].id()), newest[**place])) {
        let at = level.iter().position(|sibling| *sibling == place).unwrap_or_default();
        let sibling = |at: usize| level.get(at).map(|place| messages[*place].id());
        let branch = Branch { at, of: level.len(), previous: at.checked_sub(1).and_then(sibling), next: sibling(at + 1) };
        entries.push(PathEntry { message: &messages[place], branch });
        level = &children[place];
    }
    entries
}

/// Returns the parent to send with a message at the end of the shown path. Returns `None` if the end is the newest message, which the
/// server uses by default.
pub fn follows(messages: &[Message], choices: &Choices) -> Option<MessageId> {
    let end = path(messages, choices).last().map(|entry| entry.message.id);
    end.filter(|end| messages.last().is_some_and(|newest| newest.id != *end))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use uuid::Uuid;

    use super::*;
    use crate::rules::tests::{Numbers, tree};

    fn id(n: u128) -> MessageId {
        MessageId(Uuid::from_u128(n))
    }

    fn shown(messages: &[Message], choices: &Choices) -> Vec<u128> {
        path(messages, choices).iter().map(|entry| entry.message.id.0.as_u128()).collect()
    }

    #[test]
    fn a_conversation_without_branches_is_shown_whole() {
        let messages = tree(&[0, 1, 2, 3]);
        assert_eq!(shown(&messages, &Choices::default()), [1, 2, 3, 4]);
        assert!(path(&messages, &Choices::default()).iter().all(|entry| entry.branch == Branch { of: 1, ..Branch::default() }));
        assert_eq!(follows(&messages, &Choices::default()), None);
        assert!(path::<Message>(&[], &Choices::default()).is_empty());
    }

    #[test]
    fn the_newest_is_shown_and_the_others_can_be_chosen() {
        // Message 1 was answered by 2 and, later, by 5; 3 and 4 follow 2.
        let messages = tree(&[0, 1, 2, 3, 1]);
        let mut choices = Choices::default();
        assert_eq!(shown(&messages, &choices), [1, 5]);
        let branch = path(&messages, &choices)[1].branch;
        assert_eq!(branch, Branch { at: 1, of: 2, previous: Some(id(2)), next: None });
        choices.choose(id(2));
        assert_eq!(shown(&messages, &choices), [1, 2, 3, 4]);
        assert_eq!(follows(&messages, &choices), Some(id(4)), "the server would take 5");
        choices.choose(id(9)); // has not arrived yet
        assert_eq!(shown(&messages, &choices), [1, 2, 3, 4]);
        choices.choose(id(5));
        assert_eq!(shown(&messages, &choices), [1, 5]);
        assert_eq!(follows(&messages, &choices), None);
    }

    #[test]
    fn a_first_message_has_siblings_too() {
        let messages = tree(&[0, 1, 0, 3]);
        assert_eq!(shown(&messages, &Choices::default()), [3, 4]);
        assert_eq!(path(&messages, &Choices::default())[0].branch, Branch { at: 1, of: 2, previous: Some(id(1)), next: None });
    }

    #[test]
    fn odd_parents_lose_nothing_and_end() {
        // Parents that must be ignored: the message itself, one that does not exist, and three that form a cycle.
        let messages = tree(&[1, 9, 2, 6, 4, 5]);
        let mut choices = Choices::default();
        assert_eq!(shown(&messages, &choices), [4, 5, 6]);
        choices.choose(id(1));
        assert_eq!(shown(&messages, &choices), [1]);
        choices.choose(id(2));
        assert_eq!(shown(&messages, &choices), [2, 3]);
    }

    #[test]
    fn whatever_the_tree_every_message_can_be_reached_and_the_path_holds() {
        let mut random = Numbers(7);
        for _ in 0..2_000 {
            let size = 1 + random.below(14);
            let parents: Vec<u128> = (0..size).map(|n| u128::from(random.below(n + 1))).collect();
            let messages = tree(&parents);
            let default = shown(&messages, &Choices::default());
            assert_eq!(*default.last().unwrap(), u128::from(size), "the newest, where nothing was chosen");
            let wanted = u128::from(1 + random.below(size));
            let mut choices = Choices::default();
            let mut up = wanted;
            while up > 0 {
                choices.choose(id(up));
                up = parents[usize::try_from(up).unwrap() - 1];
            }
            let entries = path(&messages, &choices);
            assert!(entries.iter().any(|entry| entry.message.id == id(wanted)), "{parents:?} {wanted}");
            for (above, entry) in std::iter::once(None).chain(entries.iter().map(Some)).zip(&entries) {
                assert_eq!(entry.message.parent_id, above.map(|above| above.message.id), "each follows the one before");
                let siblings: Vec<_> = messages.iter().filter(|other| other.parent_id == entry.message.parent_id).collect();
                assert_eq!((siblings.len(), siblings[entry.branch.at].id), (entry.branch.of, entry.message.id));
            }
            assert!(!messages.iter().any(|message| message.parent_id == Some(entries.last().unwrap().message.id)), "to a leaf");
        }
    }
}
