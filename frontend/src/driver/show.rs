//! Shows the events of the state machine.

use gloo_timers::callback::Timeout;
use holdfast_app::{
    Route,
    services::{Backend, Commands},
    state::{ConnectionStatus, Pace},
};
use holdfast_client::connection::{Entry, Event, Presence};
use holdfast_protocol::{ConversationId, MessageId};
use js_sys::Promise;
use leptos::{
    prelude::{GetUntracked, ReadUntracked, Set, Update, request_animation_frame},
    task::spawn_local,
};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::{Driver, now, token::storage_failed};
use crate::{http::Http, page_cache, scroll, storage, tabs};

/// Age up to which the list in the page counts as current, ms.
const YOUNG: u64 = 5_000;
/// A page whose server time is this far off comes from the browser's cache, ms. If the device's clock is wrong, the list is only fetched
/// once too often.
const OLD: u64 = 60_000;

impl Driver {
    pub(super) fn show(&self, event: Event) {
        let state = self.0.state;
        match event {
            Event::Presence => self.show_face(),
            Event::Transport(transport) => {
                storage::keep_transport(transport);
                self.diagnose(transport);
            }
            Event::Transcript(id) => {
                self.show_transcript(id);
                self.show_sought(id);
            }
            Event::Grew(conversation, answer) => self.note_grown(conversation, answer),
            Event::Listed(listed) => {
                self.refresh_clock();
                self.0.listed.set(self.0.listed.get() + 1);
                let id = listed.conversation_id;
                if listed.removed {
                    page_cache::forget(Route::Conversation(id).path(self.base()));
                }
                let is_back =
                    !listed.removed && state.open.missing.get_untracked() == Some(id) && self.0.machine.borrow().focus() == Some(id);
                state.listed(listed);
                if is_back {
                    self.follow_anew(id);
                }
            }
            Event::File(change) => state.file.set(Some(change)),
            Event::UpToDate => self.level(),
            Event::Outbox => self.show_outbox(),
            Event::RegenerateRequested(again) => {
                if let Some(user) = self.user_id()
                    && !storage::keep_regeneration(user, now(), &again)
                {
                    self.complain();
                }
            }
            Event::RegenerateSettled(answer) => {
                if let Some(user) = self.user_id() {
                    storage::drop_regeneration(user, answer);
                }
            }
            Event::ConversationCreated(_, conversation) => {
                let machine = self.0.machine.borrow();
                if machine.focus() == Some(conversation) {
                    state.show(Some(conversation), machine.transcript(conversation));
                    state.sending.begun.set(Some(conversation));
                }
            }
            Event::User(user) => {
                if self.0.user.get() != Some(user.id) {
                    self.come_back(user.id);
                    storage::set_somebody(Some(user.id));
                    tabs::tell_signed_in(&user.id.to_string());
                }
                state.session.user.set(Some(user));
                self.keep_outbox();
            }
            Event::NotFound(id) => state.open.missing.set(Some(id)),
            Event::Refused(api_error) => state.refused(api_error),
            Event::SignedOut(api_error) => self.show_end(api_error),
        }
    }

    /// Follows a conversation that exists again. The actions under way come first, because this is called from one of them.
    fn follow_anew(&self, id: ConversationId) {
        let driver = self.clone();
        spawn_local(async move {
            driver.follow(None);
            driver.follow(Some(id));
        });
    }

    /// Updates the connection status and its details.
    pub(super) fn show_face(&self) {
        let state = self.0.state;
        let machine = self.0.machine.borrow();
        let presence = machine.presence(now());
        let (queued, idle_limit) = (machine.outbox().waiting(), machine.idle_limit());
        drop(machine);
        let ended = self.0.ended.borrow().clone().filter(|_| presence == Presence::Ready);
        let connection = match ended {
            Some(api_error) => ConnectionStatus::SignedOut(api_error),
            None => ConnectionStatus::of(&presence, now(), queued),
        };
        let transport = match presence {
            Presence::Connected(transport) => Some(transport),
            _ => None,
        };
        if state.connection.facts.read_untracked().transport != transport {
            state.connection.facts.update(|facts| {
                facts.transport = transport;
                facts.since = transport.map(|_| now());
            });
        }
        if state.connection.facts.read_untracked().idle_limit != idle_limit {
            state.connection.facts.update(|facts| facts.idle_limit = idle_limit);
        }
        if *state.connection.status.read_untracked() != connection {
            state.connection.status.set(connection);
        }
    }

    /// Returns the server's time: that of the page's rendering, plus the time since by the device's clock.
    pub(super) fn refresh_clock(&self) {
        let (began, server) = self.0.began;
        let offset = -js_sys::Date::new_0().get_timezone_offset() as i32;
        let now = server + now().saturating_sub(began);
        self.0.state.clock.update(|clock| (clock.now, clock.offset) = (now, offset));
    }

    pub(super) fn show_transcript(&self, id: ConversationId) {
        if let Some(transcript) = self.0.machine.borrow().transcript(id) {
            self.0.state.update(transcript);
        }
    }

    // ---- growing answers, shown at most once a frame ----

