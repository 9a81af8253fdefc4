//! A list in which one finds by typing: a field, and beneath it what fits.
//!
//! A combobox as WAI-ARIA describes it: the focus stays in the field, which points to the line that Enter takes.

use holdfast_protocol::api::Piece;
use leptos::{ev::KeyboardEvent, prelude::*};

use super::search::marked;
use crate::ui::{AppContext, composes, context};

/// A line of the list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// Those that follow each other and have the same stand under it.
    pub(crate) group: String,
    /// What it is called.
    pub(crate) title: Vec<Piece>,
    /// What is to be known beside that.
    pub(crate) route: Vec<Piece>,
    /// Whether it is what stands now.
    pub(crate) current: bool,
}

/// Text in which nothing was found.
pub(crate) fn plain(text: impl Into<String>) -> Vec<Piece> {
    vec![Piece { text: text.into(), found: false }]
}

/// Whether all words of a query, which is in lower case, are in a text.
pub(crate) fn fits(query: &str, text: &str) -> bool {
    let text = text.to_lowercase();
    query.split_whitespace().all(|word| text.contains(word))
}

/// Opens it, at once: whoever types on goes on in it. Where that would bring up a keyboard on the screen, over what is
/// listed, the field waits for a touch, or for [`focus`].
pub(crate) fn open(id: &str, context: AppContext) {
    context.browser().set_dialog(id, true);
    context.browser().focus_to_write(&field_id(id));
}

/// Goes into its field.
pub(crate) fn focus(id: &str, context: AppContext) {
    context.browser().focus(&field_id(id));
}

/// Closes it, with nothing left in its field.
pub(crate) fn close(id: &str, context: AppContext) {
    context.browser().set_dialog(id, false);
    context.browser().set_value(&field_id(id), "");
}

/// Brings a line into view once it is on the page.
pub(crate) fn show(id: &'static str, context: AppContext, line: usize) {
    request_animation_frame(move || context.browser().bring_into_view(&line_id(id, line)));
}

fn field_id(id: &str) -> String {
    format!("{id}-field")
}

fn line_id(id: &str, line: usize) -> String {
    format!("{id}-{line}")
}

/// The names of its parts.
#[derive(Clone, Copy)]
pub(crate) struct Names {
    /// The whole.
    pub(crate) dialog: &'static str,
    /// The field.
    pub(crate) field: &'static str,
    /// The list.
    pub(crate) list: &'static str,
    /// What stands in the field before anything is typed.
    pub(crate) placeholder: &'static str,
}

/// See the module. What is listed is made by whoever opens it.
#[component]
pub(crate) fn Picker(
    /// Of the dialog.
    id: &'static str,
    /// What it is called.
    names: Names,
    /// What fits.
    lines: Memo<Vec<Line>>,
    /// The line that Enter takes.
    at: RwSignal<usize>,
    /// What is said of what fits.
    #[prop(into)]
    said: Signal<String>,
    /// Hears what is typed.
    typed: Callback<String>,
    /// Takes a line.
    take: Callback<usize>,
    /// It was closed, whichever way.
    closed: Callback<()>,
) -> impl IntoView {
    let context = context();
    // It is told of a closing some time later; meanwhile it may be open again.
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
        // By itself it would be told of the closing some time later: maybe when it is open again, with the letters before.
        if ev.key() == "Escape" {
            ev.prevent_default();
            close(id, context);
            closed.run(());
            return;
        }
        focus(id, context);
        let (count, here) = (lines.read_untracked().len(), at.get_untracked());
        match ev.key().as_str() {
            // With Shift they mark in the field, as everywhere.
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
        let route = (!line.route.is_empty()).then(|| view! { <span class="place" dir="auto">{marked(line.route)}</span> });
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
                {route}
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
        <p class="meta" role="status">{said}</p>
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
