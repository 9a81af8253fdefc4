//! Claude's `conversations.json`.

use holdfast_protocol::{Role, UserId};
use serde::Deserialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    Unreadable, derived, title,
    tree::{Node, settle},
};
use crate::{clock::Millis, store::Arrival};

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
    content: Vec<Part>,
    #[serde(default)]
    attachments: Vec<Attachment>,
    #[serde(default)]
    files: Vec<Attachment>,
    /// Only in newer exports: without it they follow each other.
    parent_message_uuid: Option<String>,
}

#[derive(Deserialize)]
struct Part {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize)]
struct Attachment {
    #[serde(default)]
    file_name: Option<String>,
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
    let parts = message.content.into_iter().filter(|part| part.kind == "text").filter_map(|part| part.text);
    let mut parts: Vec<String> = parts.filter(|text| !text.trim().is_empty()).collect();
    if parts.is_empty() {
        parts.extend(message.text.filter(|text| !text.trim().is_empty()));
    }
    let names = message.attachments.into_iter().chain(message.files).filter_map(|file| file.file_name).filter(|name| !name.is_empty());
    parts.extend(names.map(|name| format!("*[attached: {name}, which is not in this file]*")));
    Node {
        key: message.uuid,
        parent: message.parent_message_uuid.or(before),
        role,
        text: parts.join("\n\n"),
        model: None,
        at: millis(message.created_at.as_deref()),
    }
}

fn millis(text: Option<&str>) -> Option<Millis> {
    let at = OffsetDateTime::parse(text?, &Rfc3339).ok()?;
    Millis::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()
}
