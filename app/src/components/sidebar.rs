//! The sidebar: conversations, or the sections of the settings.

use leptos::{
    ev::{KeyboardEvent, MouseEvent},
    prelude::*,
    task::spawn_local,
    web_sys::Element,
};

use super::{
    dialogs::{Dialog, open},
    mark::Brand,
    search::{Results, SearchField},
};
use crate::{
    Route, Section,
    first_load::erased::{Each, When, memo},
    state::{Day, Item, by_day},
    strings::strings,
    ui::{context, state, ui},
};

/// The frame of a sidebar. On narrow screens it is a drawer.
#[component]
pub(crate) fn Sidebar(
    /// Accessible name.
    label: &'static str,
    /// Content.
    children: Children,
) -> impl IntoView {
    let (ui, context) = (ui(), context());
    let close = move || {
        ui.drawer.set(false);
        request_animation_frame(move || context.browser().focus("drawer-button"));
    };
    // A link to the current page must close the drawer too.
    let on_click = move |ev: MouseEvent| {
        if ui.drawer.get_untracked() && event_target::<Element>(&ev).closest("a[href]").is_ok_and(|link| link.is_some()) {
            ui.drawer.set(false);
            request_animation_frame(move || {
                let browser = context.browser();
                browser.focus_back("main");
                if ui.route.get_untracked().is_chat() {
                    browser.focus_to_write("message");
                }
            });
        }
    };
    let on_key = move |ev: KeyboardEvent| {
        if ev.key() == "Escape" && ui.drawer.get_untracked() {
            close();
        }
    };
    view! {
        <div
            class="sidebar"
            id="sidebar"
            tabindex="-1"
            class:open=move || ui.drawer.get()
            role=move || if ui.drawer.get() { "dialog" } else { "navigation" }
            aria-modal=move || ui.drawer.get().then_some("true")
            aria-label=label
            on:keydown=on_key
            on:click=on_click
        >
            {children()}
        </div>
        <When is=move || ui.drawer.get()>
            <button type="button" class="scrim" aria-label=strings().common.close on:click=move |_| close()></button>
        </When>
    }
    .into_any()
}

/// The list of conversations.
#[component]
pub(crate) fn Conversations() -> impl IntoView {
    let (state, ui, context, strings) = (state(), ui(), context(), strings());
    let groups = memo(move || {
        let clock = state.clock.get();
        by_day(&state.list.items.read(), clock.now, clock.offset)
    });
    let days = move || groups.read().iter().map(|(day, _)| *day).collect::<Vec<_>>();
    let found = memo(move || state.list.found.read().is_some());
    let is_empty = memo(move || state.list.items.read().is_empty());
    let is_somebody = memo(move || state.session.user.read().is_some());
    view! {
        <Sidebar label=strings.common.conversations>
            <Brand/>
            <a class="new-chat" href=state.path(Route::New) aria-keyshortcuts="Control+Shift+O">
                {strings.common.new_conversation}
            </a>
            <div class="search-row">
                <When is=move || !is_empty.get()>
                    <SearchField/>
                </When>
                <button
                    type="button"
                    class="ghost commands"
                    aria-label=strings.list.commands
                    aria-keyshortcuts="Control+K"
                    aria-haspopup="dialog"
                    on:pointerenter=move |_| state.open.request_conversation_bundle()
                    on:click=move |_| open(Dialog::Palette, state, ui, context)
                >
                    <kbd>{format!("{} K", strings.keys.ctrl)}</kbd>
                    <span class="narrow-only" aria-hidden="true">"⌘"</span>
                </button>
            </div>
            <div class="list" hidden=move || !found.get()>
                <When is=move || found.get()>
                    <Results/>
                </When>
            </div>
            <div class="list" hidden=move || found.get()>
                <Each each=days key=|day| *day let:day>
                    <Group day groups/>
                </Each>
                <When is=move || is_empty.get()>
                    <p class="no-results">{strings.list.empty}</p>
                </When>
                <More/>
                <When is=move || is_somebody.get()>
                    <a class="item archive-link" href=state.path(Route::Projects)>{strings.places.projects}</a>
                    <a class="item archive-link" href=state.path(Route::Archived)>{strings.places.archived}</a>
                </When>
            </div>
            <Foot/>
        </Sidebar>
    }
    .into_any()
}

