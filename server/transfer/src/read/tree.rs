//! Converts the message tree of another program to Holdfast's form, in which messages of users and models alternate.

use std::collections::{HashMap, HashSet, VecDeque};

use holdfast_protocol::{
    Author, Status, Step,
    step::{StepKind, StepState},
};
use uuid::Uuid;

use holdfast_core::clock::Millis;
use holdfast_core::imported::ImportedMessage;

/// Maximum number of bytes that are copied because the parts of an answer branch. No real conversation comes near it; without a limit, the
/// result for a malicious file would grow with the square of its length.
const MOST_COPIED: usize = 8 * 1024 * 1024;

/// The speaker of a message in another program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Speaker {
    /// Neither a user nor a model: its children become children of its parent.
    #[default]
    Nobody,
    /// A user.
    User,
    /// A model.
    Assistant,
    /// Unknown; taken as a user after a model or at the beginning, and as a model after a user.
    Unknown,
}

/// A message of another program.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    /// Its key in the other program.
    pub(super) key: String,
    /// Key of its parent.
    pub(super) parent: Option<String>,
    /// Its speaker.
    pub(super) who: Speaker,
    /// Its text.
    pub(super) text: String,
    /// The reasoning before its text; empty if there is none. That of a message without a text belongs to the answer that follows it.
    pub(super) thought: String,
    /// Name of the model.
    pub(super) model: Option<String>,
    /// When it was created, ms since 1970; `None` if the file does not say.
    pub(super) at: Option<Millis>,
}

/// A message of the result.
struct Entry {
    id: Uuid,
    parent: Option<usize>,
    role: Author,
    text: String,
    /// Reasoning, with the byte of the text at which it stands.
    thoughts: Vec<(usize, String)>,
    model: Option<String>,
    at: Millis,
    /// Whether its text was moved to the message that continues it.
    is_moved: bool,
    /// Whether another message, which does not continue its text, is its child.
    is_answered: bool,
    /// Index of the last message that continues its text.
    continued: Option<usize>,
}

impl Entry {
    fn stays(&self) -> bool {
        !self.is_moved && (self.is_answered || self.continued.is_none())
    }
}

/// Properties of the whole tree.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tree<'a> {
    /// Name of the provider.
    pub(super) provider: Option<&'a str>,
    /// Name of the model, for answers that do not name one.
    pub(super) model: Option<&'a str>,
    /// Time for messages without one.
    pub(super) began: Millis,
    /// Key of the message that was open last in the other program. The path to it is shown first.
    pub(super) current: Option<&'a str>,
}

