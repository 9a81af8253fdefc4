//! What was found, as a page of its own: for those without the program, and for an address that is kept.

use leptos::prelude::*;

use crate::{
    Place,
    components::{
        mark::Brand,
        notes::Notes,
        search::{Results, SearchField},
    },
    ui::live,
};

/// Field and results.
#[component]
pub(crate) fn Search() -> impl IntoView {
    let live = live();
    view! {
        <main class="page searching" id="main" tabindex="-1">
            <Brand/>
            <Notes/>
            <h1>{live.words().places.search}</h1>
            <SearchField/>
            <Results/>
            <p>
                <a class="ghost" href=live.path(Place::New)>{live.words().common.back}</a>
            </p>
        </main>
    }
    .into_any()
}
