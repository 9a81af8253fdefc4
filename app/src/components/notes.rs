//! Sentences above the composer, and on the pages where one does something else: what was refused, and what to do.

use leptos::prelude::*;

use crate::{
    Place,
    live::Face,
    once::{Each, memo},
    ui::{ask, live},
    words::Told,
};

/// Why nothing goes out, and passing notices.
#[component]
pub(crate) fn Notes() -> impl IntoView {
    let live = live();
    let (ask, words) = (ask(), live.words());
    let refusal = memo(move || live.refusal());
    let is_signed_out = memo(move || matches!(*live.face.read(), Face::SignedOut(_)));
    view! {
        <div class="notes" aria-live="polite">
            {move || {
                refusal.get().map(|refusal| {
                    let mend = if is_signed_out.get() {
                        view! { <a href=live.path(Place::SignIn)>{words.common.sign_in}</a> }.into_any()
                    } else {
                        view! { <button type="button" class="link" on:click=move |_| ask.commands().retry_now()>{words.common.try_again}</button> }.into_any()
                    };
                    view! {
                        <div class="notice warn">
                            {words.told(refusal).view()}
                            {mend}
                        </div>
                    }
                })
            }}
            <Each each=move || live.notices.get() key=|notice| notice.key let:notice>
                <div class="notice">
                    {Told::view(notice.text.clone())}
                    <button type="button" class="link" on:click=move |_| live.dismiss(notice.key)>{words.common.dismiss}</button>
                </div>
            </Each>
        </div>
    }
    .into_any()
}
