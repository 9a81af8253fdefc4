//! The live state that the pages show: signals over the connection's state machine.
//!
//! The browser's driver writes them, the pages read them. On the server they are written once, from
//! what the page is made of, so both sides begin with the same.

mod connection_status;
mod list;
mod message_view;
mod open;
mod outgoing;
mod pace;
#[cfg(test)]
mod tests;

use holdfast_protocol::{
    ApiError, Code, ConversationId, MessageId,
    api::{ConversationPage, ConversationSummary, Model, Role, SearchPage, User},
    branches::{Choices, Step, path},
    connection::{Entry, Millis, Transport},
    diagnosis::SocketDiagnosis,
    frame::Listed,
    people::{SignInMethod, SignUps},
};
use leptos::prelude::*;

pub use connection_status::{ConnectionStatus, Tone};
pub use list::{Day, Item, by_day};
pub use message_view::{Head, MessageView};
use open::beginning;
pub use open::{AT_FIRST, FEW, MANY};
pub(crate) use open::{groups, of_group};
pub use outgoing::{Outgoing, Stage};
pub use pace::Pace;

use crate::{
    conversation_bundle::{self, BundleState},
    page_data::PageData,
    route::Route,
    sort,
    strings::{Language, Localized, Strings},
};

/// The time, and where the reader's days begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// ms since 1970.
    pub now: u64,
    /// Minutes east of Greenwich. The server does not know; it says 0.
    pub offset: i32,
}

/// A sentence for the person that is no message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Tells notices apart.
    pub key: u64,
    /// The sentence.
    pub text: Localized,
}

/// What was just done, told for some seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// Tells them apart.
    pub key: u64,
    /// What was done.
    pub text: Localized,
    /// How to undo it, where it can be.
    pub undo: Option<Undo>,
}

/// How something is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// Brings a removed conversation back.
    Restore(ConversationId),
    /// Takes a conversation out of the archive, or puts it back there.
    Archive(ConversationId, bool),
}

/// What the settings tell of the connection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Scheme, host and port of everything.
    pub origin: String,
    /// Over what.
    pub transport: Option<Transport>,
    /// Since when, ms since 1970 by this machine's clock.
    pub since: Option<u64>,
    /// When the access token ends, ms since 1970 by the server's clock.
    pub token_until: Option<u64>,
    /// The way to the server and back, ms.
    pub round_trip: Option<u64>,
    /// Why the socket does not get through, while it does not.
    pub problem: Option<SocketDiagnosis>,
    /// How long something in between lets a connection be idle, ms, where it cuts those that are.
    pub idle_limit: Option<u64>,
}

/// See the module. Copied freely: it holds signals.
#[derive(Clone, Copy, Debug)]
pub struct AppState {
    base: StoredValue<String>,
    /// The language of the page.
    pub language: Language,
    /// The one that was chosen on this device, where one was.
    pub chosen_language: Option<Language>,
    /// Whether one may begin without an account.
    pub guests: bool,
    /// Who may make an account.
    pub signup: SignUps,
    /// The most that a message may have, bytes of UTF-8.
    pub message_bytes: usize,
    /// Through whom else one may sign in.
    pub sign_in_methods: StoredValue<Vec<SignInMethod>>,
    /// Why one who came back from there is not signed in, until it was read.
    pub problem: RwSignal<Option<String>>,
    /// Who is signed in.
    pub user: RwSignal<Option<User>>,
    /// How the connection stands.
    pub connection: RwSignal<ConnectionStatus>,
    /// The conversations, newest first.
    pub list: RwSignal<Vec<Item>>,
    /// Where the list goes on, if it does.
    pub more: RwSignal<Option<String>>,
    /// What is looked for.
    pub query: RwSignal<String>,
    /// What was found; none where nothing is looked for.
    pub found: RwSignal<Option<SearchPage>>,
    /// The models that answer now.
    pub models: RwSignal<Vec<Model>>,
    /// The conversation whose messages these are.
    pub shown: RwSignal<Option<ConversationId>>,
    /// Its messages.
    pub messages: RwSignal<Vec<MessageView>>,
    /// How many messages stand before those, and are not on the page yet.
    pub earlier: RwSignal<usize>,
    /// Whether the transcript is read near its beginning.
    pub near_top: RwSignal<bool>,
    /// Whether its messages are known, even if there are none.
    pub arrived: RwSignal<bool>,
    /// Whether what shows messages is there.
    pub conversation_bundle: RwSignal<BundleState>,
    /// Whether messages wait for that.
    pub waits: RwSignal<bool>,
    /// A conversation that does not exist, for this user.
    pub missing: RwSignal<Option<ConversationId>>,
    /// What was written and is not among the messages yet, of all conversations.
    pub outgoing: RwSignal<Vec<Outgoing>>,
    /// A conversation that a message on the empty page began.
    pub begun: RwSignal<Option<ConversationId>>,
    /// The archived conversations, once they were asked for.
    pub archived: RwSignal<Option<ConversationPage>>,
    /// What was just done.
    pub toast: RwSignal<Option<Toast>>,
    /// Sentences for the person.
    pub notices: RwSignal<Vec<Notice>>,
    /// Whether the transcript is read at its end.
    pub at_end: RwSignal<bool>,
    /// What is selected in a message.
    pub selected: RwSignal<Option<String>>,
    /// The time.
    pub clock: RwSignal<Clock>,
    /// For the settings.
    pub facts: RwSignal<Facts>,
    /// The conversation in the address may be none of the list's newest.
    stray: RwSignal<Option<Item>>,
    /// The first of the turns: it stays that, whatever comes after it.
    first: StoredValue<Option<MessageId>>,
    /// What was chosen where conversations branch.
    choices: StoredValue<Choices>,
    keys: StoredValue<u64>,
}

