//! The pages, and the state that they show.
//!
//! This crate uses no sockets, clocks or storage. The server renders the pages once; the browser hydrates them and updates them through
//! [`state::AppState`]. Pages request actions through the traits in [`services`].

mod actions;
mod amounts;
#[cfg(feature = "ssr")]
mod away;
mod calls;
mod components;
pub mod first_load;
#[cfg(feature = "ssr")]
pub mod intact;
pub mod markdown;
pub mod page_data;
mod pages;
#[cfg(feature = "ssr")]
mod plain;
#[cfg(feature = "ssr")]
mod reference;
pub mod route;
pub mod services;
#[cfg(feature = "ssr")]
mod shared;
#[cfg(feature = "ssr")]
mod shell;
pub mod state;
pub mod strings;
mod ui;

use holdfast_protocol::api::{ConversationPatch, ConversationSummary};
use leptos::{ev, prelude::*};
use leptos_router::{
    components::Router,
    hooks::use_location,
    location::{BrowserUrl, LocationProvider},
};

#[cfg(feature = "ssr")]
pub use away::away_document;
pub use first_load::{conversation_bundle::load_conversation_bundle, lazy::load_lazy_pages};
pub use page_data::{PageData, page_title};
#[cfg(feature = "ssr")]
pub use plain::Plain;
#[cfg(feature = "ssr")]
pub use reference::reference_document;
pub use route::{CACHED, Route, Section, WHOLE};
#[cfg(feature = "ssr")]
pub use shared::{busy_document, shared_document};
#[cfg(feature = "ssr")]
pub use shell::{Assets, Page, as_sent, document};
pub use state::AT_FIRST;
pub use strings::Language;

use crate::{
    actions::actions,
    components::{
        announcer::Announcer,
        dialogs::{self, Dialog, Dialogs},
        palette::PALETTE,
        quote::quote,
        toast::ToastView,
    },
    first_load::{
        conversation_bundle,
        erased::{effect, memo},
        lazy::{self, LazyPage},
    },
    pages::chat::Chat,
    services::{Services, Typing},
    state::AppState,
    strings::strings,
    ui::{AppContext, Ui, context, state, ui},
};

/// The whole application.
#[component]
pub fn App(
    /// The state to show.
    state: AppState,
    /// The services that perform actions.
    services: Services,
) -> impl IntoView {
    provide_context(state);
    provide_context(AppContext::new(services));
    view! {
        <Router base=state.base()>
            <Frame/>
        </Router>
    }
}

/// The page at the current address.
#[component]
fn Frame() -> impl IntoView {
    let location = use_location();
    let base = state().base();
    let pathname = location.pathname;
    let route = memo(move || Route::parse(&base, &pathname.get()));
    provide_context(Ui::new(route));
    if let Some(address) = use_context::<BrowserUrl>() {
        // Routes load nothing on their own, so each navigation is complete at once.
        effect(move || {
            pathname.track();
            address.ready_to_complete();
        });
    }
    steer();
    conversation_bundle::load_on_request(state(), ui(), context());
    // Pages that are built alike count as the same page. So going from one conversation to another keeps the page's elements.
    let lazy_page = memo(move || LazyPage::at(route.get()));
    view! {
        <a class="skip" href="#main" rel="external">{strings().common.skip}</a>
        {move || match lazy_page.get() {
            None => view! { <Chat/> }.into_any(),
            Some(lazy_page) => lazy::page(lazy_page),
        }}
        <ToastView/>
        <Dialogs/>
        <Announcer/>
    }
}

/// Moves the focus to the content of the new page if the focused element disappeared with the old one.
pub(crate) fn catch_focus(context: AppContext) {
    request_animation_frame(move || context.browser().catch_focus("main"));
}