    fn note_grown(&self, conversation: ConversationId, answer: MessageId) {
        let mut grown = self.0.grown.borrow_mut();
        if !grown.contains(&(conversation, answer)) {
            grown.push((conversation, answer));
        }
        drop(grown);
        // A hidden page has no frames; it is updated when it becomes visible.
        if self.0.machine.borrow().is_visible() && !self.0.frame_requested.replace(true) {
            let driver = self.clone();
            // Run between two frames: work in a frame that scrolls would cost another frame.
            let rest = self.0.pace.get().rest(self.precise_now());
            Timeout::new(rest as u32, move || driver.show_grown()).forget();
        }
    }

    pub(super) fn show_grown(&self) {
        self.0.frame_requested.set(false);
        let began = self.precise_now();
        self.paced(|pace| pace.shown(began));
        let measures = self.0.pace.get().measures();
        let grown = self.0.grown.take();
        let machine = self.0.machine.borrow();
        let shown = self.0.state.open.shown.get_untracked();
        for (conversation, answer) in grown.into_iter().filter(|(conversation, _)| Some(*conversation) == shown) {
            if let Some(message) = machine.transcript(conversation).and_then(|transcript| transcript.message(answer)) {
                // The answer's end may have been shown in the same frame; do not undo it.
                if message.status.is_unfinished() {
                    self.0.state.open.grow(message);
                }
            }
        }
        // Wait for two microtasks, after which `browser/modules/enhance.js` is done: the page has grown, and nothing was laid out or painted
        // yet.
        let driver = self.clone();
        spawn_local(async move {
            _ = JsFuture::from(Promise::resolve(&JsValue::NULL)).await;
            scroll::follow(driver.0.state.open);
            if !measures {
                return;
            }
            let ours = driver.precise_now() - began;
            // A task after a frame runs when the frame was laid out and painted.
            request_animation_frame(move || {
                let frame = driver.precise_now();
                Timeout::new(0, move || driver.paced(|pace| pace.took(ours + driver.precise_now() - frame))).forget();
            });
        });
    }

    fn paced(&self, change: impl FnOnce(&mut Pace)) {
        let mut pace = self.0.pace.get();
        change(&mut pace);
        self.0.pace.set(pace);
    }

    // ---- the list ----

    fn level(&self) {
        let is_first = !self.0.leveled.replace(true);
        let has_come = self.0.rendered_for.is_some() && self.0.rendered_for == self.0.user.get();
        let (began, rendered) = self.0.began;
        let state = self.0.state;
        // An answer may have ended since, without a report.
        let is_answering = || state.list.items.read_untracked().iter().any(|item| item.summary.read_untracked().answering);
        if is_first && has_come && now().saturating_sub(began) < YOUNG && began.abs_diff(rendered) < OLD && !is_answering() {
            return;
        }
        let driver = self.clone();
        let http = Http::new(self.clone());
        spawn_local(async move {
            // A change reported during the request may be newer than the reply, so the list is then requested again.
            for is_last in [false, false, true] {
                let told = driver.0.listed.get();
                let Ok(page) = http.conversations(None).await else { break };
                let Ok(pinned) = http.shelf("pinned").await else { break };
                if is_last || driver.0.listed.get() == told {
                    state.list.level(page, pinned.conversations);
                    break;
                }
            }
            if let Ok(models) = http.models().await {
                state.session.models.set(models);
            }
        });
    }

    // ---- the outbox ----

    fn show_outbox(&self) {
        self.keep_outbox();
        let entries = self.0.machine.borrow().outbox().entries().to_vec();
        self.0.state.set_outbox(&entries, now());
        // The editor closes when the message that replaces the edited one appears.
        if let Some(shown) = self.0.state.open.shown.get_untracked() {
            self.show_transcript(shown);
        }
        self.show_face();
    }

    /// Updates the countdowns of waiting messages.
    pub(super) fn count_down(&self) {
        let machine = self.0.machine.borrow();
        let entries = machine.outbox().entries();
        if entries.iter().any(|entry| entry.waits(now()).is_some()) {
            self.0.state.set_outbox(entries, now());
        }
    }

    /// Stores the outbox, for a reload.
    fn keep_outbox(&self) {
        let machine = self.0.machine.borrow();
        let user = machine.user().map(|user| user.id).or(self.0.user.get());
        let entries = machine.outbox().entries();
        let mut kept = self.0.kept.borrow_mut();
        for (index, entry) in entries.iter().enumerate() {
            let id = entry.chat.message_id;
            let key = storage::outbox_key(user, id);
            let known = kept.iter().position(|(kept, _)| *kept == id);
            if known.is_some_and(|known| kept[known].1 == key) {
                continue; // the delivery state is not stored: after a reload the message is queued again
            }
            if !storage::keep_entry(&key, now() + index as u64, entry) {
                self.complain();
            }
            if let Some(known) = known {
                let (_, old) = kept.swap_remove(known);
                storage::drop_entry(&old);
            }
            kept.push((id, key));
        }
        kept.retain(|(id, key)| {
            let stays = is_among(*id, entries);
            if !stays {
                storage::drop_entry(key);
            }
            stays
        });
    }

    /// Shows a notice once if the outbox can't be stored.
    fn complain(&self) {
        if !self.0.complained.replace(true) {
            self.0.state.refused(storage_failed());
        }
    }
}

fn is_among(id: MessageId, entries: &[Entry]) -> bool {
    entries.iter().any(|entry| entry.chat.message_id == id)
}
