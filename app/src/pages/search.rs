//! Search results as a page of their own, for browsers without scripts and for bookmarks.

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

/// The search field and the results.
#[component]
pub(crate) fn Search() -> impl IntoView {
    let state = state();
    view! {
        <main class="page search-page" id="main" tabindex="-1">
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
