//! Form fields.

use leptos::prelude::*;

use crate::ui::state;

/// A field with its label. Forms read its value by its id.
#[component]
pub(crate) fn Field(
    /// Id and name of the field.
    #[prop(into)]
    id: String,
    /// Label of the field.
    #[prop(into)]
    label: String,
    /// Type of the input: `text`, `password`, `number`, `search` or `url`.
    #[prop(default = "text")]
    kind: &'static str,
    /// Value of the `autocomplete` attribute.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Initial value.
    #[prop(into, default = String::new())]
    value: String,
    /// Whether it is read-only.
    #[prop(into, default = Signal::stored(false))]
    readonly: Signal<bool>,
    /// Id of the element that describes the field.
    #[prop(optional)]
    describedby: Option<&'static str>,
    /// Maximum number of characters.
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

/// A hidden field that tells password managers whose password the form asks for.
#[component]
pub(crate) fn Username() -> impl IntoView {
    let session = state().session;
    let name = move || session.user.read().as_ref().map(|user| user.username.clone());
    view! { <input class="sr-only" type="text" autocomplete="username" aria-hidden="true" tabindex="-1" readonly value=name/> }.into_any()
}
