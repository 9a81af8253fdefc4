//! The open conversation. The page may have only its last messages.

use std::{collections::HashMap, ops::Range};

use holdfast_client::transcript::Transcript;
use holdfast_protocol::{
    Author, ConversationId, MessageId, Status,
    message::Message,
    rules::{
        branches::{Choices, PathEntry, follows, path},
        partial::TOGETHER,
    },
};
use leptos::prelude::*;

use super::{AppState, MessageView, Stage};
use crate::{
    first_load::conversation_bundle::{self, BundleState},
    page_data::PageData,
    route::Route,
    strings::Language,
};

/// Number of messages on the page at first. Earlier ones are added on demand, so that a long conversation opens as fast as a short one.
pub const AT_FIRST: usize = 60;
/// Number of messages that are added at a time while the user scrolls up: as many as can be rendered between two frames.
pub const FEW: usize = TOGETHER;
/// Number of messages that are added when the user asks for them, or jumps to the beginning.
pub const MANY: usize = 120;

/// The open conversation.
#[derive(Clone, Copy, Debug)]
pub struct OpenConversation {
    /// The conversation that `messages` belongs to.
    pub shown: RwSignal<Option<ConversationId>>,
    /// The messages on the page.
    pub messages: RwSignal<Vec<MessageView>>,
    /// Number of messages that precede those, and are not on the page yet.
    pub earlier: RwSignal<usize>,
    /// Whether the messages are known, even if there are none.
    pub arrived: RwSignal<bool>,
    /// A conversation that does not exist for this user.
    pub missing: RwSignal<Option<ConversationId>>,
    /// Whether the conversation bundle is loaded.
    pub bundle: RwSignal<BundleState>,
    /// Whether messages are waiting for the bundle.
    pub waits: RwSignal<bool>,
    /// Whether the transcript is scrolled near its beginning.
    pub near_top: RwSignal<bool>,
    /// Whether the transcript is scrolled to its end.
    pub at_end: RwSignal<bool>,
    /// The text that is selected in a message.
    pub selected: RwSignal<Option<String>>,
    /// The first message on the page; it stays the first when further messages arrive.
    first: StoredValue<Option<MessageId>>,
    /// The versions that the user selected where conversations branch.
    choices: StoredValue<Choices>,
    /// Language of the page, in which new messages are shown.
    language: Language,
}

impl OpenConversation {
    /// Creates the state with these messages; `from` more precede them.
    pub(super) fn new(page_data: &PageData, route: Route, from: usize, messages: Vec<MessageView>) -> Self {
        let id = page_data.conversation.as_ref().map(|it| it.summary.id);
        Self {
            shown: RwSignal::new(id),
            first: StoredValue::new(messages.first().map(|message| message.id)),
            messages: RwSignal::new(messages),
            earlier: RwSignal::new(page_data.before + from),
            arrived: RwSignal::new(!page_data.left_out),
            missing: RwSignal::new(route.conversation().filter(|missing| id != Some(*missing))),
            bundle: RwSignal::new(if conversation_bundle::is_here() { BundleState::Here } else { BundleState::Away }),
            waits: RwSignal::new(false),
            near_top: RwSignal::new(false),
            at_end: RwSignal::new(true),
            selected: RwSignal::new(None),
            choices: StoredValue::new(Choices::default()),
            language: page_data.language,
        }
    }

    /// Shows another conversation, with no messages yet.
    fn begin(&self, id: Option<ConversationId>) {
        self.shown.set(id);
        self.messages.set(Vec::new());
        self.first.set_value(None);
        self.earlier.set(0);
        self.waits.set(false);
    }

    /// Forgets the conversation. If one was open, it does not exist for the next user.
    pub(super) fn clear(&self) {
        let shown = self.shown.get_untracked();
        self.begin(None);
        self.arrived.set(true);
        self.missing.set(shown);
    }

    /// Requests the conversation bundle, because it is needed now or soon.
    pub fn request_conversation_bundle(&self) {
        if matches!(self.bundle.get_untracked(), BundleState::Away | BundleState::Failed) {
            self.bundle.set(BundleState::Coming);
        }
    }

    fn set_turns(&self, entries: &[PathEntry<'_>]) {
        let messages = self.messages.read_untracked();
        let is_same =
            messages.len() == entries.len() && messages.iter().zip(entries).all(|(message, entry)| message.id == entry.message.id);
        let known: HashMap<MessageId, &MessageView> = messages.iter().map(|message| (message.id, message)).collect();
        let mut fresh = Vec::with_capacity(entries.len());
        for entry in entries {
            match known.get(&entry.message.id) {
                Some(message) => {
                    message.update(entry);
                    fresh.push((*message).clone());
                }
                None => fresh.push(MessageView::new(entry, self.language)),
            }
        }
        drop(messages);
        if !is_same {
            self.messages.set(fresh);
        }
    }

    /// Returns the range of the conversation's messages that are on the page.
    pub(crate) fn on_page(&self) -> Range<usize> {
        let first = self.earlier.get();
        first..first + self.messages.read().len()
    }

    /// Makes this message the first one on the page.
    pub fn begin_with(&self, id: MessageId) {
        self.first.set_value(Some(id));
    }

    /// Shows the branch with this message, now or as soon as the message arrives.
    pub fn choose(&self, id: MessageId) {
        self.choices.update_value(|choices| choices.choose(id));
    }

    /// Returns the parent to send with a new message, or `None` for the server's default.
    pub fn follows(&self, transcript: &Transcript) -> Option<MessageId> {
        self.choices.with_value(|choices| follows(transcript.messages(), choices))
    }

    /// Sets the text of a growing answer.
    pub fn grow(&self, grown: &Message) {
        if let Some(message) = self.messages.read_untracked().iter().find(|message| message.id == grown.id) {
            message.grow(grown);
        }
    }

    /// Returns the answer that is being written in the open conversation.
    pub fn answering(&self) -> Option<MessageId> {
        let messages = self.messages.read();
        messages.iter().rev().find(|message| message.head.read().status == Status::Streaming).map(|message| message.id)
    }

    /// Returns the newest answer with sources.
    pub fn newest_with_sources(&self) -> Option<MessageView> {
        let messages = self.messages.read();
        messages.iter().rev().find(|message| message.role == Author::Assistant && !message.head.read().sources.is_empty()).cloned()
    }
}

impl AppState {
    /// Shows another conversation, with what is known of it, or none.
    pub fn show(&self, id: Option<ConversationId>, transcript: Option<&Transcript>) {
        if self.open.shown.get_untracked() != id {
            self.open.begin(id);
            if id.is_some() {
                self.open.request_conversation_bundle();
            }
        }
        self.open.missing.set(None);
        match transcript {
            Some(transcript) => self.update(transcript),
            None => self.open.arrived.set(id.is_none()),
        }
    }

