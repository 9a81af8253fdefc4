//! A link that is shown once, to be copied.

use leptos::prelude::*;

use crate::ui::{ask, live};

/// The link, and a button.
#[component]
pub(crate) fn OneLink(
    /// Its path.
    path: String,
    /// What it is.
    label: &'static str,
    /// What there is to know.
    #[prop(default = "It is shown this once. Whoever has it can use it: send it to nobody else.")]
    note: &'static str,
) -> impl IntoView {
    let ask = ask();
    let link = format!("{}{path}", live().facts.read_untracked().origin);
    let copied = link.clone();
    view! {
        <div class="one-link">
            <label for="one-link">{label}</label>
            <input class="field" id="one-link" readonly value=link/>
            <button type="button" class="small" data-said="" on:click=move |_| ask.desk().copy(&copied)>"Copy"</button>
            <p class="meta">{note}</p>
        </div>
    }
    .into_any()
}
