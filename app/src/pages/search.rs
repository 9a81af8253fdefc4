//! What was found, as a page of its own: for those without the program, and for an address that is kept.

use leptos::prelude::*;

use crate::{
    Route,
    components::{
        mark::Brand,
        notes::Notes,
        search::{Results, SearchField},
    },
    ui::state,
};

/// Field and results.
#[component]
pub(crate) fn Search() -> impl IntoView {
    let state = state();
    view! {
        <main class="page searching" id="main" tabindex="-1">
            <Brand/>
            <Notes/>
            <h1>{state.strings().places.search}</h1>
            <SearchField/>
            <Results/>
            <p>
                <a class="ghost" href=state.path(Route::New)>{state.strings().common.back}</a>
            </p>
        </main>
    }
    .into_any()
}
