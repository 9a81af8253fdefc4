//! The page that the browser shows while it has no network and no stored copy of the requested page.

use leptos::prelude::*;

use crate::plain::Plain;

/// Returns the whole document. The service worker fills its list with links to the stored pages, or removes the list if there are none.
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