/// The conversations of one day.
#[component]
fn Group(
    /// The day.
    day: Day,
    /// The conversations of all days.
    groups: Memo<Vec<(Day, Vec<Item>)>>,
) -> impl IntoView {
    let items = move || groups.read().iter().find(|(group, _)| *group == day).map(|(_, items)| items.clone()).unwrap_or_default();
    view! {
        <h2 class="group">{strings().day(day)}</h2>
        <ul>
            <Each each=items key=|item| item.id let:item>
                <Row item/>
            </Each>
        </ul>
    }
    .into_any()
}

/// A conversation of the list.
#[component]
fn Row(
    /// The conversation.
    item: Item,
) -> impl IntoView {
    let (state, ui) = (state(), ui());
    let id = item.id;
    let (title, answering) = (item.summary.clone(), item.summary);
    let answering = memo(move || answering.read().answering);
    let is_here = memo(move || ui.route.get() == Route::Conversation(id));
    view! {
        <li>
            <a class="item" href=state.path(Route::Conversation(id)) class:current=move || is_here.get() aria-current=move || is_here.get().then_some("page")>
                <span class="title" dir="auto">{move || title.read().title.clone()}</span>
                <When is=move || answering.get()>
                    <span class="answering" role="img" aria-label=state.strings().list.answering></span>
                </When>
            </a>
        </li>
    }
    .into_any()
}

/// Loads the rest of the list when it comes into view.
#[component]
fn More() -> impl IntoView {
    let (state, context) = (state(), context());
    let busy = RwSignal::new(false);
    let fetch = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let reply = context.backend().conversations(state.list.more.get_untracked());
        spawn_local(async move {
            match reply.await {
                Ok(page) => state.list.append(page),
                Err(api_error) => state.refused(api_error),
            }
            busy.set(false);
        });
    };
    view! {
        <When is=move || state.list.more.read().is_some()>
            <button type="button" class="ghost more" disabled=move || busy.get() on:click=fetch>{state.strings().common.show_older}</button>
        </When>
    }
    .into_any()
}

/// The sections of the settings.
#[component]
pub(crate) fn SettingsMenu() -> impl IntoView {
    let (state, ui, strings) = (state(), ui(), strings());
    view! {
        <Sidebar label=strings.common.settings>
            <Brand/>
            <div class="list">
                <h2 class="group">{strings.common.settings}</h2>
                <ul>
                    {Section::ALL
                        .map(|section| {
                            let route = Route::Settings(section);
                            let is_here = move || ui.route.get() == route;
                            let is_hidden = move || section.is_for_admins() && !state.session.is_admin();
                            view! {
                                <li hidden=is_hidden>
                                    <a class="item" href=state.path(route) class:current=is_here aria-current=move || is_here().then_some("page")>
                                        <span class="title">{strings.section(section)}</span>
                                    </a>
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            </div>
            <a class="ghost back" href=move || state.path(state.open.shown.get().map_or(Route::New, Route::Conversation))>{strings.common.back}</a>
        </Sidebar>
    }
    .into_any()
}

/// The user's name, with links to settings and sign-in.
#[component]
fn Foot() -> impl IntoView {
    let state = state();
    let strings = &state.strings().common;
    let name = memo(move || state.session.user.read().as_ref().map(|user| user.username.clone()));
    view! {
        <div class="footer">
            {move || match name.get() {
                Some(name) => {
                    view! {
                        <span class="avatar" aria-hidden="true">{initial(&name)}</span>
                        <span class="name">{name}</span>
                    }
                        .into_any()
                }
                None => view! { <a class="name" href=state.path(Route::SignIn)>{strings.sign_in}</a> }.into_any(),
            }}
            <a class="ghost" href=state.path(Route::Settings(Section::Account))>{strings.settings}</a>
        </div>
    }
    .into_any()
}

/// Returns the letter that stands for a name.
fn initial(name: &str) -> String {
    name.chars().next().map(|letter| letter.to_ascii_uppercase().to_string()).unwrap_or_default()
}
