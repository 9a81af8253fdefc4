//! What the browser shows where there is no network, and nothing was kept of what was asked for.

use leptos::prelude::*;

use crate::plain::Plain;

/// The whole document. The browser's worker fills the list with the ways to what was kept, or takes it away.
pub fn away_document(plain: &Plain) -> String {
    plain.document("Offline", || {
        view! {
            <h1>"There is no connection"</h1>
            <p class="lead">
                "This page was not read on this device before, so it can't be shown now. What you wrote is kept, and is sent when you are back."
            </p>
            <div id="kept">
                <p>"These were:"</p>
                <ul></ul>
            </div>
            <p>
                <a href=plain.home.clone()>"To the conversations"</a>
            </p>
        }
        .into_any()
    })
}
