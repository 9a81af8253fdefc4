//! Quoting: inserts text that is selected in a message into the composer.

use leptos::prelude::*;

use crate::{
    state::OpenConversation,
    strings::strings,
    ui::{Ui, state, ui},
};

/// Inserts the selected text into the composer, below the text that is there.
pub(crate) fn quote(open: OpenConversation, ui: Ui) {
    if let Some(text) = open.selected.get_untracked() {
        open.selected.set(None);
        ui.insert.set(Some(quoted(&text)));
    }
}

/// The button that quotes. The browser driver places it below the selection.
#[component]
pub(crate) fn Quote() -> impl IntoView {
    let (open, ui) = (state().open, ui());
    view! {
        <button
            type="button"
            class="floating"
            id="quote"
            hidden=move || open.selected.read().is_none()
            // A normal press would clear the selection.
            on:mousedown=move |ev| ev.prevent_default()
            on:click=move |_| quote(open, ui)
        >
            {strings().transcript.quote}
        </button>
    }
    .into_any()
}

/// Formats a text as a quotation, followed by an empty line.
pub(super) fn quoted(text: &str) -> String {
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
