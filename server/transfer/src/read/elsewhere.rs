//! Describes values that are not conversations or not supported, so that the user learns what to choose instead.

use std::borrow::Cow;

use super::{
    form,
    json::{Fields, Json},
};

/// Returns what a value is, in words that complete "This is …".
pub(super) fn what(value: Json<'_>, fields: &Fields<'_>) -> Cow<'static, str> {
    let has = |names: &[&str]| names.iter().all(|name| fields.has(name));
    let is_folder = fields.get("type").string().as_deref() == Some("folder");
    if has(&["files"]) && fields.get("files").elements().any(|file| file.fields().has("url")) {
        return manifest(fields.get("files")).into();
    }
    let known: &[(bool, &'static str)] = &[
        (is_folder, "a folder of a ChatGPT export, not a conversation"),
        (has(&["docs", "name"]), "a project of a Claude export, not a conversation"),
        (has(&["uuid", "full_name"]) || has(&["uuid", "email_address"]), "an account of a Claude export, not a conversation"),
        (has(&["account_uuid"]) || has(&["conversations_memory"]), "a memory of a Claude export, not a conversation"),
        (has(&["email", "chatgpt_plus_user"]), "an account of a ChatGPT export, not a conversation"),
        (has(&["rating", "conversation_id"]), "feedback of a ChatGPT export, not a conversation"),
        (has(&["conversation_id", "is_anonymous"]), "a link of a ChatGPT export, not a conversation"),
        (
            fields.get("object").string().as_deref() == Some("thread"),
            "the description of a thread of Jan, without its messages; choose the messages.jsonl beside it",
        ),
        (has(&["chunkedPrompt"]), "an export of Google AI Studio, which can't be read yet"),
        (has(&["chat-next-web-store"]), "an export of NextChat, which can't be read yet"),
        (has(&["indexedDB", "localStorage"]), "an export of Cherry Studio, which can't be read yet"),
        (has(&["data"]) && fields.get("data").fields().has("chats"), "an export of TypingMind, which can't be read yet"),
        (has(&["history", "folders"]), "an export of Chatbot UI, which can't be read yet"),
        (has(&["threads"]), "an export of another program with threads, which can't be read yet"),
    ];
    let found = known.iter().find(|(is_it, _)| *is_it).map(|(_, what)| *what);
    found.unwrap_or(if value.is_object() { "not a conversation of any program that is known here" } else { "not a conversation" }).into()
}

/// Describes a list of files that must be downloaded one by one.
fn manifest(files: Json<'_>) -> String {
    let names = files.values().take(20).filter_map(|file| {
        let url = file.fields().get("url").words()?;
        let name = url.split(['?', '#']).next()?.rsplit('/').next()?.to_owned();
        Some(form::line(&name, 100)).filter(|name| name.contains("conversation"))
    });
    let names: Vec<String> = names.collect();
    let which = if names.is_empty() { "the files with conversations".to_owned() } else { names.join(", ") };
    format!("a list of the files of an export, without conversations; download what it lists, and choose {which}")
}
