//! The settings.

mod account;
mod connection;
mod data;
mod models;
mod people;

use leptos::prelude::*;

use crate::{
    Place, Section,
    components::{header::DrawerButton, pill::Pill, sidebar::SettingsMenu},
    eager::IntoEager,
    ui::ui,
};

/// The settings' frame, with the part in the address.
#[component]
pub(crate) fn Settings() -> impl IntoView {
    let ui = ui();
    let section = Memo::new(move |_| match ui.place.get() {
        Place::Settings(section) => section,
        _ => Section::Account,
    });
    view! {
        <div class="screen">
            <SettingsMenu/>
            <main class="main" id="main" tabindex="-1" inert=move || ui.drawer.get()>
                <header class="bar narrow-only">
                    <DrawerButton/>
                    <span class="where">"Settings"</span>
                    <Pill/>
                </header>
                <div class="page">
                    {move || match section.get() {
                        Section::Account => view! { <account::Account/> }.eager(),
                        Section::People => view! { <people::People/> }.eager(),
                        Section::Data => view! { <data::Data/> }.eager(),
                        Section::Models => view! { <models::Models/> }.eager(),
                        Section::Connection => view! { <connection::Connection/> }.eager(),
                    }}
                </div>
            </main>
        </div>
    }
    .eager()
}
