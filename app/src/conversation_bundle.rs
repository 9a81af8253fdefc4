//! What the page loads for a conversation: the renderer of Markdown, the views of messages, and the dialogs.
//!
//! Who comes to write for the first time has nothing to read yet. So this is a file of its own, as in [`lazy`](crate::lazy): it is
//! loaded before a page with a conversation is hydrated, and otherwise as soon as a conversation is opened, somebody writes or is about
//! to open a dialog, or nothing has happened for a while. What a server sends of a conversation meanwhile waits for it
//! ([`AppState::update`]).

use std::{fmt, time::Duration};

use holdfast_protocol::ConversationId;
use leptos::prelude::*;

use crate::{
    components::{dialogs::All, header::Menu, sources::Sources, transcript::Group},
    erased::effect,
    markdown::{Block, Markdown, Tail},
    state::AppState,
    strings::{Language, conversation_words},
    ui::{AppContext, Ui},
};

/// Whether what this module is about is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundleState {
    /// Nobody has asked for it.
    Away,
    /// It is on its way.
    Coming,
    /// It did not come.
    Failed,
    /// It is there.
    Here,
}

/// A text that grows, rendered.
pub(crate) trait Rendered: fmt::Debug + Send {
    /// The text as it stands now. Says whether anything changed.
    fn set(&mut self, text: &str, finished: bool) -> bool;
    /// The text.
    fn source(&self) -> &str;
    /// The finished pieces, in order.
    fn blocks(&self) -> &[Block];
    /// The piece at the end.
    fn tail(&mut self) -> Tail;
}

impl Rendered for Markdown {
    fn set(&mut self, text: &str, finished: bool) -> bool {
        Markdown::set(self, text, finished)
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

/// What there is in it. Nothing else may name what these lead to, or that would be in the first file.
#[derive(Clone, Copy)]
struct Parts {
    text: fn(String, Language) -> Box<dyn Rendered>,
    group: fn(usize) -> AnyView,
    sources: fn() -> AnyView,
    menu: fn(Memo<Option<ConversationId>>) -> AnyView,
    dialogs: fn() -> AnyView,
    building: fn() -> &'static str,
}

const fn parts() -> Parts {
    Parts {
        text: |prefix, language| Box::new(Markdown::new(prefix, language)),
        group: |group| view! { <Group group/> }.into_any(),
        sources: || view! { <Sources/> }.into_any(),
        menu: |conversation| view! { <Menu conversation/> }.into_any(),
        dialogs: || view! { <All/> }.into_any(),
        building: || conversation_words().building,
    }
}

/// Whether it is there now.
pub(crate) fn is_here() -> bool {
    loaded().is_some()
}

/// A text of which nothing is there yet; its prefix goes before ids.
pub(crate) fn text(prefix: String, language: Language) -> Option<Box<dyn Rendered>> {
    loaded().map(|parts| (parts.text)(prefix, language))
}

/// Messages that stand together.
pub(crate) fn group(group: usize) -> AnyView {
    loaded().map_or_else(|| ().into_any(), |parts| (parts.group)(group))
}

/// The panel of sources.
pub(crate) fn sources() -> AnyView {
    loaded().map_or_else(|| ().into_any(), |parts| (parts.sources)())
}

/// What can be done with a conversation.
pub(crate) fn menu(conversation: Memo<Option<ConversationId>>) -> AnyView {
    loaded().map_or_else(|| ().into_any(), |parts| (parts.menu)(conversation))
}

/// The dialogs.
pub(crate) fn dialogs() -> AnyView {
    loaded().map_or_else(|| ().into_any(), |parts| (parts.dialogs)())
}

/// The sentence that results of a search are missing. Empty where it is not there yet.
pub(crate) fn building() -> &'static str {
    loaded().map_or("", |parts| (parts.building)())
}

/// When a page has been awake for so long, it is loaded even if nobody has asked for it: what is there can't be missing later.
const QUIET: Duration = Duration::from_secs(3);

/// Loads it when it is asked for, or when the page has nothing else to do; and once more where that failed and the server is back.
pub(crate) fn load_when_asked(state: AppState, ui: Ui, context: AppContext) {
    effect(move || {
        if ui.awake.get() && ui.route.get_untracked().is_chat() {
            set_timeout(move || state.request_conversation_bundle(), QUIET);
        }
    });
    effect(move || {
        if state.conversation_bundle.get() == BundleState::Coming {
            leptos::task::spawn_local(async move {
                let is_here = load_conversation_bundle().await;
                state.conversation_bundle.try_set(if is_here { BundleState::Here } else { BundleState::Failed });
                if is_here {
                    context.commands().show_anew();
                }
            });
        }
    });
    Effect::new(move |was_torn: Option<bool>| {
        let is_torn = state.connection.read().is_torn();
        if was_torn == Some(true) && !is_torn && state.conversation_bundle.get_untracked() == BundleState::Failed {
            state.request_conversation_bundle();
        }
        is_torn
    });
}

#[cfg(not(feature = "split"))]
fn loaded() -> Option<Parts> {
    Some(parts())
}

/// Loads it, so that messages can be hydrated. Says whether it is there.
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

    /// Loads it, so that messages can be hydrated. Says whether it is there.
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
