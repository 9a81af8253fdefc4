//! What was written and not yet accepted.

use serde::{Deserialize, Serialize};

use super::Millis;
use crate::{
    error::{ApiError, Code},
    frame::Chat,
    id::{ConversationId, MessageId, UserId},
};

/// Where an entry stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Waits for the connection, for its turn, or until a time the server named.
    Queued,
    /// On its way; the server has not answered.
    Sending,
    /// The server refused it. It stays until the person sends it again or takes it back.
    Refused(ApiError),
}

/// A message on its way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The message. Without `conversation_id` it begins a conversation whose id can't be known
    /// before the user is.
    pub chat: Chat,
    /// Where it stands.
    pub delivery: Delivery,
    /// Until when the server wants it to wait, and why.
    #[serde(skip)]
    later: Option<(Millis, ApiError)>,
}

impl Entry {
    /// A fresh entry.
    pub fn new(chat: Chat) -> Self {
        Self { chat, delivery: Delivery::Queued, later: None }
    }

    /// Why it waits for a time, with what is left of that as `retry_after_ms`; none where it waits for none.
    pub fn waits(&self, now: Millis) -> Option<ApiError> {
        let (until, why) = self.later.as_ref().filter(|(until, _)| *until > now)?;
        Some(why.clone().retry_after(until - now))
    }

    fn may_go(&self, now: Millis) -> bool {
        self.later.as_ref().is_none_or(|(until, _)| *until <= now)
    }
}

/// The entries in the order they were written. One is under way at a time, so that order holds
/// whatever the transport does.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    entries: Vec<Entry>,
}

impl Outbox {
    /// All entries, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many still have to go.
    pub fn waiting(&self) -> usize {
        self.entries.iter().filter(|entry| !matches!(entry.delivery, Delivery::Refused(_))).count()
    }

    /// Adds an entry; one that is there already (another tab's, or a reload's) stays as it is.
    pub fn add(&mut self, mut entry: Entry) -> bool {
        if self.entries.iter().any(|mine| mine.chat.message_id == entry.chat.message_id) {
            return false;
        }
        if entry.delivery == Delivery::Sending {
            entry.delivery = Delivery::Queued;
        }
        self.entries.push(entry);
        true
    }

    /// Takes an entry out: it was accepted, or its writer takes it back.
    pub fn remove(&mut self, id: MessageId) -> Option<Entry> {
        let index = self.entries.iter().position(|entry| entry.chat.message_id == id)?;
        Some(self.entries.remove(index))
    }

