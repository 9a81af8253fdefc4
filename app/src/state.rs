//! The state that the pages show, as signals.
//!
//! The browser's driver writes the signals, the pages read them. On the server they are set once, from the page's data, so both sides
//! start with the same values.

mod connection;
mod connection_status;
mod conversation_list;
mod growing_text;
mod list;
mod message_view;
mod notices;
mod open;
mod outgoing;
mod pace;
mod session;
mod site;
mod step_view;
#[cfg(test)]
mod tests;

use holdfast_client::connection::{Entry, Millis};
use holdfast_protocol::{
    ApiError, ConversationId, MessageId,
    api::ConversationSummary,
    files::FileChange,
    frame::Listed,
    rules::branches::{Choices, PathEntry, path},
};
use leptos::prelude::*;

pub use connection::{ConnectionState, Facts};
pub use connection_status::{ConnectionStatus, Tone};
pub use conversation_list::ConversationList;
pub use growing_text::GrowingText;
pub use list::{Day, Item, by_day};
pub use message_view::{Head, MessageView};
pub use notices::{Notice, Notices, Toast, Undo};
use open::beginning;
pub use open::{AT_FIRST, FEW, MANY, OpenConversation};
pub(crate) use open::{groups, of_group};
pub use outgoing::{Outgoing, Sending, Stage};
pub use pace::Pace;
pub use session::Session;
pub use site::Site;
pub use step_view::{StepHead, StepView};

use crate::{first_load::conversation_bundle, page_data::PageData, route::Route, strings::Strings};

/// The current time and time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// ms since 1970.
    pub now: u64,
    /// Minutes east of Greenwich. The server does not know it and uses 0.
    pub offset: i32,
}

/// The state of the whole page, in parts that change together. `Copy`, because it consists of signals.
#[derive(Clone, Copy, Debug)]
pub struct AppState {
    /// What the server said about itself and about the page. It does not change while the page is open.
    pub site: Site,
    /// The user, and what they may use.
    pub session: Session,
    /// The conversations.
    pub list: ConversationList,
    /// The open conversation.
    pub open: OpenConversation,
    /// The messages that are being sent.
    pub sending: Sending,
    /// The connection.
    pub connection: ConnectionState,
    /// What is reported to the user.
    pub notices: Notices,
    /// The latest change of one of the user's files.
    pub file: RwSignal<Option<FileChange>>,
    /// The current time.
    pub clock: RwSignal<Clock>,
}

impl AppState {
    /// Creates the state from a page's data.
    pub fn new(page_data: &PageData, route: Route) -> Self {
        let (from, entries) = on_first_page(page_data);
        Self::with(page_data, route, from, entries.iter().map(|entry| MessageView::new(entry, page_data.language)).collect())
    }

    /// Creates the state from a page's data. Returns `None` if `is_late` returned true before all texts were rendered.
    #[cfg(feature = "ssr")]
    pub fn unless_late(page_data: &PageData, route: Route, is_late: &dyn Fn() -> bool) -> Option<Self> {
        let (from, entries) = on_first_page(page_data);
        let messages = entries.iter().map(|entry| MessageView::unless_late(entry, page_data.language, is_late)).collect::<Option<_>>()?;
        Some(Self::with(page_data, route, from, messages))
    }

    /// Creates the state with these messages; `from` more precede them.
    fn with(page_data: &PageData, route: Route, from: usize, messages: Vec<MessageView>) -> Self {
        // The page for signing in shows it above the button, all other pages above the composer.
        let (over, problem) = match route {
            Route::SignIn => (None, page_data.problem.clone().or_else(|| page_data.over.clone())),
            _ => (page_data.over.clone(), page_data.problem.clone()),
        };
        let over = over.map(|api_error| page_data.language.strings().localized(api_error));
        Self {
            site: Site::new(page_data),
            session: Session::new(page_data, problem),
            list: ConversationList::new(page_data),
            open: OpenConversation::new(page_data, route, from, messages),
            sending: Sending::new(),
            connection: ConnectionState::new(page_data),
            notices: Notices::new(over),
            file: RwSignal::new(None),
            clock: RwSignal::new(Clock { now: page_data.now, offset: 0 }),
        }
    }

