//! Quoting: what is selected in a message goes into the composer.

use leptos::prelude::*;

use crate::{
    state::AppState,
    ui::{Ui, state, ui},
};

/// Puts what is selected into the composer, beneath what is there.
pub(crate) fn quote(state: AppState, ui: Ui) {
    if let Some(text) = state.selected.get_untracked() {
        state.selected.set(None);
        ui.insert.set(Some(quoted(&text)));
    }
}

/// Offers it. Where, the window says: beneath what is selected.
#[component]
pub(crate) fn Quote() -> impl IntoView {
    let (state, ui) = (state(), ui());
    view! {
        <button
            type="button"
            class="floating"
            id="quote"
            hidden=move || state.selected.read().is_none()
            // Pressed, it would take the selection away.
            on:mousedown=move |ev| ev.prevent_default()
            on:click=move |_| quote(state, ui)
        >
            {state.strings().transcript.quote}
        </button>
    }
    .into_any()
}

/// A text as a quotation, with room beneath it.
fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    for line in text.trim_matches('\n').lines() {
        quoted.push_str(format!("> {line}").trim_end());
        quoted.push('\n');
    }
    quoted.push('\n');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_quoted() {
        assert_eq!(quoted("one\n\n  two  \n"), "> one\n>\n>   two\n\n");
    }
}
