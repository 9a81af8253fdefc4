//! The code that shows a conversation: the Markdown renderer, the message views and the dialogs.
//!
//! A new user has nothing to read yet. So this is a separate file, as in [`lazy`](crate::first_load::lazy). It is loaded before a page with a
//! conversation is hydrated. Otherwise it is loaded when a conversation is opened, when the user writes or is about to open a dialog, or
//! after the page has been idle for a while. Until it is there, [`AppState::update`] does not take messages.

use std::{fmt, time::Duration};

use holdfast_protocol::{ConversationId, FileId, Message, rules::title::title, sources::Sources};
use leptos::prelude::*;

use crate::{
    components::{attach::Attach, dialogs::All, gauge::Tools, header::Menu, sources::Panels, transcript::Group, user_text::user_text},
    first_load::erased::effect,
    markdown::{Block, Markdown, Tail},
    state::{AppState, MessageView},
    strings::{Errors, Language, conversation_strings, files_strings},
    ui::{AppContext, Ui},
};

/// Whether the bundle is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundleState {
    /// Nothing has requested it yet.
    Away,
    /// It is being loaded.
    Coming,
    /// It could not be loaded.
    Failed,
    /// Conversations can be shown.
    Here,
}

/// A growing text and its rendered blocks.
pub(crate) trait Rendered: fmt::Debug + Send {
    /// Sets the current text. Returns whether anything changed.
    fn set(&mut self, text: &str, finished: bool) -> bool;
    /// Sets the passages that the text may cite. Returns whether anything changed.
    fn cite(&mut self, anchor: &str, sources: &Sources, is_checked: bool) -> bool;
    /// Returns the text.
    fn source(&self) -> &str;
    /// Returns the finished blocks, in order.
    fn blocks(&self) -> &[Block];
    /// Returns the open end.
    fn tail(&mut self) -> Tail;
}

impl Rendered for Markdown {
    fn set(&mut self, text: &str, finished: bool) -> bool {
        Markdown::set(self, text, finished)
    }

    fn cite(&mut self, anchor: &str, sources: &Sources, is_checked: bool) -> bool {
        Markdown::cite(self, anchor, sources, is_checked)
    }

    fn source(&self) -> &str {
        Markdown::source(self)
    }

    fn blocks(&self) -> &[Block] {
        Markdown::blocks(self)
    }

    fn tail(&mut self) -> Tail {
        Markdown::tail(self)
    }
}

/// The entry points of the bundle. Only this struct may refer to these functions, because others would pull them into the first file.
#[derive(Clone, Copy)]
struct Parts {
    text: fn(String, Language) -> Box<dyn Rendered>,
    grow: fn(&MessageView, &Message),
    title: fn(&str) -> String,
    user_text: fn(&str) -> AnyView,
    group: fn(usize) -> AnyView,
    panels: fn() -> AnyView,
    attach: fn() -> AnyView,
    files: fn(usize) -> String,
    ids: fn(&str) -> Vec<FileId>,
    list: fn(&[FileId]) -> String,
    tools: fn() -> AnyView,
    menu: fn(Memo<Option<ConversationId>>) -> AnyView,
    dialogs: fn() -> AnyView,
    building: fn() -> &'static str,
    errors: fn(Language) -> Errors,
}

const fn parts() -> Parts {
    Parts {
        text: |prefix, language| Box::new(Markdown::new(prefix, language)),
        grow: MessageView::write,
        title,
        user_text,
        group: |group| view! { <Group group/> }.into_any(),
        panels: || view! { <Panels/> }.into_any(),
        attach: || view! { <Attach/> }.into_any(),
        files: |count| (files_strings().count)(count),
        ids: |list| list.split(' ').filter_map(|id| id.parse().ok()).collect(),
        list: |ids| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        tools: || view! { <Tools/> }.into_any(),
        menu: |conversation| view! { <Menu conversation/> }.into_any(),
        dialogs: || view! { <All/> }.into_any(),
        building: || conversation_strings().building,
        errors: |language| language.conversation().errors,
    }
}

/// Returns whether the bundle is loaded.
pub(crate) fn is_here() -> bool {
    loaded().is_some()
}

/// Creates an empty text, or returns `None` if the bundle is not loaded. `prefix` precedes the ids of its elements.
pub(crate) fn text(prefix: String, language: Language) -> Option<Box<dyn Rendered>> {
    loaded().map(|parts| (parts.text)(prefix, language))
}

/// Shows what an answer has by now. Does nothing if the bundle is not loaded.
pub(crate) fn grow(view: &MessageView, message: &Message) {
    if let Some(parts) = loaded() {
        (parts.grow)(view, message);
    }
}

/// Returns the title of a conversation that begins with this message, or `None` if the bundle is not loaded.
pub(crate) fn title_of(message: &str) -> Option<String> {
    loaded().map(|parts| (parts.title)(message))
}

