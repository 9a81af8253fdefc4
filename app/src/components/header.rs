//! What stands above a conversation.

use holdfast_protocol::ConversationId;
use leptos::{prelude::*, task::spawn_local};

use super::pill::Pill;
use crate::{
    Place,
    eager::IntoEager,
    ui::{ask, live, ui},
};

/// The button that opens the sidebar, where that is hidden.
#[component]
pub(crate) fn DrawerButton() -> impl IntoView {
    let (ui, ask) = (ui(), ask());
    let open = move |_| {
        ui.drawer.set(true);
        request_animation_frame(move || ask.desk().focus("sidebar"));
    };
    view! {
        <button
            type="button"
            id="drawer-button"
            class="ghost icon narrow-only"
            aria-label="Conversations and settings"
            aria-controls="sidebar"
            aria-expanded=move || ui.drawer.get().to_string()
            on:click=open
        >
            <svg viewBox="0 0 20 20" aria-hidden="true">
                <path d="M3 5.500h14M3 10h14M3 14.500h14"></path>
            </svg>
        </button>
    }
    .eager()
}

/// Title, status and what can be done with the conversation.
#[component]
pub(crate) fn Header() -> impl IntoView {
    let (live, ui) = (live(), ui());
    let title = Memo::new(move |_| match ui.place.get() {
        Place::Conversation(id) if live.missing.get() == Some(id) => "Not here".to_owned(),
        Place::Conversation(id) => live.title(id).unwrap_or_else(|| "Conversation".to_owned()),
        _ => "New conversation".to_owned(),
    });
    let conversation =
        Memo::new(move |_| ui.place.get().conversation().filter(|id| live.item(*id).is_some() && live.missing.get() != Some(*id)));
    let newest = Memo::new(move |_| live.newest_with_sources().map(|turn| turn.id));
    let toggle = move |_| ui.sources.update(|shown| *shown = if shown.is_some() { None } else { newest.get_untracked() });
    view! {
        <header class="bar">
            <DrawerButton/>
            <h1 title=move || title.get()>{move || title.get()}</h1>
            <Pill/>
            <Show when=move || newest.get().is_some()>
                <button
                    type="button"
                    class="ghost wide-only"
                    aria-controls="sources"
                    aria-expanded=move || ui.sources.get().is_some().to_string()
                    on:click=toggle
                >
                    "Sources"
                </button>
            </Show>
            <Show when=move || conversation.get().is_some()>
                <button type="button" class="ghost icon" popovertarget="conversation-menu" aria-label="More" aria-haspopup="menu">
                    <svg viewBox="0 0 20 20" aria-hidden="true">
                        <circle cx="4.500" cy="10" r="1.500"></circle>
                        <circle cx="10" cy="10" r="1.500"></circle>
                        <circle cx="15.500" cy="10" r="1.500"></circle>
                    </svg>
                </button>
                <Menu/>
            </Show>
        </header>
        <Rename conversation title/>
        <Delete conversation title/>
    }
    .eager()
}

#[component]
fn Menu() -> impl IntoView {
    let ask = ask();
    view! {
        <div class="menu" id="conversation-menu" popover="auto" role="menu">
            <button
                type="button"
                role="menuitem"
                popovertarget="conversation-menu"
                popovertargetaction="hide"
                on:click=move |_| ask.desk().set_dialog("rename", true)
            >
                "Rename"
            </button>
            <button
                type="button"
                role="menuitem"
                class="bad"
                popovertarget="conversation-menu"
                popovertargetaction="hide"
                on:click=move |_| ask.desk().set_dialog("delete", true)
            >
                "Delete"
            </button>
        </div>
    }
    .eager()
}

/// Asks for another title.
#[component]
fn Rename(
    /// Of which conversation.
    conversation: Memo<Option<ConversationId>>,
    /// Its title now.
    title: Memo<String>,
) -> impl IntoView {
    let (live, ask) = (live(), ask());
    let save = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        ask.desk().set_dialog("rename", false);
        let title = ask.desk().value("rename-title").trim().to_owned();
        let Some(id) = conversation.get_untracked().filter(|_| !title.is_empty()) else { return };
        let reply = ask.backend().rename(id, title);
        spawn_local(async move {
            match reply.await {
                Ok(summary) => live.put(summary),
                Err(refusal) => live.notify(refusal.error),
            }
        });
    };
    view! {
        <dialog id="rename" aria-labelledby="rename-heading">
            <form on:submit=save>
                <h2 id="rename-heading">"Rename the conversation"</h2>
                <label for="rename-title">"Title"</label>
                <input class="field" id="rename-title" type="text" maxlength="200" autocomplete="off" required value=move || title.get()/>
                <div class="ways">
                    <button type="button" class="ghost" on:click=move |_| ask.desk().set_dialog("rename", false)>"Cancel"</button>
                    <button type="submit" class="go">"Rename"</button>
                </div>
            </form>
        </dialog>
    }
    .eager()
}

/// Makes sure.
#[component]
fn Delete(
    /// Which conversation.
    conversation: Memo<Option<ConversationId>>,
    /// Its title.
    title: Memo<String>,
) -> impl IntoView {
    let (live, ui, ask) = (live(), ui(), ask());
    let delete = move |_| {
        ask.desk().set_dialog("delete", false);
        let Some(id) = conversation.get_untracked() else { return };
        let reply = ask.backend().delete(id);
        spawn_local(async move {
            match reply.await {
                Ok(()) => {
                    if ui.place.get_untracked() == Place::Conversation(id) {
                        ui.become_(Place::New);
                    }
                    live.remove(id);
                }
                Err(refusal) => live.notify(refusal.error),
            }
        });
    };
    view! {
        <dialog id="delete" aria-labelledby="delete-heading">
            <h2 id="delete-heading">"Delete this conversation?"</h2>
            <p>"“" {move || title.get()} "” is removed for good, on all your devices."</p>
            <div class="ways">
                <button type="button" class="ghost" on:click=move |_| ask.desk().set_dialog("delete", false)>"Keep it"</button>
                <button type="button" class="go danger" on:click=delete>"Delete"</button>
            </div>
        </dialog>
    }
    .eager()
}
