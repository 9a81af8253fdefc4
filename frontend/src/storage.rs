//! Data stored in the browser. Storage may be missing, full or forbidden.

use holdfast_app::first_load::sort;
use holdfast_client::connection::{Entry, Transport};
use holdfast_protocol::{ConversationId, MessageId, UserId, frame::Regenerate};
use serde::{Deserialize, Serialize};
use web_sys::Storage;

/// Keys of user data have one of these prefixes, followed by the user's id or [`NOBODY`].
const OUTBOX: &str = "holdfast.outbox.";
const REGENERATIONS: &str = "holdfast.again.";
const DRAFT: &str = "holdfast.draft.";
/// Used in keys instead of a user's id if nobody is signed in.
const NOBODY: &str = "new";
const TRANSPORT: &str = "holdfast.transport";
/// Settings of this device have this prefix, followed by their name.
const SETTING: &str = "holdfast.";
/// Id of the signed-in user. Needed because scripts can't see the session cookie.
const SOMEBODY: &str = "holdfast.somebody";

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// Returns the storage of this tab, which lasts until it is closed.
fn tab_storage() -> Option<Storage> {
    web_sys::window()?.session_storage().ok()?
}

/// Returns the transport that an earlier page in this tab ended up with; `None` for the socket.
pub(crate) fn transport() -> Option<Transport> {
    match tab_storage()?.get_item(TRANSPORT).ok()??.as_str() {
        "stream" => Some(Transport::Stream),
        "poll" => Some(Transport::Poll),
        _ => None,
    }
}

/// Stores the transport.
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

/// Stores a value. Returns whether it was stored.
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

/// An entry of the outbox with its time, which determines the order.
#[derive(Serialize, Deserialize)]
struct StoredEntry {
    at: u64,
    entry: Entry,
}

/// Returns the key of an outbox entry. Each entry has its own, so that tabs do not overwrite each other's.
pub(crate) fn outbox_key(user: Option<UserId>, id: MessageId) -> String {
    format!("{OUTBOX}{}.{id}", owner(user))
}

fn owner(user: Option<UserId>) -> String {
    user.map_or_else(|| NOBODY.to_owned(), |user| user.to_string())
}

/// Returns the user whose data is stored under this key. Returns `None` for keys of other data.
fn owner_of(key: &str) -> Option<&str> {
    let rest = [OUTBOX, REGENERATIONS, DRAFT].iter().find_map(|kind| key.strip_prefix(kind))?;
    rest.split('.').next()
}

/// Returns the message id of a key if it is an outbox entry that `user` may send.
pub(crate) fn outbox_message(key: &str, user: Option<UserId>) -> Option<MessageId> {
    let (owner, id) = key.strip_prefix(OUTBOX)?.split_once('.')?;
    let is_ours = owner == NOBODY || user.is_some_and(|user| owner == user.to_string());
    id.parse().ok().filter(|_| is_ours)
}

/// Stores an entry. Returns whether it was stored.
pub(crate) fn keep_entry(key: &str, at: u64, entry: &Entry) -> bool {
    entry_text(at, entry).is_some_and(|text| set(key, &text))
}

/// Returns an entry in the form in which it is stored.
pub(crate) fn entry_text(at: u64, entry: &Entry) -> Option<String> {
    serde_json::to_string(&StoredEntry { at, entry: entry.clone() }).ok()
}

/// Removes an entry.
pub(crate) fn drop_entry(key: &str) {
    remove(key);
}

/// Reads an entry.
pub(crate) fn entry(key: &str) -> Option<Entry> {
    serde_json::from_str::<StoredEntry>(&get(key)?).ok().map(|kept| kept.entry)
}

/// Returns whether an entry with this message is stored, for any user or for nobody.
pub(crate) fn has_entry(id: MessageId) -> bool {
    let end = format!(".{id}");
    keys(OUTBOX).iter().any(|key| key.ends_with(&end))
}

/// Returns the entries that `user` has not sent, in the order in which they were written.
pub(crate) fn entries(user: Option<UserId>) -> Vec<(String, Entry)> {
    let ours = keys(OUTBOX).into_iter().filter(|key| outbox_message(key, user).is_some());
    let kept: Vec<(String, StoredEntry)> = ours.filter_map(|key| Some((key.clone(), serde_json::from_str(&get(&key)?).ok()?))).collect();
    sort::by(kept, |(_, kept)| kept.at).into_iter().map(|(key, kept)| (key, kept.entry)).collect()
}

