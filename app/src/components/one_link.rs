//! A link that is shown once, to be copied.

use leptos::prelude::*;

use crate::{
    ui::{ask, live},
    words::words,
};

/// The link, and a button.
#[component]
pub(crate) fn OneLink(
    /// Its path.
    path: String,
    /// What it is.
    label: &'static str,
    /// What there is to know.
    #[prop(default = words().common.shown_once)]
    note: &'static str,
) -> impl IntoView {
    let (ask, words) = (ask(), words());
    let link = format!("{}{path}", live().facts.read_untracked().origin);
    let copied = link.clone();
    view! {
        <div class="one-link">
            <label for="one-link">{label}</label>
            <input class="field" id="one-link" readonly value=link/>
            <button type="button" class="small" data-said=words.browser.copied on:click=move |_| ask.desk().copy(&copied)>{words.common.copy}</button>
            <p class="meta">{note}</p>
        </div>
    }
    .into_any()
}
