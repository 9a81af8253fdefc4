//! Grok's export: `prod-grok-backend.json`.

use super::{
    Foreign, Reader, Source, form,
    json::{Fields, Json},
    messages,
    tree::{Node, Speaker},
    when::millis,
};

pub(super) const SOURCE: Source = Source { recognizes: |fields| fields.get("conversation").is_object() && fields.has("responses"), read };

fn read(fields: &Fields<'_>, reader: &mut Reader<'_>) {
    let about = fields.get("conversation").fields();
    let mut foreign = Foreign {
        source: "grok",
        id: about.first(&["id", "conversation_id"]).name().unwrap_or_default(),
        title: about.get("title").words(),
        began: millis(about.get("create_time")),
        changed: millis(about.get("modify_time")),
        pinned: about.get("starred").is_true(),
        provider: Some("xai"),
        ..Foreign::default()
    };
    let mut before: Option<String> = None;
    for (at, response) in fields.get("responses").elements().enumerate() {
        let node = node(at, response, before.as_deref());
        if let Some(node) = &node {
            before = Some(node.key.clone());
        }
        foreign.take(node);
    }
    reader.take(foreign);
}

fn node(at: usize, response: Json<'_>, before: Option<&str>) -> Option<Node> {
    let fields = response.fields();
    let fields = if fields.get("response").is_object() { fields.get("response").fields() } else { fields };
    let text = fields.get("message").string()?;
    // References to sources, which only Grok's own page can show.
    let text = form::without(&text, "<grok:render", "</grok:render>");
    let files = fields.first(&["file_attachments", "attachments"]).values();
    let files = files.filter_map(|file| file.fields().first(&["file_name", "fileName", "name"]).words()).map(|name| form::missing(&name));
    let mut texts = form::Text::default();
    texts.extend(std::iter::once(text).chain(files));
    let who = messages::speaker(&fields);
    Some(Node {
        key: fields.first(&["_id", "id", "responseId"]).name().unwrap_or_else(|| format!("#{at}")),
        parent: fields.first(&["parent_response_id", "parentResponseId"]).name().or_else(|| before.map(str::to_owned)),
        who: if who == Speaker::Nobody { Speaker::Unknown } else { who },
        text: texts.done(),
        thought: String::new(),
        model: fields.get("model").words(),
        at: millis(fields.get("create_time")),
    })
}
