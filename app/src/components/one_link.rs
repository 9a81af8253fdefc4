//! A link that is shown only once, for copying.

use leptos::prelude::*;

use crate::{
    strings::strings,
    ui::{context, state},
};

/// The link with a button to copy it.
#[component]
pub(crate) fn OneLink(
    /// Path of the link.
    path: String,
    /// Label of the link.
    label: &'static str,
    /// A note about the link.
    #[prop(default = strings().common.shown_once)]
    note: &'static str,
) -> impl IntoView {
    let (context, strings) = (context(), strings());
    let link = format!("{}{path}", state().connection.facts.read_untracked().origin);
    let copied = link.clone();
    view! {
        <div class="one-link">
            <label for="one-link">{label}</label>
            <input class="field" id="one-link" readonly value=link/>
            <button type="button" class="small" data-confirms=strings.browser.copied on:click=move |_| context.browser().copy(&copied)>{strings.common.copy}</button>
            <p class="meta">{note}</p>
        </div>
    }
    .into_any()
}
