//! What stands above a conversation.

use holdfast_protocol::ConversationId;
use leptos::{ev::KeyboardEvent, prelude::*};

use super::pill::Pill;
use crate::{
    Place,
    acts::acts,
    live::Live,
    once::{When, memo},
    talk::{self, Talk},
    ui::{Ask, Ui, ask, live, ui},
    words::words,
};

/// Asks for another title of the open conversation, beginning with the one it has. (What was typed in the field before is no
/// attribute's business any more.)
pub(super) fn ask_title(live: Live, ui: Ui, ask: Ask) {
    let title = ui.place.get_untracked().conversation().and_then(|id| untrack(|| live.title(id))).unwrap_or_default();
    ask.desk().set_value("rename-title", &title);
    ask.desk().set_dialog("rename", true);
}

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
            aria-label=words().list.open
            aria-controls="sidebar"
            aria-expanded=move || ui.drawer.get().to_string()
            on:click=open
        >
            <svg viewBox="0 0 20 20" aria-hidden="true">
                <path d="M3 5.500h14M3 10h14M3 14.500h14"></path>
            </svg>
        </button>
    }
    .into_any()
}

/// The open conversation, where there is one with which something can be done.
pub(super) fn conversation(live: Live, ui: Ui) -> Memo<Option<ConversationId>> {
    memo(move || ui.place.get().conversation().filter(|id| live.item(*id).is_some() && live.missing.get() != Some(*id)))
}

/// Title, status and what can be done with the conversation.
#[component]
pub(crate) fn Header() -> impl IntoView {
    let (live, ui, ask) = (live(), ui(), ask());
    let words = live.words();
    let title = memo(move || match ui.place.get() {
        Place::Conversation(id) if live.missing.get() == Some(id) => words.header.not_here.to_owned(),
        Place::Conversation(id) => live.title(id).unwrap_or_else(|| words.header.unnamed.to_owned()),
        _ => words.common.new_conversation.to_owned(),
    });
    let conversation = conversation(live, ui);
    let newest = memo(move || live.newest_with_sources().map(|turn| turn.id));
    let toggle = move |_| {
        ui.sources_by.set_value("all-sources".to_owned());
        ui.sources.update(|shown| *shown = if shown.is_some() { None } else { newest.get_untracked() });
    };
    // The menu is the next thing after its button: an arrow goes into it.
    let opens = move |ev: KeyboardEvent| {
        if ev.key() == "ArrowDown" {
            ev.prevent_default();
            ask.desk().step_focus("conversation-menu", true);
        }
    };
    view! {
        <header class="bar">
            <DrawerButton/>
            <h1 dir="auto" title=move || title.get()>{move || title.get()}</h1>
            <Pill/>
            <When is=move || newest.get().is_some()>
                <button
                    type="button"
                    id="all-sources"
                    class="ghost wide-only"
                    aria-controls="sources"
                    aria-expanded=move || ui.sources.get().is_some().to_string()
                    on:click=toggle
                >
                    {words.header.sources}
                </button>
            </When>
            <When is=move || conversation.get().is_some() && live.talk.get() == Talk::Here>
                <button type="button" class="ghost icon" id="conversation-more" popovertarget="conversation-menu" aria-label=words.header.more aria-haspopup="menu" on:keydown=opens>
                    <svg viewBox="0 0 20 20" aria-hidden="true">
                        <circle cx="4.500" cy="10" r="1.500"></circle>
                        <circle cx="10" cy="10" r="1.500"></circle>
                        <circle cx="15.500" cy="10" r="1.500"></circle>
                    </svg>
                </button>
                {talk::menu(conversation)}
            </When>
        </header>
    }
    .into_any()
}

/// What can be done with the conversation.
#[component]
pub(crate) fn Menu(
    /// Which.
    conversation: Memo<Option<ConversationId>>,
) -> impl IntoView {
    let (live, ui, ask, acts) = (live(), ui(), ask(), acts());
    let (common, words) = (&words().common, &words().header);
    let item = memo(move || conversation.get().and_then(|id| live.item(id)).map(|item| item.summary.get()));
    let is_pinned = memo(move || item.read().as_ref().is_some_and(|it| it.pinned));
    let is_archived = memo(move || item.read().as_ref().is_some_and(|it| it.archived));
    let here = move |act: &dyn Fn(ConversationId)| {
        if let Some(id) = conversation.get_untracked() {
            act(id);
        }
    };
    let on_key = move |ev: KeyboardEvent| {
        let forward = match ev.key().as_str() {
            "ArrowDown" => true,
            "ArrowUp" => false,
            _ => return,
        };
        ev.prevent_default();
        ask.desk().step_focus("conversation-menu", forward);
    };
    view! {
        <div class="menu" id="conversation-menu" popover="auto" role="menu" aria-label=words.this on:keydown=on_key>
            <Choice on_choose=move || ask_title(live, ui, ask)>{words.rename}</Choice>
            <Choice on_choose=move || here(&|id| acts.pin(id, !is_pinned.get_untracked()))>
                {move || if is_pinned.get() { words.unpin } else { words.pin }}
            </Choice>
            <Choice on_choose=move || here(&|id| acts.archive(id, !is_archived.get_untracked()))>
                {move || if is_archived.get() { common.bring_back } else { common.archive }}
            </Choice>
            <Choice on_choose=move || ask.desk().set_dialog("share", true)>{words.share}</Choice>
            <Choice on_choose=move || here(&|id| acts.export(id, "md"))>{words.export_markdown}</Choice>
            <Choice on_choose=move || here(&|id| acts.export(id, "json"))>{words.export_json}</Choice>
            <Choice bad=true on_choose=move || here(&|id| acts.delete(id))>{common.delete}</Choice>
        </div>
    }
    .into_any()
}

/// One line of the menu.
#[component]
fn Choice(
    /// Does it.
    on_choose: impl Fn() + 'static,
    /// Whether it takes something away.
    #[prop(optional)]
    bad: bool,
    /// What it is called.
    children: Children,
) -> impl IntoView {
    view! {
        <button
            type="button"
            role="menuitem"
            class:bad=bad
            popovertarget="conversation-menu"
            popovertargetaction="hide"
            on:click=move |_| on_choose()
        >
            {children()}
        </button>
    }
    .into_any()
}

/// Asks for another title of the open conversation.
#[component]
pub(super) fn Rename() -> impl IntoView {
    let (ask, acts, words) = (ask(), acts(), words());
    let conversation = conversation(live(), ui());
    let save = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        ask.desk().set_dialog("rename", false);
        let title = ask.desk().value("rename-title").trim().to_owned();
        let Some(id) = conversation.get_untracked().filter(|_| !title.is_empty()) else { return };
        acts.rename(id, title);
    };
    view! {
        <dialog id="rename" aria-labelledby="rename-heading">
            <form on:submit=save>
                <h2 id="rename-heading">{words.header.rename_heading}</h2>
                <label for="rename-title">{words.header.title}</label>
                <input class="field" id="rename-title" type="text" maxlength="200" autocomplete="off" required/>
                <div class="ways">
                    <button type="button" class="ghost" on:click=move |_| ask.desk().set_dialog("rename", false)>{words.common.cancel}</button>
                    <button type="submit" class="go">{words.header.rename}</button>
                </div>
            </form>
        </dialog>
    }
    .into_any()
}
