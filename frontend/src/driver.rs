//! Drives the connection's state machine: reports events to it, performs its actions, shows its events, and sets one timer.

mod commands;
mod person;
mod show;
mod token;

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    sync::Arc,
};

use gloo_timers::callback::Timeout;
use holdfast_app::{
    PageData,
    state::{AppState, Pace},
};
use holdfast_client::connection::{Action, Attempt, Command, Connection, Entry, Millis, Presence, Timing};
use holdfast_protocol::{
    ApiError, ConversationId, MessageId, UserId,
    frame::{Accepted, Chat},
};
use leptos::{prelude::Update, task::spawn_local};
use send_wrapper::SendWrapper;
use web_sys::Performance;

use crate::{
    address::{self, conversation},
    http::{Call, Method},
    lifecycle,
    storage::{self, Unsent},
    transport::{TransportTask, poll, socket, stream},
};

/// A timer that fires this much late shows that the device was asleep, ms.
const SLEPT: Millis = 5_000;
/// The longest timer of a visible page, ms. Timers do not advance while a device sleeps, so a longer one would detect the sleep too late.
const WATCH: Millis = 1_000;

/// What to show as soon as the whole conversation is here.
#[derive(Clone, Copy)]
enum Sought {
    /// The messages before those on the page.
    Earlier,
    /// This message, on its branch.
    Message(MessageId),
}

/// The driver. `Clone`; all clones share one state. Leptos requires types that can be sent to other threads, although a page has only one
/// thread.
#[derive(Clone)]
pub(crate) struct Driver(Arc<SendWrapper<Inner>>);

struct Inner {
    base: String,
    state: AppState,
    machine: RefCell<Connection>,
    transports: RefCell<HashMap<Attempt, TransportTask>>,
    /// When the timer is due, and its handle.
    timer: RefCell<Option<(Millis, Timeout)>>,
    /// The entries of the outbox as they were last stored: their keys.
    kept: RefCell<Vec<(MessageId, String)>>,
    /// Answers that have grown since the last frame.
    grown: RefCell<Vec<(ConversationId, MessageId)>>,
    /// What to show from the missing part of a conversation.
    sought: Cell<Option<(ConversationId, Sought)>>,
    /// The message before which earlier messages were requested.
    fetching_before: Cell<Option<MessageId>>,
    frame_requested: Cell<bool>,
    /// Decides how often growing text is shown.
    pace: Cell<Pace>,
    /// A monotonic clock.
    clock: Option<Performance>,
    /// The user for whom the page was rendered, or who has signed in since.
    user: Cell<Option<UserId>>,
    /// The error that ended the session, until somebody signs in.
    ended: RefCell<Option<ApiError>>,
    /// Unsent messages and drafts from before the session ended. They wait in memory for the user who wrote them.
    unsent: RefCell<Unsent>,
    /// When the page was rendered, by the device's clock and by the server's.
    began: (Millis, u64),
    /// The user whose list the page came with.
    rendered_for: Option<UserId>,
    /// Number of changes of the list that frames have reported.
    listed: Cell<u32>,
    leveled: Cell<bool>,
    /// Whether the page has fallen back from the socket and asked for the reason.
    diagnosed: Cell<bool>,
    complained: Cell<bool>,
}

/// Returns the time of the device.
pub(crate) fn now() -> Millis {
    js_sys::Date::now() as Millis
}

impl Driver {
    /// Creates an idle driver with the page's data.
    pub(crate) fn new(state: AppState, page_data: &PageData) -> Self {
        let mut machine = Connection::new(Timing::default(), seed());
        if let Some(transport) = storage::transport() {
            machine.begin_at(transport);
        }
        if let Some(transcript) = page_data.transcript() {
            machine.seed(transcript);
        }
        Self(Arc::new(SendWrapper::new(Inner {
            base: page_data.base.clone(),
            state,
            machine: RefCell::new(machine),
            transports: RefCell::default(),
            timer: RefCell::default(),
            kept: RefCell::default(),
            grown: RefCell::default(),
            sought: Cell::new(None),
            fetching_before: Cell::new(None),
            frame_requested: Cell::new(false),
            pace: Cell::default(),
            clock: web_sys::window().and_then(|window| window.performance()),
            user: Cell::new(page_data.user.as_ref().map(|user| user.id)),
            ended: RefCell::default(),
            unsent: RefCell::default(),
            began: (now(), page_data.now),
            rendered_for: page_data.user.as_ref().map(|user| user.id),
            listed: Cell::new(0),
            leveled: Cell::new(false),
            diagnosed: Cell::new(false),
            complained: Cell::new(false),
        })))
    }