/// Renders a user's message: with its code blocks, or as plain text if the bundle is not loaded.
pub(crate) fn users_text(text: &str) -> AnyView {
    loaded().map_or_else(|| text.to_owned().into_any(), |parts| (parts.user_text)(text))
}

/// Renders a group of messages.
pub(crate) fn group(group: usize) -> AnyView {
    loaded().map_or_else(|| ().into_any(), |parts| (parts.group)(group))
}

/// Renders the panels beside a conversation: its sources, its settings.
pub(crate) fn panels() -> AnyView {
    loaded().map_or_else(|| ().into_any(), |parts| (parts.panels)())
}

/// Renders the files of the next message.
pub(crate) fn attach() -> AnyView {
    loaded().map_or_else(|| ().into_any(), |parts| (parts.attach)())
}

/// Returns a number of files in words, or an empty text if the bundle is not loaded.
pub(crate) fn files(count: usize) -> String {
    loaded().map_or_else(String::new, |parts| (parts.files)(count))
}

/// Reads a list of ids, separated by spaces. Returns none if the bundle is not loaded.
pub(crate) fn ids(list: &str) -> Vec<FileId> {
    loaded().map_or_else(Vec::new, |parts| (parts.ids)(list))
}

/// Writes a list of ids, as [`ids`] reads it.
pub(crate) fn list(ids: &[FileId]) -> String {
    loaded().map_or_else(String::new, |parts| (parts.list)(ids))
}

/// Renders the tools in the composer: the buttons for files and for the settings, and the gauge of the context window.
pub(crate) fn tools() -> AnyView {
    loaded().map_or_else(|| ().into_any(), |parts| (parts.tools)())
}

/// Renders the menu of a conversation.
pub(crate) fn menu(conversation: Memo<Option<ConversationId>>) -> AnyView {
    loaded().map_or_else(|| ().into_any(), |parts| (parts.menu)(conversation))
}

/// Renders the dialogs.
pub(crate) fn dialogs() -> AnyView {
    loaded().map_or_else(|| ().into_any(), |parts| (parts.dialogs)())
}

/// Returns the sentence that search results are missing, or an empty text if the bundle is not loaded.
pub(crate) fn building() -> &'static str {
    loaded().map_or("", |parts| (parts.building)())
}

/// Returns the sentences of the errors of sending and of answers, or none if the bundle is not loaded.
pub(crate) fn errors(language: Language) -> Errors {
    loaded().map_or(&[], |parts| (parts.errors)(language))
}

/// Idle time after which the bundle is loaded without a request, so that it is there if the connection is lost later.
const QUIET: Duration = Duration::from_secs(3);

/// Loads the bundle when it is requested or when the page is idle. Tries again after a failure once the server is reachable.
pub(crate) fn load_on_request(state: AppState, ui: Ui, context: AppContext) {
    effect(move || {
        if ui.hydrated.get() && ui.route.get_untracked().is_chat() {
            set_timeout(move || state.open.request_conversation_bundle(), QUIET);
        }
    });
    effect(move || {
        if state.open.bundle.get() == BundleState::Coming {
            leptos::task::spawn_local(async move {
                let is_here = load_conversation_bundle().await;
                state.open.bundle.try_set(if is_here { BundleState::Here } else { BundleState::Failed });
                if is_here {
                    context.commands().show_anew();
                }
            });
        }
    });
    Effect::new(move |was_torn: Option<bool>| {
        let is_torn = state.connection.status.read().is_torn();
        if was_torn == Some(true) && !is_torn && state.open.bundle.get_untracked() == BundleState::Failed {
            state.open.request_conversation_bundle();
        }
        is_torn
    });
}

#[cfg(not(feature = "split"))]
fn loaded() -> Option<Parts> {
    Some(parts())
}

/// Loads the bundle, so that messages can be hydrated. Returns whether it is loaded.
#[cfg(not(feature = "split"))]
pub async fn load_conversation_bundle() -> bool {
    true
}

#[cfg(feature = "split")]
pub use split::load_conversation_bundle;
#[cfg(feature = "split")]
use split::loaded;

#[cfg(feature = "split")]
mod split {
    #![allow(unsafe_code, reason = "the macro declares what the linker joins")]
    use std::sync::OnceLock;

    use leptos::wasm_split::{SplitLoaderError, wasm_split};

    use super::Parts;

    static PARTS: OnceLock<Parts> = OnceLock::new();

    pub(super) fn loaded() -> Option<Parts> {
        PARTS.get().copied()
    }

    /// Loads the bundle, so that messages can be hydrated. Returns whether it is loaded.
    pub async fn load_conversation_bundle() -> bool {
        match conversation_bundle().await {
            Ok(parts) => {
                PARTS.get_or_init(|| parts);
                true
            }
            Err(_) => false,
        }
    }

    #[wasm_split(conversation_bundle, wasm_split_path = ::leptos::wasm_split, fallible)]
    fn conversation_bundle() -> Result<Parts, SplitLoaderError> {
        Ok(super::parts())
    }
}
