//! The pages, and the live state they show.
//!
//! Pure: no sockets, clocks or storage here. The server renders these pages once, the browser
//! hydrates them and feeds them through [`live::Live`]; what a page wants done it asks of the
//! traits in [`services`].

mod acts;
#[cfg(feature = "ssr")]
mod away;
pub mod boot;
mod calls;
mod components;
#[cfg(feature = "ssr")]
pub mod intact;
mod lazy;
pub mod live;
pub mod markdown;
mod once;
pub mod order;
mod pages;
pub mod place;
#[cfg(feature = "ssr")]
mod plain;
#[cfg(feature = "ssr")]
mod reference;
pub mod services;
#[cfg(feature = "ssr")]
mod shared;
#[cfg(feature = "ssr")]
mod shell;
pub mod talk;
mod ui;
pub mod words;

use holdfast_protocol::api::{ConversationPatch, ConversationSummary};
use leptos::{ev, prelude::*};
use leptos_router::{
    components::Router,
    hooks::use_location,
    location::{BrowserUrl, LocationProvider},
};

#[cfg(feature = "ssr")]
pub use away::away_document;
pub use boot::{Boot, page_title};
pub use lazy::load_rest;
pub use live::AT_FIRST;
pub use place::{KEPT, Place, Section, WHOLE};
#[cfg(feature = "ssr")]
pub use plain::Plain;
#[cfg(feature = "ssr")]
pub use reference::reference_document;
#[cfg(feature = "ssr")]
pub use shared::{busy_document, shared_document};
#[cfg(feature = "ssr")]
pub use shell::{Assets, Page, as_sent, document};
pub use talk::load_talk;
pub use words::Language;

use crate::{
    acts::acts,
    components::{
        announcer::Announcer,
        dialogs::{self, Dialog, Dialogs},
        palette::PALETTE,
        quote::quote,
        toast::ToastView,
    },
    lazy::Rest,
    live::Live,
    once::{effect, memo},
    pages::chat::Chat,
    services::{Services, Typing},
    ui::{Ask, Ui, ask, live, ui},
    words::words,
};

/// The whole page.
#[component]
pub fn App(
    /// What it shows.
    live: Live,
    /// Whom it asks.
    services: Services,
) -> impl IntoView {
    provide_context(live);
    provide_context(Ask::new(services));
    view! {
        <Router base=live.base()>
            <Frame/>
        </Router>
    }
}

/// The page at the address.
#[component]
fn Frame() -> impl IntoView {
    let location = use_location();
    let base = live().base();
    let pathname = location.pathname;
    let place = memo(move || Place::parse(&base, &pathname.get()));
    provide_context(Ui::new(place));
    if let Some(address) = use_context::<BrowserUrl>() {
        // There are no routes that load anything: every step is complete at once.
        effect(move || {
            pathname.track();
            address.ready_to_complete();
        });
    }
    steer();
    talk::load_when_asked(live(), ui(), ask());
    // Pages that are built alike are one: going from one conversation to another, or from none to the first, keeps all that is
    // on the page.
    let rest = memo(move || Rest::at(place.get()));
    view! {
        <a class="skip" href="#main" rel="external">{words().common.skip}</a>
        {move || match rest.get() {
            None => view! { <Chat/> }.into_any(),
            Some(rest) => lazy::page(rest),
        }}
        <ToastView/>
        <Dialogs/>
        <Announcer/>
    }
}

/// Where what had the focus has gone with its page, the content of the next one has it.
pub(crate) fn catch_focus(ask: Ask) {
    request_animation_frame(move || ask.desk().catch_focus("main"));
}

/// Keeps window, connection and page at one place.
fn steer() {
    let (live, ui, ask) = (live(), ui(), ask());
    let place = ui.place;
    effect(move || {
        let title = match place.get() {
            Place::Conversation(id) => live.title(id),
            other => live.words().place(other).map(str::to_owned),
        };
        ask.desk().set_title(&page_title(title.as_deref()));
    });

    effect(move || {
        let place = place.get();
        ui.drawer.set(false);
        if !place.is_chat() {
            return;
        }
        match place.conversation() {
            Some(id) if live.user.read_untracked().is_none() => live.missing.set(Some(id)),
            id => ask.commands().follow(id),
        }
    });

    // On the page that comes first nobody has put it anywhere.
    Effect::new(move |before: Option<()>| {
        place.track();
        if before.is_some() {
            catch_focus(ask);
        }
    });

    // An address may lead to one message of a conversation.
    let hash = use_location().hash;
    effect(move || {
        let sought = place::anchored(&hash.get()).filter(|_| place.get().conversation().is_some());
        ui.marked.set(sought);
        ui.sought.set(sought);
        if sought.is_some() {
            ui.drawer.set(false);
        }
    });

    // A message has begun a conversation: on the empty page, or because the one it was written in is gone.
    effect(move || {
        if let Some(id) = live.begun.get() {
            if place.get_untracked().is_chat() {
                ui.began.set_value(Some(id));
                ui.become_(Place::Conversation(id));
            }
            live.begun.set(None);
        }
    });

    // What an address or a search shows may be none of the list's newest.
    effect(move || {
        let Some(id) = place.get().conversation().filter(|_| live.arrived.get() && live.missing.get().is_none()) else { return };
        if live.user.read().is_some() && untrack(|| live.item(id)).is_none() {
            // A change that changes nothing tells what there is, without the messages.
            calls::tell(ask, services::Verb::Patch, &format!("conversations/{id}"), &ConversationPatch::default(), move |reply| {
                if let Ok(summary) = reply.and_then(|text| calls::read::<ConversationSummary>(&text))
                    && place.get_untracked().conversation() == Some(id)
                    && untrack(|| live.item(id)).is_none()
                {
                    live.put_stray(summary);
                }
            });
        }
    });

    let acts = acts();
    effect(move || {
        ui.theme.set(ask.desk().theme());
        ui.ctrl_sends.set(ask.desk().ctrl_sends());
        ui.awake.set(true);
        let keys = window_event_listener(ev::keydown, move |ev| {
            let desk = ask.desk();
            let typing = desk.typing();
            let is_free = typing == Typing::Nowhere;
            if matches!(ev.key().as_str(), "Control" | "Meta") {
                // What it opens with another key is there by then.
                live.ask_for_talk();
            }
            match (ev.key().as_str(), ev.ctrl_key() || ev.meta_key(), ev.shift_key()) {
                _ if ev.alt_key() || ev.is_composing() => return,
                ("k", true, false) if desk.is_open(PALETTE) => desk.set_dialog(PALETTE, false),
                ("k", true, false) => dialogs::open(Dialog::Palette, live, ui, ask),
                ("o" | "O", true, true) => {
                    ui.go(Place::New);
                    request_animation_frame(move || ask.desk().focus("message"));
                }
                ("z", true, false) if typing != Typing::Field && live.toast.read_untracked().is_some() => acts.undo(),
                ("/", false, _) if is_free => desk.focus("search"),
                (">", false, _) if is_free && live.selected.read_untracked().is_some() => quote(live, ui),
                ("?", false, _) if is_free => dialogs::open(Dialog::Keys, live, ui, ask),
                _ => return,
            }
            ev.prevent_default();
        });
        on_cleanup(move || keys.remove());
    });
}
