//! The page of a conversation, or the start page.

use leptos::prelude::*;

use crate::{
    components::{composer::Composer, header::Header, sidebar::Conversations, transcript::Transcript},
    first_load::{conversation_bundle, erased::When},
    ui::ui,
};

/// The page on which the user reads and writes.
#[component]
pub(crate) fn Chat() -> impl IntoView {
    let ui = ui();
    // Another conversation has other sources, so the panel is closed.
    Effect::new(move |before: Option<()>| {
        ui.route.track();
        if before.is_some() {
            ui.sources.set(None);
        }
    });
    view! {
        <div class="screen">
            <Conversations/>
            <main class="main" id="main" tabindex="-1" inert=move || ui.drawer.get()>
                <Header/>
                <Transcript/>
                <Composer/>
            </main>
            <When is=move || ui.sources.get().is_some() || ui.tuning.get() || ui.passage.get().is_some()>
                {conversation_bundle::panels()}
            </When>
        </div>
    }
    .into_any()
}