impl AppState {
    /// What a page begins with.
    pub fn new(page_data: &PageData, route: Route) -> Self {
        let (from, steps) = on_first_page(page_data);
        Self::with(page_data, route, from, steps.iter().map(|step| MessageView::new(step, page_data.language)).collect())
    }

    /// The same. Returns `None` if `is_late` said so before all texts were formatted.
    #[cfg(feature = "ssr")]
    pub fn unless_late(page_data: &PageData, route: Route, is_late: &dyn Fn() -> bool) -> Option<Self> {
        let (from, steps) = on_first_page(page_data);
        let messages = steps.iter().map(|step| MessageView::unless_late(step, page_data.language, is_late)).collect::<Option<_>>()?;
        Some(Self::with(page_data, route, from, messages))
    }

    /// With these messages, before which there are `from` more.
    fn with(page_data: &PageData, route: Route, from: usize, messages: Vec<MessageView>) -> Self {
        let conversation = page_data.conversation.as_ref();
        let missing = route.conversation().filter(|id| conversation.is_none_or(|it| it.summary.id != *id));
        let stray = conversation.map(|it| Item::new(it.summary.clone()));
        // Where one signs in it is said above the button, everywhere else where one would write.
        let (over, problem) = match route {
            Route::SignIn => (None, page_data.problem.clone().or_else(|| page_data.over.clone())),
            _ => (page_data.over.clone(), page_data.problem.clone()),
        };
        Self {
            base: StoredValue::new(page_data.base.clone()),
            language: page_data.language,
            chosen_language: page_data.chosen_language,
            guests: page_data.guests,
            signup: page_data.signup,
            message_bytes: page_data.message_bytes,
            sign_in_methods: StoredValue::new(page_data.sign_in_methods.clone()),
            problem: RwSignal::new(problem),
            user: RwSignal::new(page_data.user.clone()),
            connection: RwSignal::new(if page_data.user.is_some() { ConnectionStatus::Connecting } else { ConnectionStatus::Ready }),
            list: RwSignal::new(list::begin(page_data.conversations.clone(), page_data.pinned.clone())),
            more: RwSignal::new(page_data.conversations.next.clone()),
            query: RwSignal::new(page_data.found.as_ref().map(|(query, _)| query.clone()).unwrap_or_default()),
            found: RwSignal::new(page_data.found.as_ref().map(|(_, page)| page.clone())),
            models: RwSignal::new(page_data.models.clone()),
            shown: RwSignal::new(conversation.map(|it| it.summary.id)),
            first: StoredValue::new(messages.first().map(|message| message.id)),
            messages: RwSignal::new(messages),
            earlier: RwSignal::new(page_data.before + from),
            near_top: RwSignal::new(false),
            arrived: RwSignal::new(!page_data.left_out),
            conversation_bundle: RwSignal::new(if conversation_bundle::is_here() { BundleState::Here } else { BundleState::Away }),
            waits: RwSignal::new(false),
            missing: RwSignal::new(missing),
            outgoing: RwSignal::new(Vec::new()),
            begun: RwSignal::new(None),
            archived: RwSignal::new(page_data.archived.clone()),
            toast: RwSignal::new(None),
            notices: RwSignal::new(
                over.map(|text| Notice { key: 0, text: page_data.language.strings().localized(ApiError::new(Code::TokenExpired, text)) })
                    .into_iter()
                    .collect(),
            ),
            at_end: RwSignal::new(true),
            selected: RwSignal::new(None),
            clock: RwSignal::new(Clock { now: page_data.now, offset: 0 }),
            facts: RwSignal::new(Facts::default()),
            stray: RwSignal::new(stray),
            choices: StoredValue::new(Choices::default()),
            keys: StoredValue::new(0),
        }
    }

