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
    components::{header::DrawerButton, pill::Pill, sidebar::SettingsMenu},
    eager::IntoEager,
    ui::{live, ui},
    words::{rest, words},
};

/// The settings' frame, with the part in the address.
#[component]
pub(crate) fn Settings() -> impl IntoView {
    let ui = ui();
    let section = Memo::new(move |_| match ui.place.get() {
        Place::Settings(section) => section,
        _ => Section::Account,
    });
    let live = live();
    let is_admin = Memo::new(move |_| live.is_admin());
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
                    {move || match section.get() {
                        section if section.is_for_admins() && !is_admin.get() => view! { <NotForYou section/> }.eager(),
                        Section::Account => view! { <account::Account/> }.eager(),
                        Section::People => view! { <people::People/> }.eager(),
                        Section::Data => view! { <data::Data/> }.eager(),
                        Section::Providers => view! { <providers::Providers/> }.eager(),
                        Section::Limits => view! { <limits::Limits/> }.eager(),
                        Section::Activity => view! { <activity::Activity/> }.eager(),
                        Section::Models => view! { <models::Models/> }.eager(),
                        Section::Connection => view! { <connection::Connection/> }.eager(),
                    }}
                </div>
            </main>
        </div>
    }
    .eager()
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
    .eager()
}
