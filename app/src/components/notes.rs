//! Sentences above the composer: what was refused, and what to do.

use leptos::prelude::*;

use crate::{
    Place,
    live::Face,
    once::{Each, memo},
    ui::{ask, live},
};

/// Why nothing goes out, and passing notices.
#[component]
pub(crate) fn Notes() -> impl IntoView {
    let live = live();
    let ask = ask();
    let refusal = memo(move || live.refusal());
    let is_signed_out = memo(move || matches!(*live.face.read(), Face::SignedOut(_)));
    view! {
        <div class="notes" aria-live="polite">
            {move || {
                refusal.get().map(|refusal| {
                    let mend = if is_signed_out.get() {
                        view! { <a href=live.path(Place::SignIn)>"Sign in"</a> }.into_any()
                    } else {
                        view! { <button type="button" class="link" on:click=move |_| ask.commands().retry_now()>"Try again"</button> }.into_any()
                    };
                    view! {
                        <div class="notice warn">
                            <span>{refusal.error}</span>
                            {mend}
                        </div>
                    }
                })
            }}
            <Each each=move || live.notices.get() key=|notice| notice.key let:notice>
                <div class="notice">
                    <span>{notice.text.clone()}</span>
                    <button type="button" class="link" on:click=move |_| live.dismiss(notice.key)>"Dismiss"</button>
                </div>
            </Each>
        </div>
    }
    .into_any()
}
