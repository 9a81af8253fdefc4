//! Claude's `conversations.json`.

use holdfast_protocol::{Role, UserId};
use serde::Deserialize;
use serde_json::value::RawValue;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    Origin, Unreadable,
    bounded::{Convert, List, Messages},
    form, title,
    tree::{Node, settle},
};
use crate::{clock::Millis, store::ImportedConversation};

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
    chat_messages: Messages<ClaudeNode>,
}

/// A message, brought into the form of the tree.
struct ClaudeNode(Node);

#[derive(Deserialize)]
struct Message<'a> {
    uuid: String,
    sender: String,
    created_at: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default, borrow)]
    content: Option<List<Part<'a>>>,
    #[serde(default)]
    attachments: Option<List<Attachment>>,
    #[serde(default)]
    files: Option<List<Attachment>>,
    /// Only in newer exports: without it they follow each other.
    parent_message_uuid: Option<String>,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    text: Option<String>,
    /// The tool that is called, and with what.
    #[serde(default)]
    name: Option<String>,
    #[serde(default, borrow)]
    input: Option<&'a RawValue>,
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
pub(super) fn read(user: UserId, text: &str) -> Result<ImportedConversation, Unreadable> {
    let value: Conversation = serde_json::from_str(text)?;
    let began = millis(value.created_at.as_deref()).unwrap_or(0);
    let origin = Origin::new(user, "claude", &value.uuid);
    let nodes = value.chat_messages.0.into_iter().map(|ClaudeNode(node)| node).collect();
    Ok(ImportedConversation {
        original: None,
        id: origin.conversation(),
        title: title(value.name),
        created_at: began,
        updated_at: millis(value.updated_at.as_deref()).unwrap_or(began),
        pinned: value.is_starred.unwrap_or(false),
        archived: false,
        provider: None,
        model: None,
        messages: settle(nodes, "anthropic", began, |key| origin.message(key)),
    })
}

impl Convert for ClaudeNode {
    type From<'a> = Message<'a>;
    /// What the message before it is called.
    type Before = Option<String>;

    fn convert(message: Message<'_>, before: &mut Option<String>) -> Self {
        let before = before.replace(message.uuid.clone());
        Self(node(message, before))
    }
}

fn node(message: Message<'_>, before: Option<String>) -> Node {
    let role = match message.sender.as_str() {
        "human" => Some(Role::User),
        "assistant" => Some(Role::Assistant),
        _ => None,
    };
    let parts = message.content.unwrap_or_default().0.into_iter().filter_map(part);
    let mut parts: Vec<String> = parts.filter(|text| !text.trim().is_empty()).collect();
    if parts.is_empty() {
        parts.extend(message.text.filter(|text| !text.trim().is_empty()));
    }
    let attached = message.attachments.unwrap_or_default().0.into_iter().chain(message.files.unwrap_or_default().0);
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
fn part(part: Part<'_>) -> Option<String> {
    match part.kind.as_str() {
        "text" => part.text,
        "tool_use" if part.name.as_deref() == Some("artifacts") => {
            let artifact: Artifact = serde_json::from_str(part.input?.get()).ok()?;
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
