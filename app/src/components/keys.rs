//! The keys there are.

use leptos::prelude::*;

use crate::{eager::IntoEager, ui::ask};

/// What each does. A line here is a promise: the story of the keys tries every one.
const KEYS: [(&str, &[&str]); 9] = [
    ("Command palette", &["Ctrl", "K"]),
    ("New conversation", &["Ctrl", "Shift", "O"]),
    ("Search conversations", &["/"]),
    ("Send", &["Enter"]),
    ("New line", &["Shift", "Enter"]),
    ("Undo what was just deleted or archived", &["Ctrl", "Z"]),
    ("Move in a menu or a list of commands", &["↑", "↓"]),
    ("Close what is open", &["Esc"]),
    ("These keys", &["?"]),
];

/// The sheet.
#[component]
pub(crate) fn Keys() -> impl IntoView {
    let ask = ask();
    view! {
        <dialog id="keys" class="keys" aria-labelledby="keys-heading">
            <h2 id="keys-heading">"Keyboard shortcuts"</h2>
            <dl>
                {KEYS
                    .map(|(what, keys)| {
                        view! {
                            <div>
                                <dt>{what}</dt>
                                <dd>{keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect_view()}</dd>
                            </div>
                        }
                    })
                    .collect_view()}
            </dl>
            <p class="meta">"On a Mac, ⌘ does what Ctrl does."</p>
            <div class="ways">
                <button type="button" class="go" on:click=move |_| ask.desk().set_dialog("keys", false)>"Close"</button>
            </div>
        </dialog>
    }
    .eager()
}
