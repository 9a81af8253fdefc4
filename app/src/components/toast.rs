//! A short message about what was just done, with a button to undo it.

use std::time::Duration;

use leptos::prelude::*;

use crate::{
    actions::actions,
    first_load::erased::{When, effect, memo},
    state::Notices,
    strings::{Localized, strings},
    ui::state,
};

/// Time for which the message is shown.
const SHOWN_FOR: Duration = Duration::from_secs(8);
/// Additional time while the user points at it or has the focus in it.
const HELD: Duration = Duration::from_secs(2);

/// The message. Its frame always exists, so that screen readers announce new content.
#[component]
pub(crate) fn ToastView() -> impl IntoView {
    let (notices, actions, strings) = (state().notices, actions(), &strings().common);
    let held = RwSignal::new(false);
    effect(move || {
        if let Some(toast) = notices.toast.get() {
            held.set(false);
            leave(notices, held, toast.key, SHOWN_FOR);
        }
    });
    let toast = notices.toast;
    let has_undo = memo(move || toast.read().as_ref().is_some_and(|toast| toast.undo.is_some()));
    view! {
        <div
            class="toast"
            role="status"
            on:mouseenter=move |_| held.set(true)
            on:mouseleave=move |_| held.set(false)
            on:focusin=move |_| held.set(true)
            on:focusout=move |_| held.set(false)
        >
            <When is=move || toast.read().is_some()>
                <div class="content">
                    {move || toast.read().as_ref().map(|toast| Localized::view(toast.text.clone()))}
                    <When is=move || has_undo.get()>
                        <button type="button" class="link" aria-keyshortcuts="Control+Z" on:click=move |_| actions.undo()>{strings.undo}</button>
                    </When>
                    <button type="button" class="ghost icon" aria-label=strings.dismiss on:click=move |_| toast.set(None)>
                        <svg viewBox="0 0 20 20" aria-hidden="true">
                            <path d="M5.500 5.500l9 9M14.500 5.500l-9 9"></path>
                        </svg>
                    </button>
                </div>
            </When>
        </div>
    }
    .into_any()
}

/// Removes the message after a while, unless the user is pointing at it or has the focus in it.
fn leave(notices: Notices, held: RwSignal<bool>, key: u64, after: Duration) {
    set_timeout(
        move || {
            if notices.toast.try_get_untracked().flatten().is_none_or(|toast| toast.key != key) {
                return;
            }
            if held.get_untracked() {
                leave(notices, held, key, HELD);
            } else {
                notices.toast.set(None);
            }
        },
        after,
    );
}
