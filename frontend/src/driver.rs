//! Drives the connection's machine: feeds it, does what it asks, shows what it tells, and arms one
//! timer.

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
use holdfast_protocol::{
    ApiError, ClientFrame, ConversationId, MessageId, UserId,
    api::RegenerateRequest,
    connection::{Action, Attempt, Connection, Entry, Millis, Presence, Timing},
    frame::{Accepted, Chat, Regenerate},
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

/// A timer that comes this much late was slept through, ms.
const SLEPT: Millis = 5_000;
/// The longest timer of a page that is seen, ms: timers don't run down while a machine sleeps, so a longer one would find it
/// out long after the machine woke.
const WATCH: Millis = 1_000;

/// What is shown as soon as all of a conversation is here.
#[derive(Clone, Copy)]
enum Sought {
    /// What is before the messages on the page.
    Earlier,
    /// This message, and what leads to it.
    Message(MessageId),
}

/// See the module. Cloned freely: all clones are one. Leptos asks for what could be sent to other
/// threads; there is one.
#[derive(Clone)]
pub(crate) struct Driver(Arc<SendWrapper<Inner>>);

struct Inner {
    base: String,
    state: AppState,
    machine: RefCell<Connection>,
    transports: RefCell<HashMap<Attempt, TransportTask>>,
    /// When it is due, and what rings then.
    timer: RefCell<Option<(Millis, Timeout)>>,
    /// What the outbox was when it was last kept: the keys of its entries.
    kept: RefCell<Vec<(MessageId, String)>>,
    /// Answers that have grown since the last frame.
    grown: RefCell<Vec<(ConversationId, MessageId)>>,
    /// What is looked for in the part of a conversation that is not here.
    sought: Cell<Option<(ConversationId, Sought)>>,
    /// The message before which more is on its way.
    brings: Cell<Option<MessageId>>,
    frame_asked: Cell<bool>,
    /// How often growing text is shown.
    pace: Cell<Pace>,
    /// A clock that goes on evenly.
    clock: Option<Performance>,
    /// Whom the page was rendered for, or who has signed in since.
    user: Cell<Option<UserId>>,
    /// The session that ended, until somebody is there again.
    ended: RefCell<Option<ApiError>>,
    /// What was written and not sent before that. It waits here for who wrote it, and for nobody else.
    unsent: RefCell<Unsent>,
    /// When the page was rendered, by this machine's clock, and by the server's.
    began: (Millis, u64),
    /// Whose list the page came with.
    rendered_for: Option<UserId>,
    /// How many changes of the list were told.
    listed: Cell<u32>,
    leveled: Cell<bool>,
    /// The page has left the socket, and asked why.
    diagnosed: Cell<bool>,
    complained: Cell<bool>,
}

/// This machine's time.
pub(crate) fn now() -> Millis {
    js_sys::Date::now() as Millis
}

impl Driver {
    /// At rest, with what the page was rendered with.
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
            brings: Cell::new(None),
            frame_asked: Cell::new(false),
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

    /// Connects, where there is somebody, or something to send.
    pub(crate) fn start(&self) {
        self.refresh_clock();
        self.0.state.facts.update(|facts| facts.origin = address::origin());
        let user = self.0.user.get();
        self.keep_only(user);
        let entries = storage::entries(user);
        let is_waiting = !entries.is_empty();
        self.0.kept.replace(entries.iter().map(|(key, entry)| (entry.chat.message_id, key.clone())).collect());
        let online = lifecycle::is_online();
        let again = user.map(storage::again).unwrap_or_default();
        // What takes the place of something is shown as soon as it is there, as it would have been then.
        let edits = entries.iter().map(|(_, entry)| &entry.chat).filter(|chat| chat.edits.is_some()).map(|chat| chat.message_id);
        again.iter().map(|again| again.answer_id).chain(edits).for_each(|id| self.0.state.choose(id));
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

    /// The path under which everything lives.
    pub(crate) fn base(&self) -> &str {
        &self.0.base
    }

    /// The time of a clock that goes on evenly, ms.
    fn precise_now(&self) -> f64 {
        self.0.clock.as_ref().map_or_else(js_sys::Date::now, Performance::now)
    }

    /// Who is here.
    pub(crate) fn user_id(&self) -> Option<UserId> {
        self.0.machine.borrow().user().map(|user| user.id).or(self.0.user.get())
    }

    /// Tells the machine something, and does what follows.
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
                // Dropped outside of the borrow: an end may have a tail.
                let closed = self.0.transports.borrow_mut().remove(&attempt);
                drop(closed);
                return;
            }
            Action::Post { chat } => return self.post(chat),
            Action::PostAnswer { frame } => return self.post_answer(&frame),
        };
        // A poll that was answered is over; nothing else says so.
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

    fn post_answer(&self, frame: &ClientFrame) {
        let (id, what) = match frame {
            ClientFrame::Stop { answer_id } => (answer_id, "stop"),
            ClientFrame::Continue { answer_id } => (answer_id, "continue"),
            ClientFrame::Regenerate(again) => return self.post_again(again),
            _ => return,
        };
        let call = Call::new(Method::Post, format!("{}/api/answers/{id}/{what}", self.base())).token(self.token());
        let state = self.0.state;
        spawn_local(async move {
            if let Err(failure) = call.send().await {
                state.refused(crate::http::sentence(failure));
            }
        });
    }

    fn post_again(&self, again: &Regenerate) {
        let Regenerate { message_id, answer_id, provider, model } = again.clone();
        let url = format!("{}/api/messages/{message_id}/regenerate", self.base());
        let call = Call::new(Method::Post, url).token(self.token()).json(&RegenerateRequest { answer_id, provider, model });
        let driver = self.clone();
        spawn_local(async move {
            let result = call.fetch::<Accepted>().await;
            driver.feed(|machine, now| machine.handle_posted(now, answer_id, result));
        });
    }

    /// Arms the one timer: for the machine, and for the countdown that the person sees.
    fn arm(&self) {
        let now = now();
        let machine = self.0.machine.borrow();
        let mut next = machine.poll_timeout();
        let awaited = match machine.presence(now) {
            Presence::Reconnecting { at } => at,
            _ => machine.outbox().wake_at(now),
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
        // One that rings too early does no harm, and each piece of an answer puts off what is due.
        if self.0.timer.borrow().as_ref().is_some_and(|(due, _)| (now + 1..=next).contains(due)) {
            return;
        }
        let driver = self.clone();
        let wait = u32::try_from(next.saturating_sub(now)).unwrap_or(u32::MAX).min(i32::MAX as u32);
        self.0.timer.replace(Some((next, Timeout::new(wait, move || driver.timeout(next)))));
    }

    fn timeout(&self, due: Millis) {
        self.0.timer.take(); // it has rung, be it a little early
        if now() > due + SLEPT && lifecycle::is_visible() {
            // The machine slept. Whether the connection did can only be found out.
            self.feed(|machine, now| machine.handle_visible(now, true));
        }
        self.feed(Connection::handle_timeout);
        self.show_face();
        self.count_down();
    }

    // ---- what happens to the page ----

    /// The machine says whether there is a network.
    pub(crate) fn network(&self, online: bool) {
        self.feed(|machine, now| machine.handle_online(now, online));
    }

    /// The page was hidden or shown.
    pub(crate) fn visibility(&self) {
        let visible = lifecycle::is_visible();
        self.feed(|machine, now| machine.handle_visible(now, visible));
        if visible {
            self.refresh_clock();
            self.show_grown();
            self.show_face();
        }
    }

    /// What another tab wrote and has not sent is sent from here.
    pub(crate) fn adopt(&self, key: String, entry: Entry) {
        self.0.kept.borrow_mut().push((entry.chat.message_id, key));
        self.feed(|machine, now| machine.restore(now, [entry]));
    }

    /// What another tab has sent, or taken back, is not sent from here.
    pub(crate) fn other_tab_sent(&self, id: MessageId) {
        self.0.state.withdrawn(id);
        self.feed(|machine, now| {
            machine.withdraw(now, id);
        });
    }

    /// Somebody signed in in another tab.
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

    /// Whoever was here left in another tab.
    pub(crate) fn other_tab_signed_out(&self) {
        // The server may have said so first.
        if self.user_id().is_some() || self.0.ended.borrow().is_some() {
            self.forget();
            self.0.state.notify(self.0.state.strings().browser.signed_out);
        }
    }
}

fn seed() -> u64 {
    let mut bytes = [0; 8];
    // Without randomness clients come back at the same moments, which is no reason not to come back.
    _ = getrandom::fill(&mut bytes);
    u64::from_le_bytes(bytes)
}
