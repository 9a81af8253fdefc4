//! What the browser keeps. All of it may be missing: private windows, full or forbidden storage.

use holdfast_app::order;
use holdfast_protocol::{
    ConversationId, MessageId, UserId,
    connection::{Entry, Rung},
    frame::Regenerate,
};
use serde::{Deserialize, Serialize};
use web_sys::Storage;

/// Everything of ours begins with this.
const OUTBOX: &str = "holdfast.outbox.";
const AGAIN: &str = "holdfast.again.";
const DRAFT: &str = "holdfast.draft.";
const TRANSPORT: &str = "holdfast.transport";
const THEME: &str = "holdfast.theme";
/// What it takes to send, where that is not Enter alone.
const SENDS: &str = "holdfast.sends";
/// Somebody is signed in, or was when last heard of: there is a cookie, which scripts can't see.
const SOMEBODY: &str = "holdfast.somebody";

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// What is kept for this tab alone, until it is closed.
fn tab_storage() -> Option<Storage> {
    web_sys::window()?.session_storage().ok()?
}

/// The transport that an earlier page of this tab ended up with; none where that was the socket.
pub(crate) fn transport() -> Option<Rung> {
    match tab_storage()?.get_item(TRANSPORT).ok()??.as_str() {
        "stream" => Some(Rung::Stream),
        "poll" => Some(Rung::Poll),
        _ => None,
    }
}

/// Keeps it.
pub(crate) fn keep_transport(rung: Rung) {
    if let Some(storage) = tab_storage() {
        _ = match rung {
            Rung::Socket => storage.remove_item(TRANSPORT),
            Rung::Stream => storage.set_item(TRANSPORT, "stream"),
            Rung::Poll => storage.set_item(TRANSPORT, "poll"),
        };
    }
}

fn get(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

/// Says whether it is kept.
fn set(key: &str, value: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(key, value).is_ok())
}

fn remove(key: &str) {
    if let Some(storage) = storage() {
        _ = storage.remove_item(key);
    }
}

fn keys(prefix: &str) -> Vec<String> {
    let Some(storage) = storage() else { return Vec::new() };
    let all = (0..storage.length().unwrap_or_default()).filter_map(|index| storage.key(index).ok().flatten());
    all.filter(|key| key.starts_with(prefix)).collect()
}

/// An entry of the outbox, with the time that keeps the order.
#[derive(Serialize, Deserialize)]
struct Kept {
    at: u64,
    entry: Entry,
}

/// The key of an entry: one each, so that tabs don't write over each other's.
pub(crate) fn outbox_key(user: Option<UserId>, id: MessageId) -> String {
    match user {
        Some(user) => format!("{OUTBOX}{user}.{id}"),
        None => format!("{OUTBOX}new.{id}"),
    }
}

/// Whether a key is of an outbox entry that `user` may send, and of which message.
pub(crate) fn outbox_message(key: &str, user: Option<UserId>) -> Option<MessageId> {
    let (owner, id) = key.strip_prefix(OUTBOX)?.split_once('.')?;
    let is_ours = owner == "new" || user.is_some_and(|user| owner == user.to_string());
    id.parse().ok().filter(|_| is_ours)
}

/// Keeps an entry; says whether that worked.
pub(crate) fn keep_entry(key: &str, at: u64, entry: &Entry) -> bool {
    serde_json::to_string(&Kept { at, entry: entry.clone() }).is_ok_and(|text| set(key, &text))
}

/// Forgets an entry.
pub(crate) fn drop_entry(key: &str) {
    remove(key);
}

/// One entry.
pub(crate) fn entry(key: &str) -> Option<Entry> {
    serde_json::from_str::<Kept>(&get(key)?).ok().map(|kept| kept.entry)
}

