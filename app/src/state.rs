//! The state that the pages show, as signals.
//!
//! The browser's driver writes the signals, the pages read them. On the server they are set once, from the page's data, so both sides
//! start with the same values.

mod connection_status;
mod list;
mod message_view;
mod open;
mod outgoing;
mod pace;
#[cfg(test)]
mod tests;

use holdfast_client::connection::{Entry, Millis, Transport};
use holdfast_protocol::{
    ApiError, Code, ConversationId, MessageId,
    api::{ConversationPage, ConversationSummary, Model, Role, SearchPage, User},
    diagnosis::SocketDiagnosis,
    frame::Listed,
    people::{SignInMethod, SignUps},
    rules::branches::{Choices, Step, path},
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

/// The current time and time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// ms since 1970.
    pub now: u64,
    /// Minutes east of Greenwich. The server does not know it and uses 0.
    pub offset: i32,
}

/// A message to the user that is not part of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Identifies the notice.
    pub key: u64,
    /// Its text.
    pub text: Localized,
}

/// A report of an action, shown for some seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// Identifies the report.
    pub key: u64,
    /// The sentence about the action, such as that a conversation was deleted.
    pub text: Localized,
    /// How to undo it; `None` if that is not possible.
    pub undo: Option<Undo>,
}

/// How to undo an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// Restores a removed conversation.
    Restore(ConversationId),
    /// Sets whether a conversation is archived.
    Archive(ConversationId, bool),
}

/// Details about the connection, for the settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Scheme, host and port of the server.
    pub origin: String,
    /// The current transport.
    pub transport: Option<Transport>,
    /// Time of the connection's start, ms since 1970 by the device's clock.
    pub since: Option<u64>,
    /// When the access token expires, ms since 1970 by the server's clock.
    pub token_until: Option<u64>,
    /// Round-trip time to the server, ms.
    pub round_trip: Option<u64>,
    /// Why the socket does not get through; `None` if it does.
    pub problem: Option<SocketDiagnosis>,
    /// Idle time after which a program on the way cuts connections, ms; `None` if none does.
    pub idle_limit: Option<u64>,
}

/// The state of the whole page. `Copy`, because it consists of signals.
#[derive(Clone, Copy, Debug)]
pub struct AppState {
    base: StoredValue<String>,
    /// Language of the page.
    pub language: Language,
    /// Language that was chosen on this device; `None` if none was.
    pub chosen_language: Option<Language>,
    /// Whether guests are allowed.
    pub guests: bool,
    /// Who may create an account.
    pub signup: SignUps,
    /// Maximum length of a message, bytes of UTF-8.
    pub message_bytes: usize,
    /// Providers to sign in through.
    pub sign_in_methods: StoredValue<Vec<SignInMethod>>,
    /// Why signing in through a provider failed, until it was shown.
    pub problem: RwSignal<Option<String>>,
    /// The signed-in user.
    pub user: RwSignal<Option<User>>,
    /// The connection status.
    pub connection: RwSignal<ConnectionStatus>,
    /// The conversations, newest first.
    pub list: RwSignal<Vec<Item>>,
    /// Cursor of the list's next page; `None` at its end.
    pub more: RwSignal<Option<String>>,
    /// The search query.
    pub query: RwSignal<String>,
    /// The search results; `None` while there is no query.
    pub found: RwSignal<Option<SearchPage>>,
    /// The available models.
    pub models: RwSignal<Vec<Model>>,
    /// The conversation that `messages` belongs to.
    pub shown: RwSignal<Option<ConversationId>>,
    /// The messages on the page.
    pub messages: RwSignal<Vec<MessageView>>,
    /// Number of messages that precede those, and are not on the page yet.
    pub earlier: RwSignal<usize>,
    /// Whether the transcript is scrolled near its beginning.
    pub near_top: RwSignal<bool>,
    /// Whether the messages are known, even if there are none.
    pub arrived: RwSignal<bool>,
    /// Whether the conversation bundle is loaded.
    pub conversation_bundle: RwSignal<BundleState>,
    /// Whether messages are waiting for the bundle.
    pub waits: RwSignal<bool>,
    /// A conversation that does not exist for this user.
    pub missing: RwSignal<Option<ConversationId>>,
    /// Messages of all conversations that are not in a transcript yet.
    pub outgoing: RwSignal<Vec<Outgoing>>,
    /// The conversation that a message on the start page has created.
    pub begun: RwSignal<Option<ConversationId>>,
    /// The archived conversations, once they were requested.
    pub archived: RwSignal<Option<ConversationPage>>,
    /// The report of the last action.
    pub toast: RwSignal<Option<Toast>>,
    /// Notices to the user.
    pub notices: RwSignal<Vec<Notice>>,
    /// Whether the transcript is scrolled to its end.
    pub at_end: RwSignal<bool>,
    /// The text that is selected in a message.
    pub selected: RwSignal<Option<String>>,
    /// The current time.
    pub clock: RwSignal<Clock>,
    /// Details for the settings.
    pub facts: RwSignal<Facts>,
    /// The open conversation if it is not in the list, for example because it is older.
    unlisted: RwSignal<Option<Item>>,
    /// The first message on the page; it stays the first when further messages arrive.
    first: StoredValue<Option<MessageId>>,
    /// The versions that the user selected where conversations branch.
    choices: StoredValue<Choices>,
    keys: StoredValue<u64>,
}