    /// Connects if somebody is signed in or if there is something to send.
    pub(crate) fn start(&self) {
        self.refresh_clock();
        self.0.state.connection.facts.update(|facts| facts.origin = address::origin());
        let user = self.0.user.get();
        self.keep_only(user);
        let entries = storage::entries(user);
        let is_waiting = !entries.is_empty();
        self.0.kept.replace(entries.iter().map(|(key, entry)| (entry.chat.message_id, key.clone())).collect());
        let online = lifecycle::is_online();
        let again = user.map(storage::regenerations).unwrap_or_default();
        // A message that replaces another is shown as soon as it arrives, as it would have been before the reload.
        let edits = entries.iter().map(|(_, entry)| &entry.chat).filter(|chat| chat.edits.is_some()).map(|chat| chat.message_id);
        again.iter().map(|again| again.answer_id).chain(edits).for_each(|id| self.0.state.open.choose(id));
        if !again.is_empty() && !online {
            self.promise_another();
        }
        let visible = lifecycle::is_visible();
        if let Some(transport) = storage::transport() {
            self.diagnose(transport);
        }
        self.feed(|machine, now| {
            machine.handle_online(now, online);
            machine.handle_visible(now, visible);
            machine.restore(now, entries.into_iter().map(|(_, entry)| entry));
            again.into_iter().for_each(|again| machine.regenerate(now, again));
            if user.is_some() || is_waiting {
                machine.start(now);
            }
        });
    }

    /// Returns the base path.
    pub(crate) fn base(&self) -> &str {
        &self.0.base
    }

    /// Returns the time of a monotonic clock, ms.
    fn precise_now(&self) -> f64 {
        self.0.clock.as_ref().map_or_else(js_sys::Date::now, Performance::now)
    }

    /// Returns the user of the page.
    pub(crate) fn user_id(&self) -> Option<UserId> {
        self.0.machine.borrow().user().map(|user| user.id).or(self.0.user.get())
    }

    /// Calls the state machine, performs its actions, and shows its events.
    pub(crate) fn feed(&self, tell: impl FnOnce(&mut Connection, Millis)) {
        tell(&mut self.0.machine.borrow_mut(), now());
        loop {
            let action = self.0.machine.borrow_mut().poll_action();
            match action {
                Some(action) => self.act(action),
                None => break,
            }
        }
        loop {
            let event = self.0.machine.borrow_mut().poll_event();
            match event {
                Some(event) => self.show(event),
                None => break,
            }
        }
        self.arm();
    }

    fn act(&self, action: Action) {
        let driver = self.clone();
        let (attempt, transport) = match action {
            Action::FetchToken { guest } => return self.fetch_token(guest),
            Action::OpenSocket { attempt } => (attempt, socket::open(driver, attempt)),
            Action::OpenStream { attempt, open } => (attempt, stream::open(driver, attempt, open)),
            Action::Poll { attempt, open, wait } => (attempt, poll::ask(driver, attempt, open, wait)),
            Action::Send { attempt, frame } => {
                if let Some(transport) = self.0.transports.borrow().get(&attempt) {
                    transport.send(frame.to_json());
                }
                return;
            }
            Action::Close { attempt } => {
                // Dropped outside of the borrow, because dropping may call back.
                let closed = self.0.transports.borrow_mut().remove(&attempt);
                drop(closed);
                return;
            }
            Action::Post { chat } => return self.post(chat),
            Action::PostCommand { command } => return self.post_command(command),
        };
        // A poll that was answered has ended; there is no other signal.
        let mut transports = self.0.transports.borrow_mut();
        if transports.len() > 8 {
            transports.retain(|&old, _| old + 8 > attempt);
        }
        transports.insert(attempt, transport);
    }

    fn post(&self, chat: Chat) {
        let Some(id) = chat.conversation_id else { return };
        let url = format!("{}/messages", conversation(self.base(), id));
        let call = Call::new(Method::Post, url).token(self.token()).json(&chat);
        let driver = self.clone();
        spawn_local(async move {
            let result = call.fetch::<Accepted>().await;
            driver.feed(|machine, now| machine.handle_posted(now, chat.message_id, result));
        });
    }

