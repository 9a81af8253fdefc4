//! The keys there are.

use leptos::prelude::*;

use crate::{
    eager::IntoEager,
    ui::{ask, ui},
};

type Line = (&'static str, &'static [&'static str]);

/// What sends and what breaks the line, by the setting.
const SENDING: [[Line; 2]; 2] =
    [[("Send", &["Enter"]), ("New line", &["Shift", "Enter"])], [("Send", &["Ctrl", "Enter"]), ("New line", &["Enter"])]];

/// What each does. A line here is a promise: the story of the keys tries every one.
const KEYS: [Line; 10] = [
    ("Command palette", &["Ctrl", "K"]),
    ("New conversation", &["Ctrl", "Shift", "O"]),
    ("Search conversations", &["/"]),
    ("Bring back what you wrote, in an empty field", &["↑", "↓"]),
    ("Quote what is selected", &[">"]),
    ("Undo what was just deleted or archived", &["Ctrl", "Z"]),
    ("Move in a menu or a list", &["↑", "↓"]),
    ("To the first or the last in a list", &["Home", "End"]),
    ("Close what is open", &["Esc"]),
    ("These keys", &["?"]),
];

/// The sheet.
#[component]
pub(crate) fn Keys() -> impl IntoView {
    let (ui, ask) = (ui(), ask());
    let lines = move || SENDING[usize::from(ui.ctrl_sends.get())].into_iter().chain(KEYS);
    view! {
        <dialog id="keys" class="keys" aria-labelledby="keys-heading">
            <h2 id="keys-heading">"Keyboard shortcuts"</h2>
            <dl>
                {move || {
                    lines()
                        .map(|(what, keys)| {
                            view! {
                                <div>
                                    <dt>{what}</dt>
                                    <dd>{keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect_view()}</dd>
                                </div>
                            }
                        })
                        .collect_view()
                }}
            </dl>
            <p class="meta">"On a Mac, ⌘ does what Ctrl does."</p>
            <div class="ways">
                <button type="button" class="go" on:click=move |_| ask.desk().set_dialog("keys", false)>"Close"</button>
            </div>
        </dialog>
    }
    .eager()
}