impl AppState {
    /// Creates the state from a page's data.
    pub fn new(page_data: &PageData, route: Route) -> Self {
        let (from, steps) = on_first_page(page_data);
        Self::with(page_data, route, from, steps.iter().map(|step| MessageView::new(step, page_data.language)).collect())
    }

    /// Creates the state from a page's data. Returns `None` if `is_late` returned true before all texts were rendered.
    #[cfg(feature = "ssr")]
    pub fn unless_late(page_data: &PageData, route: Route, is_late: &dyn Fn() -> bool) -> Option<Self> {
        let (from, steps) = on_first_page(page_data);
        let messages = steps.iter().map(|step| MessageView::unless_late(step, page_data.language, is_late)).collect::<Option<_>>()?;
        Some(Self::with(page_data, route, from, messages))
    }

    /// Creates the state with these messages; `from` more precede them.
    fn with(page_data: &PageData, route: Route, from: usize, messages: Vec<MessageView>) -> Self {
        let conversation = page_data.conversation.as_ref();
        let missing = route.conversation().filter(|id| conversation.is_none_or(|it| it.summary.id != *id));
        let unlisted = conversation.map(|it| Item::new(it.summary.clone()));
        // The page for signing in shows it above the button, all other pages above the composer.
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
            unlisted: RwSignal::new(unlisted),
            choices: StoredValue::new(Choices::default()),
            keys: StoredValue::new(0),
        }
    }

    /// Returns the texts of the page.
    pub fn strings(&self) -> &'static Strings {
        self.language.strings()
    }

    /// Returns whether the user is an administrator.
    pub fn is_admin(&self) -> bool {
        self.user.read().as_ref().is_some_and(|user| user.role == Role::Admin)
    }

    /// Returns whether everyone may create an account.
    pub fn may_sign_up(&self) -> bool {
        self.signup == SignUps::Open
    }

    /// Returns the base path.
    pub fn base(&self) -> String {
        self.base.get_value()
    }

    /// Returns the path of a page.
    pub fn path(&self, route: Route) -> String {
        self.base.with_value(|base| route.path(base))
    }

    // ---- the list ----

    /// Replaces the list with its first page, fetched after a gap, and all pinned conversations, which may be older.
    pub fn level(&self, page: ConversationPage, pinned: Vec<ConversationSummary>) {
        let had_more = self.list.read_untracked().len() > page.conversations.len() && self.more.get_untracked().is_some();
        if !had_more {
            self.more.set(page.next.clone());
        }
        let items = list::level(&self.list.read_untracked(), page, pinned);
        self.list.set(items);
    }

    /// Appends an older page of the list.
    pub fn append(&self, page: ConversationPage) {
        self.more.set(page.next.clone());
        let items = list::append(&self.list.read_untracked(), page);
        self.list.set(items);
    }

    /// Applies a `conversation` frame: one was created, renamed, pinned, archived, removed or restored, or an answer in it started or
    /// ended.
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

    /// Adds or updates a conversation.
    pub fn put(&self, summary: ConversationSummary) {
        let id = summary.id;
        match self.unlisted.get_untracked().filter(|unlisted| unlisted.id == id) {
            Some(unlisted) => unlisted.set(summary.clone()),
            // The open conversation is known, whether it is in the list or not.
            None if summary.archived && self.shown.get_untracked() == Some(id) => self.unlisted.set(Some(Item::new(summary.clone()))),
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

    /// Adds or updates the open conversation, which is not in the list.
    pub fn put_unlisted(&self, summary: ConversationSummary) {
        self.unlisted.set(Some(Item::new(summary)));
    }

    /// Removes a conversation.
    pub fn remove(&self, id: ConversationId) {
        if let Some(page) = &mut *self.archived.write() {
            page.conversations.retain(|other| other.id != id);
        }
        self.list.update(|items| items.retain(|item| item.id != id));
        if self.unlisted.get_untracked().is_some_and(|unlisted| unlisted.id == id) {
            self.unlisted.set(None);
        }
        if self.shown.get_untracked() == Some(id) {
            self.missing.set(Some(id));
        }
    }

    /// Returns the entry of a conversation.
    pub fn item(&self, id: ConversationId) -> Option<Item> {
        let listed = self.list.read().iter().find(|item| item.id == id).cloned();
        listed.or_else(|| self.unlisted.get().filter(|item| item.id == id))
    }

    /// Returns the title of a conversation: from the list, or from the message that creates it.
    pub fn title(&self, id: ConversationId) -> Option<String> {
        if let Some(item) = self.item(id) {
            return Some(item.summary.read().title.clone());
        }
        let outgoing = self.outgoing.read();
        let first = outgoing.iter().find(|it| it.conversation == Some(id))?;
        Some(first_line(&first.text))
    }

    // ---- outgoing messages ----

    /// Replaces the outgoing messages by the outbox. A message that left the outbox without being withdrawn was accepted; it stays
    /// visible until it is in the transcript.
    pub fn set_outbox(&self, entries: &[Entry], now: Millis) {
        let shown = self.shown.get_untracked();
        let arrived: Vec<MessageId> = self.messages.read_untracked().iter().map(|message| message.id).collect();
        let next = outgoing::next(&self.outgoing.read_untracked(), entries, shown, &arrived, now);
        if *self.outgoing.read_untracked() != next {
            self.outgoing.set(next);
        }
    }

    /// Removes a withdrawn message.
    pub fn withdrawn(&self, id: MessageId) {
        self.outgoing.update(|outgoing| outgoing.retain(|it| it.id != id));
    }

    // ---- everything else ----

    /// Reports an action, and offers to undo it.
    pub fn offer(&self, text: impl Into<Localized>, undo: Option<Undo>) {
        let key = self.fresh_key();
        self.toast.set(Some(Toast { key, text: text.into(), undo }));
    }

    fn fresh_key(&self) -> u64 {
        let key = self.keys.with_value(|key| key + 1);
        self.keys.set_value(key);
        key
    }

    /// Shows a notice.
    pub fn notify(&self, text: impl Into<Localized>) {
        let text = text.into();
        if self.notices.read_untracked().iter().any(|notice| notice.text == text) {
            return;
        }
        let key = self.fresh_key();
        self.notices.update(|notices| {
            // One countdown is enough; the newest is right.
            notices.retain(|notice| !(text.counts() && notice.text.counts()));
            notices.push(Notice { key, text });
        });
    }

    /// Shows an error.
    pub fn refused(&self, api_error: ApiError) {
        self.notify(self.strings().localized(api_error));
    }

    /// Removes a notice.
    pub fn dismiss(&self, key: u64) {
        self.notices.update(|notices| notices.retain(|notice| notice.key != key));
    }

    /// Forgets everything that belongs to the user.
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
        self.unlisted.set(None);
        self.begun.set(None);
        self.facts.update(|facts| *facts = Facts { origin: std::mem::take(&mut facts.origin), ..Facts::default() });
    }

    /// Returns the error that prevents sending until the user does something, if there is one.
    pub fn api_error(&self) -> Option<ApiError> {
        match self.connection.get() {
            ConnectionStatus::Refused(api_error) | ConnectionStatus::SignedOut(api_error) => Some(api_error),
            ConnectionStatus::Ready
            | ConnectionStatus::Connecting
            | ConnectionStatus::Connected(_)
            | ConnectionStatus::Reconnecting { .. }
            | ConnectionStatus::Offline { .. } => None,
        }
    }
}

/// Returns the messages of the first rendering, and the number of loaded messages that precede them.
fn on_first_page(page_data: &PageData) -> (usize, Vec<Step<'_>>) {
    let mut steps = page_data.conversation.as_ref().map(|it| path(&it.messages, &Choices::default())).unwrap_or_default();
    let from = if page_data.whole { 0 } else { beginning(&steps, None) };
    (from, steps.split_off(from))
}

/// Returns a title from a first message, approximately as the server does.
fn first_line(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if line.chars().count() <= 60 {
        return line.to_owned();
    }
    let mut title: String = line.chars().take(59).collect();
    title.push('…');
    title
}
