//! What is filled in: a name above, a place below.

use leptos::prelude::*;

use crate::ui::state;

/// A field with its label. What it holds is asked of the window, by its id.
#[component]
pub(crate) fn Field(
    /// Its id and name.
    #[prop(into)]
    id: String,
    /// What it is for.
    #[prop(into)]
    label: String,
    /// `text`, `password`, `number`, `search`, `url`.
    #[prop(default = "text")]
    kind: &'static str,
    /// What the browser may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// What it holds at first.
    #[prop(into, default = String::new())]
    value: String,
    /// Whether it can only be read.
    #[prop(into, default = Signal::stored(false))]
    readonly: Signal<bool>,
    /// The id of what is said of it.
    #[prop(optional)]
    describedby: Option<&'static str>,
    /// The most characters.
    #[prop(default = "1024")]
    maxlength: &'static str,
) -> impl IntoView {
    view! {
        <label for=id.clone()>{label}</label>
        <input
            class="field"
            id=id.clone()
            name=id
            type=kind
            autocomplete=autocomplete
            autocapitalize="none"
            spellcheck="false"
            maxlength=maxlength
            aria-describedby=describedby
            value=value
            readonly=readonly
        />
    }
    .into_any()
}

/// For a password manager alone: whose password is asked for in this form.
#[component]
pub(crate) fn Username() -> impl IntoView {
    let state = state();
    let name = move || state.user.read().as_ref().map(|user| user.username.clone());
    view! { <input class="hidden" type="text" autocomplete="username" aria-hidden="true" tabindex="-1" readonly value=name/> }.into_any()
}
