//! Which messages of a conversation are shown, where it has branches.
//!
//! The messages are a tree: answers to the same message, and messages that take each other's place, are siblings. What is
//! read is one path through it, from the first message to a last one.

use std::collections::HashMap;

use crate::{id::MessageId, message::Message};

/// What a reader chose where a conversation branches. The choice that was made last counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices(Vec<MessageId>);

impl Choices {
    /// From now on this message is shown, rather than its siblings. It need not be there yet.
    pub fn choose(&mut self, id: MessageId) {
        self.0.retain(|other| *other != id);
        self.0.push(id);
    }

    fn rank(&self, id: MessageId) -> Option<usize> {
        self.0.iter().position(|chosen| *chosen == id)
    }
}

/// Where a shown message stands among its siblings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Branch {
    /// Which of them it is, from 0, in the order in which they were made.
    pub at: usize,
    /// How many there are, itself included.
    pub of: usize,
    /// The one before.
    pub previous: Option<MessageId>,
    /// The one after.
    pub next: Option<MessageId>,
}

/// What has a place in the tree: a message, or what stands for one.
pub trait Node {
    /// Its id.
    fn id(&self) -> MessageId;
    /// The message it follows.
    fn parent_id(&self) -> Option<MessageId>;
    /// The length of its text, bytes.
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
        self.content.len()
    }
}

/// A shown message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step<'a, M = Message> {
    /// Which.
    pub message: &'a M,
    /// Among which siblings.
    pub branch: Branch,
}

/// The messages that are shown, first to last: at each fork the one that was chosen, else the one that leads to the newest.
/// `messages` are in the order in which they were made.
pub fn path<'a, M: Node>(messages: &'a [M], choices: &Choices) -> Vec<Step<'a, M>> {
    let places: HashMap<MessageId, usize> = messages.iter().enumerate().map(|(place, message)| (message.id(), place)).collect();
    let mut roots = Vec::new();
    let mut children = vec![Vec::new(); messages.len()];
    let mut parents = Vec::with_capacity(messages.len());
    for (place, message) in messages.iter().enumerate() {
        // What follows nothing that is there, and was there before it, is a beginning: so there are no circles.
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
    let mut steps = Vec::new();
    let mut level = &roots;
    // Chosen ones count more than any others, and of them the one that was chosen last.
    while let Some(&place) = level.iter().max_by_key(|place| (choices.rank(messages[**place].id()), newest[**place])) {
        let at = level.iter().position(|sibling| *sibling == place).unwrap_or_default();
        let sibling = |at: usize| level.get(at).map(|place| messages[*place].id());
        let branch = Branch { at, of: level.len(), previous: at.checked_sub(1).and_then(sibling), next: sibling(at + 1) };
        steps.push(Step { message: &messages[place], branch });
        level = &children[place];
    }
    steps
}

/// What a message that is written at the end of the shown path follows, where the server can't know it: it takes the newest
/// message if it is told nothing.
pub fn follows(messages: &[Message], choices: &Choices) -> Option<MessageId> {
    let end = path(messages, choices).last().map(|step| step.message.id);
    end.filter(|end| messages.last().is_some_and(|newest| newest.id != *end))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use uuid::Uuid;

    use super::*;
    use crate::{
        connection::SplitMix,
        message::{Author, Status},
        transcript::tests::message,
    };

    fn id(n: u128) -> MessageId {
        MessageId(Uuid::from_u128(n))
    }

    /// Messages 1, 2, 3, … with these parents; 0 is none.
    fn tree(parents: &[u128]) -> Vec<Message> {
        let made = parents.iter().zip(1..).map(|(parent, n)| {
            let role = if n % 2 == 0 { Author::Assistant } else { Author::User };
            Message { parent_id: (*parent > 0).then(|| id(*parent)), ..message(n, role, "", Status::Complete, 1) }
        });
        made.collect()
    }

    fn shown(messages: &[Message], choices: &Choices) -> Vec<u128> {
        path(messages, choices).iter().map(|step| step.message.id.0.as_u128()).collect()
    }

    #[test]
    fn a_conversation_without_branches_is_shown_whole() {
        let messages = tree(&[0, 1, 2, 3]);
        assert_eq!(shown(&messages, &Choices::default()), [1, 2, 3, 4]);
        assert!(path(&messages, &Choices::default()).iter().all(|step| step.branch == Branch { of: 1, ..Branch::default() }));
        assert_eq!(follows(&messages, &Choices::default()), None);
        assert!(path::<Message>(&[], &Choices::default()).is_empty());
    }

    #[test]
    fn the_newest_is_shown_and_the_others_can_be_chosen() {
        // 1 was answered by 2 and, later, by 5; 3 and 4 follow 2.
        let messages = tree(&[0, 1, 2, 3, 1]);
        let mut choices = Choices::default();
        assert_eq!(shown(&messages, &choices), [1, 5]);
        let branch = path(&messages, &choices)[1].branch;
        assert_eq!(branch, Branch { at: 1, of: 2, previous: Some(id(2)), next: None });
        choices.choose(id(2));
        assert_eq!(shown(&messages, &choices), [1, 2, 3, 4]);
        assert_eq!(follows(&messages, &choices), Some(id(4)), "the server would take 5");
        choices.choose(id(9)); // one that is not there yet
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
        // Itself, one that is not there, and three that follow each other in a circle.
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
        let mut random = SplitMix::new(7);
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
            let steps = path(&messages, &choices);
            assert!(steps.iter().any(|step| step.message.id == id(wanted)), "{parents:?} {wanted}");
            for (above, step) in std::iter::once(None).chain(steps.iter().map(Some)).zip(&steps) {
                assert_eq!(step.message.parent_id, above.map(|above| above.message.id), "each follows the one before");
                let siblings: Vec<_> = messages.iter().filter(|other| other.parent_id == step.message.parent_id).collect();
                assert_eq!((siblings.len(), siblings[step.branch.at].id), (step.branch.of, step.message.id));
            }
            assert!(!messages.iter().any(|message| message.parent_id == Some(steps.last().unwrap().message.id)), "to a leaf");
        }
    }
}