/// Keeps the address, the connection and the page consistent.
fn steer() {
    let (state, ui, context) = (state(), ui(), context());
    let route = ui.route;
    effect(move || {
        let title = match route.get() {
            Route::Conversation(id) => state.title(id),
            other => state.strings().route(other).map(str::to_owned),
        };
        context.browser().set_title(&page_title(title.as_deref()));
    });

    effect(move || {
        let route = route.get();
        ui.drawer.set(false);
        if !route.is_chat() {
            return;
        }
        match route.conversation() {
            Some(id) if state.session.user.read_untracked().is_none() => state.open.missing.set(Some(id)),
            id => context.commands().follow(id),
        }
    });

    // On the first page the user has not moved the focus yet.
    Effect::new(move |before: Option<()>| {
        route.track();
        if before.is_some() {
            catch_focus(context);
        }
    });

    // The address may contain the id of a message, or a passage of an answer.
    let hash = use_location().hash;
    effect(move || {
        let hash = hash.get();
        let passage = route::passage(&hash).filter(|_| route.get().conversation().is_some());
        // A page that is opened with a passage begins at its answer.
        let answer = passage.filter(|_| !ui.hydrated.get_untracked()).map(|(answer, _)| answer);
        ui.passage.set(passage);
        let sought = route::anchored(&hash).filter(|_| route.get().conversation().is_some());
        ui.marked.set(sought);
        ui.sought.set(sought.or(answer));
        if sought.is_some() {
            ui.drawer.set(false);
        }
    });

    // A message has created a conversation: on the start page, or because the message's conversation does not exist any more.
    effect(move || {
        if let Some(id) = state.sending.begun.get() {
            if route.get_untracked().is_chat() {
                ui.began.set_value(Some(id));
                ui.become_(Route::Conversation(id));
            }
            state.sending.begun.set(None);
        }
    });

    // A conversation opened from an address or a search may not be among the newest ones of the list.
    effect(move || {
        let Some(id) = route.get().conversation().filter(|_| state.open.arrived.get() && state.open.missing.get().is_none()) else {
            return;
        };
        if state.session.user.read().is_some() && untrack(|| state.list.item(id)).is_none() {
            // A `PATCH` without changes returns the conversation's entry without its messages.
            calls::tell(context, services::Verb::Patch, &format!("conversations/{id}"), &ConversationPatch::default(), move |reply| {
                if let Ok(summary) = reply.and_then(|text| calls::read::<ConversationSummary>(&text))
                    && route.get_untracked().conversation() == Some(id)
                    && untrack(|| state.list.item(id)).is_none()
                {
                    state.list.put_unlisted(summary);
                }
            });
        }
    });

    let actions = actions();
    effect(move || {
        ui.load_settings(context);
        ui.hydrated.set(true);
        let keys = window_event_listener(ev::keydown, move |ev| {
            let browser = context.browser();
            let typing = browser.typing();
            let is_free = typing == Typing::Nowhere;
            if matches!(ev.key().as_str(), "Control" | "Meta") {
                // The dialogs that other keys open are loaded by then.
                state.open.request_conversation_bundle();
            }
            match (ev.key().as_str(), ev.ctrl_key() || ev.meta_key(), ev.shift_key()) {
                _ if ev.alt_key() || ev.is_composing() => return,
                ("k", true, false) if browser.is_open(PALETTE) => browser.set_dialog(PALETTE, false),
                ("k", true, false) => dialogs::open(Dialog::Palette, state, ui, context),
                ("o" | "O", true, true) => {
                    ui.go(Route::New);
                    request_animation_frame(move || context.browser().focus("message"));
                }
                ("z", true, false) if typing != Typing::Field && state.notices.toast.read_untracked().is_some() => actions.undo(),
                ("/", false, _) if is_free => browser.focus("search"),
                (">", false, _) if is_free && state.open.selected.read_untracked().is_some() => quote(state.open, ui),
                ("?", false, _) if is_free => dialogs::open(Dialog::Keys, state, ui, context),
                _ => return,
            }
            ev.prevent_default();
        });
        on_cleanup(move || keys.remove());
    });
}
