//! Who is here: for those who run the server.

mod invitations;
mod users;

use leptos::prelude::*;

use crate::{
    eager::IntoEager,
    ui::{ask, live},
};

/// Users and invitations.
#[component]
pub(super) fn People() -> impl IntoView {
    view! {
        <h1>"People"</h1>
        <users::Users/>
        <invitations::Invitations/>
    }
    .eager()
}

/// A link that is shown once, to be copied.
#[component]
fn OneLink(
    /// Its path.
    path: String,
    /// What it is.
    label: &'static str,
) -> impl IntoView {
    let ask = ask();
    let link = format!("{}{path}", live().facts.read_untracked().origin);
    let copied = link.clone();
    view! {
        <div class="one-link">
            <label for="one-link">{label}</label>
            <input class="field" id="one-link" readonly value=link/>
            <button type="button" class="small" data-said="" on:click=move |_| ask.desk().copy(&copied)>"Copy"</button>
            <p class="meta">"It is shown this once. Whoever has it can use it: send it to nobody else."</p>
        </div>
    }
    .eager()
}
