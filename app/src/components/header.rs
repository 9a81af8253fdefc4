//! The bar above a conversation.

use holdfast_protocol::ConversationId;
use leptos::{ev::KeyboardEvent, prelude::*};

use super::status::StatusLabel;
use crate::{
    Route,
    actions::actions,
    first_load::{
        conversation_bundle::{self, BundleState},
        erased::{When, memo},
    },
    state::AppState,
    strings::{conversation_strings, strings},
    ui::{AppContext, Ui, context, state, ui},
};

/// Opens the dialog that renames the open conversation, filled with its current title. Sets the property, because the attribute no longer
/// counts once the user has typed.
pub(super) fn ask_title(state: AppState, ui: Ui, context: AppContext) {
    let title = ui.route.get_untracked().conversation().and_then(|id| untrack(|| state.title(id))).unwrap_or_default();
    context.browser().set_value("rename-title", &title);
    context.browser().set_dialog("rename", true);
}

/// The button that opens the sidebar on narrow screens.
#[component]
pub(crate) fn DrawerButton() -> impl IntoView {
    let (ui, context) = (ui(), context());
    let open = move |_| {
        ui.drawer.set(true);
        request_animation_frame(move || context.browser().focus("sidebar"));
    };
    view! {
        <button
            type="button"
            id="drawer-button"
            class="ghost icon narrow-only"
            aria-label=strings().list.open
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

/// Returns the open conversation, or `None` if there is none that commands apply to.
pub(super) fn conversation(state: AppState, ui: Ui) -> Memo<Option<ConversationId>> {
    memo(move || ui.route.get().conversation().filter(|id| state.list.item(*id).is_some() && state.open.missing.get() != Some(*id)))
}

/// The bar with the title, the connection status and the menu of the conversation.
#[component]
pub(crate) fn Header() -> impl IntoView {
    let (state, ui, context) = (state(), ui(), context());
    let strings = state.strings();
    let title = memo(move || match ui.route.get() {
        Route::Conversation(id) if state.open.missing.get() == Some(id) => strings.header.not_here.to_owned(),
        Route::Conversation(id) => state.title(id).unwrap_or_else(|| strings.header.unnamed.to_owned()),
        _ => strings.common.new_conversation.to_owned(),
    });
    let conversation = conversation(state, ui);
    let newest = memo(move || state.open.newest_with_sources().map(|message| message.id));
    let toggle = move |_| {
        ui.sources_by.set_value("all-sources".to_owned());
        ui.sources.update(|shown| *shown = if shown.is_some() { None } else { newest.get_untracked() });
    };
    // The menu follows its button in the document, so an arrow key moves into it.
    let opens = move |ev: KeyboardEvent| {
        if ev.key() == "ArrowDown" {
            ev.prevent_default();
            context.browser().step_focus("conversation-menu", true);
        }
    };
    view! {
        <header class="bar">
            <DrawerButton/>
            <h1 dir="auto" title=move || title.get()>{move || title.get()}</h1>
            <StatusLabel/>
            <When is=move || newest.get().is_some()>
                <button
                    type="button"
                    id="all-sources"
                    class="ghost wide-only"
                    aria-controls="sources"
                    aria-expanded=move || ui.sources.get().is_some().to_string()
                    on:click=toggle
                >
                    {strings.header.sources}
                </button>
            </When>
            <When is=move || conversation.get().is_some() && state.open.bundle.get() == BundleState::Here>
                <button type="button" class="ghost icon" id="conversation-more" popovertarget="conversation-menu" aria-label=strings.header.more aria-haspopup="menu" on:keydown=opens>
                    <svg viewBox="0 0 20 20" aria-hidden="true">
                        <circle cx="4.500" cy="10" r="1.500"></circle>
                        <circle cx="10" cy="10" r="1.500"></circle>
                        <circle cx="15.500" cy="10" r="1.500"></circle>
                    </svg>
                </button>
                {conversation_bundle::menu(conversation)}
            </When>
        </header>
    }
    .into_any()
}

/// The menu of commands for the conversation.
#[component]
pub(crate) fn Menu(
    /// The conversation.
    conversation: Memo<Option<ConversationId>>,
) -> impl IntoView {
    let (state, ui, context, actions) = (state(), ui(), context(), actions());
    let (common, strings) = (&strings().common, &strings().header);
    let item = memo(move || conversation.get().and_then(|id| state.list.item(id)).map(|item| item.summary.get()));
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
        context.browser().step_focus("conversation-menu", forward);
    };
    view! {
        <div class="menu" id="conversation-menu" popover="auto" role="menu" aria-label=strings.this on:keydown=on_key>
            <Choice on_choose=move || ask_title(state, ui, context)>{strings.rename}</Choice>
            <Choice on_choose=move || here(&|id| actions.pin(id, !is_pinned.get_untracked()))>
                {move || if is_pinned.get() { strings.unpin } else { strings.pin }}
            </Choice>
            <Choice on_choose=move || here(&|id| actions.archive(id, !is_archived.get_untracked()))>
                {move || if is_archived.get() { common.bring_back } else { common.archive }}
            </Choice>
            <Choice on_choose=move || ui.moving.set(true)>{conversation_strings().move_to_project}</Choice>
            <Choice on_choose=move || context.browser().set_dialog("share", true)>{strings.share}</Choice>
            <Choice on_choose=move || here(&|id| actions.export(id, "md"))>{strings.export_markdown}</Choice>
            <Choice on_choose=move || here(&|id| actions.export(id, "json"))>{strings.export_json}</Choice>
            <Choice bad=true on_choose=move || here(&|id| actions.delete(id))>{common.delete}</Choice>
        </div>
    }
    .into_any()
}

/// An item of the menu.
#[component]
fn Choice(
    /// Performs the command.
    on_choose: impl Fn() + 'static,
    /// Whether the command deletes something.
    #[prop(optional)]
    bad: bool,
    /// Label of the item.
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

/// The dialog that renames the open conversation.
#[component]
pub(super) fn Rename() -> impl IntoView {
    let (context, actions, strings) = (context(), actions(), strings());
    let conversation = conversation(state(), ui());
    let save = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        context.browser().set_dialog("rename", false);
        let title = context.browser().value("rename-title").trim().to_owned();
        let Some(id) = conversation.get_untracked().filter(|_| !title.is_empty()) else { return };
        actions.rename(id, title);
    };
    view! {
        <dialog id="rename" aria-labelledby="rename-heading">
            <form on:submit=save>
                <h2 id="rename-heading">{strings.header.rename_heading}</h2>
                <label for="rename-title">{strings.header.title}</label>
                <input class="field" id="rename-title" type="text" maxlength="200" autocomplete="off" required/>
                <div class="actions">
                    <button type="button" class="ghost" on:click=move |_| context.browser().set_dialog("rename", false)>{strings.common.cancel}</button>
                    <button type="submit" class="primary">{strings.header.rename}</button>
                </div>
            </form>
        </dialog>
    }
    .into_any()
}