/// Stores a request to regenerate an answer, unless it is stored already. Returns whether it is stored.
pub(crate) fn keep_regeneration(user: UserId, at: u64, again: &Regenerate) -> bool {
    let key = regeneration_key(user, again.answer_id);
    get(&key).is_some() || serde_json::to_string(&(at, again)).is_ok_and(|text| set(&key, &text))
}

/// Removes a request to regenerate an answer.
pub(crate) fn drop_regeneration(user: UserId, answer: MessageId) {
    remove(&regeneration_key(user, answer));
}

/// Returns the requests to regenerate that the server has not accepted, in the order in which `user` made them.
pub(crate) fn regenerations(user: UserId) -> Vec<Regenerate> {
    let ours = keys(&format!("{REGENERATIONS}{user}."));
    let kept: Vec<(u64, Regenerate)> = ours.iter().filter_map(|key| serde_json::from_str(&get(key)?).ok()).collect();
    sort::by(kept, |(at, _)| *at).into_iter().map(|(_, again)| again).collect()
}

fn regeneration_key(user: UserId, answer: MessageId) -> String {
    format!("{REGENERATIONS}{user}.{answer}")
}

/// Returns the key of this user's draft in a conversation, or on the start page.
pub(crate) fn draft_key(user: Option<UserId>, conversation: Option<ConversationId>) -> String {
    let route = conversation.map_or_else(|| "new".to_owned(), |id| id.to_string());
    format!("{DRAFT}{}.{route}", owner(user))
}

/// Returns the key of this user's unsent edit of a message.
pub(crate) fn edit_key(user: Option<UserId>, message: MessageId) -> String {
    format!("{DRAFT}{}.edit.{message}", owner(user))
}

/// Reads a draft.
pub(crate) fn draft(key: &str) -> String {
    get(key).unwrap_or_default()
}

/// Stores a draft.
pub(crate) fn keep_draft(key: &str, text: &str) {
    if text.trim().is_empty() {
        remove(key);
    } else {
        set(key, text);
    }
}

/// Returns a setting of this device, or `None` if it has its default.
pub(crate) fn setting(name: &str) -> Option<String> {
    get(&format!("{SETTING}{name}"))
}

/// Stores a setting of this device, or removes it.
pub(crate) fn keep_setting(name: &str, value: Option<&str>) {
    let key = format!("{SETTING}{name}");
    match value {
        Some(value) => {
            set(&key, value);
        }
        None => remove(&key),
    }
}

/// Returns the id of the user who was signed in last.
pub(crate) fn somebody() -> Option<String> {
    get(SOMEBODY)
}

/// Stores who is signed in; `None` if nobody is.
pub(crate) fn set_somebody(user: Option<UserId>) {
    match user {
        Some(user) => {
            set(SOMEBODY, &user.to_string());
        }
        None => remove(SOMEBODY),
    }
}

/// Unsent data of a user, by its keys. It exists in this page's memory only.
pub(crate) type Unsent = Vec<(String, String)>;

/// Removes and returns unsent data of all users except this one.
pub(crate) fn take_from_others(user: Option<UserId>) -> Unsent {
    let here = owner(user);
    take_where(|owner| owner != here && owner != NOBODY)
}

/// Stores this user's unsent data again, and drops that of others.
pub(crate) fn put_back(unsent: Unsent, user: UserId) {
    let here = user.to_string();
    for (key, text) in unsent.into_iter().filter(|(key, _)| owner_of(key) == Some(&here)) {
        if get(&key).is_none() {
            set(&key, &text);
        }
    }
}

/// Assigns drafts that were written while nobody was signed in to this user.
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

/// Removes and returns this user's unsent data.
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

/// Records that this user is not signed in any more, unless another user has signed in since.
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
        for key in [outbox_key(user, id), draft_key(user, None), edit_key(user, id), regeneration_key(UserId(Uuid::from_u128(1)), id)] {
            assert_eq!(owner_of(&key), Some(name.as_str()), "{key}");
        }
        assert_eq!(owner_of(&draft_key(None, None)), Some(NOBODY));
        assert_eq!((owner_of("holdfast.theme"), owner_of("holdfast.somebody")), (None, None));
    }
}
