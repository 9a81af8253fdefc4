//! The keys there are.

use leptos::prelude::*;

use crate::{
    ui::{ask, ui},
    words::{Words, words},
};

/// What keys do, and up to three of them, the rest empty.
type Line = (&'static str, [&'static str; 3]);

/// What sends and what breaks the line, by the setting.
fn sending(words: &Words, ctrl: bool) -> [Line; 2] {
    let (send, new_line) = (words.keys.send, words.keys.new_line);
    let (ctrl_key, shift, enter) = (words.keys.ctrl, words.keys.shift, words.keys.enter);
    if ctrl {
        [(send, [ctrl_key, enter, ""]), (new_line, [enter, "", ""])]
    } else {
        [(send, [enter, "", ""]), (new_line, [shift, enter, ""])]
    }
}

/// What each does. A line here is a promise: the story of the keys tries every one.
fn keys(words: &Words) -> [Line; 10] {
    let (keys, ctrl) = (&words.keys, words.keys.ctrl);
    [
        (words.palette.label, [ctrl, "K", ""]),
        (words.common.new_conversation, [ctrl, keys.shift, "O"]),
        (words.search.label, ["/", "", ""]),
        (keys.recall, ["↑", "↓", ""]),
        (keys.quote, [">", "", ""]),
        (keys.undo, [ctrl, "Z", ""]),
        (keys.step, ["↑", "↓", ""]),
        (keys.ends, [keys.home, keys.end, ""]),
        (keys.escape, [keys.esc, "", ""]),
        (keys.these, ["?", "", ""]),
    ]
}

/// The sheet.
#[component]
pub(crate) fn Keys() -> impl IntoView {
    let (ui, ask, words) = (ui(), ask(), words());
    let lines = move || sending(words, ui.ctrl_sends.get()).into_iter().chain(keys(words));
    view! {
        <dialog id="keys" class="keys" aria-labelledby="keys-heading">
            <h2 id="keys-heading">{words.keys.heading}</h2>
            <dl>
                {move || {
                    lines()
                        .map(|(what, keys)| {
                            view! {
                                <div>
                                    <dt>{what}</dt>
                                    <dd>{keys.into_iter().filter(|key| !key.is_empty()).map(|key| view! { <kbd>{key}</kbd> }).collect_view()}</dd>
                                </div>
                            }
                        })
                        .collect_view()
                }}
            </dl>
            <p class="meta">{words.keys.mac}</p>
            <div class="ways">
                <button type="button" class="go" on:click=move |_| ask.desk().set_dialog("keys", false)>{words.common.close}</button>
            </div>
        </dialog>
    }
    .into_any()
}
