//! ChatGPT's `conversations.json`, and single conversations as saved by browser extensions.

use std::collections::HashMap;

use super::{
    Foreign, Reader, Source,
    form::{self, IMAGE, RECORDING, Text},
    json::{Fields, Json},
    marks::Marks,
    tree::{Node, Speaker},
    when::millis,
};

pub(super) const SOURCE: Source =
    Source { recognizes: |fields| nodes_of(fields.get("mapping")).next().is_some() || fields.get("mapping").is_object(), read };

fn read(fields: &Fields<'_>, reader: &mut Reader<'_>) {
    let mut foreign = Foreign {
        source: "chatgpt",
        id: fields.first(&["conversation_id", "id"]).name().unwrap_or_default(),
        title: fields.first(&["title", "name"]).words(),
        began: millis(fields.get("create_time")),
        changed: millis(fields.get("update_time")),
        pinned: fields.get("is_starred").is_true() || fields.get("pinned_time").is_true(),
        archived: fields.get("is_archived").is_true(),
        provider: Some("openai"),
        model: fields.get("default_model_slug").words(),
        current: fields.get("current_node").name(),
        ..Foreign::default()
    };
    for (key, entry) in nodes_of(fields.get("mapping")) {
        foreign.take(node(key, entry));
    }
    parents_from_children(fields.get("mapping"), &mut foreign.nodes);
    // Sorted, so that the same messages give the same conversation in any order.
    foreign.nodes.sort_by(|one, other| one.key.cmp(&other.key));
    if foreign.id.is_empty() {
        // A conversation without an id is identified by one of its messages.
        foreign.id = foreign.nodes.first().map(|node| node.key.clone()).unwrap_or_default();
    }
    reader.take(foreign);
}

/// Returns the nodes of a tree with their keys, from an object or a list.
fn nodes_of<'a>(mapping: Json<'a>) -> impl Iterator<Item = (String, Json<'a>)> {
    let listed = mapping.elements().filter_map(|node| Some((node.fields().get("id").name()?, node)));
    mapping.entries().map(|(key, node)| (key.into_owned(), node)).chain(listed)
}

/// Sets the parents of nodes without one, if other nodes name them as children.
pub(super) fn parents_from_children(mapping: Json<'_>, nodes: &mut [Node]) {
    let mut lost: HashMap<&str, (usize, Option<String>)> = HashMap::new();
    for (place, node) in nodes.iter().enumerate().filter(|(_, node)| node.parent.is_none()) {
        lost.insert(&node.key, (place, None));
    }
    if lost.len() < 2 {
        return; // the first one follows nothing
    }
    for (key, entry) in nodes_of(mapping) {
        for child in entry.fields().get("children").elements().filter_map(Json::name) {
            if let Some((_, parent)) = lost.get_mut(child.as_str()).filter(|(_, parent)| parent.is_none()) {
                *parent = Some(key.clone());
            }
        }
    }
    let found: Vec<_> = lost.into_values().collect();
    for (place, parent) in found {
        nodes[place].parent = parent;
    }
}

/// Reads a message. Returns `None` if the node contains something else.
fn node(key: String, entry: Json<'_>) -> Option<Node> {
    let fields = entry.fields();
    let message = fields.get("message");
    if !entry.is_object() || (message.is_there() && !message.is_object()) {
        return None;
    }
    let mut node = Node { key, parent: fields.get("parent").name(), ..Node::default() };
    let message = message.fields();
    node.at = millis(message.get("create_time"));
    let metadata = message.get("metadata").fields();
    node.model = metadata.get("model_slug").words();
    // Hidden messages are not part of the conversation.
    if !metadata.get("is_visually_hidden_from_conversation").is_true() {
        (node.who, node.text) = said(&message, &metadata);
        node.thought = thought(message.get("content"));
    }
    Some(node)
}

