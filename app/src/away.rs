//! What the browser shows where there is no network, and nothing was kept of what was asked for.

use leptos::prelude::*;

use crate::plain::Plain;

/// The whole document. The browser's worker fills the list with the ways to what was kept, or takes it away.
pub fn away_document(plain: &Plain) -> String {
    let words = plain.language.plain();
    plain.document(plain.language.words().face.offline, || {
        view! {
            <h1>{words.away}</h1>
            <p class="lead">{words.why_away}</p>
            <div id="kept">
                <p>{words.these}</p>
                <ul></ul>
            </div>
            <p>
                <a href=plain.home.clone()>{plain.language.words().common.to_conversations}</a>
            </p>
        }
        .into_any()
    })
}