    /// Returns the texts of the page.
    pub fn strings(&self) -> &'static Strings {
        self.site.language.strings()
    }

    /// Returns the base path.
    pub fn base(&self) -> String {
        self.site.base.get_value()
    }

    /// Returns the path of a page.
    pub fn path(&self, route: Route) -> String {
        self.site.base.with_value(|base| route.path(base))
    }

    /// Returns the name of a provider for people. Reactive.
    pub fn provider(&self, name: &str) -> String {
        let models = self.session.models.read();
        let title = models.iter().find(|model| model.provider == name).and_then(|model| model.provider_title.clone());
        title.unwrap_or_else(|| self.strings().provider(name).to_owned())
    }

    /// Applies a `conversation` frame: one was created, renamed, pinned, archived, removed or restored, or an answer in it started or
    /// ended.
    pub fn listed(&self, listed: Listed) {
        let Listed { conversation_id: id, title, answering, removed, pinned, archived, updated_at, project_id } = listed;
        if removed {
            self.remove(id);
            return;
        }
        let now = self.clock.get_untracked().now;
        let known = untrack(|| self.list.item(id)).map(|item| item.summary.get_untracked());
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
            project_id,
        });
        (summary.title, summary.answering, summary.pinned, summary.archived) = (title, answering, pinned, archived);
        summary.project_id = project_id;
        match updated_at {
            Some(updated_at) => summary.updated_at = updated_at,
            None if began => summary.updated_at = now.max(summary.updated_at),
            None => {}
        }
        self.put(summary);
    }

    /// Adds or updates a conversation.
    pub fn put(&self, summary: ConversationSummary) {
        let is_open = self.open.shown.get_untracked() == Some(summary.id);
        self.list.put(summary, is_open);
    }

    /// Removes a conversation.
    pub fn remove(&self, id: ConversationId) {
        self.list.remove(id);
        if self.open.shown.get_untracked() == Some(id) {
            self.open.missing.set(Some(id));
        }
    }

    /// Returns the title of a conversation: from the list, or from the message that creates it.
    pub fn title(&self, id: ConversationId) -> Option<String> {
        if let Some(item) = self.list.item(id) {
            return Some(item.summary.read().title.clone());
        }
        let outgoing = self.sending.outgoing.read();
        let first = outgoing.iter().find(|it| it.conversation == Some(id))?;
        conversation_bundle::title_of(&first.text)
    }

    /// Replaces the outgoing messages by the outbox. A message that left the outbox without being withdrawn was accepted; it stays
    /// visible until it is in the transcript.
    pub fn set_outbox(&self, entries: &[Entry], now: Millis) {
        let shown = self.open.shown.get_untracked();
        let arrived: Vec<MessageId> = self.open.messages.read_untracked().iter().map(|message| message.id).collect();
        let next = outgoing::next(&self.sending.outgoing.read_untracked(), entries, shown, &arrived, now);
        if *self.sending.outgoing.read_untracked() != next {
            self.sending.outgoing.set(next);
        }
    }

    /// Shows an error.
    pub fn refused(&self, api_error: ApiError) {
        self.notices.notify(self.strings().localized(api_error));
    }

    /// Forgets everything that belongs to the user.
    pub fn clear(&self) {
        self.session.user.set(None);
        self.list.clear();
        self.open.clear();
        self.sending.clear();
        self.connection.clear();
        self.notices.toast.set(None);
        self.file.set(None);
    }
}

/// Returns the messages of the first rendering, and the number of loaded messages that precede them.
fn on_first_page(page_data: &PageData) -> (usize, Vec<PathEntry<'_>>) {
    let mut entries = page_data.conversation.as_ref().map(|it| path(&it.messages, &Choices::default())).unwrap_or_default();
    let from = if page_data.whole { 0 } else { beginning(&entries, None) };
    (from, entries.split_off(from))
}
