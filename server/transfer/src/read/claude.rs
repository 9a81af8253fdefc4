//! Claude's `conversations.json`.

use std::collections::HashSet;

use super::{
    Foreign, Reader, Source,
    form::{self, RECORDING, Text},
    json::{Fields, Json},
    tree::{Node, Speaker},
    when::millis,
};

/// Placeholder in a message's text for content that could not be shown.
const NOT_SHOWN: &str = "This block is not supported on your current device yet";

pub(super) const SOURCE: Source = Source { recognizes: |fields| fields.get("chat_messages").is_there(), read };

fn read(fields: &Fields<'_>, reader: &mut Reader<'_>) {
    let mut foreign = Foreign {
        source: "claude",
        id: fields.first(&["uuid", "id"]).name().unwrap_or_default(),
        title: fields.first(&["name", "title"]).words(),
        began: millis(fields.get("created_at")),
        changed: millis(fields.get("updated_at")),
        pinned: fields.get("is_starred").is_true(),
        provider: Some("anthropic"),
        model: fields.get("model").words(),
        current: fields.get("current_leaf_message_uuid").name(),
        ..Foreign::default()
    };
    let mut before = None;
    for (at, message) in fields.get("chat_messages").elements().enumerate() {
        let node = node(at, message, before.clone());
        if let Some(node) = &node {
            before = Some(node.key.clone());
        }
        foreign.take(node);
    }
    if !fields.get("chat_messages").is_list() {
        foreign.unreadable += 1;
    }
    reader.take(foreign);
}

/// Reads a message. It follows `before`, unless it names its parent. Returns `None` if the value is not a message.
fn node(at: usize, message: Json<'_>, before: Option<String>) -> Option<Node> {
    if !message.is_object() {
        return None;
    }
    let message = message.fields();
    let who = match message.first(&["sender", "role"]).words().unwrap_or_default().as_str() {
        "human" | "user" => Speaker::User,
        "assistant" => Speaker::Assistant,
        "" => Speaker::Unknown,
        _ => Speaker::Nobody,
    };
    let mut texts = Text::default();
    let mut thoughts = Text::default();
    for part in message.get("content").values().filter(|part| part.is_object()) {
        let part = part.fields();
        thoughts.extend(part.get("thinking").words().filter(|_| part.get("type").string().as_deref() == Some("thinking")));
    }
    texts.extend(message.get("content").values().filter_map(part));
    texts.extend(message.get("content").words());
    if texts.is_empty() {
        let text = message.get("text").words().filter(|text| !text.contains(NOT_SHOWN));
        thoughts.extend(text.iter().flat_map(|text| form::inside(text, "<antThinking>", "</antThinking>")).map(str::to_owned));
        texts.extend(text.map(with_artifacts));
    }
    let mut names = HashSet::new();
    for file in message.get("attachments").values().chain(message.get("files").values()) {
        let file = file.fields();
        let name = file.first(&["file_name", "name"]).words();
        // The extracted text, if there is one: of pasted text or a document.
        let text = file.get("extracted_content").words();
        // Attachments occur again among the files.
        if name.as_ref().is_some_and(|name| !names.insert(name.clone()) && text.is_none()) {
            continue;
        }
        texts.extend(match (text, name) {
            (Some(text), name) => Some(format!("{}\n\n{}", form::heading(name.as_deref().unwrap_or("attached")), form::fenced("", &text))),
            (None, name) => name.map(|name| form::missing(&name)),
        });
    }
    Some(Node {
        key: message.first(&["uuid", "id"]).name().unwrap_or_else(|| format!("#{at}")),
        parent: message.get("parent_message_uuid").name().or(before),
        who,
        text: texts.done(),
        thought: thoughts.done(),
        model: message.get("model").words(),
        at: millis(message.get("created_at")),
    })
}

