//! DeepSeek's `conversations.json`: a tree like ChatGPT's, with another form of messages.

use super::{
    Foreign, Reader, Source,
    chatgpt::parents_from_children,
    form,
    json::{Fields, Json},
    tree::{Node, Speaker},
    when::millis,
};

pub(super) const SOURCE: Source =
    Source { recognizes: |fields| fields.get("mapping").is_object() && (fields.has("inserted_at") || has_fragments(fields)), read };

fn has_fragments(fields: &Fields<'_>) -> bool {
    let mut messages = fields.get("mapping").entries().take(8).map(|(_, entry)| entry.fields().get("message").fields());
    messages.any(|message| message.has("fragments"))
}

fn read(fields: &Fields<'_>, reader: &mut Reader<'_>) {
    let mut foreign = Foreign {
        source: "deepseek",
        id: fields.get("id").name().unwrap_or_default(),
        title: fields.get("title").words(),
        began: millis(fields.get("inserted_at")),
        changed: millis(fields.get("updated_at")),
        pinned: fields.get("pinned").is_true(),
        provider: Some("deepseek"),
        current: fields.first(&["current_node", "current_message_id"]).name(),
        ..Foreign::default()
    };
    for (key, entry) in fields.get("mapping").entries() {
        foreign.take(node(key.into_owned(), entry));
    }
    parents_from_children(fields.get("mapping"), &mut foreign.nodes);
    reader.take(foreign);
}

fn node(key: String, entry: Json<'_>) -> Option<Node> {
    let fields = entry.fields();
    let message = fields.get("message");
    if !entry.is_object() || (message.is_there() && !message.is_object()) {
        return None;
    }
    let message = message.fields();
    let (mut texts, mut thoughts) = (form::Text::default(), form::Text::default());
    let mut who = match message.get("role").words().unwrap_or_default().to_ascii_lowercase().as_str() {
        "user" => Speaker::User,
        "assistant" => Speaker::Assistant,
        _ => Speaker::Unknown,
    };
    for fragment in message.get("fragments").values() {
        let fragment = fragment.fields();
        match fragment.get("type").words().unwrap_or_default().as_str() {
            "THINK" => {
                thoughts.extend(fragment.get("content").words());
                continue;
            }
            // Searches are not part of the answer.
            "SEARCH" | "TOOL_SEARCH" | "TOOL_OPEN" | "READ_LINK" | "TIP" => continue,
            "REQUEST" => who = Speaker::User,
            _ => who = Speaker::Assistant,
        }
        texts.extend(fragment.get("content").words());
    }
    texts.extend(message.get("content").words().filter(|_| !message.get("fragments").is_list()));
    let files = message.get("files").values().filter_map(|file| file.fields().first(&["file_name", "name"]).words());
    texts.extend(files.map(|name| form::missing(&name)));
    Some(Node {
        key,
        parent: fields.get("parent").name(),
        who,
        text: texts.done(),
        thought: thoughts.done(),
        model: message.get("model").words(),
        at: millis(message.get("inserted_at")),
    })
}
