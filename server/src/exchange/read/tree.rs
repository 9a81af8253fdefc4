//! A tree of messages as ours are: people and models by turns, without what is neither.

use std::collections::{HashMap, HashSet, VecDeque};

use holdfast_protocol::{Role, Status};
use uuid::Uuid;

use crate::{clock::Millis, store::ImportedMessage};

/// Text that is copied at most where parts of answers branch, bytes: no honest conversation comes near it, and one that is made
/// for it would grow with the square of its length.
const MOST_COPIED: usize = 8 * 1024 * 1024;

/// A message of another program.
pub(super) struct Node {
    /// What it is called there.
    pub(super) key: String,
    /// What it follows.
    pub(super) parent: Option<String>,
    /// Who speaks; none where it is neither a person nor a model, and what follows it follows what it follows.
    pub(super) role: Option<Role>,
    /// The text.
    pub(super) text: String,
    /// The model.
    pub(super) model: Option<String>,
    /// When.
    pub(super) at: Option<Millis>,
}

/// A message that is kept.
struct Kept {
    id: Uuid,
    parent: Option<usize>,
    role: Role,
    text: String,
    model: Option<String>,
    at: Millis,
    /// Its text has gone into the one that continues it.
    is_moved: bool,
    /// Somebody answered to it as it is.
    is_answered: bool,
    /// Another goes on with its text.
    is_continued: bool,
}

/// Brings them into our form: `began` is the time of what has none, `id` gives each message its id.
///
/// Programs that use tools write an answer in several parts. Here it is one: parts that follow each other are joined, and
/// where the parts branch, each way through them is an answer of its own.
pub(super) fn settle(mut nodes: Vec<Node>, provider: &str, began: Millis, id: impl Fn(&str) -> Uuid) -> Vec<ImportedMessage> {
    // Of those that are called the same, the first is meant.
    let mut seen = HashSet::new();
    nodes.retain(|node| seen.insert(node.key.clone()));
    let places: HashMap<&str, usize> = nodes.iter().enumerate().map(|(place, node)| (node.key.as_str(), place)).collect();
    let parents: Vec<Option<usize>> = nodes.iter().map(|node| places.get(node.parent.as_deref()?).copied()).collect();
    let mut children = vec![Vec::new(); nodes.len()];
    let mut queue = VecDeque::new();
    for (place, parent) in parents.into_iter().enumerate() {
        match parent {
            Some(parent) => children[parent].push(place),
            None => queue.push_back((place, None::<usize>, false)),
        }
    }
    let mut kept: Vec<Kept> = Vec::new();
    let mut copied = 0;
    // What goes round in circles is reached from nowhere: then the first of them in the file begins.
    let (mut is_reached, mut unreached) = (vec![false; nodes.len()], 0..nodes.len());
    while let Some((place, before, is_only)) =
        queue.pop_front().or_else(|| unreached.find(|place| !is_reached[*place]).map(|place| (place, None, false)))
    {
        if std::mem::replace(&mut is_reached[place], true) {
            continue;
        }
        let node = &mut nodes[place];
        let is_fork = children[place].len() != 1;
        let text = std::mem::take(&mut node.text);
        let (here, is_only) = match node.role.filter(|_| !text.trim().is_empty()) {
            None => (before, is_only && !is_fork),
            Some(role) => {
                let earliest = before.map_or(0, |before| kept[before].at.saturating_add(1));
                let mut fresh = Kept {
                    id: id(&node.key),
                    parent: before,
                    role,
                    text,
                    model: node.model.take(),
                    at: node.at.unwrap_or(began).max(earliest),
                    is_moved: false,
                    is_answered: false,
                    is_continued: false,
                };
                match before.map(|before| &mut kept[before]) {
                    Some(first) if first.role == Role::Assistant && role == Role::Assistant => {
                        fresh.parent = first.parent;
                        if !is_only {
                            copied += first.text.len();
                        }
                        if is_only || copied <= MOST_COPIED {
                            first.is_moved = is_only;
                            first.is_continued = true;
                            let mut begun = if is_only { std::mem::take(&mut first.text) } else { first.text.clone() };
                            begun.truncate(begun.trim_end().len());
                            begun.push_str("\n\n");
                            begun.push_str(&fresh.text);
                            fresh.text = begun;
                        }
                    }
                    Some(first) => first.is_answered = true,
                    None => {}
                }
                kept.push(fresh);
                (Some(kept.len() - 1), !is_fork)
            }
        };
        queue.extend(children[place].iter().map(|child| (*child, here, is_only)));
    }
    let ids: Vec<Uuid> = kept.iter().map(|kept| kept.id).collect();
    let stays = |kept: &Kept| !kept.is_moved && (kept.is_answered || !kept.is_continued);
    let message = |kept: Kept| ImportedMessage {
        id: kept.id,
        parent: kept.parent.map(|parent| ids[parent]),
        status: if kept.role == Role::User { Status::Accepted } else { Status::Complete },
        provider: (kept.role == Role::Assistant).then(|| provider.to_owned()),
        model: kept.model.filter(|_| kept.role == Role::Assistant),
        role: kept.role,
        content: kept.text,
        created_at: kept.at,
        error: None,
        usage: None,
        sources: Vec::new(),
    };
    kept.into_iter().filter(stays).map(message).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nodes as `(key, parent, who, text)`; who is `u`, `a` or `-`.
    fn settled(nodes: &[(&str, &str, char, &str)]) -> Vec<(String, Option<usize>)> {
        let node = |(key, parent, who, text): &(&str, &str, char, &str)| Node {
            key: (*key).to_owned(),
            parent: (!parent.is_empty()).then(|| (*parent).to_owned()),
            role: match who {
                'u' => Some(Role::User),
                'a' => Some(Role::Assistant),
                _ => None,
            },
            text: (*text).to_owned(),
            model: None,
            at: None,
        };
        let messages = settle(nodes.iter().map(node).collect(), "x", 7, |key| Uuid::new_v5(&Uuid::nil(), key.as_bytes()));
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
    fn of_those_that_are_called_the_same_the_first_is_meant() {
        let nodes = [("1", "", 'u', "a"), ("1", "", 'u', "b"), ("2", "1", 'a', "c"), ("2", "1", 'a', "d")];
        assert_eq!(settled(&nodes), [own("a", None), own("c", Some(0))]);
    }

    #[test]
    fn what_is_made_to_grow_does_not() {
        // Each part goes on in two ways: all ways through them would be some 25 GB.
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
                role: Some(Role::User),
                text: "x".to_owned(),
                model: None,
                at: Some(at),
            };
            let nodes = vec![node("1", None, first), node("2", Some("1"), second)];
            let messages = settle(nodes, "x", 7, |key| Uuid::new_v5(&Uuid::nil(), key.as_bytes()));
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
