//! What the parts of a page share: where one is, and what is open.

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

type Go = Arc<dyn Fn(&str, NavigateOptions) + Send + Sync>;

/// What a model is chosen for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choosing {
    /// To answer what is written next.
    Next,
    /// To answer anew, instead of this answer.
    SignInAgain(MessageId),
}

/// See the module.
#[derive(Clone, Copy)]
pub(crate) struct Ui {
    /// Where one is.
    pub(crate) route: Memo<Route>,
    /// Whether the sidebar is open, where there is no room for it beside the page.
    pub(crate) drawer: RwSignal<bool>,
    /// The answer whose sources are shown.
    pub(crate) sources: RwSignal<Option<MessageId>>,
    /// What showed them: the id of a button.
    pub(crate) sources_by: StoredValue<String>,
    /// The model that was picked to answer what is written next.
    pub(crate) picked: RwSignal<Option<Choice>>,
    /// What a model is being chosen for, while one is.
    pub(crate) choosing: RwSignal<Option<Choosing>>,
    /// Text to be put into the composer.
    pub(crate) insert: RwSignal<Option<String>>,
    /// The message that is to be edited, until it is.
    pub(crate) edit: RwSignal<Option<MessageId>>,
    /// The message that the address leads to, until it is shown.
    pub(crate) sought: RwSignal<Option<MessageId>>,
    /// The message that the address led to.
    pub(crate) marked: RwSignal<Option<MessageId>>,
    /// Whether dialogs can be opened.
    pub(crate) has_dialogs: RwSignal<bool>,
    /// The one that is opened as soon as that is so.
    pub(crate) opening: RwSignal<Option<Dialog>>,
    /// Whether the command palette is open.
    pub(crate) palette: RwSignal<bool>,
    /// How the page looks.
    pub(crate) theme: RwSignal<Theme>,
    /// Whether it takes Ctrl with Enter to send.
    pub(crate) ctrl_sends: RwSignal<bool>,
    /// Whether the page answers to clicks yet.
    pub(crate) awake: RwSignal<bool>,
    /// The conversation that the empty page is becoming.
    pub(crate) began: StoredValue<Option<ConversationId>>,
    go: StoredValue<Go>,
}

impl Ui {
    /// Closed all over, at `route`. To be called within the router.
    pub(crate) fn new(route: Memo<Route>) -> Self {
        let go: Go = Arc::new(use_navigate());
        Self {
            route,
            drawer: RwSignal::new(false),
            sources: RwSignal::new(None),
            sources_by: StoredValue::default(),
            picked: RwSignal::new(None),
            choosing: RwSignal::new(None),
            insert: RwSignal::new(None),
            edit: RwSignal::new(None),
            sought: RwSignal::new(None),
            marked: RwSignal::new(None),
            has_dialogs: RwSignal::new(false),
            opening: RwSignal::new(None),
            palette: RwSignal::new(false),
            theme: RwSignal::new(Theme::System),
            ctrl_sends: RwSignal::new(false),
            awake: RwSignal::new(false),
            began: StoredValue::new(None),
            go: StoredValue::new(go),
        }
    }

    /// Makes the page look otherwise.
    pub(crate) fn set_theme(&self, theme: Theme, context: AppContext) {
        self.theme.set(theme);
        context.browser().set_theme(theme);
    }

    /// Sends with Ctrl Enter, or with Enter alone.
    pub(crate) fn set_ctrl_sends(&self, ctrl: bool, context: AppContext) {
        self.ctrl_sends.set(ctrl);
        context.browser().set_ctrl_sends(ctrl);
    }

    /// Whether a key sends what is written.
    pub(crate) fn sends(&self, ev: &KeyboardEvent) -> bool {
        let ctrl = ev.ctrl_key() || ev.meta_key();
        ev.key() == "Enter" && !ev.shift_key() && !composes(ev) && (ctrl || !self.ctrl_sends.get_untracked())
    }

    /// Goes to another page.
    pub(crate) fn go(&self, route: Route) {
        self.navigate(route, false);
    }

    /// Goes to another page, which takes this one's place in the history.
    pub(crate) fn become_(&self, route: Route) {
        self.navigate(route, true);
    }

    /// Goes to a message of a conversation.
    pub(crate) fn find(&self, conversation: ConversationId, message: MessageId, route: &[Piece]) {
        let path = state().path(Route::Conversation(conversation));
        self.navigate_to(&found_at(&path, message, route), false);
    }

    fn navigate(&self, route: Route, replace: bool) {
        self.navigate_to(&state().path(route), replace);
    }

    fn navigate_to(&self, path: &str, replace: bool) {
        let options = NavigateOptions { resolve: false, replace, scroll: false, ..NavigateOptions::default() };
        self.go.with_value(|go| go(path, options));
    }
}

/// Whether a key belongs to an input method that composes. (229: some say so only this way.)
pub(crate) fn composes(ev: &KeyboardEvent) -> bool {
    ev.is_composing() || ev.key_code() == 229
}

/// What is shared by the parts of the page.
pub(crate) fn ui() -> Ui {
    expect_context()
}

/// The live state.
pub(crate) fn state() -> AppState {
    expect_context()
}

/// Whom to ask. Copied freely, as closures like it.
#[derive(Clone, Copy)]
pub(crate) struct AppContext(StoredValue<Services>);

impl AppContext {
    /// Keeps the services for the page.
    pub(crate) fn new(services: Services) -> Self {
        Self(StoredValue::new(services))
    }

    /// The connection.
    pub(crate) fn commands(&self) -> Arc<dyn Commands> {
        self.0.with_value(|services| services.commands.clone())
    }

    /// The calls.
    pub(crate) fn backend(&self) -> Arc<dyn Backend> {
        self.0.with_value(|services| services.backend.clone())
    }

    /// The window.
    pub(crate) fn browser(&self) -> Arc<dyn BrowserApi> {
        self.0.with_value(|services| services.browser.clone())
    }
}

/// Whom to ask.
pub(crate) fn context() -> AppContext {
    expect_context()
}
