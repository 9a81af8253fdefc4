//! LobeChat's export: tables of messages, topics and sessions. Each topic is a conversation, and so are the messages of a session without
//! a topic.

use std::collections::BTreeMap;

use super::{
    Foreign, Reader, Source, form,
    json::Fields,
    messages::{self, text_of},
    tree::Node,
    when::millis,
};

pub(super) const SOURCE: Source = Source { recognizes: |fields| tables(fields).is_some(), read };

/// Returns the tables: under `state` in files, under `data` in exports of a database.
fn tables<'a>(fields: &Fields<'a>) -> Option<Fields<'a>> {
    let is_told = fields.has("exportType") || fields.has("schemaHash") || fields.get("mode").is_string();
    let tables = ["state", "data"].iter().map(|name| fields.get(name)).find(|value| value.is_object())?.fields();
    (is_told && ["messages", "sessions", "topics"].iter().any(|name| tables.has(name))).then_some(tables)
}

fn read(fields: &Fields<'_>, reader: &mut Reader<'_>) {
    let Some(tables) = tables(fields) else { return };
    let mut conversations: BTreeMap<String, Foreign> = BTreeMap::new();
    let mut unreadable = 0;
    for message in tables.get("messages").elements() {
        let fields = message.fields();
        let Some(key) = fields.get("id").name() else {
            unreadable += 1;
            continue;
        };
        let place = fields.first(&["topicId", "topic_id", "sessionId", "session_id"]).name().unwrap_or_default();
        let foreign = conversations.entry(place).or_default();
        let extra = fields.get("extra").fields();
        let text = text_of(&fields);
        let (thought, answer) = form::split_thought(&text);
        let thought = fields.get("reasoning").fields().get("content").words().unwrap_or_else(|| thought.to_owned());
        foreign.take(Some(Node {
            key,
            parent: fields.first(&["parentId", "parent_id"]).name(),
            who: messages::speaker(&fields),
            text: answer.to_owned(),
            thought,
            model: fields.get("model").words().or_else(|| extra.get("fromModel").words()),
            at: millis(fields.first(&["createdAt", "created_at"])),
        }));
    }
    for (table, title_in) in [("sessions", "meta"), ("topics", "")] {
        for about in tables.get(table).elements() {
            let about = about.fields();
            let Some(foreign) = about.get("id").name().and_then(|id| conversations.get_mut(&id)) else { continue };
            foreign.title = about.get(title_in).fields().get("title").words().or_else(|| about.get("title").words());
            foreign.pinned = about.get("favorite").is_true() || about.get("pinned").is_true();
            foreign.began = millis(about.first(&["createdAt", "created_at"]));
        }
    }
    for (id, mut foreign) in conversations {
        (foreign.source, foreign.id) = ("lobe-chat", id);
        follow(&mut foreign.nodes);
        reader.take(foreign);
    }
    if unreadable > 0 {
        reader.take(Foreign { source: "lobe-chat", unreadable, ..Foreign::default() });
    }
}

/// Sets the parent of messages without one to the message before them.
fn follow(nodes: &mut [Node]) {
    nodes.sort_by_key(|node| node.at);
    for at in 1..nodes.len() {
        if nodes[at].parent.is_none() {
            nodes[at].parent = Some(nodes[at - 1].key.clone());
        }
    }
}