    /// Updates the messages of a conversation.
    pub fn update(&self, transcript: &Transcript) {
        if self.open.shown.get_untracked() != Some(transcript.id()) {
            return;
        }
        let messages = transcript.messages();
        if !messages.is_empty() && !conversation_bundle::is_here() {
            // Treat the messages as not arrived.
            self.open.arrived.set(false);
            if !self.open.waits.get_untracked() {
                self.open.waits.set(true);
                self.open.request_conversation_bundle();
            }
            return;
        }
        let mut entries = self.open.choices.with_value(|choices| path(messages, choices));
        // The editor of a message closes when the message that replaces it appears.
        let outgoing = self.sending.outgoing.read_untracked();
        let edited = |entry: &PathEntry<'_>| outgoing.iter().any(|it| it.edits == Some(entry.message.id));
        if let Some(at) = entries.iter().position(edited) {
            entries.truncate(at);
        }
        drop(outgoing);
        let from = beginning(&entries, self.open.first.get_value());
        self.open.first.set_value(entries.get(from).map(|entry| entry.message.id));
        let earlier = transcript.before() + from;
        if self.open.earlier.get_untracked() != earlier {
            self.open.earlier.set(earlier);
        }
        self.open.set_turns(&entries[from..]);
        if transcript.cursor().is_some() != self.open.arrived.get_untracked() {
            self.open.arrived.set(transcript.cursor().is_some());
        }
        if self.sending.outgoing.read_untracked().iter().any(|it| it.stage == Stage::Landed) {
            self.sending.outgoing.update(|outgoing| outgoing.retain(|it| it.stage != Stage::Landed || !is_among(it.id, messages)));
        }
    }

    /// Shows up to `count` of the messages before those on the page, if they are loaded.
    pub fn show_earlier(&self, transcript: &Transcript, count: usize) {
        let entries = self.open.choices.with_value(|choices| path(transcript.messages(), choices));
        // Add whole groups, so that existing groups do not change.
        let from = (self.open.earlier.get_untracked().saturating_sub(count) / FEW * FEW).saturating_sub(transcript.before());
        self.open.first.set_value(entries.get(from).map(|entry| entry.message.id));
        self.open.near_top.set(false);
        self.update(transcript);
    }
}

/// Returns the groups of [`FEW`] messages, counted from the beginning of the conversation, that contain these messages.
pub(crate) fn groups(messages: &Range<usize>) -> Range<usize> {
    if messages.is_empty() { 0..0 } else { messages.start / FEW..messages.end.div_ceil(FEW) }
}

/// Returns which of these messages belong to a group, relative to the first of them.
pub(crate) fn of_group(messages: &Range<usize>, group: usize) -> Range<usize> {
    let within = |at: usize| at.clamp(messages.start, messages.end) - messages.start;
    within(group * FEW)..within((group + 1) * FEW)
}

/// Returns the index of the first entry on the page.
pub(super) fn beginning(entries: &[PathEntry<'_>], first: Option<MessageId>) -> usize {
    let known = first.and_then(|first| entries.iter().position(|entry| entry.message.id == first));
    known.unwrap_or_else(|| entries.len().saturating_sub(AT_FIRST))
}

fn is_among(id: MessageId, messages: &[Message]) -> bool {
    messages.iter().any(|message| message.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_message_is_in_one_group_in_its_order_and_those_before_change_none_that_is_full() {
        for first in 0..3 * FEW {
            for end in first..first + 3 * FEW {
                let page = first..end;
                let shown: Vec<usize> = groups(&page).flat_map(|group| of_group(&page, group)).collect();
                assert_eq!(shown, (0..end - first).collect::<Vec<_>>(), "{page:?}");
                assert!(groups(&page).all(|group| !of_group(&page, group).is_empty()), "{page:?}");
            }
        }
        let [here, before] = [16..30, 8..30];
        assert_eq!(groups(&before).filter(|group| !groups(&here).contains(group)).collect::<Vec<_>>(), [1]);
        for group in groups(&here) {
            let [now, then] = [of_group(&before, group), of_group(&here, group)];
            assert_eq!((now.start, now.end), (then.start + 8, then.end + 8));
        }
    }
}