    /// The server refused an entry. Where it named a time, the entry waits for it.
    pub fn refuse(&mut self, id: MessageId, api_error: ApiError, now: Millis) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.chat.message_id == id) {
            match api_error.retry_after_ms {
                Some(ms) => (entry.delivery, entry.later) = (Delivery::Queued, Some((now + ms, api_error))),
                None => entry.delivery = Delivery::Refused(api_error),
            }
        }
    }

    /// The server does not have what an entry refers to: its store is an older one, or the conversation was removed. The entry
    /// then follows the newest message, and if that is not enough, begins a conversation, so that what was written is not stuck.
    /// Returns false if nothing is left to drop. `stays` keeps it in its conversation. `last` is the provider and model that answered
    /// there: a conversation in its place is answered by them too, unless others were chosen.
    pub fn detach(&mut self, id: MessageId, user: UserId, stays: bool, last: impl FnOnce() -> Option<(String, String)>) -> bool {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.chat.message_id == id) else { return false };
        let chat = &mut entry.chat;
        if chat.parent_id.is_some() || chat.edits.is_some() {
            (chat.parent_id, chat.edits) = (None, None);
        } else if !stays && chat.conversation_id != Some(ConversationId::begun_by(user, id)) {
            chat.conversation_id = None;
            if chat.provider.is_none() && chat.model.is_none() {
                (chat.provider, chat.model) = last().unzip();
            }
        } else {
            return false;
        }
        entry.delivery = Delivery::Queued;
        true
    }

    /// The person wants a refused entry sent again. `fresh` takes the place of an id that the server knows as another message's,
    /// which it would refuse for ever.
    pub fn retry(&mut self, id: MessageId, user: Option<UserId>, fresh: MessageId) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.chat.message_id == id) {
            if matches!(&entry.delivery, Delivery::Refused(api_error) if api_error.code == Code::MessageConflict) {
                let begun = user.map(|user| ConversationId::begun_by(user, id));
                entry.chat.message_id = fresh;
                entry.chat.conversation_id = entry.chat.conversation_id.filter(|id| Some(*id) != begun);
            }
            entry.delivery = Delivery::Queued;
            entry.later = None;
        }
    }

    /// Whether an entry is on its way.
    pub fn is_sending(&self) -> bool {
        self.entries.iter().any(|entry| entry.delivery == Delivery::Sending)
    }

    /// The connection is gone: what was under way may or may not have arrived.
    pub fn requeue(&mut self) {
        for entry in &mut self.entries {
            if entry.delivery == Delivery::Sending {
                entry.delivery = Delivery::Queued;
            }
        }
    }

    /// Now that the user is known: entries that begin a conversation learn its id.
    pub fn address(&mut self, user: UserId) -> Vec<(MessageId, ConversationId)> {
        let unaddressed = self.entries.iter_mut().filter(|entry| entry.chat.conversation_id.is_none());
        unaddressed
            .map(|entry| {
                let id = ConversationId::begun_by(user, entry.chat.message_id);
                entry.chat.conversation_id = Some(id);
                (entry.chat.message_id, id)
            })
            .collect()
    }

    /// The next entry to send, marked as being sent. `held` tells of a message that may not be sent yet.
    pub fn next(&mut self, now: Millis, held: impl Fn(&Chat) -> bool) -> Option<Chat> {
        if self.is_sending() {
            return None;
        }
        let mut blocked = Vec::new();
        for entry in &mut self.entries {
            let Some(conversation) = entry.chat.conversation_id else {
                continue;
            };
            if entry.delivery != Delivery::Queued || blocked.contains(&conversation) {
                continue;
            }
            if entry.may_go(now) && !held(&entry.chat) {
                (entry.delivery, entry.later) = (Delivery::Sending, None);
                return Some(entry.chat.clone());
            }
            blocked.push(conversation); // what was written later must not overtake it
        }
        None
    }

    /// When an entry that had to wait for a time at `now` may go.
    pub fn wake_at(&self, now: Millis) -> Option<Millis> {
        let waiting = self.entries.iter().filter(|entry| entry.delivery == Delivery::Queued && !entry.may_go(now));
        waiting.filter_map(|entry| entry.later.as_ref()).map(|(until, _)| *until).min()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use uuid::Uuid;

    use super::*;

    fn chat(n: u128, conversation: u128) -> Chat {
        let mut chat = Chat::new(MessageId(Uuid::from_u128(n)), format!("{n}"));
        chat.conversation_id = Some(ConversationId(Uuid::from_u128(conversation)));
        chat
    }

    #[test]
    fn order_holds_within_a_conversation_and_others_pass() {
        let mut outbox = Outbox::default();
        outbox.add(Entry::new(chat(1, 1)));
        outbox.add(Entry::new(chat(2, 1)));
        outbox.add(Entry::new(chat(3, 2)));
        let held = |chat: &Chat| chat.conversation_id == Some(ConversationId(Uuid::from_u128(1)));
        assert_eq!(outbox.next(0, held).unwrap().message_id.0, Uuid::from_u128(3));
        assert_eq!(outbox.next(0, |_| false), None, "one at a time");
        outbox.remove(MessageId(Uuid::from_u128(3)));
        assert_eq!(outbox.next(0, |_| false).unwrap().message_id.0, Uuid::from_u128(1));
    }

    #[test]
    fn a_named_time_is_waited_for_and_a_refusal_stays() {
        let mut outbox = Outbox::default();
        outbox.add(Entry::new(chat(1, 1)));
        let id = outbox.next(0, |_| false).unwrap().message_id;
        outbox.refuse(id, ApiError::new(Code::Busy, "Later.").retry_after(500), 100);
        assert_eq!(outbox.next(599, |_| false), None);
        assert_eq!(outbox.wake_at(599), Some(600));
        assert_eq!(outbox.entries()[0].waits(200).unwrap().retry_after_ms, Some(400));
        assert!(outbox.next(600, |_| false).is_some());
        outbox.refuse(id, ApiError::new(Code::TooLarge, "Shorter."), 600);
        assert_eq!(outbox.next(9_999, |_| false), None);
        assert_eq!((outbox.waiting(), outbox.entries().len()), (0, 1));
        outbox.retry(id, None, MessageId(Uuid::from_u128(2)));
        assert_eq!(outbox.entries()[0].chat.message_id, id, "it was not the id that was refused");
        assert!(outbox.next(9_999, |_| false).is_some());
    }

    #[test]
    fn what_the_server_lacks_is_dropped_step_by_step() {
        let (user, id) = (UserId(Uuid::from_u128(7)), MessageId(Uuid::from_u128(1)));
        let mut outbox = Outbox::default();
        outbox.add(Entry::new(Chat { parent_id: Some(MessageId(Uuid::from_u128(9))), ..chat(1, 1) }));
        let last = || Some(("ollama".to_owned(), "llama".to_owned()));
        assert!(outbox.detach(id, user, false, last));
        assert!(!outbox.detach(id, user, true, last));
        assert_eq!((outbox.entries()[0].chat.parent_id, outbox.entries()[0].chat.conversation_id), (None, chat(1, 1).conversation_id));
        assert_eq!(outbox.entries()[0].chat.model, None, "it is in its conversation still");
        assert!(outbox.detach(id, user, false, last));
        assert_eq!(outbox.entries()[0].chat.provider.as_deref().zip(outbox.entries()[0].chat.model.as_deref()), Some(("ollama", "llama")));
        let begun = ConversationId::begun_by(user, id);
        assert_eq!(outbox.address(user), [(id, begun)]);
        assert!(!outbox.detach(id, user, false, last), "it begins a conversation already");
    }

    #[test]
    fn an_id_that_is_another_messages_is_replaced() {
        let (user, id, fresh) = (UserId(Uuid::from_u128(7)), MessageId(Uuid::from_u128(1)), MessageId(Uuid::from_u128(2)));
        let mut outbox = Outbox::default();
        outbox.add(Entry::new(Chat { conversation_id: Some(ConversationId::begun_by(user, id)), ..chat(1, 1) }));
        outbox.refuse(id, ApiError::new(Code::MessageConflict, "Used."), 0);
        outbox.retry(id, Some(user), fresh);
        assert_eq!(outbox.address(user), [(fresh, ConversationId::begun_by(user, fresh))]);
    }

    #[test]
    fn the_same_entry_twice_is_one() {
        let mut outbox = Outbox::default();
        assert!(outbox.add(Entry::new(chat(1, 1))));
        assert!(!outbox.add(Entry::new(chat(1, 1))));
    }
}
