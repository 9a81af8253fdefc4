//! Commands of the user.

use std::pin::pin;

use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use holdfast_app::{
    services::{Choice, Commands},
    state::{FEW, MANY},
};
use holdfast_client::connection::{Delivery, Entry};
use holdfast_protocol::{
    ConversationId, FileId, MessageId,
    api::{Earlier, Grant},
    frame::{Chat, Regenerate},
    settings::RawSettings,
};
use leptos::{
    prelude::{GetUntracked, ReadUntracked, Update},
    task::spawn_local,
};
use uuid::Builder;

use super::{Driver, Sought, now};
use crate::{
    address,
    http::{Call, Method},
    scroll, storage, tabs,
};

/// If fewer loaded messages than this are left above the page, more are requested.
const AHEAD: usize = 40;
/// Timeout for earlier messages, ms; then the whole conversation is requested.
const EARLIER_TIMEOUT: u32 = 10_000;

impl Commands for Driver {
    fn follow(&self, conversation: Option<ConversationId>) {
        self.feed(|machine, now| machine.follow(now, conversation));
        let machine = self.0.machine.borrow();
        let transcript = conversation.and_then(|id| machine.transcript(id));
        self.0.state.show(conversation, transcript);
        // Messages sent to this conversation appear in it.
        self.0.state.set_outbox(machine.outbox().entries(), now());
    }

    fn submit(
        &self,
        text: String,
        conversation: Option<ConversationId>,
        choice: Option<Choice>,
        settings: Option<String>,
        attachments: Vec<FileId>,
    ) {
        let Some(id) = self.fresh_id() else { return };
        let (provider, model) = choice.map(|choice| (choice.provider, choice.model)).unzip();
        let settings = settings.and_then(RawSettings::new);
        let parent_id = conversation.and_then(|id| self.end_of(id));
        let chat = Chat { conversation_id: conversation, parent_id, provider, model, settings, attachments, ..Chat::new(id, text) };
        self.feed(|machine, now| machine.submit(now, Entry::new(chat)));
    }

    fn send_again(&self, id: MessageId) {
        self.feed(|machine, now| machine.retry_message(now, id));
    }

    fn take_back(&self, id: MessageId) -> Option<Chat> {
        self.0.state.sending.withdrawn(id);
        let mut taken = None;
        self.feed(|machine, now| taken = machine.withdraw(now, id));
        taken
    }

    fn stop(&self, answer: MessageId) {
        self.feed(|machine, now| machine.stop_answer(now, answer));
    }

    fn resume(&self, answer: MessageId) {
        self.feed(|machine, now| machine.continue_answer(now, answer));
    }

    fn regenerate(&self, answer: MessageId, choice: Option<Choice>, settings: Option<String>) {
        let Some(answer_id) = self.fresh_id() else { return };
        let (provider, model) = choice.map(|choice| (choice.provider, choice.model)).unzip();
        self.0.state.open.choose(answer_id);
        if self.0.state.connection.status.read_untracked().is_torn() {
            self.promise_another();
        }
        let settings = settings.and_then(RawSettings::new);
        let again = Regenerate { message_id: answer, answer_id, provider, model, settings };
        self.feed(|machine, now| machine.regenerate(now, again));
    }

    fn edit(&self, message: MessageId, text: String, choice: Option<Choice>) {
        let Some(conversation_id) = self.0.state.open.shown.get_untracked() else { return };
        let Some(id) = self.fresh_id() else { return };
        let (provider, model) = choice.map(|choice| (choice.provider, choice.model)).unzip();
        self.0.state.open.choose(id);
        let attachments = self.files_of(conversation_id, message);
        let chat =
            Chat { conversation_id: Some(conversation_id), edits: Some(message), provider, model, attachments, ..Chat::new(id, text) };
        self.feed(|machine, now| machine.submit(now, Entry::new(chat)));
    }

