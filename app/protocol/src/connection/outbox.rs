//! What was written and not yet accepted.

use serde::{Deserialize, Serialize};

use super::Millis;
use crate::{
    error::Refusal,
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
    Refused(Refusal),
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
    later: Option<(Millis, Refusal)>,
}

impl Entry {
    /// A fresh entry.
    pub fn new(chat: Chat) -> Self {
        Self { chat, delivery: Delivery::Queued, later: None }
    }

    /// Why it waits for a time, with what is left of that as `retry_after_ms`; none where it waits for none.
    pub fn waits(&self, now: Millis) -> Option<Refusal> {
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
    pub fn refuse(&mut self, id: MessageId, refusal: Refusal, now: Millis) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.chat.message_id == id) {
            match refusal.retry_after_ms {
                Some(ms) => (entry.delivery, entry.later) = (Delivery::Queued, Some((now + ms, refusal))),
                None => entry.delivery = Delivery::Refused(refusal),
            }
        }
    }

    /// The person wants a refused entry sent again.
    pub fn retry(&mut self, id: MessageId) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.chat.message_id == id) {
            entry.delivery = Delivery::Queued;
            entry.later = None;
        }
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
        if self.entries.iter().any(|entry| entry.delivery == Delivery::Sending) {
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
    use crate::Code;

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
        outbox.refuse(id, Refusal::new(Code::Busy, "Later.").retry_after(500), 100);
        assert_eq!(outbox.next(599, |_| false), None);
        assert_eq!(outbox.wake_at(599), Some(600));
        assert_eq!(outbox.entries()[0].waits(200).unwrap().retry_after_ms, Some(400));
        assert!(outbox.next(600, |_| false).is_some());
        outbox.refuse(id, Refusal::new(Code::TooLarge, "Shorter."), 600);
        assert_eq!(outbox.next(9_999, |_| false), None);
        assert_eq!((outbox.waiting(), outbox.entries().len()), (0, 1));
        outbox.retry(id);
        assert!(outbox.next(9_999, |_| false).is_some());
    }

    #[test]
    fn the_same_entry_twice_is_one() {
        let mut outbox = Outbox::default();
        assert!(outbox.add(Entry::new(chat(1, 1))));
        assert!(!outbox.add(Entry::new(chat(1, 1))));
    }
}
