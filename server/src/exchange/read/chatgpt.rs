//! ChatGPT's `conversations.json`.

use std::collections::BTreeMap;

use holdfast_protocol::{Role, UserId};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Unreadable, derived, title,
    tree::{Node, settle},
};
use crate::{clock::Millis, store::Arrival};

#[derive(Deserialize)]
struct Conversation {
    title: Option<String>,
    conversation_id: Option<String>,
    /// The same, under the name that older exports have for it.
    id: Option<String>,
    create_time: Option<f64>,
    update_time: Option<f64>,
    #[serde(default)]
    is_archived: Option<bool>,
    #[serde(default)]
    is_starred: Option<bool>,
    mapping: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    message: Option<Message>,
    parent: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    author: Author,
    create_time: Option<f64>,
    content: Content,
    #[serde(default)]
    metadata: Option<Metadata>,
    #[serde(default)]
    recipient: Option<String>,
}

#[derive(Deserialize)]
struct Author {
    role: String,
}

#[derive(Deserialize)]
struct Content {
    content_type: String,
    #[serde(default)]
    parts: Vec<Value>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    model_slug: Option<String>,
    #[serde(default)]
    is_visually_hidden_from_conversation: Option<bool>,
}

/// Reads one.
pub(super) fn read(user: UserId, text: &str) -> Result<Arrival, Unreadable> {
    let value: Conversation = serde_json::from_str(text)?;
    // One without an id is known by one of its messages.
    let id = value.conversation_id.or(value.id).or_else(|| value.mapping.keys().next().cloned()).unwrap_or_default();
    let began = millis(value.create_time).unwrap_or(0);
    let nodes = value.mapping.into_iter().map(|(key, entry)| node(key, entry)).collect();
    let messages = settle(nodes, "openai", began, |key| derived(user, "chatgpt", &format!("{id}:{key}")));
    Ok(Arrival {
        original: None,
        id: derived(user, "chatgpt", &id),
        title: title(value.title),
        created_at: began,
        updated_at: millis(value.update_time).unwrap_or(began),
        pinned: value.is_starred.unwrap_or(false),
        archived: value.is_archived.unwrap_or(false),
        provider: None,
        model: None,
        messages,
    })
}

fn node(key: String, Entry { message, parent }: Entry) -> Node {
    let Some(message) = message else { return Node { key, parent, role: None, text: String::new(), model: None, at: None } };
    let metadata = message.metadata.unwrap_or_default();
    // What a model says to a tool, and what nobody was shown, is none of the conversation.
    let is_shown = !metadata.is_visually_hidden_from_conversation.unwrap_or(false)
        && message.recipient.as_deref().is_none_or(|recipient| recipient == "all")
        && matches!(message.content.content_type.as_str(), "text" | "multimodal_text");
    let role = match message.author.role.as_str() {
        "user" => Some(Role::User),
        "assistant" => Some(Role::Assistant),
        _ => None,
    };
    let parts: Vec<&str> = message.content.parts.iter().filter_map(part).filter(|part| !part.trim().is_empty()).collect();
    Node {
        key,
        parent,
        role: role.filter(|_| is_shown),
        text: parts.join("\n\n"),
        model: metadata.model_slug,
        at: millis(message.create_time),
    }
}

fn part(part: &Value) -> Option<&str> {
    if let Value::String(text) = part {
        return Some(text);
    }
    match part.get("content_type")?.as_str()? {
        "audio_transcription" => part.get("text")?.as_str(),
        "image_asset_pointer" => Some("*[an image, which is not in this file]*"),
        _ => None,
    }
}

/// A time, if it is one: what lies behind the year 9999 is none.
fn millis(seconds: Option<f64>) -> Option<Millis> {
    seconds.filter(|seconds| (0.001..253_402_300_800.0).contains(seconds)).map(|seconds| (seconds * 1000.0) as Millis)
}
