//! The export of chat-ui, the page of HuggingChat.

use super::{
    Foreign, Reader, Source, form,
    json::{Fields, Json},
    messages::{self, text_of},
    tree::Node,
    when::millis,
};

pub(super) const SOURCE: Source = Source {
    recognizes: |fields| {
        let mut messages = fields.get("messages").elements().take(8);
        messages.any(|message| message.fields().get("from").is_string() && message.fields().has("content"))
    },
    read,
};

fn read(fields: &Fields<'_>, reader: &mut Reader<'_>) {
    let id = |value: Json<'_>| value.name().or_else(|| value.fields().get("$oid").name());
    let mut foreign = Foreign {
        source: "chat-ui",
        id: id(fields.first(&["_id", "id", "sessionId"])).unwrap_or_default(),
        title: fields.get("title").words(),
        began: millis(fields.get("createdAt")),
        changed: millis(fields.get("updatedAt")),
        model: fields.get("model").words(),
        ..Foreign::default()
    };
    let mut before = None;
    for (at, message) in fields.get("messages").elements().enumerate() {
        let fields = message.fields();
        if !message.is_object() {
            foreign.take(None);
            continue;
        }
        let key = id(fields.get("id")).unwrap_or_else(|| format!("#{at}"));
        // In a tree, each message names its parent. Otherwise each message follows the one before it.
        let parent =
            if fields.get("ancestors").is_list() { fields.get("ancestors").elements().last().and_then(id) } else { before.clone() };
        let text = text_of(&fields);
        let (thought, answer) = form::split_thought(&text);
        foreign.take(Some(Node {
            key: key.clone(),
            parent,
            who: messages::speaker(&fields),
            text: answer.to_owned(),
            thought: thought.to_owned(),
            model: None,
            at: millis(fields.get("createdAt")),
        }));
        before = Some(key);
    }
    reader.take(foreign);
}
