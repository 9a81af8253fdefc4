//! What stands beside the page: conversations, or the settings' parts.

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
    Place, Section,
    live::{Day, Item, by_day},
    once::{Each, When, memo},
    ui::{ask, live, ui},
    words::words,
};

/// The frame of a sidebar. Where there is no room for it, it is a drawer.
#[component]
pub(crate) fn Sidebar(
    /// What it is called.
    label: &'static str,
    /// What is in it.
    children: Children,
) -> impl IntoView {
    let (ui, ask) = (ui(), ask());
    let close = move || {
        ui.drawer.set(false);
        request_animation_frame(move || ask.desk().focus("drawer-button"));
    };
    // Also by a link to where one is, which leads nowhere else.
    let on_click = move |ev: MouseEvent| {
        if ui.drawer.get_untracked() && event_target::<Element>(&ev).closest("a[href]").is_ok_and(|link| link.is_some()) {
            ui.drawer.set(false);
            request_animation_frame(move || {
                let desk = ask.desk();
                desk.focus_back("main");
                if ui.place.get_untracked().is_chat() {
                    desk.focus_to_write("message");
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
            class="side"
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
            <button type="button" class="scrim" aria-label=words().common.close on:click=move |_| close()></button>
        </When>
    }
    .into_any()
}

/// The conversations.
#[component]
pub(crate) fn Conversations() -> impl IntoView {
    let (live, ui, ask, words) = (live(), ui(), ask(), words());
    let groups = memo(move || {
        let clock = live.clock.get();
        by_day(&live.list.read(), clock.now, clock.offset)
    });
    let days = move || groups.read().iter().map(|(day, _)| *day).collect::<Vec<_>>();
    let found = memo(move || live.found.read().is_some());
    let is_empty = memo(move || live.list.read().is_empty());
    let is_somebody = memo(move || live.user.read().is_some());
    view! {
        <Sidebar label=words.common.conversations>
            <Brand/>
            <a class="new" href=live.path(Place::New) aria-keyshortcuts="Control+Shift+O">
                {words.common.new_conversation}
            </a>
            <div class="finders">
                <When is=move || !is_empty.get()>
                    <SearchField/>
                </When>
                <button
                    type="button"
                    class="ghost commands"
                    aria-label=words.list.commands
                    aria-keyshortcuts="Control+K"
                    aria-haspopup="dialog"
                    on:pointerenter=move |_| live.ask_for_talk()
                    on:click=move |_| open(Dialog::Palette, live, ui, ask)
                >
                    <kbd>{format!("{} K", words.keys.ctrl)}</kbd>
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
                    <p class="nothing">{words.list.empty}</p>
                </When>
                <More/>
                <When is=move || is_somebody.get()>
                    <a class="item aside-item" href=live.path(Place::Archived)>{words.places.archived}</a>
                </When>
            </div>
            <Foot/>
        </Sidebar>
    }
    .into_any()
}

/// A day's conversations.
#[component]
fn Group(
    /// Which day.
    day: Day,
    /// All of them.
    groups: Memo<Vec<(Day, Vec<Item>)>>,
) -> impl IntoView {
    let items = move || groups.read().iter().find(|(group, _)| *group == day).map(|(_, items)| items.clone()).unwrap_or_default();
    view! {
        <h2 class="group">{words().day(day)}</h2>
        <ul>
            <Each each=items key=|item| item.id let:item>
                <Row item/>
            </Each>
        </ul>
    }
    .into_any()
}

/// A conversation.
#[component]
fn Row(
    /// Which.
    item: Item,
) -> impl IntoView {
    let (live, ui) = (live(), ui());
    let id = item.id;
    let (title, answering) = (item.summary.clone(), item.summary);
    let answering = memo(move || answering.read().answering);
    let is_here = memo(move || ui.place.get() == Place::Conversation(id));
    view! {
        <li>
            <a class="item" href=live.path(Place::Conversation(id)) class:on=move || is_here.get() aria-current=move || is_here.get().then_some("page")>
                <span class="title" dir="auto">{move || title.read().title.clone()}</span>
                <When is=move || answering.get()>
                    <span class="live" role="img" aria-label=live.words().list.answering></span>
                </When>
            </a>
        </li>
    }
    .into_any()
}

/// The rest of the list.
#[component]
fn More() -> impl IntoView {
    let (live, ask) = (live(), ask());
    let busy = RwSignal::new(false);
    let fetch = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let reply = ask.backend().conversations(live.more.get_untracked());
        spawn_local(async move {
            match reply.await {
                Ok(page) => live.append(page),
                Err(refusal) => live.refused(refusal),
            }
            busy.set(false);
        });
    };
    view! {
        <When is=move || live.more.read().is_some()>
            <button type="button" class="ghost more" disabled=move || busy.get() on:click=fetch>{live.words().common.show_older}</button>
        </When>
    }
    .into_any()
}

/// The settings' parts.
#[component]
pub(crate) fn SettingsMenu() -> impl IntoView {
    let (live, ui, words) = (live(), ui(), words());
    view! {
        <Sidebar label=words.common.settings>
            <Brand/>
            <div class="list">
                <h2 class="group">{words.common.settings}</h2>
                <ul>
                    {Section::ALL
                        .map(|section| {
                            let place = Place::Settings(section);
                            let is_here = move || ui.place.get() == place;
                            let is_hidden = move || section.is_for_admins() && !live.is_admin();
                            view! {
                                <li hidden=is_hidden>
                                    <a class="item" href=live.path(place) class:on=is_here aria-current=move || is_here().then_some("page")>
                                        <span class="title">{words.section(section)}</span>
                                    </a>
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            </div>
            <a class="ghost back" href=move || live.path(live.shown.get().map_or(Place::New, Place::Conversation))>{words.common.back}</a>
        </Sidebar>
    }
    .into_any()
}

/// Who one is.
#[component]
fn Foot() -> impl IntoView {
    let live = live();
    let words = &live.words().common;
    let name = memo(move || live.user.read().as_ref().map(|user| user.username.clone()));
    view! {
        <div class="foot">
            {move || match name.get() {
                Some(name) => {
                    view! {
                        <span class="ava" aria-hidden="true">{initial(&name)}</span>
                        <span class="name">{name}</span>
                    }
                        .into_any()
                }
                None => view! { <a class="name" href=live.path(Place::SignIn)>{words.sign_in}</a> }.into_any(),
            }}
            <a class="ghost" href=live.path(Place::Settings(Section::Account))>{words.settings}</a>
        </div>
    }
    .into_any()
}

/// The letter that stands for a name.
fn initial(name: &str) -> String {
    name.chars().next().map(|letter| letter.to_ascii_uppercase().to_string()).unwrap_or_default()
}
