//! The settings.

mod account;
mod activity;
mod connection;
mod data;
mod limits;
mod models;
mod people;
mod providers;

use leptos::prelude::*;

use crate::{
    Place, Section,
    components::{header::DrawerButton, notes::Notes, pill::Pill, sidebar::SettingsMenu},
    once::memo,
    ui::{live, ui},
    words::{rest, words},
};

/// The settings' frame, with the part in the address.
#[component]
pub(crate) fn Settings() -> impl IntoView {
    let ui = ui();
    let section = memo(move || match ui.place.get() {
        Place::Settings(section) => section,
        _ => Section::Account,
    });
    let live = live();
    // What is shown was somebody's: whoever comes next sees their own.
    let who = memo(move || live.user.read().as_ref().map(|user| (user.id, live.is_admin())));
    view! {
        <div class="screen">
            <SettingsMenu/>
            <main class="main" id="main" tabindex="-1" inert=move || ui.drawer.get()>
                <header class="bar narrow-only">
                    <DrawerButton/>
                    <span class="where">{live.words().common.settings}</span>
                    <Pill/>
                </header>
                <div class="page">
                    <Notes/>
                    {move || match section.get() {
                        section if !who.get().is_some_and(|(_, is_admin)| is_admin) && section.is_for_admins() => view! { <NotForYou section/> }.into_any(),
                        Section::Account => view! { <account::Account/> }.into_any(),
                        Section::People => view! { <people::People/> }.into_any(),
                        Section::Data => view! { <data::Data/> }.into_any(),
                        Section::Providers => view! { <providers::Providers/> }.into_any(),
                        Section::Limits => view! { <limits::Limits/> }.into_any(),
                        Section::Activity => view! { <activity::Activity/> }.into_any(),
                        Section::Models => view! { <models::Models/> }.into_any(),
                        Section::Connection => view! { <connection::Connection/> }.into_any(),
                    }}
                </div>
            </main>
        </div>
    }
    .into_any()
}

/// A part that is for those who run the server.
#[component]
fn NotForYou(
    /// Which.
    section: Section,
) -> impl IntoView {
    view! {
        <h1>{words().section(section)}</h1>
        <p class="lead">{rest().common.for_admins}</p>
    }
    .into_any()
}