/// Returns the text of a part. Reasoning, tool calls and their results are not part of the text, but documents that the model
/// wrote are.
fn part(part: Json<'_>) -> Option<String> {
    if !part.is_object() {
        return part.words();
    }
    let fields = part.fields();
    let kind = fields.get("type").words().unwrap_or_default();
    match kind.as_str() {
        "tool_use" => document(&fields.get("name").words()?, &fields.get("input").fields()),
        "voice_note" => Some(fields.first(&["text", "transcript"]).words().unwrap_or_else(|| RECORDING.to_owned())),
        "thinking" | "redacted_thinking" | "tool_result" | "token_budget" | "flag" => None,
        _ if kind.starts_with("injected") => None,
        _ => fields.get("text").words().map(|text| with_sources(with_artifacts(text), fields.get("citations"))),
    }
}

/// Returns a document that a model wrote as a whole. Changes to a document are left out.
fn document(tool: &str, input: &Fields<'_>) -> Option<String> {
    match tool {
        "artifacts" => {
            let content = input.get("content").words()?;
            let kind = input.get("language").words().or_else(|| input.get("type").words()).unwrap_or_default();
            let kind = if input.get("type").string().as_deref() == Some("text/markdown") { "md" } else { &kind };
            Some(form::document(input.get("title").words().as_deref(), kind, &content))
        }
        "create_file" => {
            let path = input.first(&["path", "file_path"]).words().unwrap_or_default();
            let content = input.first(&["file_text", "content"]).words()?;
            let name = path.rsplit('/').next().unwrap_or_default();
            Some(form::document(Some(name), name, &content))
        }
        _ => None,
    }
}

/// Returns a text with its documents, which older exports have between tags, in the usual form, and without reasoning.
fn with_artifacts(text: String) -> String {
    const BEGIN: &str = "<antArtifact ";
    const END: &str = "</antArtifact>";
    if !text.contains("<ant") {
        return text;
    }
    let text = form::without(&text, "<antThinking>", "</antThinking>");
    let (mut said, mut rest) = (String::with_capacity(text.len()), text.as_str());
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let Some((tag, inside)) = after.split_once('>') else { break };
        let (content, behind) = inside.split_once(END).unwrap_or((inside, ""));
        let attribute = |name: &str| tag.split_once(&format!("{name}=\"")).and_then(|(_, value)| value.split('"').next());
        let kind = attribute("language").or_else(|| attribute("type")).unwrap_or_default();
        said.push_str(before.trim_end());
        said.push_str(&format!("\n\n{}\n\n", form::document(attribute("title"), kind, content.trim_matches('\n'))));
        rest = behind.trim_start();
    }
    said.push_str(rest);
    said.trim().to_owned()
}

/// Returns a text with links to its sources.
fn with_sources(mut text: String, citations: Json<'_>) -> String {
    let mut seen = HashSet::new();
    for citation in citations.values() {
        let citation = citation.fields();
        let details = citation.get("details").fields();
        let Some(url) = details.get("url").words().or_else(|| citation.get("url").words()).filter(|url| form::is_address(url)) else {
            continue;
        };
        // Not more of them than the store keeps for an answer.
        if seen.len() < 50 && seen.insert(url.clone()) {
            let title = citation.get("title").words().or_else(|| details.get("title").words()).unwrap_or_default();
            text.truncate(text.trim_end().len());
            text.push_str(&format!(" ({})", form::link(&title, &url)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_between_tags_are_documents() {
        let text = "Here:\n<antThinking>hm</antThinking>\n<antArtifact identifier=\"a\" type=\"application/vnd.ant.code\" language=\"rust\" title=\"main.rs\">\nfn main() {}\n</antArtifact>\nDone.";
        assert_eq!(with_artifacts(text.to_owned()), "Here:\n\n**main.rs**\n\n```rust\nfn main() {}\n```\n\nDone.");
        assert_eq!(with_artifacts("a <antArtifact b".to_owned()), "a <antArtifact b");
        assert_eq!(with_artifacts("<antArtifact >cut".to_owned()), "```\ncut\n```");
    }
}