    fn post_command(&self, command: Command) {
        let call = Call::new(Method::Post, format!("{}{}", self.base(), command.path())).token(self.token());
        let call = match command.body() {
            Some(body) => call.json(&body),
            None => call,
        };
        let driver = self.clone();
        spawn_local(async move {
            if let Some(answer_id) = command.new_answer() {
                let result = call.fetch::<Accepted>().await;
                driver.feed(|machine, now| machine.handle_posted(now, answer_id, result));
            } else if let Err(failure) = call.send().await {
                driver.0.state.refused(crate::http::sentence(failure));
            }
        });
    }

    /// Sets the timer for the state machine and for countdowns on the page.
    fn arm(&self) {
        let now = now();
        let machine = self.0.machine.borrow();
        let mut next = machine.poll_timeout();
        let awaited = match machine.presence(now) {
            Presence::Reconnecting { at } => at,
            Presence::Ready | Presence::Connecting | Presence::Connected(_) | Presence::Offline | Presence::Refused(_) => {
                machine.outbox().wake_at(now)
            }
        };
        let visible = machine.is_visible();
        if let Some(at) = awaited
            && at > now
        {
            let tick = now + (at - now - 1) % 1000 + 1;
            next = Some(next.map_or(tick, |next| next.min(tick)));
        }
        drop(machine);
        let Some(mut next) = next else {
            self.0.timer.take();
            return;
        };
        if visible {
            next = next.min(now + WATCH);
        }
        // A timer that fires too early is harmless, so it is not set again; each chunk of an answer moves the deadlines.
        if self.0.timer.borrow().as_ref().is_some_and(|(due, _)| (now + 1..=next).contains(due)) {
            return;
        }
        let driver = self.clone();
        let wait = u32::try_from(next.saturating_sub(now)).unwrap_or(u32::MAX).min(i32::MAX as u32);
        self.0.timer.replace(Some((next, Timeout::new(wait, move || driver.timeout(next)))));
    }

    fn timeout(&self, due: Millis) {
        self.0.timer.take(); // it has fired, perhaps a little early
        if now() > due + SLEPT && lifecycle::is_visible() {
            // The device slept. The machine finds out whether the connection survived.
            self.feed(|machine, now| machine.handle_visible(now, true));
        }
        self.feed(Connection::handle_timeout);
        self.show_face();
        self.count_down();
    }

    // ---- events of the page ----

    /// Reports whether the device has a network.
    pub(crate) fn network(&self, online: bool) {
        self.feed(|machine, now| machine.handle_online(now, online));
    }

    /// Reports that the page was hidden or shown.
    pub(crate) fn visibility(&self) {
        let visible = lifecycle::is_visible();
        self.feed(|machine, now| machine.handle_visible(now, visible));
        if visible {
            self.refresh_clock();
            self.show_grown();
            self.show_face();
        }
    }

    /// Sends a message that another tab stored and did not send.
    pub(crate) fn adopt(&self, key: String, entry: Entry) {
        self.0.kept.borrow_mut().push((entry.chat.message_id, key));
        self.feed(|machine, now| machine.restore(now, [entry]));
    }

    /// Drops a message that another tab has sent or withdrawn.
    pub(crate) fn other_tab_sent(&self, id: MessageId) {
        self.0.state.sending.withdrawn(id);
        self.feed(|machine, now| {
            machine.withdraw(now, id);
        });
    }

    /// Handles that a user signed in in another tab.
    pub(crate) fn other_tab_signed_in(&self, user: &str) {
        let here = self.user_id();
        if here.is_some_and(|here| here.to_string() != user) {
            return self.leave();
        }
        if let Ok(user) = user.parse() {
            self.come_back(user);
        }
        self.0.ended.take();
        self.feed(|machine, now| {
            machine.start(now);
            machine.retry_now(now);
        });
    }

    /// Handles that the user signed out in another tab.
    pub(crate) fn other_tab_signed_out(&self) {
        // The server may have reported it first.
        if self.user_id().is_some() || self.0.ended.borrow().is_some() {
            self.forget();
            self.0.state.notices.notify(self.0.state.strings().browser.signed_out);
        }
    }
}

fn seed() -> u64 {
    let mut bytes = [0; 8];
    // Without randomness, clients reconnect at the same moments; they still reconnect.
    _ = getrandom::fill(&mut bytes);
    u64::from_le_bytes(bytes)
}