/// Converts messages to Holdfast's form. `id` returns the id for a message's key.
///
/// Programs that use tools write an answer in several parts. Here it is one message: consecutive parts are joined, and if the parts
/// branch, each path through them becomes an answer.
pub(super) fn settle(mut nodes: Vec<Node>, tree: Tree<'_>, id: impl Fn(&str) -> Uuid) -> Vec<ImportedMessage> {
    // Of nodes with the same key, the first counts.
    let mut seen = HashSet::new();
    nodes.retain(|node| seen.insert(node.key.clone()));
    let places: HashMap<&str, usize> = nodes.iter().enumerate().map(|(place, node)| (node.key.as_str(), place)).collect();
    let current = tree.current.and_then(|key| places.get(key).copied());
    let mut open = None;
    let parents: Vec<Option<usize>> = nodes.iter().map(|node| places.get(node.parent.as_deref()?).copied()).collect();
    let mut children = vec![Vec::new(); nodes.len()];
    let mut queue = VecDeque::new();
    for (place, parent) in parents.into_iter().enumerate() {
        match parent {
            Some(parent) => children[parent].push(place),
            None => queue.push_back((place, None::<usize>, false, String::new())),
        }
    }
    let mut entries: Vec<Entry> = Vec::new();
    let mut copied = 0;
    // A cycle can't be reached from a message without a parent, so its first message in the file becomes one.
    let (mut is_reached, mut unreached) = (vec![false; nodes.len()], 0..nodes.len());
    while let Some((place, before, is_only, mut thought)) =
        queue.pop_front().or_else(|| unreached.find(|place| !is_reached[*place]).map(|place| (place, None, false, String::new())))
    {
        if std::mem::replace(&mut is_reached[place], true) {
            continue;
        }
        let node = &mut nodes[place];
        let is_fork = children[place].len() != 1;
        let text = std::mem::take(&mut node.text);
        if !thought.is_empty() && !node.thought.is_empty() {
            thought.push_str("\n\n");
        }
        thought.push_str(&std::mem::take(&mut node.thought));
        let role = match (node.who, before.map(|before| entries[before].role)) {
            _ if text.trim().is_empty() => None,
            (Speaker::Nobody, _) => None,
            (Speaker::User, _) | (Speaker::Unknown, None | Some(Author::Assistant)) => Some(Author::User),
            (Speaker::Assistant, _) | (Speaker::Unknown, Some(Author::User)) => Some(Author::Assistant),
        };
        let (here, is_only) = match role {
            None => (before, is_only && !is_fork),
            Some(role) => {
                let thought = Some(std::mem::take(&mut thought)).filter(|thought| role == Author::Assistant && !thought.trim().is_empty());
                let earliest = before.map_or(0, |before| entries[before].at.saturating_add(1));
                let mut fresh = Entry {
                    id: id(&node.key),
                    parent: before,
                    role,
                    text,
                    thoughts: thought.map(|thought| (0, thought)).into_iter().collect(),
                    model: node.model.take(),
                    at: node.at.unwrap_or(tree.began).max(earliest),
                    is_moved: false,
                    is_answered: false,
                    continued: None,
                };
                let place = entries.len();
                match before.map(|before| &mut entries[before]) {
                    Some(first) if first.role == Author::Assistant && role == Author::Assistant => {
                        fresh.parent = first.parent;
                        if !is_only {
                            copied += first.text.len() + first.thoughts.iter().map(|(_, thought)| thought.len()).sum::<usize>();
                        }
                        if is_only || copied <= MOST_COPIED {
                            first.is_moved = is_only;
                            first.continued = Some(place);
                            let mut begun = if is_only { std::mem::take(&mut first.text) } else { first.text.clone() };
                            begun.truncate(begun.trim_end().len());
                            begun.push_str("\n\n");
                            let mut thoughts = if is_only { std::mem::take(&mut first.thoughts) } else { first.thoughts.clone() };
                            thoughts.extend(fresh.thoughts.into_iter().map(|(at, thought)| (begun.len() + at, thought)));
                            fresh.thoughts = thoughts;
                            begun.push_str(&fresh.text);
                            fresh.text = begun;
                        }
                    }
                    Some(first) => first.is_answered = true,
                    None => {}
                }
                entries.push(fresh);
                (Some(entries.len() - 1), !is_fork)
            }
        };
        if current == Some(place) {
            open = here;
        }
        // Reasoning that no text has followed yet goes to one child, so that nothing is copied.
        queue.extend(children[place].iter().map(|child| (*child, here, is_only, std::mem::take(&mut thought))));
    }
    while let Some(further) = open.filter(|open| !entries[*open].stays()) {
        open = entries[further].continued;
    }
    let ids: Vec<Uuid> = entries.iter().map(|entry| entry.id).collect();
    let open = open.map(|open| ids[open]);
    let message = |entry: Entry| ImportedMessage {
        id: entry.id,
        parent: entry.parent.map(|parent| ids[parent]),
        status: if entry.role == Author::User { Status::Accepted } else { Status::Complete },
        provider: tree.provider.filter(|_| entry.role == Author::Assistant).map(str::to_owned),
        model: entry.model.or_else(|| tree.model.map(str::to_owned)).filter(|_| entry.role == Author::Assistant),
        role: entry.role,
        steps: (0..).zip(entry.thoughts).map(|(index, (after, thought))| reasoning(index, after, thought, entry.at)).collect(),
        content: entry.text,
        created_at: entry.at,
        error: None,
        usage: None,
        sources: Vec::new(),
        left_out: 0,
        ignored: Vec::new(),
    };
    let mut messages: Vec<ImportedMessage> = entries.into_iter().filter(Entry::stays).map(message).collect();
    if let Some(open) = open {
        keep_open(&mut messages, open);
    }
    messages
}