    fn show_branch(&self, id: MessageId) {
        let Some(shown) = self.0.state.open.shown.get_untracked() else { return };
        let is_elsewhere = {
            let machine = self.0.machine.borrow();
            machine.transcript(shown).is_some_and(|transcript| transcript.is_part() && transcript.message(id).is_none())
        };
        if is_elsewhere {
            return self.seek(shown, Sought::Message(id));
        }
        self.choose_branch(shown, id);
        self.show_transcript(shown);
    }

    fn show_earlier(&self) {
        let state = self.0.state;
        let Some(shown) = state.open.shown.get_untracked() else { return };
        let machine = self.0.machine.borrow();
        let Some(transcript) = machine.transcript(shown) else { return };
        let rest = || state.open.earlier.get_untracked().saturating_sub(transcript.before());
        let (is_part, first) = (transcript.is_part(), transcript.messages().first().map(|message| message.id));
        if is_part && rest() == 0 {
            drop(machine);
            return self.seek_earlier(shown, first);
        }
        // A user at the very beginning has jumped there and does not read what comes between.
        let count = if scroll::is_at_top() { MANY } else { FEW };
        scroll::keep_place(|| state.show_earlier(transcript, count));
        let is_near_the_end = is_part && rest() < AHEAD;
        drop(machine);
        if is_near_the_end {
            self.bring_earlier(shown, first);
        }
    }

    fn show_anew(&self) {
        if let Some(shown) = self.0.state.open.shown.get_untracked() {
            self.show_transcript(shown);
            self.show_sought(shown);
        }
    }

    fn retry_now(&self) {
        self.feed(|machine, now| machine.retry_now(now));
    }

    fn signed_in(&self, grant: Grant) {
        let other = self.user_id().is_some_and(|user| user != grant.user.id);
        if other {
            self.forget();
        }
        self.0.ended.take();
        self.0.leveled.set(true); // the list belongs to another user now
        self.0.state.connection.facts.update(|facts| facts.token_until = Some(grant.expires_at));
        let user = grant.user.clone();
        self.come_back(user.id);
        self.feed(|machine, now| {
            machine.signed_in(now, grant);
            machine.retry_now(now);
        });
        tabs::tell_signed_in(&user.id.to_string());
        storage::set_somebody(Some(user.id));
    }

    fn signed_out(&self) {
        self.forget();
        tabs::tell_signed_out();
    }

    fn measure(&self) {
        self.measure_round_trip();
    }
}

impl Driver {
    /// Shows a notice that the answer will be regenerated once there is a connection.
    pub(super) fn promise_another(&self) {
        self.0.state.notices.notify(self.0.state.strings().browser.asked_later);
    }

    /// Shows the messages before a partial conversation once they arrive.
    fn seek_earlier(&self, conversation: ConversationId, first: Option<MessageId>) {
        if self.0.state.connection.status.read_untracked().is_torn() {
            return self.seek(conversation, Sought::Earlier);
        }
        self.0.sought.set(Some((conversation, Sought::Earlier)));
        self.bring_earlier(conversation, first);
    }

    /// Requests messages before a partial conversation.
    fn bring_earlier(&self, conversation: ConversationId, first: Option<MessageId>) {
        let Some(first) = first else { return };
        if self.0.fetching_before.replace(Some(first)) == Some(first) {
            return;
        }
        let call = Call::new(Method::Get, address::earlier(self.base(), conversation, first));
        let driver = self.clone();
        spawn_local(async move {
            let reply = async { call.token(driver.fresh_token().await.ok()).fetch::<Earlier>().await.ok() };
            let earlier = match select(pin!(reply), TimeoutFuture::new(EARLIER_TIMEOUT)).await {
                Either::Left((earlier, _)) => earlier,
                Either::Right(_) => None,
            };
            if driver.0.fetching_before.get() == Some(first) {
                driver.0.fetching_before.set(None);
            }
            let mut came = false;
            if let Some(earlier) = earlier {
                driver.feed(|machine, _| came = machine.extend(conversation, first, earlier));
            }
            let is_sought = matches!(driver.0.sought.get(), Some((sought, Sought::Earlier)) if sought == conversation);
            // A second request for the same messages has been answered already.
            let is_first = || {
                let machine = driver.0.machine.borrow();
                machine.transcript(conversation).and_then(|transcript| transcript.messages().first()).is_some_and(|it| it.id == first)
            };
            if !came && is_sought && is_first() {
                // Request the whole conversation instead.
                driver.seek(conversation, Sought::Earlier);
            }
        });
    }