/// The entries that `user` has not sent, in the order in which they were written.
pub(crate) fn entries(user: Option<UserId>) -> Vec<(String, Entry)> {
    let ours = keys(OUTBOX).into_iter().filter(|key| outbox_message(key, user).is_some());
    let kept: Vec<(String, Kept)> = ours.filter_map(|key| Some((key.clone(), serde_json::from_str(&get(&key)?).ok()?))).collect();
    order::by(kept, |(_, kept)| kept.at).into_iter().map(|(key, kept)| (key, kept.entry)).collect()
}

/// Keeps that another answer was asked for; says whether that worked. What is kept already stays as it is.
pub(crate) fn keep_again(user: UserId, at: u64, again: &Regenerate) -> bool {
    let key = again_key(user, again.answer_id);
    get(&key).is_some() || serde_json::to_string(&(at, again)).is_ok_and(|text| set(&key, &text))
}

/// Forgets it.
pub(crate) fn drop_again(user: UserId, answer: MessageId) {
    remove(&again_key(user, answer));
}

/// The answers that `user` has asked for and the server has not begun, in the order in which they were asked for.
pub(crate) fn again(user: UserId) -> Vec<Regenerate> {
    let ours = keys(&format!("{AGAIN}{user}."));
    let kept: Vec<(u64, Regenerate)> = ours.iter().filter_map(|key| serde_json::from_str(&get(key)?).ok()).collect();
    order::by(kept, |(at, _)| *at).into_iter().map(|(_, again)| again).collect()
}

fn again_key(user: UserId, answer: MessageId) -> String {
    format!("{AGAIN}{user}.{answer}")
}

/// The key of what is written in a conversation, or on the empty page.
pub(crate) fn draft_key(conversation: Option<ConversationId>) -> String {
    match conversation {
        Some(id) => format!("{DRAFT}{id}"),
        None => format!("{DRAFT}new"),
    }
}

/// The key of what is to take a message's place.
pub(crate) fn edit_key(message: MessageId) -> String {
    format!("{DRAFT}edit.{message}")
}

/// What was written and not sent.
pub(crate) fn draft(key: &str) -> String {
    get(key).unwrap_or_default()
}

/// Keeps it.
pub(crate) fn keep_draft(key: &str, text: &str) {
    if text.trim().is_empty() {
        remove(key);
    } else {
        set(key, text);
    }
}

/// The chosen theme, if one was.
pub(crate) fn theme() -> Option<String> {
    get(THEME)
}

/// Keeps it, or forgets it.
pub(crate) fn keep_theme(theme: Option<&str>) {
    match theme {
        Some(theme) => {
            set(THEME, theme);
        }
        None => remove(THEME),
    }
}

/// Whether it takes Ctrl with Enter to send.
pub(crate) fn ctrl_sends() -> bool {
    get(SENDS).as_deref() == Some("ctrl")
}

/// Keeps it.
pub(crate) fn keep_ctrl_sends(ctrl: bool) {
    if ctrl {
        set(SENDS, "ctrl");
    } else {
        remove(SENDS);
    }
}

/// Whether somebody may be signed in.
pub(crate) fn is_somebody() -> bool {
    get(SOMEBODY).is_some()
}

/// Somebody is signed in.
pub(crate) fn set_somebody() {
    set(SOMEBODY, "1");
}

/// Nobody is. What they wrote is nobody else's business.
pub(crate) fn forget_person() {
    for key in keys(OUTBOX).into_iter().chain(keys(AGAIN)).chain(keys(DRAFT)) {
        remove(&key);
    }
    remove(SOMEBODY);
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_entry_is_its_writers() {
        let (user, other) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let id = MessageId(Uuid::from_u128(3));
        assert_eq!(outbox_message(&outbox_key(Some(user), id), Some(user)), Some(id));
        assert_eq!(outbox_message(&outbox_key(Some(user), id), Some(other)), None);
        assert_eq!(outbox_message(&outbox_key(Some(user), id), None), None);
        assert_eq!(outbox_message(&outbox_key(None, id), Some(user)), Some(id));
        assert_eq!(outbox_message("holdfast.theme", None), None);
    }
}