    /// What the page says.
    pub fn strings(&self) -> &'static Strings {
        self.language.strings()
    }

    /// Whether who is here runs the server.
    pub fn is_admin(&self) -> bool {
        self.user.read().as_ref().is_some_and(|user| user.role == Role::Admin)
    }

    /// Whether everyone may make an account.
    pub fn may_sign_up(&self) -> bool {
        self.signup == SignUps::Open
    }

    /// The path under which everything lives.
    pub fn base(&self) -> String {
        self.base.get_value()
    }

    /// The path of a page.
    pub fn path(&self, route: Route) -> String {
        self.base.with_value(|base| route.path(base))
    }

    // ---- the list ----

    /// The list as it is, fetched after a gap; with all pinned ones, which may be older than the page.
    pub fn level(&self, page: ConversationPage, pinned: Vec<ConversationSummary>) {
        let had_more = self.list.read_untracked().len() > page.conversations.len() && self.more.get_untracked().is_some();
        if !had_more {
            self.more.set(page.next.clone());
        }
        let items = list::level(&self.list.read_untracked(), page, pinned);
        self.list.set(items);
    }

    /// An older page of the list.
    pub fn append(&self, page: ConversationPage) {
        self.more.set(page.next.clone());
        let items = list::append(&self.list.read_untracked(), page);
        self.list.set(items);
    }

    /// A conversation was made, renamed, pinned, archived, removed, brought back, began or ended an answer.
    pub fn listed(&self, listed: Listed) {
        let Listed { conversation_id: id, title, answering, removed, pinned, archived, updated_at } = listed;
        if removed {
            self.remove(id);
            return;
        }
        let now = self.clock.get_untracked().now;
        let known = untrack(|| self.item(id)).map(|item| item.summary.get_untracked());
        let began = known.as_ref().is_none_or(|known| answering && !known.answering);
        let mut summary = known.unwrap_or_else(|| ConversationSummary {
            id,
            title: String::new(),
            created_at: now,
            updated_at: now,
            answering,
            pinned,
            archived,
            provider: None,
            model: None,
        });
        (summary.title, summary.answering, summary.pinned, summary.archived) = (title, answering, pinned, archived);
        match updated_at {
            Some(updated_at) => summary.updated_at = updated_at,
            None if began => summary.updated_at = now.max(summary.updated_at),
            None => {}
        }
        self.put(summary);
    }

    /// A conversation as it is now.
    pub fn put(&self, summary: ConversationSummary) {
        let id = summary.id;
        match self.stray.get_untracked().filter(|stray| stray.id == id) {
            Some(stray) => stray.set(summary.clone()),
            // What is shown is known, be it in the list or not.
            None if summary.archived && self.shown.get_untracked() == Some(id) => self.stray.set(Some(Item::new(summary.clone()))),
            None => {}
        }
        if let Some(page) = &mut *self.archived.write() {
            page.conversations.retain(|other| other.id != id);
            if summary.archived {
                page.conversations.push(summary.clone());
                page.conversations = sort::by(std::mem::take(&mut page.conversations), |other| u64::MAX - other.updated_at);
            }
        }
        if summary.archived {
            self.list.update(|items| items.retain(|item| item.id != id));
            return;
        }
        let items = list::put(&self.list.read_untracked(), summary);
        self.list.set(items);
    }

    /// What is shown and stands in no list: that of an address, or of a search.
    pub fn put_stray(&self, summary: ConversationSummary) {
        self.stray.set(Some(Item::new(summary)));
    }

    /// A conversation is gone.
    pub fn remove(&self, id: ConversationId) {
        if let Some(page) = &mut *self.archived.write() {
            page.conversations.retain(|other| other.id != id);
        }
        self.list.update(|items| items.retain(|item| item.id != id));
        if self.stray.get_untracked().is_some_and(|stray| stray.id == id) {
            self.stray.set(None);
        }
        if self.shown.get_untracked() == Some(id) {
            self.missing.set(Some(id));
        }
    }

    /// What the list says of a conversation.
    pub fn item(&self, id: ConversationId) -> Option<Item> {
        let listed = self.list.read().iter().find(|item| item.id == id).cloned();
        listed.or_else(|| self.stray.get().filter(|item| item.id == id))
    }

    /// A conversation's title: the list's, or that of the message that begins it.
    pub fn title(&self, id: ConversationId) -> Option<String> {
        if let Some(item) = self.item(id) {
            return Some(item.summary.read().title.clone());
        }
        let outgoing = self.outgoing.read();
        let first = outgoing.iter().find(|it| it.conversation == Some(id))?;
        Some(first_line(&first.text))
    }

    // ---- what goes out ----

    /// The outbox as it is. What has left it without being taken back has arrived, and stays to be
    /// seen until it is among the messages.
    pub fn set_outbox(&self, entries: &[Entry], now: Millis) {
        let shown = self.shown.get_untracked();
        let arrived: Vec<MessageId> = self.messages.read_untracked().iter().map(|message| message.id).collect();
        let next = outgoing::next(&self.outgoing.read_untracked(), entries, shown, &arrived, now);
        if *self.outgoing.read_untracked() != next {
            self.outgoing.set(next);
        }
    }

    /// A message was taken back.
    pub fn withdrawn(&self, id: MessageId) {
        self.outgoing.update(|outgoing| outgoing.retain(|it| it.id != id));
    }

    // ---- the rest ----

    /// Says what was just done, and offers to undo it.
    pub fn offer(&self, text: impl Into<Localized>, undo: Option<Undo>) {
        let key = self.fresh_key();
        self.toast.set(Some(Toast { key, text: text.into(), undo }));
    }

    fn fresh_key(&self) -> u64 {
        let key = self.keys.with_value(|key| key + 1);
        self.keys.set_value(key);
        key
    }

    /// Says a sentence.
    pub fn notify(&self, text: impl Into<Localized>) {
        let text = text.into();
        if self.notices.read_untracked().iter().any(|notice| notice.text == text) {
            return;
        }
        let key = self.fresh_key();
        self.notices.update(|notices| {
            // One countdown is enough: the newest is right.
            notices.retain(|notice| !(text.counts() && notice.text.counts()));
            notices.push(Notice { key, text });
        });
    }

    /// Says what was refused.
    pub fn refused(&self, api_error: ApiError) {
        self.notify(self.strings().localized(api_error));
    }

    /// Takes a sentence away.
    pub fn dismiss(&self, key: u64) {
        self.notices.update(|notices| notices.retain(|notice| notice.key != key));
    }

    /// Forgets everything that was somebody's.
    pub fn clear(&self) {
        let shown = self.shown.get_untracked();
        self.user.set(None);
        self.list.set(Vec::new());
        self.more.set(None);
        self.query.set(String::new());
        self.found.set(None);
        self.archived.set(None);
        self.toast.set(None);
        self.shown.set(None);
        self.messages.set(Vec::new());
        self.first.set_value(None);
        self.earlier.set(0);
        self.waits.set(false);
        self.arrived.set(true);
        self.missing.set(shown);
        self.outgoing.set(Vec::new());
        self.stray.set(None);
        self.begun.set(None);
        self.facts.update(|facts| *facts = Facts { origin: std::mem::take(&mut facts.origin), ..Facts::default() });
    }

    /// Why nothing can be sent for good, where that is so.
    pub fn api_error(&self) -> Option<ApiError> {
        match self.connection.get() {
            ConnectionStatus::Refused(api_error) | ConnectionStatus::SignedOut(api_error) => Some(api_error),
            _ => None,
        }
    }
}

/// The messages of the first page, and how many of those that came stand before them.
fn on_first_page(page_data: &PageData) -> (usize, Vec<Step<'_>>) {
    let mut steps = page_data.conversation.as_ref().map(|it| path(&it.messages, &Choices::default())).unwrap_or_default();
    let from = if page_data.whole { 0 } else { beginning(&steps, None) };
    (from, steps.split_off(from))
}

/// As the server makes a title of a first message, nearly.
fn first_line(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if line.chars().count() <= 60 {
        return line.to_owned();
    }
    let mut title: String = line.chars().take(59).collect();
    title.push('…');
    title
}
