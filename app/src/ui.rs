//! State that the parts of a page share: the address, and what is open.

use std::sync::Arc;

use holdfast_protocol::{ConversationId, MessageId, api::Piece};
use leptos::{ev::KeyboardEvent, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use crate::{
    components::dialogs::Dialog,
    route::{Route, found_at},
    services::{Backend, BrowserApi, Choice, Commands, Services, Theme},
    state::AppState,
};

/// Names of the settings of this device. The appearance is also read before the page shows anything, in `shell.rs`.
const THEME: &str = "theme";
const SENDS: &str = "sends";
/// The value of [`SENDS`] if Ctrl+Enter sends.
const CTRL: &str = "ctrl";

type Go = Arc<dyn Fn(&str, NavigateOptions) + Send + Sync>;

/// The purpose of choosing a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choosing {
    /// For the next message.
    Next,
    /// For regenerating this answer.
    Regenerate(MessageId),
}

/// A passage that the user switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PassageOff {
    /// The message that was answered.
    pub(crate) question: Option<MessageId>,
    /// The answer that was given the passage.
    pub(crate) answer: MessageId,
    /// Its number there, from 1.
    pub(crate) n: u32,
}

/// The shared state.
#[derive(Clone, Copy)]
pub(crate) struct Ui {
    /// The current address.
    pub(crate) route: Memo<Route>,
    /// Whether the sidebar is open on a narrow screen.
    pub(crate) drawer: RwSignal<bool>,
    /// The answer whose sources are shown.
    pub(crate) sources: RwSignal<Option<MessageId>>,
    /// Id of the button that showed them.
    pub(crate) sources_by: StoredValue<String>,
    /// Passages that are switched off for the next answer to the same question.
    pub(crate) passages_off: RwSignal<Vec<PassageOff>>,
    /// The passage in the address, which the reader shows: the answer, and the number in it.
    pub(crate) passage: RwSignal<Option<(MessageId, u32)>>,
    /// Whether the settings of the conversation are shown.
    pub(crate) tuning: RwSignal<bool>,
    /// Whether the dialog that moves the conversation to a project is open.
    pub(crate) moving: RwSignal<bool>,
    /// Settings of the conversation that the next message creates, as JSON; `None` if none are set.
    pub(crate) fresh_settings: RwSignal<Option<String>>,
    /// The model that the user chose for the next message.
    pub(crate) picked: RwSignal<Option<Choice>>,
    /// The purpose of the open model dialog; `None` while it is closed.
    pub(crate) choosing: RwSignal<Option<Choosing>>,
    /// Ids of the uploaded files of the next message, separated by spaces. The first load has no code for lists of ids.
    pub(crate) attached: RwSignal<String>,
    /// Whether a file of the next message is not uploaded.
    pub(crate) holds: RwSignal<bool>,
    /// Whether the message is to be sent as soon as its files are uploaded.
    pub(crate) sends_soon: RwSignal<bool>,
    /// Ids of the files of the message that was sent last.
    pub(crate) sent_files: RwSignal<String>,
    /// Ids of the files of a message that was withdrawn, which go back to the next message.
    pub(crate) returned_files: RwSignal<String>,
    /// Text to insert into the composer.
    pub(crate) insert: RwSignal<Option<String>>,
    /// The message to edit, until its editor opens.
    pub(crate) edit: RwSignal<Option<MessageId>>,
    /// The message in the address, until it is shown.
    pub(crate) sought: RwSignal<Option<MessageId>>,
    /// The message in the address, after it was shown.
    pub(crate) marked: RwSignal<Option<MessageId>>,
    /// Whether dialogs can be opened.
    pub(crate) has_dialogs: RwSignal<bool>,
    /// The dialog to open as soon as that is possible.
    pub(crate) opening: RwSignal<Option<Dialog>>,
    /// Whether the command palette is open.
    pub(crate) palette: RwSignal<bool>,
    /// The appearance of the page.
    pub(crate) theme: RwSignal<Theme>,
    /// Whether Ctrl+Enter sends, instead of Enter.
    pub(crate) ctrl_sends: RwSignal<bool>,
    /// Whether the page is hydrated and responds to clicks.
    pub(crate) hydrated: RwSignal<bool>,
    /// The conversation that the start page is turning into.
    pub(crate) began: StoredValue<Option<ConversationId>>,
    go: StoredValue<Go>,
}

