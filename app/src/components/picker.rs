//! A searchable list: a field, and below it the entries that match.
//!
//! It is a combobox as WAI-ARIA describes it: the focus stays in the field, which refers to the entry that Enter selects.

use holdfast_protocol::api::Piece;
use leptos::{ev::KeyboardEvent, prelude::*};

use super::search::marked;
use crate::ui::{AppContext, composes, context};

/// An entry of the list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// Heading of its group. Consecutive entries with the same heading form a group.
    pub(crate) group: String,
    /// Its title.
    pub(crate) title: Vec<Piece>,
    /// Additional text beside the title.
    pub(crate) detail: Vec<Piece>,
    /// Whether it is the current choice.
    pub(crate) current: bool,
}

/// Returns a text without matching parts.
pub(crate) fn plain(text: impl Into<String>) -> Vec<Piece> {
    vec![Piece { text: text.into(), found: false }]
}

/// Returns whether a text contains all words of a query. The query must be in lower case.
pub(crate) fn fits(query: &str, text: &str) -> bool {
    let text = text.to_lowercase();
    query.split_whitespace().all(|word| text.contains(word))
}

/// Opens the dialog immediately, so that the user can type on. Where the focus would bring up an on-screen keyboard that covers the list,
/// the field waits for a tap or for [`focus`].
pub(crate) fn open(id: &str, context: AppContext) {
    context.browser().set_dialog(id, true);
    context.browser().focus_to_write(&field_id(id));
}

/// Moves the focus into its field.
pub(crate) fn focus(id: &str, context: AppContext) {
    context.browser().focus(&field_id(id));
}

/// Closes the dialog and clears its field.
pub(crate) fn close(id: &str, context: AppContext) {
    context.browser().set_dialog(id, false);
    context.browser().set_value(&field_id(id), "");
}

/// Scrolls an entry into view once it is on the page.
pub(crate) fn show(id: &'static str, context: AppContext, line: usize) {
    request_animation_frame(move || context.browser().bring_into_view(&line_id(id, line)));
}

fn field_id(id: &str) -> String {
    format!("{id}-field")
}

fn line_id(id: &str, line: usize) -> String {
    format!("{id}-{line}")
}

/// Accessible names and texts of the dialog.
#[derive(Clone, Copy)]
pub(crate) struct Names {
    /// Name of the dialog.
    pub(crate) dialog: &'static str,
    /// Name of the field.
    pub(crate) field: &'static str,
    /// Name of the list.
    pub(crate) list: &'static str,
    /// Placeholder of the field.
    pub(crate) placeholder: &'static str,
}

/// The dialog. Whoever opens it provides the entries.
#[component]
pub(crate) fn Picker(
    /// Id of the dialog.
    id: &'static str,
    /// Its names.
    names: Names,
    /// The entries that match.
    lines: Memo<Vec<Line>>,
    /// Index of the selected entry.
    at: RwSignal<usize>,
    /// A sentence about the number of matches.
    #[prop(into)]
    summary: Signal<String>,
    /// Called with the text after each change.
    typed: Callback<String>,
    /// Called with the index of the entry that the user chose.
    take: Callback<usize>,
    /// Called after the dialog was closed in any way.
    closed: Callback<()>,
) -> impl IntoView {
    let context = context();
    // The browser reports a close later; the dialog may be open again by then.
    let on_close = move |_| {
        if !context.browser().is_open(id) {
            context.browser().set_value(&field_id(id), "");
            closed.run(());
        }
    };
    let go = move |to: usize| {
        at.set(to);
        show(id, context, to);
    };
    let on_key = move |ev: KeyboardEvent| {
        if composes(&ev) || ev.key() == "Tab" {
            return;
        }
        // The browser's own handling would report the close later, perhaps when the dialog is open again with the old text.
        if ev.key() == "Escape" {
            ev.prevent_default();
            close(id, context);
            closed.run(());
            return;
        }
        focus(id, context);
        let (count, here) = (lines.read_untracked().len(), at.get_untracked());
        match ev.key().as_str() {
            // With Shift, these keys select text in the field as usual.
            _ if ev.shift_key() => return,
            "ArrowDown" if count > 0 => go((here + 1) % count),
            "ArrowUp" if count > 0 => go((here + count - 1) % count),
            "Home" if count > 0 => go(0),
            "End" if count > 0 => go(count - 1),
            "Enter" if here < count => take.run(here),
            "Enter" | "ArrowDown" | "ArrowUp" => {}
            _ => return,
        }
        ev.prevent_default();
    };
    let groups = move || {
        let lines = lines.read();
        let mut groups: Vec<(String, Vec<(usize, Line)>)> = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            match groups.last_mut().filter(|(name, _)| *name == line.group) {
                Some((_, lines)) => lines.push((index, line.clone())),
                None => groups.push((line.group.clone(), vec![(index, line.clone())])),
            }
        }
        groups
    };
    let active = move || (at.get() < lines.read().len()).then(|| line_id(id, at.get()));
    let option = move |index: usize, line: Line| {
        let detail = (!line.detail.is_empty()).then(|| view! { <span class="excerpt" dir="auto">{marked(line.detail)}</span> });
        view! {
            <div
                class="option"
                role="option"
                id=line_id(id, index)
                aria-selected=move || (at.get() == index).to_string()
                aria-current=line.current.then_some("true")
                on:mousemove=move |_| if at.get_untracked() != index { at.set(index) }
                on:click=move |_| take.run(index)
            >
                <span class="title" dir="auto">{marked(line.title)}</span>
                {detail}
            </div>
        }
    };
    view! {
        <dialog id=id class="palette" aria-label=names.dialog autofocus on:close=on_close on:keydown=on_key>
        <input
            class="field"
            id=field_id(id)
            type="text"
            role="combobox"
            aria-label=names.field
            aria-expanded="true"
            aria-controls=format!("{id}-list")
            aria-autocomplete="list"
            aria-activedescendant=active
            placeholder=names.placeholder
            autocomplete="off"
            spellcheck="false"
            maxlength="200"
            on:input=move |ev| typed.run(event_target_value(&ev))
        />
        <div class="options" id=format!("{id}-list") role="listbox" aria-label=names.list>
            {move || {
                groups()
                    .into_iter()
                    .map(|(name, lines)| {
                        let options = lines.into_iter().map(|(index, line)| option(index, line)).collect_view();
                        let heading = name.clone();
                        view! {
                            <div role="group" aria-label=name>
                                <div class="group" aria-hidden="true">{heading}</div>
                                {options}
                            </div>
                        }
                    })
                    .collect_view()
            }}
        </div>
        <p class="meta" role="status">{summary}</p>
        </dialog>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_have_to_fit_in_whichever_order() {
        assert!(fits("", "Ollama llama3.2"));
        assert!(fits("3.2 oll", "Ollama llama3.2"));
        assert!(!fits("oll gpt", "Ollama llama3.2"));
        assert!(fits("élan", "ÉLAN"));
    }
}
