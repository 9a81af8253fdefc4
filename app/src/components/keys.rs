//! The overview of keyboard shortcuts.

use leptos::prelude::*;

use crate::{
    strings::{Strings, strings},
    ui::{context, ui},
};

/// What a shortcut does, and up to three keys; unused places are empty.
type Line = (&'static str, [&'static str; 3]);

/// Returns the shortcuts for sending and for a new line, which depend on a setting.
fn sending(strings: &Strings, ctrl: bool) -> [Line; 2] {
    let (send, new_line) = (strings.keys.send, strings.keys.new_line);
    let (ctrl_key, shift, enter) = (strings.keys.ctrl, strings.keys.shift, strings.keys.enter);
    if ctrl {
        [(send, [ctrl_key, enter, ""]), (new_line, [enter, "", ""])]
    } else {
        [(send, [enter, "", ""]), (new_line, [shift, enter, ""])]
    }
}

/// Returns the shortcuts. An end-to-end test tries each of them.
fn keys(strings: &Strings) -> [Line; 10] {
    let (keys, ctrl) = (&strings.keys, strings.keys.ctrl);
    [
        (strings.palette.label, [ctrl, "K", ""]),
        (strings.common.new_conversation, [ctrl, keys.shift, "O"]),
        (strings.search.label, ["/", "", ""]),
        (keys.recall, ["↑", "↓", ""]),
        (keys.quote, [">", "", ""]),
        (keys.undo, [ctrl, "Z", ""]),
        (keys.step, ["↑", "↓", ""]),
        (keys.ends, [keys.home, keys.end, ""]),
        (keys.escape, [keys.esc, "", ""]),
        (keys.these, ["?", "", ""]),
    ]
}

/// The dialog with the overview.
#[component]
pub(crate) fn Keys() -> impl IntoView {
    let (ui, context, strings) = (ui(), context(), strings());
    let lines = move || sending(strings, ui.ctrl_sends.get()).into_iter().chain(keys(strings));
    view! {
        <dialog id="keys" class="shortcuts" aria-labelledby="keys-heading">
            <h2 id="keys-heading">{strings.keys.heading}</h2>
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
            <p class="meta">{strings.keys.mac}</p>
            <div class="actions">
                <button type="button" class="primary" on:click=move |_| context.browser().set_dialog("keys", false)>{strings.common.close}</button>
            </div>
        </dialog>
    }
    .into_any()
}