/// Returns the speaker and the text of a message.
fn said(message: &Fields<'_>, metadata: &Fields<'_>) -> (Speaker, String) {
    let content = message.get("content");
    let fields = content.fields();
    let author = message.get("author").fields().get("role").words().unwrap_or_default();
    let recipient = message.get("recipient").words().unwrap_or_else(|| "all".to_owned());
    let kind = fields.get("content_type").words().unwrap_or_default();
    let text = || fields.get("text").words().unwrap_or_default();
    let is_code = recipient == "all" || recipient.starts_with("python");
    match (author.as_str(), recipient.as_str(), kind.as_str()) {
        // Custom instructions, reasoning and searches are not part of the text.
        (.., "user_editable_context" | "model_editable_context" | "thoughts" | "reasoning_recap") => Default::default(),
        (.., "tether_browsing_display" | "tether_quote" | "sonic_webpage" | "system_error") => Default::default(),
        ("assistant", _, "code") if is_code && !text().is_empty() => {
            let language = fields.get("language").words().filter(|language| language != "unknown");
            let language = language.unwrap_or_else(|| if recipient == "all" { String::new() } else { "python".to_owned() });
            (Speaker::Assistant, form::fenced(&language, &text()))
        }
        // Output of the model's code, with its images, is part of the answer.
        ("tool", _, "execution_output") => {
            let made = metadata.get("aggregate_result").fields().get("messages");
            let pictures =
                made.values().filter(|one| one.fields().get("message_type").string().as_deref() == Some("image")).map(|_| IMAGE.to_owned());
            let output = Some(text()).filter(|text| !text.is_empty()).map(|text| form::fenced("", &text));
            (Speaker::Assistant, joined(output.into_iter().chain(pictures)))
        }
        ("tool", _, "multimodal_text") => {
            let pictures = fields.get("parts").values().filter(|part| part.is_object()).filter_map(part);
            (Speaker::Assistant, joined(pictures))
        }
        ("assistant", recipient, _) if recipient.starts_with("canmore.create") => {
            let text = Some(text()).filter(|text| !text.is_empty()).or_else(|| fields.get("parts").values().next()?.words());
            (Speaker::Assistant, text.and_then(|text| document(Json::of(&text))).unwrap_or_default())
        }
        ("user" | "assistant" | "", "all", _) => {
            let who = match author.as_str() {
                "user" => Speaker::User,
                "assistant" => Speaker::Assistant,
                _ => Speaker::Unknown,
            };
            (who, shown(content, &fields, metadata))
        }
        _ => Default::default(),
    }
}

/// Returns the reasoning in the content of a message: each thought under its summary.
fn thought(content: Json<'_>) -> String {
    let mut texts = Text::default();
    for thought in content.fields().get("thoughts").values() {
        let thought = thought.fields();
        texts.extend(thought.get("summary").words().filter(|summary| !summary.trim().is_empty()).map(|summary| form::heading(&summary)));
        texts.extend(thought.get("content").words());
    }
    texts.done()
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    let mut texts = Text::default();
    texts.extend(parts);
    texts.done()
}

/// Returns the texts of a message, and a line for each attachment.
fn shown(content: Json<'_>, fields: &Fields<'_>, metadata: &Fields<'_>) -> String {
    let marks = Marks::of(metadata);
    let parts = fields.get("parts");
    let single = [content.words(), parts.words(), fields.get("text").words(), fields.get("result").words()];
    let mut texts = Text::default();
    texts.extend(parts.values().filter_map(part).chain(single.into_iter().flatten()).map(|text| marks.resolve(text)));
    if texts.is_empty() && parts.values().any(|part| kind(part).is_some_and(|kind| kind.contains("audio"))) {
        texts.push(RECORDING);
    }
    for file in metadata.get("attachments").values() {
        let file = file.fields();
        // Images are among the parts already.
        let is_picture = file.first(&["mime_type", "mimeType"]).words().is_some_and(|kind| kind.starts_with("image/"));
        texts.extend(file.get("name").words().filter(|_| !is_picture).map(|name| form::missing(&name)));
    }
    texts.done()
}

fn kind(part: Json<'_>) -> Option<String> {
    part.fields().get("content_type").words()
}

/// Returns the text of a part of a message.
fn part(part: Json<'_>) -> Option<String> {
    if !part.is_object() {
        return part.name();
    }
    match kind(part).as_deref() {
        Some("image_asset_pointer") => Some(IMAGE.to_owned()),
        _ => part.fields().first(&["text", "content"]).words(),
    }
}

/// Returns a document that the model wrote beside the conversation.
fn document(document: Json<'_>) -> Option<String> {
    let fields = document.fields();
    let content = fields.get("content").words()?;
    let kind = fields.get("type").words().unwrap_or_else(|| "document".to_owned());
    Some(form::document(fields.get("name").words().as_deref(), &kind, &content))
}
