//! Lists of messages with a role and a text, as in OpenAI's API and in many programs: Jan, Le Chat, ShareGPT, and files that people write
//! by hand.

use super::{
    Foreign, Reader, Source,
    form::{self, IMAGE},
    json::{Fields, Json},
    tree::{Node, Speaker},
    when::millis,
};

/// Possible names of the list.
const LISTS: [&str; 6] = ["messages", "conversations", "conversation", "chat", "turns", "history"];

pub(super) const SOURCE: Source = Source { recognizes: |fields| list_of(fields).is_some(), read };

/// Returns the list of messages in an object. An empty list counts only if it is called `messages`.
fn list_of<'a>(fields: &Fields<'a>) -> Option<Json<'a>> {
    let is_one = |list: &Json<'_>| list.elements().take(20).any(|message| is_message(&message.fields()));
    let empty = Some(fields.get("messages")).filter(|list| list.is_list() && list.elements().next().is_none());
    LISTS.iter().map(|name| fields.get(name)).filter(|list| list.is_list()).find(is_one).or(empty)
}

/// Returns whether an object is a message.
pub(super) fn is_message(fields: &Fields<'_>) -> bool {
    let is_said = ["content", "text", "value", "message", "parts", "reasoning_content"].iter().any(|name| fields.has(name));
    is_said && (speaker(fields) != Speaker::Unknown || fields.get("role").is_string()) && !fields.has("mapping")
}

/// Returns the speaker of a message.
pub(super) fn speaker(fields: &Fields<'_>) -> Speaker {
    let role = fields.first(&["role", "from", "sender", "author", "speaker"]);
    let role = if role.is_object() { role.fields().first(&["role", "name"]) } else { role };
    match role.words().unwrap_or_default().to_ascii_lowercase().as_str() {
        "user" | "human" | "you" | "request" => Speaker::User,
        "assistant" | "ai" | "bot" | "gpt" | "model" | "chatgpt" | "claude" | "gemini" | "grok" | "response" => Speaker::Assistant,
        "system" | "developer" | "tool" | "function" | "root" | "observation" | "function_call" | "ipython" => Speaker::Nobody,
        _ => Speaker::Unknown,
    }
}

fn read(fields: &Fields<'_>, reader: &mut Reader<'_>) {
    let mut foreign = Foreign {
        source: "messages",
        id: fields.first(&["id", "conversation_id", "conversationId", "thread_id", "chatId", "uuid"]).name().unwrap_or_default(),
        title: fields.first(&["title", "name", "topic", "chatTitle"]).words(),
        began: millis(fields.first(&["created_at", "createdAt", "create_time", "created", "timestamp"])),
        changed: millis(fields.first(&["updated_at", "updatedAt", "update_time", "updated", "lastModified"])),
        model: fields.get("model").words(),
        ..Foreign::default()
    };
    foreign.messages(list_of(fields).unwrap_or(Json::of("")));
    reader.take(foreign);
}

impl Foreign {
    /// Reads messages. Each follows the one before it, unless it names its parent.
    pub(super) fn messages(&mut self, list: Json<'_>) {
        let mut before = None;
        for (at, message) in list.elements().enumerate() {
            let node = node(at, message, before.clone());
            if let Some(node) = &node {
                before = Some(node.key.clone());
            }
            self.take(node);
        }
    }
}

fn node(at: usize, message: Json<'_>, before: Option<String>) -> Option<Node> {
    if !message.is_object() {
        return None;
    }
    let fields = message.fields();
    let parent = fields.first(&["parentId", "parent_id", "parent", "parentMessageId"]).name();
    let text = text_of(&fields);
    let (thought, answer) = form::split_thought(&text);
    let thought = thought_of(&fields).unwrap_or_else(|| thought.to_owned());
    Some(Node {
        key: fields.first(&["id", "messageId", "_id", "uuid"]).name().unwrap_or_else(|| format!("#{at}")),
        parent: parent.or(before),
        who: speaker(&fields),
        text: answer.to_owned(),
        thought,
        model: fields.first(&["model", "modelId", "model_slug"]).words(),
        at: millis(fields.first(&["created_at", "createdAt", "create_time", "timestamp", "time", "date"])),
    })
}

/// Returns the text of a message: a string, or a list of strings and other parts.
pub(super) fn text_of(fields: &Fields<'_>) -> String {
    let mut texts = form::Text::default();
    for name in ["content", "text", "value", "message", "parts"] {
        let value = fields.get(name);
        texts.extend(value.words());
        texts.extend(if value.is_object() { part(value) } else { None });
        texts.extend(value.elements().filter_map(part));
        if !texts.is_empty() {
            break;
        }
    }
    let files = fields.first(&["attachments", "files"]).values();
    texts.extend(
        files.filter_map(|file| file.fields().first(&["name", "filename", "file_name", "title"]).words()).map(|name| form::missing(&name)),
    );
    texts.done()
}

/// Returns the reasoning of a message that is in a field of its own or in parts; `None` if there is none.
pub(super) fn thought_of(fields: &Fields<'_>) -> Option<String> {
    let parts = fields.get("content").elements().filter_map(|part| {
        let part = part.fields();
        let kind = part.get("type").words()?;
        matches!(kind.as_str(), "reasoning" | "thinking" | "think")
            .then(|| part.first(&["think", "thinking", "text", "content"]).words())?
    });
    let mut texts = form::Text::default();
    texts.extend(fields.first(&["reasoning_content", "reasoning", "thinking"]).words());
    texts.extend(parts);
    Some(texts.done()).filter(|text| !text.is_empty())
}

/// Returns the text of a part, in the forms of the APIs: `text` is a string, or an object that contains it.
pub(super) fn part(part: Json<'_>) -> Option<String> {
    if !part.is_object() {
        return part.words();
    }
    let fields = part.fields();
    match fields.get("type").words().unwrap_or_default().as_str() {
        "image_url" | "image" | "image_file" | "input_image" => return Some(IMAGE.to_owned()),
        "reasoning" | "thinking" | "think" | "tool_use" | "tool_call" | "tool_calls" | "tool_result" => return None,
        _ => {}
    }
    let text = fields.first(&["text", "content", "value"]);
    text.words().or_else(|| text.fields().first(&["value", "text"]).words())
}
