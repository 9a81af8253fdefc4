//! The settings.

mod account;
mod activity;
mod connection;
mod data;
mod limits;
mod materials;
mod models;
mod people;
mod providers;
mod usage;

use leptos::prelude::*;

use crate::{
    Route, Section,
    components::{header::DrawerButton, notes::Notes, sidebar::SettingsMenu, status::StatusLabel},
    first_load::erased::memo,
    strings::{lazy, strings},
    ui::{state, ui},
};

/// The settings, with the section in the address.
#[component]
pub(crate) fn Settings() -> impl IntoView {
    let ui = ui();
    let section = memo(move || match ui.route.get() {
        Route::Settings(section) => section,
        _ => Section::Account,
    });
    let state = state();
    // The content belongs to one user, so it is rendered again if the user changes.
    let who = memo(move || state.session.user.read().as_ref().map(|user| (user.id, state.session.is_admin())));
    view! {
        <div class="screen">
            <SettingsMenu/>
            <main class="main" id="main" tabindex="-1" inert=move || ui.drawer.get()>
                <header class="bar narrow-only">
                    <DrawerButton/>
                    <span class="where">{state.strings().common.settings}</span>
                    <StatusLabel/>
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
                        Section::Materials => view! { <materials::Materials/> }.into_any(),
                        Section::Usage => view! { <usage::Usage/> }.into_any(),
                        Section::Connection => view! { <connection::Connection/> }.into_any(),
                    }}
                </div>
            </main>
        </div>
    }
    .into_any()
}

/// The message for a section that only administrators may see.
#[component]
fn NotForYou(
    /// The section.
    section: Section,
) -> impl IntoView {
    view! {
        <h1>{strings().section(section)}</h1>
        <p class="lead">{lazy().common.for_admins}</p>
    }
    .into_any()
}