    /// Requests the whole conversation, to show something from its missing part.
    fn seek(&self, conversation: ConversationId, sought: Sought) {
        self.0.sought.set(Some((conversation, sought)));
        self.feed(|machine, now| machine.want_all(now, conversation));
        if self.0.state.connection.status.read_untracked().is_torn() {
            self.0.state.notices.notify(self.0.state.strings().browser.earlier_later);
        }
    }

    /// Shows what was requested from the missing part, once it is here.
    pub(super) fn show_sought(&self, conversation: ConversationId) {
        let Some((_, sought)) = self.0.sought.get().filter(|(sought, _)| *sought == conversation) else { return };
        let is_here = match (self.0.machine.borrow().transcript(conversation), sought) {
            (None, _) => false,
            (Some(transcript), Sought::Earlier) => !transcript.is_part() || transcript.before() < self.0.state.open.earlier.get_untracked(),
            (Some(transcript), Sought::Message(_)) => !transcript.is_part(),
        };
        if !is_here {
            return;
        }
        self.0.sought.set(None);
        match sought {
            _ if self.0.state.open.shown.get_untracked() != Some(conversation) => {}
            Sought::Earlier => self.show_earlier(),
            Sought::Message(id) => {
                self.0.state.open.begin_with(id);
                self.show_branch(id);
            }
        }
    }

    /// Shows the branch that contains a message.
    fn choose_branch(&self, conversation: ConversationId, id: MessageId) {
        let mut branch = vec![id];
        if let Some(transcript) = self.0.machine.borrow().transcript(conversation) {
            let before = |id: MessageId| transcript.message(id)?.parent_id;
            while let Some(parent) = before(branch[branch.len() - 1]).filter(|id| !branch.contains(id)) {
                branch.push(parent);
            }
        }
        for id in branch.into_iter().rev() {
            self.0.state.open.choose(id);
        }
    }

    /// Returns the files that are attached to a message.
    fn files_of(&self, conversation: ConversationId, message: MessageId) -> Vec<FileId> {
        let machine = self.0.machine.borrow();
        let message = machine.transcript(conversation).and_then(|transcript| transcript.message(message));
        message.map(|message| message.attachments.iter().map(|file| file.file_id).collect()).unwrap_or_default()
    }

    /// Returns an id for a new message. Shows a notice if the browser can't generate one.
    fn fresh_id(&self) -> Option<MessageId> {
        let mut bytes = [0; 16];
        if getrandom::fill(&mut bytes).is_err() {
            self.0.state.notices.notify(self.0.state.strings().browser.no_random);
            return None;
        }
        Some(MessageId(Builder::from_random_bytes(bytes).into_uuid()))
    }

    /// Returns the parent to send with the next message of a conversation, or `None` for the server's default.
    fn end_of(&self, id: ConversationId) -> Option<MessageId> {
        let machine = self.0.machine.borrow();
        let is_before = |entry: &&Entry| entry.chat.conversation_id == Some(id) && !matches!(entry.delivery, Delivery::Refused(_));
        match machine.outbox().entries().iter().rfind(is_before) {
            Some(Entry { chat, .. }) => chat.parent_id.or(chat.edits).map(|_| chat.message_id),
            None => machine.transcript(id).and_then(|transcript| self.0.state.open.follows(transcript)),
        }
    }
}
