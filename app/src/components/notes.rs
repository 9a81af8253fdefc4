//! Notices above the composer and on other pages: errors, and what to do about them.

use leptos::prelude::*;

use crate::{
    Route,
    first_load::erased::{Each, memo},
    state::ConnectionStatus,
    strings::Localized,
    ui::{context, state},
};

/// Notices: why messages are not sent, and passing messages.
#[component]
pub(crate) fn Notes() -> impl IntoView {
    let state = state();
    let (context, strings) = (context(), state.strings());
    let api_error = memo(move || state.connection.api_error());
    let is_signed_out = memo(move || matches!(*state.connection.status.read(), ConnectionStatus::SignedOut(_)));
    view! {
        <div class="notices" aria-live="polite">
            {move || {
                api_error.get().map(|api_error| {
                    let fix = if is_signed_out.get() {
                        view! { <a href=state.path(Route::SignIn)>{strings.common.sign_in}</a> }.into_any()
                    } else {
                        view! { <button type="button" class="link" on:click=move |_| context.commands().retry_now()>{strings.common.try_again}</button> }.into_any()
                    };
                    view! {
                        <div class="notice warn">
                            {strings.localized(api_error).view()}
                            {fix}
                        </div>
                    }
                })
            }}
            <Each each=move || state.notices.all.get() key=|notice| notice.key let:notice>
                <div class="notice">
                    {Localized::view(notice.text.clone())}
                    <button type="button" class="link" on:click=move |_| state.notices.dismiss(notice.key)>{strings.common.dismiss}</button>
                </div>
            </Each>
        </div>
    }
    .into_any()
}
