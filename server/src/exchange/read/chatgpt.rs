//! ChatGPT's `conversations.json`.

use std::collections::BTreeMap;

use holdfast_protocol::{Role, UserId};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Unreadable, derived, form, title,
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
    #[serde(default)]
    author: Option<Author>,
    create_time: Option<f64>,
    #[serde(default)]
    content: Option<Content>,
    #[serde(default)]
    metadata: Option<Metadata>,
    #[serde(default)]
    recipient: Option<String>,
}

#[derive(Deserialize)]
struct Author {
    #[serde(default)]
    role: String,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    content_type: String,
    #[serde(default)]
    parts: Option<Vec<Value>>,
    /// Of code, and of what it wrote.
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    language: Option<String>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    model_slug: Option<String>,
    #[serde(default)]
    is_visually_hidden_from_conversation: Option<bool>,
    #[serde(default)]
    attachments: Option<Vec<Attachment>>,
    /// What the marks in the text stand for.
    #[serde(default)]
    content_references: Option<Vec<Reference>>,
}

#[derive(Deserialize)]
struct Attachment {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    mime_type: Option<String>,
    /// The same, under the name that older exports have for it.
    #[serde(default, rename = "mimeType")]
    old_mime_type: Option<String>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(default)]
    matched_text: Option<String>,
    #[serde(default)]
    alt: Option<String>,
}

/// A document beside the conversation, as the model made it.
#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    name: String,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    content: String,
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
    let mut node = Node { key, parent, role: None, text: String::new(), model: None, at: None };
    let Some(message) = message else { return node };
    node.at = millis(message.create_time);
    let metadata = message.metadata.unwrap_or_default();
    let (Some(author), Some(content)) = (message.author, message.content) else { return node };
    // What nobody was shown is none of the conversation.
    if !metadata.is_visually_hidden_from_conversation.unwrap_or(false) {
        let recipient = message.recipient.as_deref().unwrap_or("all");
        (node.role, node.text) = said(&author.role, recipient, content, &metadata);
    }
    node.model = metadata.model_slug;
    node
}

/// Who says what in a message.
fn said(author: &str, recipient: &str, content: Content, metadata: &Metadata) -> (Option<Role>, String) {
    let kind = content.content_type.as_str();
    let text = content.text.unwrap_or_default();
    match (author, recipient, kind) {
        // What a person sets for all conversations, and what a model thinks or looks up, is none of this one.
        (.., "user_editable_context" | "model_editable_context" | "thoughts" | "reasoning_recap") => (None, String::new()),
        (.., "tether_browsing_display" | "tether_quote" | "system_error") => (None, String::new()),
        ("assistant", "all" | "python", "code") if !text.trim().is_empty() => {
            let language = content.language.filter(|language| language != "unknown");
            let language = language.as_deref().unwrap_or(if recipient == "python" { "python" } else { "" });
            (Some(Role::Assistant), form::fenced(language, &text))
        }
        // What its code wrote, and the pictures that it made, are a part of the answer.
        ("tool", _, "execution_output") if !text.trim().is_empty() => (Some(Role::Assistant), form::fenced("", &text)),
        ("tool", _, "multimodal_text") => {
            let parts = content.parts.unwrap_or_default();
            let pictures = parts.iter().filter(|part| !part.is_string()).filter_map(part);
            (Some(Role::Assistant), pictures.collect::<Vec<_>>().join("\n\n"))
        }
        ("assistant", recipient, _) if recipient.starts_with("canmore.create") => {
            let parts = content.parts.unwrap_or_default();
            let text = if text.is_empty() { parts.first().and_then(Value::as_str).unwrap_or_default() } else { &text };
            (Some(Role::Assistant), document(text).unwrap_or_default())
        }
        ("user" | "assistant", "all", _) => {
            let parts = content.parts.unwrap_or_default();
            let mut texts: Vec<String> = parts.iter().filter_map(part).map(str::to_owned).chain([text]).collect();
            texts.iter_mut().for_each(|text| *text = without_marks(text, metadata.content_references.as_deref().unwrap_or_default()));
            texts.retain(|text| !text.trim().is_empty());
            // Pictures are among the parts already.
            let files = metadata.attachments.iter().flatten();
            let files =
                files.filter(|it| !it.mime_type.as_ref().or(it.old_mime_type.as_ref()).is_some_and(|kind| kind.starts_with("image/")));
            texts.extend(files.filter_map(|file| file.name.as_deref()).filter(|name| !name.is_empty()).map(form::missing));
            (Some(if author == "user" { Role::User } else { Role::Assistant }), texts.join("\n\n"))
        }
        _ => (None, String::new()),
    }
}

fn document(text: &str) -> Option<String> {
    let document: Document = serde_json::from_str(text).ok().filter(|document: &Document| !document.content.trim().is_empty())?;
    let content = match document.kind.strip_prefix("code/") {
        Some(language) => form::fenced(language, &document.content),
        None => document.content,
    };
    Some(if document.name.is_empty() { content } else { format!("{}\n\n{content}", form::heading(&document.name)) })
}

/// A text in which the marks of references are what they stand for. Of those that nothing is said about nothing is left.
fn without_marks(text: &str, references: &[Reference]) -> String {
    let mut text = text.to_owned();
    if !text.contains(BEGIN) {
        return text;
    }
    for Reference { matched_text, alt } in references {
        if let Some(mark) = matched_text.as_deref().filter(|mark| mark.contains(BEGIN)) {
            text = text.replace(mark, alt.as_deref().unwrap_or_default());
        }
    }
    while let Some((before, mark)) = text.split_once(BEGIN) {
        let after = mark.split_once(END).map_or("", |(_, after)| after);
        text = format!("{before}{after}");
    }
    text
}

/// What stands around a mark.
const BEGIN: char = '\u{e200}';
const END: char = '\u{e201}';

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
