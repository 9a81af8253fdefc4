//! The page for an address that does not exist.

use leptos::prelude::*;

use crate::{Route, components::mark::Brand, strings::lazy, ui::state};

/// The message, with a link to the start page.
#[component]
pub(crate) fn Nowhere() -> impl IntoView {
    let (state, strings) = (state(), &lazy().nowhere);
    view! {
        <main class="centered" id="main" tabindex="-1">
            <div class="sign-in">
                <Brand/>
                <h1>{strings.heading}</h1>
                <p>{strings.about}</p>
                <a class="primary wide" href=state.path(Route::New)>{state.strings().common.to_conversations}</a>
            </div>
        </main>
    }
    .into_any()
}
