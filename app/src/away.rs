//! What the browser shows where there is no network, and nothing was kept of what was asked for.

use leptos::prelude::*;

use crate::plain::Plain;

/// The whole document. The browser's worker fills the list with the ways to what was kept, or takes it away.
pub fn away_document(plain: &Plain) -> String {
    let strings = plain.language.plain();
    plain.document(plain.language.strings().connection.offline, || {
        view! {
            <h1>{strings.away}</h1>
            <p class="lead">{strings.why_away}</p>
            <div id="cached">
                <p>{strings.these}</p>
                <ul></ul>
            </div>
            <p>
                <a href=plain.home.clone()>{plain.language.strings().common.to_conversations}</a>
            </p>
        }
        .into_any()
    })
}
