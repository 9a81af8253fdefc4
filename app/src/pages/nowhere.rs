//! An address that leads nowhere.

use leptos::prelude::*;

use crate::{Place, components::mark::Brand, ui::live};

/// Says so, and shows the way back.
#[component]
pub(crate) fn Nowhere() -> impl IntoView {
    view! {
        <main class="alone" id="main" tabindex="-1">
            <div class="login">
                <Brand/>
                <h1>"There is no such page"</h1>
                <p>"The address is wrong, or what was here is gone."</p>
                <a class="go wide" href=live().path(Place::New)>"To the conversations"</a>
            </div>
        </main>
    }
    .into_any()
}
