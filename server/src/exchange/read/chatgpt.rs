//! ChatGPT's `conversations.json`.

use holdfast_protocol::{Role, UserId};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    Origin, Unreadable,
    bounded::{Convert, List, Named},
    form,
    marks::Marks,
    title,
    tree::{Node, settle},
};
use crate::{clock::Millis, store::ImportedConversation};

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
    mapping: Named<Node>,
}

#[derive(Deserialize)]
pub(super) struct Entry<'a> {
    #[serde(borrow)]
    message: Option<Message<'a>>,
    parent: Option<String>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(default)]
    author: Option<Author>,
    create_time: Option<f64>,
    #[serde(default, borrow)]
    content: Option<Content<'a>>,
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
struct Content<'a> {
    #[serde(default)]
    content_type: String,
    /// Texts, and objects of many kinds: read where they are needed.
    #[serde(default, borrow)]
    parts: Option<List<&'a RawValue>>,
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
    attachments: Option<List<Attachment>>,
    /// What the marks in the text stand for.
    #[serde(default)]
    content_references: Option<List<Reference>>,
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
pub(super) struct Reference {
    #[serde(default)]
    pub(super) matched_text: Option<String>,
    #[serde(default)]
    pub(super) alt: Option<String>,
}

/// A part of a message that is no text.
#[derive(Deserialize)]
struct Part {
    content_type: String,
    #[serde(default)]
    text: Option<String>,
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
pub(super) fn read(user: UserId, text: &str) -> Result<ImportedConversation, Unreadable> {
    let value: Conversation = serde_json::from_str(text)?;
    let mut nodes = value.mapping.0;
    // In an order of their own, so that the same messages are the same conversation however they stand in the file.
    nodes.sort_by(|one, other| one.key.cmp(&other.key));
    // One without an id is known by one of its messages.
    let id = value.conversation_id.or(value.id).or_else(|| nodes.first().map(|node| node.key.clone())).unwrap_or_default();
    let began = millis(value.create_time).unwrap_or(0);
    let origin = Origin::new(user, "chatgpt", &id);
    Ok(ImportedConversation {
        original: None,
        id: origin.conversation(),
        title: title(value.title),
        created_at: began,
        updated_at: millis(value.update_time).unwrap_or(began),
        pinned: value.is_starred.unwrap_or(false),
        archived: value.is_archived.unwrap_or(false),
        provider: None,
        model: None,
        messages: settle(nodes, "openai", began, |key| origin.message(key)),
    })
}

impl Convert for Node {
    type From<'a> = Entry<'a>;
    /// What the message is called.
    type Before = String;

    fn convert(Entry { message, parent }: Entry<'_>, key: &mut String) -> Self {
        let mut node = Node { key: std::mem::take(key), parent, role: None, text: String::new(), model: None, at: None };
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
}

/// Who says what in a message.
fn said(author: &str, recipient: &str, content: Content<'_>, metadata: &Metadata) -> (Option<Role>, String) {
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
            let parts = content.parts.unwrap_or_default().0;
            let pictures = parts.into_iter().filter(|part| !is_text(part)).filter_map(part);
            (Some(Role::Assistant), pictures.collect::<Vec<_>>().join("\n\n"))
        }
        ("assistant", recipient, _) if recipient.starts_with("canmore.create") => {
            let first = || content.parts.unwrap_or_default().0.first().copied().filter(|part| is_text(part)).and_then(part);
            let text = if text.is_empty() { first().unwrap_or_default() } else { text };
            (Some(Role::Assistant), document(&text).unwrap_or_default())
        }
        ("user" | "assistant", "all", _) => {
            let parts = content.parts.unwrap_or_default().0;
            let marks = Marks::of(metadata.content_references.as_ref().map_or(&[], |references| &references.0));
            let texts = parts.into_iter().filter_map(part).chain([text]).map(|text| marks.resolve(text));
            let mut texts: Vec<String> = texts.filter(|text| !text.trim().is_empty()).collect();
            // Pictures are among the parts already.
            let files = metadata.attachments.iter().flat_map(|files| &files.0);
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

fn is_text(part: &RawValue) -> bool {
    part.get().starts_with('"')
}

/// What a part of a message shows.
fn part(part: &RawValue) -> Option<String> {
    if is_text(part) {
        return serde_json::from_str(part.get()).ok();
    }
    let part: Part = serde_json::from_str(part.get()).ok()?;
    match part.content_type.as_str() {
        "audio_transcription" => part.text,
        "image_asset_pointer" => Some("*[an image, which is not in this file]*".to_owned()),
        _ => None,
    }
}

/// A time, if it is one: what lies behind the year 9999 is none.
fn millis(seconds: Option<f64>) -> Option<Millis> {
    seconds.filter(|seconds| (0.001..253_402_300_800.0).contains(seconds)).map(|seconds| (seconds * 1000.0) as Millis)
}
