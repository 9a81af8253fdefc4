//! Claude's `conversations.json`.

use holdfast_protocol::{Role, UserId};
use serde::Deserialize;
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    Unreadable, derived, form, title,
    tree::{Node, settle},
};
use crate::{clock::Millis, store::Arrival};

/// The longest text of an attachment that becomes a part of its message, bytes: messages have an end too.
const LONGEST: usize = 256 * 1024;

#[derive(Deserialize)]
struct Conversation {
    uuid: String,
    name: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
    #[serde(default)]
    is_starred: Option<bool>,
    chat_messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    uuid: String,
    sender: String,
    created_at: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    content: Option<Vec<Part>>,
    #[serde(default)]
    attachments: Option<Vec<Attachment>>,
    #[serde(default)]
    files: Option<Vec<Attachment>>,
    /// Only in newer exports: without it they follow each other.
    parent_message_uuid: Option<String>,
}

#[derive(Deserialize)]
struct Part {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    text: Option<String>,
    /// The tool that is called, and with what.
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    input: Option<Value>,
}

#[derive(Deserialize)]
struct Attachment {
    #[serde(default)]
    file_name: Option<String>,
    /// Its text, where it has one: what was pasted, a document.
    #[serde(default)]
    extracted_content: Option<String>,
}

/// A document beside the conversation.
#[derive(Deserialize)]
struct Artifact {
    #[serde(default)]
    title: Option<String>,
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    content: Option<String>,
}

/// Reads one.
pub(super) fn read(user: UserId, text: &str) -> Result<Arrival, Unreadable> {
    let value: Conversation = serde_json::from_str(text)?;
    let began = millis(value.created_at.as_deref()).unwrap_or(0);
    let id = value.uuid;
    let mut before = None;
    let mut nodes = Vec::with_capacity(value.chat_messages.len());
    for message in value.chat_messages {
        let key = message.uuid.clone();
        nodes.push(node(message, before.replace(key)));
    }
    let messages = settle(nodes, "anthropic", began, |key| derived(user, "claude", &format!("{id}:{key}")));
    Ok(Arrival {
        original: None,
        id: derived(user, "claude", &id),
        title: title(value.name),
        created_at: began,
        updated_at: millis(value.updated_at.as_deref()).unwrap_or(began),
        pinned: value.is_starred.unwrap_or(false),
        archived: false,
        provider: None,
        model: None,
        messages,
    })
}

fn node(message: Message, before: Option<String>) -> Node {
    let role = match message.sender.as_str() {
        "human" => Some(Role::User),
        "assistant" => Some(Role::Assistant),
        _ => None,
    };
    let parts = message.content.into_iter().flatten().filter_map(part);
    let mut parts: Vec<String> = parts.filter(|text| !text.trim().is_empty()).collect();
    if parts.is_empty() {
        parts.extend(message.text.filter(|text| !text.trim().is_empty()));
    }
    let attached = message.attachments.into_iter().flatten().chain(message.files.into_iter().flatten());
    parts.extend(attached.filter_map(attachment));
    Node {
        key: message.uuid,
        parent: message.parent_message_uuid.or(before),
        role,
        text: parts.join("\n\n"),
        model: None,
        at: millis(message.created_at.as_deref()),
    }
}

/// What a part says. What a model thinks, and what it asks of tools and hears from them, is none of the conversation; but the
/// documents that it writes are.
fn part(part: Part) -> Option<String> {
    match part.kind.as_str() {
        "text" => part.text,
        "tool_use" if part.name.as_deref() == Some("artifacts") => {
            let artifact: Artifact = serde_json::from_value(part.input?).ok()?;
            let content = artifact.content.filter(|content| !content.trim().is_empty())?;
            let content = match (artifact.kind.as_deref(), artifact.language) {
                (Some("text/markdown"), _) => content,
                (_, Some(language)) => form::fenced(&language, &content),
                (Some(kind), None) => form::fenced(kind.rsplit(['/', '.']).next().unwrap_or_default(), &content),
                (None, None) => form::fenced("", &content),
            };
            Some(match artifact.title {
                Some(title) => format!("{}\n\n{content}", form::heading(&title)),
                None => content,
            })
        }
        _ => None,
    }
}

fn attachment(file: Attachment) -> Option<String> {
    let name = file.file_name.filter(|name| !name.is_empty());
    match file.extracted_content.filter(|text| !text.trim().is_empty() && text.len() <= LONGEST) {
        Some(text) => Some(format!("{}\n\n{}", form::heading(name.as_deref().unwrap_or("attached")), form::fenced("", &text))),
        None => name.map(|name| form::missing(&name)),
    }
}

fn millis(text: Option<&str>) -> Option<Millis> {
    let at = OffsetDateTime::parse(text?, &Rfc3339).ok()?;
    Millis::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()
}