impl Ui {
    /// Creates the state with everything closed. Must be called within the router.
    pub(crate) fn new(route: Memo<Route>) -> Self {
        let go: Go = Arc::new(use_navigate());
        Self {
            route,
            drawer: RwSignal::new(false),
            sources: RwSignal::new(None),
            sources_by: StoredValue::default(),
            passages_off: RwSignal::new(Vec::new()),
            passage: RwSignal::new(None),
            tuning: RwSignal::new(false),
            moving: RwSignal::new(false),
            fresh_settings: RwSignal::new(None),
            picked: RwSignal::new(None),
            choosing: RwSignal::new(None),
            attached: RwSignal::new(String::new()),
            holds: RwSignal::new(false),
            sends_soon: RwSignal::new(false),
            sent_files: RwSignal::new(String::new()),
            returned_files: RwSignal::new(String::new()),
            insert: RwSignal::new(None),
            edit: RwSignal::new(None),
            sought: RwSignal::new(None),
            marked: RwSignal::new(None),
            has_dialogs: RwSignal::new(false),
            opening: RwSignal::new(None),
            palette: RwSignal::new(false),
            theme: RwSignal::new(Theme::System),
            ctrl_sends: RwSignal::new(false),
            hydrated: RwSignal::new(false),
            began: StoredValue::new(None),
            go: StoredValue::new(go),
        }
    }

    /// Takes the settings that are stored on this device.
    pub(crate) fn load_settings(&self, context: AppContext) {
        let browser = context.browser();
        self.theme.set(browser.setting(THEME).map(|text| Theme::parse(&text)).unwrap_or_default());
        self.ctrl_sends.set(browser.setting(SENDS).as_deref() == Some(CTRL));
    }

    /// Changes the appearance.
    pub(crate) fn set_theme(&self, theme: Theme, context: AppContext) {
        self.theme.set(theme);
        context.browser().keep_setting(THEME, (theme != Theme::System).then_some(theme.as_str()));
        context.browser().show_theme(theme);
    }

    /// Changes whether Ctrl+Enter sends.
    pub(crate) fn set_ctrl_sends(&self, ctrl: bool, context: AppContext) {
        self.ctrl_sends.set(ctrl);
        context.browser().keep_setting(SENDS, ctrl.then_some(CTRL));
    }

    /// Returns whether a key press sends the message.
    pub(crate) fn sends(&self, ev: &KeyboardEvent) -> bool {
        let ctrl = ev.ctrl_key() || ev.meta_key();
        ev.key() == "Enter" && !ev.shift_key() && !composes(ev) && (ctrl || !self.ctrl_sends.get_untracked())
    }

    /// Goes to another page.
    pub(crate) fn go(&self, route: Route) {
        self.navigate(route, false);
    }

    /// Goes to another page, which replaces this one in the history.
    pub(crate) fn become_(&self, route: Route) {
        self.navigate(route, true);
    }

    /// Goes to a message of a conversation.
    pub(crate) fn find(&self, conversation: ConversationId, message: MessageId, excerpt: &[Piece]) {
        let path = state().path(Route::Conversation(conversation));
        self.navigate_to(&found_at(&path, message, excerpt), false);
    }

    fn navigate(&self, route: Route, replace: bool) {
        self.navigate_to(&state().path(route), replace);
    }

    /// Goes to a path with a query or a fragment.
    pub(crate) fn navigate_to(&self, path: &str, replace: bool) {
        let options = NavigateOptions { resolve: false, replace, scroll: false, ..NavigateOptions::default() };
        self.go.with_value(|go| go(path, options));
    }
}

/// Returns whether a key press belongs to an input method that is composing. Some input methods report only key code 229.
pub(crate) fn composes(ev: &KeyboardEvent) -> bool {
    ev.is_composing() || ev.key_code() == 229
}

/// Returns the shared state.
pub(crate) fn ui() -> Ui {
    expect_context()
}

/// Returns the page's state.
pub(crate) fn state() -> AppState {
    expect_context()
}

/// The services of the page. `Copy`, because closures capture it.
#[derive(Clone, Copy)]
pub(crate) struct AppContext(StoredValue<Services>);

impl AppContext {
    /// Stores the services for the page.
    pub(crate) fn new(services: Services) -> Self {
        Self(StoredValue::new(services))
    }

    /// Returns the commands for the connection.
    pub(crate) fn commands(&self) -> Arc<dyn Commands> {
        self.0.with_value(|services| services.commands.clone())
    }

    /// Returns the API calls.
    pub(crate) fn backend(&self) -> Arc<dyn Backend> {
        self.0.with_value(|services| services.backend.clone())
    }

    /// Returns the browser window.
    pub(crate) fn browser(&self) -> Arc<dyn BrowserApi> {
        self.0.with_value(|services| services.browser.clone())
    }
}

/// Returns the services of the page.
pub(crate) fn context() -> AppContext {
    expect_context()
}
