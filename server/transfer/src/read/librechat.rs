//! LibreChat's export of a conversation: its messages in a list, or each inside its parent.

use std::borrow::Cow;

use super::{
    Foreign, Reader, Source, form,
    json::{Fields, Json, MOST_FIELDS, end},
    messages::{self, text_of},
    tree::{Node, Speaker},
    when::millis,
};

pub(super) const SOURCE: Source = Source {
    recognizes: |fields| {
        let is_one = |list: Json<'_>| list.elements().next().is_some_and(|message| message.fields().has("messageId"));
        fields.get("messagesTree").is_list() || is_one(fields.get("messages"))
    },
    read,
};

/// The parent of the first message.
const NOTHING: &str = "00000000-0000-0000-0000-000000000000";

fn read(fields: &Fields<'_>, reader: &mut Reader<'_>) {
    let options = fields.get("options").fields();
    let mut foreign = Foreign {
        source: "librechat",
        id: fields.get("conversationId").name().unwrap_or_default(),
        title: fields.get("title").words(),
        began: millis(fields.get("createdAt")),
        changed: millis(fields.get("updatedAt")),
        archived: fields.get("isArchived").is_true(),
        model: options.get("model").words().or_else(|| fields.get("model").words()),
        ..Foreign::default()
    };
    let list = fields.first(&["messagesTree", "messages"]);
    each(list, |message, above| foreign.take(node(message, above)));
    reader.take(foreign);
}

/// Maximum depth of messages inside each other.
const DEEPEST: usize = 10_000;

/// A structure that is open during the search for messages.
enum Open<'a> {
    /// A list of messages.
    List,
    /// A message, with its fields so far.
    Message(Vec<(Cow<'a, str>, Json<'a>)>),
}

/// Passes all messages to `take`, each with the id of its parent if that was known before. Each byte is examined a limited number of
/// times at any depth. A message deeper than [`DEEPEST`] has no fields.
fn each<'a>(list: Json<'a>, mut take: impl FnMut(&Fields<'a>, Option<String>)) {
    let text = list.raw();
    let (mut at, mut open) = (0, Vec::new());
    let above = |open: &[Open<'a>]| match open.iter().rev().find(|open| matches!(open, Open::Message(_))) {
        Some(Open::Message(fields)) => fields.iter().find(|(key, _)| key == "messageId").and_then(|(_, id)| id.name()),
        _ => None,
    };
    loop {
        at += text[at..].bytes().take_while(|byte| byte.is_ascii_whitespace() || matches!(byte, b',' | b':')).count();
        let depth = open.len();
        match (text[at..].bytes().next(), open.last_mut()) {
            (Some(b'['), None) => open.push(Open::List),
            (Some(b'{'), Some(Open::List)) if depth < 2 * DEEPEST => open.push(Open::Message(Vec::new())),
            (Some(b']'), Some(Open::List)) => _ = open.pop(),
            // A message that was cut off is used as far as it goes.
            (Some(b'}') | None, Some(Open::Message(_))) => {
                if let Some(Open::Message(fields)) = open.pop() {
                    take(&Fields::new(fields), above(&open));
                }
                if at == text.len() {
                    continue;
                }
            }
            (None, Some(Open::List)) => {
                open.pop();
                continue;
            }
            (None, None) => return,
            (_, Some(Open::Message(fields))) => {
                let key = Json::of(&text[at..]);
                at += key.raw().len().max(1);
                let rest = text[at..].trim_start_matches([' ', '\t', '\n', '\r', ':']);
                at = text.len() - rest.len();
                let name = key.string().unwrap_or_default();
                if name == "children" && rest.starts_with('[') {
                    open.push(Open::List);
                } else {
                    let value = Json::of(rest);
                    at += value.raw().len();
                    if fields.len() < MOST_FIELDS {
                        fields.push((name, value));
                    }
                    continue;
                }
            }
            (Some(first), _) => {
                if first == b'{' {
                    take(&Fields::default(), None);
                }
                at += end(&text.as_bytes()[at..]).max(1) - 1;
            }
        }
        at += 1;
    }
}

fn node(fields: &Fields<'_>, above: Option<String>) -> Option<Node> {
    let key = fields.get("messageId").name()?;
    let parent = fields.get("parentMessageId").name().filter(|parent| parent != NOTHING);
    let who = match (fields.get("isCreatedByUser").raw(), messages::speaker(fields)) {
        ("true", _) => Speaker::User,
        ("false", _) => Speaker::Assistant,
        (_, who) => who,
    };
    let text = text_of(fields);
    let (thought, answer) = form::split_thought(&text);
    Some(Node {
        key,
        parent: parent.or(above),
        who,
        text: answer.to_owned(),
        thought: messages::thought_of(fields).unwrap_or_else(|| thought.to_owned()),
        model: fields.get("model").words().filter(|_| who == Speaker::Assistant),
        at: millis(fields.get("createdAt")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Option<String>, Option<String>)> {
        let mut found = Vec::new();
        each(Json::of(text), |fields, above| found.push((fields.get("messageId").name(), above)));
        found.sort();
        found
    }

    fn pair(id: &str, above: &str) -> (Option<String>, Option<String>) {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        (some(id), some(above))
    }

    #[test]
    fn messages_are_found_at_any_depth() {
        let text = r#"[{"messageId": "a", "children": [{"messageId": "b", "x": {"children": [1]}, "children": []}, {"messageId": "c"}], "y": 1}, 7, {"messageId": "d"}]"#;
        assert_eq!(found(text), [pair("a", ""), pair("b", "a"), pair("c", "a"), pair("d", "")]);
        assert_eq!(found(r#"[{"messageId": "a", "children": [{"messageId": "b", "te"#), [pair("a", ""), pair("b", "a")], "cut off");
        for odd in ["", "[", "[{", "[}", "[{]", "[{\"children\"", "[{\"children\":}", "[\"{\", ]]", "{}", "[{:::}]"] {
            found(odd);
        }
    }

    #[test]
    fn a_hundred_thousand_in_each_other_are_no_more_than_their_bytes() {
        let deep = "[{\"messageId\":\"x\",\"children\":".repeat(100_000);
        assert!(found(&deep).len() >= DEEPEST);
    }
}
