//! An address that leads nowhere.

use leptos::prelude::*;

use crate::{Place, components::mark::Brand, ui::live, words::rest};

/// Says so, and shows the way back.
#[component]
pub(crate) fn Nowhere() -> impl IntoView {
    let (live, words) = (live(), &rest().nowhere);
    view! {
        <main class="alone" id="main" tabindex="-1">
            <div class="login">
                <Brand/>
                <h1>{words.heading}</h1>
                <p>{words.about}</p>
                <a class="go wide" href=live.path(Place::New)>{live.words().common.to_conversations}</a>
            </div>
        </main>
    }
    .into_any()
}
