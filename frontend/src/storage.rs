//! What the browser keeps. All of it may be missing: private windows, full or forbidden storage.

use holdfast_app::sort;
use holdfast_protocol::{
    ConversationId, MessageId, UserId,
    connection::{Entry, Transport},
    frame::Regenerate,
};
use serde::{Deserialize, Serialize};
use web_sys::Storage;

/// What somebody wrote begins with one of these; then comes who did: a user's id, or [`NOBODY`].
const OUTBOX: &str = "holdfast.outbox.";
const AGAIN: &str = "holdfast.again.";
const DRAFT: &str = "holdfast.draft.";
/// In the place of a user's id, where nobody is signed in.
const NOBODY: &str = "new";
const TRANSPORT: &str = "holdfast.transport";
const THEME: &str = "holdfast.theme";
/// What it takes to send, where that is not Enter alone.
const SENDS: &str = "holdfast.sends";
/// Who is signed in, or was when last heard of: there is a cookie, which scripts can't see. A user's id.
const SOMEBODY: &str = "holdfast.somebody";

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// What is kept for this tab alone, until it is closed.
fn tab_storage() -> Option<Storage> {
    web_sys::window()?.session_storage().ok()?
}

/// The transport that an earlier page of this tab ended up with; none where that was the socket.
pub(crate) fn transport() -> Option<Transport> {
    match tab_storage()?.get_item(TRANSPORT).ok()??.as_str() {
        "stream" => Some(Transport::Stream),
        "poll" => Some(Transport::Poll),
        _ => None,
    }
}

/// Keeps it.
pub(crate) fn keep_transport(transport: Transport) {
    if let Some(storage) = tab_storage() {
        _ = match transport {
            Transport::Socket => storage.remove_item(TRANSPORT),
            Transport::Stream => storage.set_item(TRANSPORT, "stream"),
            Transport::Poll => storage.set_item(TRANSPORT, "poll"),
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
    format!("{OUTBOX}{}.{id}", owner(user))
}

fn owner(user: Option<UserId>) -> String {
    user.map_or_else(|| NOBODY.to_owned(), |user| user.to_string())
}

/// Who wrote what is kept under this key. Returns `None` for keys of something else.
fn owner_of(key: &str) -> Option<&str> {
    let rest = [OUTBOX, AGAIN, DRAFT].iter().find_map(|kind| key.strip_prefix(kind))?;
    rest.split('.').next()
}

/// Whether a key is of an outbox entry that `user` may send, and of which message.
pub(crate) fn outbox_message(key: &str, user: Option<UserId>) -> Option<MessageId> {
    let (owner, id) = key.strip_prefix(OUTBOX)?.split_once('.')?;
    let is_ours = owner == NOBODY || user.is_some_and(|user| owner == user.to_string());
    id.parse().ok().filter(|_| is_ours)
}

/// Keeps an entry; says whether that worked.
pub(crate) fn keep_entry(key: &str, at: u64, entry: &Entry) -> bool {
    entry_text(at, entry).is_some_and(|text| set(key, &text))
}

/// An entry as it is kept.
pub(crate) fn entry_text(at: u64, entry: &Entry) -> Option<String> {
    serde_json::to_string(&Kept { at, entry: entry.clone() }).ok()
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
    sort::by(kept, |(_, kept)| kept.at).into_iter().map(|(key, kept)| (key, kept.entry)).collect()
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
    sort::by(kept, |(at, _)| *at).into_iter().map(|(_, again)| again).collect()
}

fn again_key(user: UserId, answer: MessageId) -> String {
    format!("{AGAIN}{user}.{answer}")
}

/// The key of what this user writes in a conversation, or on the empty page.
pub(crate) fn draft_key(user: Option<UserId>, conversation: Option<ConversationId>) -> String {
    let route = conversation.map_or_else(|| "new".to_owned(), |id| id.to_string());
    format!("{DRAFT}{}.{route}", owner(user))
}

/// The key of what is to take a message's place.
pub(crate) fn edit_key(user: Option<UserId>, message: MessageId) -> String {
    format!("{DRAFT}{}.edit.{message}", owner(user))
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

/// The id of who may be signed in.
pub(crate) fn somebody() -> Option<String> {
    get(SOMEBODY)
}

/// This user is signed in; without one, nobody is.
pub(crate) fn set_somebody(user: Option<UserId>) {
    match user {
        Some(user) => {
            set(SOMEBODY, &user.to_string());
        }
        None => remove(SOMEBODY),
    }
}

/// What a user wrote and did not send, by its keys. It is in this page's memory alone, where nobody reads it.
pub(crate) type Unsent = Vec<(String, String)>;

/// Takes away whatever anybody but this user, and nobody, wrote and did not send: it is no business of whoever is here.
pub(crate) fn take_from_others(user: Option<UserId>) -> Unsent {
    let here = owner(user);
    take_where(|owner| owner != here && owner != NOBODY)
}

/// Keeps again what this user wrote. What others wrote is dropped.
pub(crate) fn put_back(unsent: Unsent, user: UserId) {
    let here = user.to_string();
    for (key, text) in unsent.into_iter().filter(|(key, _)| owner_of(key) == Some(&here)) {
        if get(&key).is_none() {
            set(&key, &text);
        }
    }
}

/// What was written before it was known who is here is this user's.
pub(crate) fn adopt_drafts(user: UserId) {
    let nobody = format!("{DRAFT}{NOBODY}.");
    for key in keys(&nobody) {
        let own = format!("{DRAFT}{user}.{}", &key[nobody.len()..]);
        if get(&own).is_none()
            && let Some(text) = get(&key)
        {
            set(&own, &text);
        }
        remove(&key);
    }
}

/// Takes away what this user wrote and did not send.
pub(crate) fn take(user: Option<UserId>) -> Unsent {
    let here = owner(user);
    take_where(|owner| owner == here)
}

fn take_where(is: impl Fn(&str) -> bool) -> Unsent {
    let some = keys("holdfast.").into_iter().filter(|key| owner_of(key).is_some_and(&is));
    let taken = some.filter_map(|key| Some((key.clone(), get(&key)?))).collect::<Unsent>();
    taken.iter().for_each(|(key, _)| remove(key));
    taken
}

/// This user is not here any more. Whoever has signed in since is.
pub(crate) fn forget_somebody(user: Option<UserId>) {
    if somebody() == user.map(|user| user.to_string()) {
        remove(SOMEBODY);
    }
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

    #[test]
    fn what_is_kept_is_named_by_who_wrote_it() {
        let (user, id) = (Some(UserId(Uuid::from_u128(1))), MessageId(Uuid::from_u128(3)));
        let name = Uuid::from_u128(1).to_string();
        for key in [outbox_key(user, id), draft_key(user, None), edit_key(user, id), again_key(UserId(Uuid::from_u128(1)), id)] {
            assert_eq!(owner_of(&key), Some(name.as_str()), "{key}");
        }
        assert_eq!(owner_of(&draft_key(None, None)), Some(NOBODY));
        assert_eq!((owner_of("holdfast.theme"), owner_of("holdfast.somebody")), (None, None));
    }
}