/// Returns a finished step of reasoning. Files do not say how long it took.
fn reasoning(index: u32, after: usize, content: String, at: Millis) -> Step {
    Step { state: StepState::Done, content, ..Step::started(index, StepKind::Reasoning, after as u64, at) }
}

/// Makes the path through `open` the one that is shown first, which is the path to the newest message. If a message elsewhere is newer, the
/// newest message among `open` and its descendants gets a later time and becomes the last.
fn keep_open(messages: &mut Vec<ImportedMessage>, open: Uuid) {
    // Each message comes after its parent.
    let mut below = HashSet::from([open]);
    for message in messages.iter() {
        if message.parent.is_some_and(|parent| below.contains(&parent)) {
            below.insert(message.id);
        }
    }
    let newest = |is_below: bool| {
        let those = messages.iter().enumerate().filter(|(_, message)| below.contains(&message.id) == is_below);
        those.max_by_key(|(place, message)| (message.created_at, *place)).map(|(place, message)| (place, message.created_at))
    };
    if let (Some((place, at)), Some((_, other))) = (newest(true), newest(false))
        && at <= other
    {
        let mut message = messages.remove(place);
        message.created_at = other.saturating_add(1);
        messages.push(message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Converts nodes given as `(key, parent, who, text)`; `who` is `u`, `a` or `-`.
    fn settled(nodes: &[(&str, &str, char, &str)]) -> Vec<(String, Option<usize>)> {
        let node = |(key, parent, who, text): &(&str, &str, char, &str)| Node {
            key: (*key).to_owned(),
            parent: (!parent.is_empty()).then(|| (*parent).to_owned()),
            who: match who {
                'u' => Speaker::User,
                'a' => Speaker::Assistant,
                '?' => Speaker::Unknown,
                _ => Speaker::Nobody,
            },
            text: (*text).to_owned(),
            ..Node::default()
        };
        let messages = settle(nodes.iter().map(node).collect(), Tree::default(), |key| Uuid::new_v5(&Uuid::nil(), key.as_bytes()));
        let places: HashMap<Uuid, usize> = messages.iter().enumerate().map(|(place, message)| (message.id, place)).collect();
        let place = |id: Option<Uuid>| id.map(|id| places.get(&id).copied().unwrap_or(usize::MAX));
        messages.iter().map(|message| (message.content.clone(), place(message.parent))).collect()
    }

    fn own(text: &str, parent: Option<usize>) -> (String, Option<usize>) {
        (text.to_owned(), parent)
    }

    #[test]
    fn what_is_neither_person_nor_model_is_left_out_of_the_line() {
        let nodes =
            [("r", "", '-', ""), ("s", "r", '-', "be kind"), ("1", "s", 'u', "hi"), ("t", "1", '-', "tool"), ("2", "t", 'a', "hello")];
        assert_eq!(settled(&nodes), [own("hi", None), own("hello", Some(0))]);
    }

    #[test]
    fn parts_of_an_answer_are_one_answer() {
        let nodes = [
            ("1", "", 'u', "q"),
            ("2", "1", 'a', "let me see"),
            ("3", "2", '-', "tool"),
            ("4", "3", 'a', "it is 7"),
            ("5", "4", 'u', "thanks"),
        ];
        assert_eq!(settled(&nodes), [own("q", None), own("let me see\n\nit is 7", Some(0)), own("thanks", Some(1))]);
    }

    #[test]
    fn reasoning_belongs_to_the_answer_that_follows_it() {
        let node = |key: &str, parent: &str, who, text: &str, thought: &str| Node {
            key: key.to_owned(),
            parent: (!parent.is_empty()).then(|| parent.to_owned()),
            who,
            text: text.to_owned(),
            thought: thought.to_owned(),
            ..Node::default()
        };
        let nodes = vec![
            node("1", "", Speaker::User, "q", "not a model's"),
            node("2", "1", Speaker::Nobody, "", "hm"),
            node("3", "2", Speaker::Assistant, "let me see", "so"),
            node("4", "3", Speaker::Assistant, "it is 7", "7?"),
        ];
        let messages = settle(nodes, Tree::default(), |key| Uuid::new_v5(&Uuid::nil(), key.as_bytes()));
        assert!(messages[0].steps.is_empty());
        let steps: Vec<_> = messages[1].steps.iter().map(|step| (step.index, step.after, step.content.as_str())).collect();
        assert_eq!(steps, [(0, 0, "hm\n\nso"), (1, 12, "7?")]);
        assert_eq!(&messages[1].content[12..], "it is 7");
    }

    #[test]
    fn branches_stay_branches_and_each_way_through_the_parts_is_an_answer() {
        let nodes =
            [("1", "", 'u', "q"), ("2", "1", 'a', "one"), ("3", "1", 'a', "two"), ("4", "2", 'u', "more"), ("5", "2", 'u', "other")];
        let branches = [own("q", None), own("one", Some(0)), own("two", Some(0)), own("more", Some(1)), own("other", Some(1))];
        assert_eq!(settled(&nodes), branches);
        let nodes = [("1", "", 'u', "q"), ("2", "1", 'a', "so"), ("3", "2", 'a', "A"), ("4", "2", 'a', "B"), ("5", "2", 'u', "and?")];
        let ways = [own("q", None), own("so", Some(0)), own("so\n\nA", Some(0)), own("so\n\nB", Some(0)), own("and?", Some(1))];
        assert_eq!(settled(&nodes), ways);
    }

    #[test]
    fn who_is_not_told_to_speak_answers_who_spoke_before() {
        let nodes = [("1", "", '?', "q"), ("2", "1", '?', "r"), ("3", "2", '?', "s")];
        assert_eq!(settled(&nodes), [own("q", None), own("r", Some(0)), own("s", Some(1))]);
    }

    /// Returns what is shown of a tree whose messages were created a second after each other, except those with a time.
    fn shown(nodes: &[(&str, &str, char)], current: &str) -> String {
        let node = |(at, (key, parent, who)): (usize, &(&str, &str, char))| Node {
            key: (*key).to_owned(),
            parent: Some((*parent).to_owned()),
            who: match who {
                'u' => Speaker::User,
                'a' => Speaker::Assistant,
                _ => Speaker::Nobody,
            },
            text: (*key).to_owned(),
            at: Some(1_000 * at as Millis),
            ..Node::default()
        };
        let tree = Tree { current: Some(current), ..Tree::default() };
        let messages = settle(nodes.iter().enumerate().map(node).collect(), tree, |key| Uuid::new_v5(&Uuid::nil(), key.as_bytes()));
        let mut next = messages.iter().max_by_key(|message| message.created_at);
        let mut way = Vec::new();
        while let Some(message) = next {
            way.push(message.content.replace("\n\n", "+"));
            next = messages.iter().find(|other| Some(other.id) == message.parent);
        }
        way.reverse();
        way.join(" ")
    }

    #[test]
    fn what_was_open_is_shown_wherever_it_stands() {
        let fork = [("q", "", 'u'), ("a", "q", 'a'), ("b", "q", 'a'), ("b2", "b", 'u'), ("c", "", 'u')];
        for (current, way) in [("a", "q a"), ("b", "q b b2"), ("b2", "q b b2"), ("q", "q b b2"), ("c", "c"), ("gone", "c")] {
            assert_eq!(shown(&fork, current), way, "{current}");
        }
        // The open message is a tool's, or a part of an answer.
        let parts = [("q", "", 'u'), ("a", "q", 'a'), ("t", "a", '-'), ("a2", "t", 'a'), ("b", "q", 'a')];
        for current in ["a", "t", "a2"] {
            assert_eq!(shown(&parts, current), "q a+a2", "{current}");
        }
        assert_eq!(shown(&[("1", "2", 'u'), ("2", "1", 'a'), ("3", "", 'u')], "2"), "1 2", "in a circle");
    }

    #[test]
    fn of_those_that_are_called_the_same_the_first_is_meant() {
        let nodes = [("1", "", 'u', "a"), ("1", "", 'u', "b"), ("2", "1", 'a', "c"), ("2", "1", 'a', "d")];
        assert_eq!(settled(&nodes), [own("a", None), own("c", Some(0))]);
    }

    #[test]
    fn what_is_made_to_grow_does_not() {
        // Each part has two continuations; all paths through them would have about 25 GB.
        let text = "x".repeat(1_000);
        let names: Vec<[String; 3]> = (0..5_000).map(|n| [format!("a{n}"), format!("b{n}"), format!("a{}", n + 1)]).collect();
        let mut nodes = vec![("a0", "", 'a', text.as_str())];
        for [here, other, next] in &names {
            nodes.extend([(other.as_str(), here.as_str(), 'a', text.as_str()), (next.as_str(), here.as_str(), 'a', text.as_str())]);
        }
        let settled = settled(&nodes);
        let bytes: usize = settled.iter().map(|(text, _)| text.len()).sum();
        assert!(bytes <= MOST_COPIED + 2 * nodes.len() * text.len(), "{bytes}");
        assert!(settled.len() > names.len(), "nothing is left out");
    }

    #[test]
    fn none_comes_before_what_it_follows_whatever_its_time_says() {
        for (first, second, expected) in [(9, 3, [9, 10]), (3, 9, [3, 9]), (Millis::MAX, 3, [Millis::MAX, Millis::MAX])] {
            let node = |key: &str, parent: Option<&str>, at| Node {
                key: key.to_owned(),
                parent: parent.map(str::to_owned),
                who: Speaker::User,
                text: "x".to_owned(),
                at: Some(at),
                ..Node::default()
            };
            let nodes = vec![node("1", None, first), node("2", Some("1"), second)];
            let messages = settle(nodes, Tree::default(), |key| Uuid::new_v5(&Uuid::nil(), key.as_bytes()));
            assert_eq!(messages.iter().map(|message| message.created_at).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn circles_and_missing_parents_harm_nobody() {
        let nodes = [("1", "2", 'u', "a"), ("2", "1", 'u', "b"), ("3", "gone", 'u', "c"), ("4", "4", 'u', "d"), ("5", "2", 'u', "e")];
        let opened = [own("c", None), own("a", None), own("b", Some(1)), own("e", Some(2)), own("d", None)];
        assert_eq!(settled(&nodes), opened, "and no text is lost");
    }

    #[test]
    fn a_hundred_thousand_in_a_row_are_no_more_than_their_bytes() {
        let names: Vec<[String; 2]> = (0..100_000).map(|n| [format!("m{n}"), format!("m{}", n + 1)]).collect();
        for who in ['u', 'a', '-'] {
            let nodes: Vec<_> = names.iter().map(|[above, name]| (name.as_str(), above.as_str(), who, "text")).collect();
            let expected = match who {
                'u' => (100_000, 4),
                'a' => (1, 6 * 100_000 - 2), // parts of one answer
                _ => (0, 0),
            };
            let messages = settled(&nodes);
            assert_eq!((messages.len(), messages.first().map_or(0, |(text, _)| text.len())), expected);
        }
    }
}
