//! Messages that the server has not accepted yet.

use holdfast_protocol::{
    ApiError, Code,
    frame::Chat,
    id::{ConversationId, MessageId, UserId},
};
use serde::{Deserialize, Serialize};

use super::Millis;

/// Delivery state of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Waits for the connection, for the messages before it, or for a time that the server named.
    Queued,
    /// Sent; the server has not answered.
    Sending,
    /// The server refused it. It stays until the user sends it again or withdraws it.
    Refused(ApiError),
}

/// A message that the server has not accepted yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The message. If it creates a conversation, it has no `conversation_id` until the user is known.
    pub chat: Chat,
    /// Its delivery state.
    pub delivery: Delivery,
    /// The time until which the server asked to wait, and the server's error.
    #[serde(skip)]
    later: Option<(Millis, ApiError)>,
}

impl Entry {
    /// Creates an entry that has not been sent.
    pub fn new(chat: Chat) -> Self {
        Self { chat, delivery: Delivery::Queued, later: None }
    }

    /// Returns the error because of which it waits, with the remaining time as `retry_after_ms`; `None` if it does not wait for a time.
    pub fn waits(&self, now: Millis) -> Option<ApiError> {
        let (until, why) = self.later.as_ref().filter(|(until, _)| *until > now)?;
        Some(why.clone().retry_after(until - now))
    }

    fn may_go(&self, now: Millis) -> bool {
        self.later.as_ref().is_none_or(|(until, _)| *until <= now)
    }
}

/// Messages in the order in which the user wrote them. Only one is sent at a time, so that their order is the same over any transport.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    entries: Vec<Entry>,
}

impl Outbox {
    /// Returns all entries, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the number of entries that are still to be sent.
    pub fn waiting(&self) -> usize {
        self.entries.iter().filter(|entry| !matches!(entry.delivery, Delivery::Refused(_))).count()
    }

    /// Adds an entry. Returns false and changes nothing if there is one with the same id, for example from another tab or before a
    /// reload.
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

    /// Removes an entry, because it was accepted or withdrawn.
    pub fn remove(&mut self, id: MessageId) -> Option<Entry> {
        let index = self.entries.iter().position(|entry| entry.chat.message_id == id)?;
        Some(self.entries.remove(index))
    }

    /// Records that the server refused an entry. If the server named a time, the entry waits for it.
    pub fn refuse(&mut self, id: MessageId, api_error: ApiError, now: Millis) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.chat.message_id == id) {
            match api_error.retry_after_ms {
                Some(ms) => (entry.delivery, entry.later) = (Delivery::Queued, Some((now + ms, api_error))),
                None => entry.delivery = Delivery::Refused(api_error),
            }
        }
    }

    /// Removes references to something that the server does not have, because a backup was restored or the conversation was removed, so
    /// that the message is not stuck. The entry then follows the newest message; if that was refused as well, it creates a conversation.
    /// Returns false if there is no reference left to remove. `stays` keeps the entry in its conversation. `last` returns the provider
    /// and model that answered there last; they also answer in the new conversation, unless the user chose others.
    pub fn detach(&mut self, id: MessageId, user: UserId, stays: bool, last: impl FnOnce() -> Option<(String, String)>) -> bool {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.chat.message_id == id) else { return false };
        let chat = &mut entry.chat;
        if chat.parent_id.is_some() || chat.edits.is_some() {
            (chat.parent_id, chat.edits) = (None, None);
        } else if !stays && chat.conversation_id != Some(ConversationId::created_by(user, id)) {
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

    /// Queues a refused entry again. It gets the id `fresh` if the server has another message with its id, which it would refuse again.
    pub fn retry(&mut self, id: MessageId, user: Option<UserId>, fresh: MessageId) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.chat.message_id == id) {
            if matches!(&entry.delivery, Delivery::Refused(api_error) if api_error.code == Code::MessageConflict) {
                let begun = user.map(|user| ConversationId::created_by(user, id));
                entry.chat.message_id = fresh;
                entry.chat.conversation_id = entry.chat.conversation_id.filter(|id| Some(*id) != begun);
            }
            entry.delivery = Delivery::Queued;
            entry.later = None;
        }
    }

    /// Returns whether an entry is being sent.
    pub fn is_sending(&self) -> bool {
        self.entries.iter().any(|entry| entry.delivery == Delivery::Sending)
    }

    /// Queues entries again that were being sent when the connection was lost. They may or may not have arrived.
    pub fn requeue(&mut self) {
        for entry in &mut self.entries {
            if entry.delivery == Delivery::Sending {
                entry.delivery = Delivery::Queued;
            }
        }
    }

    /// Gives conversation ids to entries that create a conversation, now that the user is known. Returns these messages and ids.
    pub fn address(&mut self, user: UserId) -> Vec<(MessageId, ConversationId)> {
        let unaddressed = self.entries.iter_mut().filter(|entry| entry.chat.conversation_id.is_none());
        unaddressed
            .map(|entry| {
                let id = ConversationId::created_by(user, entry.chat.message_id);
                entry.chat.conversation_id = Some(id);
                (entry.chat.message_id, id)
            })
            .collect()
    }

    /// Returns the next message to send, and marks it as being sent. `held` returns whether a message must not be sent yet.
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
            blocked.push(conversation); // later messages must not overtake it
        }
        None
    }

    /// Returns when the next entry that waits for a time may be sent.
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
    use holdfast_protocol::Reason;

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
        outbox.refuse(id, Reason::StoreBusy.error().retry_after(500), 100);
        assert_eq!(outbox.next(599, |_| false), None);
        assert_eq!(outbox.wake_at(599), Some(600));
        assert_eq!(outbox.entries()[0].waits(200).unwrap().retry_after_ms, Some(400));
        assert!(outbox.next(600, |_| false).is_some());
        outbox.refuse(id, Reason::MessageTooLong.error(), 600);
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
        let begun = ConversationId::created_by(user, id);
        assert_eq!(outbox.address(user), [(id, begun)]);
        assert!(!outbox.detach(id, user, false, last), "it begins a conversation already");
    }

    #[test]
    fn an_id_that_is_another_messages_is_replaced() {
        let (user, id, fresh) = (UserId(Uuid::from_u128(7)), MessageId(Uuid::from_u128(1)), MessageId(Uuid::from_u128(2)));
        let mut outbox = Outbox::default();
        outbox.add(Entry::new(Chat { conversation_id: Some(ConversationId::created_by(user, id)), ..chat(1, 1) }));
        outbox.refuse(id, Reason::IdUsed.error(), 0);
        outbox.retry(id, Some(user), fresh);
        assert_eq!(outbox.address(user), [(fresh, ConversationId::created_by(user, fresh))]);
    }

    #[test]
    fn the_same_entry_twice_is_one() {
        let mut outbox = Outbox::default();
        assert!(outbox.add(Entry::new(chat(1, 1))));
        assert!(!outbox.add(Entry::new(chat(1, 1))));
    }
}
