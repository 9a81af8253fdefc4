//! Removal of the account.

use holdfast_protocol::people::{AccountRemoval as Body, SignInMethods};
use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    Route,
    calls::tell,
    components::{
        field::{Field, Username},
        sign_in_methods::SignInAgain,
    },
    services::Verb,
    strings::{Localized, lazy, strings},
    ui::{context, state, ui},
};

/// The button that removes the account, with a confirmation.
#[component]
pub(crate) fn AccountRemoval(
    /// Whether the user is a guest, who has no password.
    guest: bool,
    /// How the user signs in.
    sign_in_methods: RwSignal<SignInMethods>,
) -> impl IntoView {
    let (notices, ui, context) = (state().notices, ui(), context());
    let (strings, all, lazy) = (strings(), lazy(), &lazy().account_removal);
    let error = RwSignal::new(None::<Localized>);
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        let body = Body { password: context.browser().value("removal-password") };
        tell(context, Verb::Post, "auth/remove", &body, move |reply| match reply {
            Ok(_) => {
                context.browser().set_dialog("removal", false);
                context.commands().signed_out();
                notices.notify(lazy.removed);
                ui.go(Route::New);
            }
            Err(api_error) => error.set(Some(strings.localized(api_error))),
        });
    };
    view! {
        <h2>{lazy.heading}</h2>
        <p class="actions start">
            <button type="button" class="ghost framed" on:click=move |_| context.browser().set_dialog("removal", true)>{lazy.open}</button>
        </p>
        <dialog id="removal" aria-labelledby="removal-heading">
            <h2 id="removal-heading">{lazy.question}</h2>
            <p>{lazy.about}</p>
            <form method="post" on:submit=submit>
                {(!guest).then(|| view! { <Username/> })}
                {move || {
                    if guest {
                        ().into_any()
                    } else if sign_in_methods.read().password {
                        view! { <Field id="removal-password" label=all.sign.password kind="password" autocomplete="current-password"/> }.into_any()
                    } else {
                        view! { <SignInAgain sign_in_methods=sign_in_methods.get().through/> }.into_any()
                    }
                }}
                <p class="error" role="alert">{move || error.get().map(Localized::view)}</p>
                <div class="actions">
                    <button type="button" class="ghost" on:click=move |_| context.browser().set_dialog("removal", false)>{lazy.keep}</button>
                    <button type="submit" class="primary danger">{all.common.remove}</button>
                </div>
            </form>
        </dialog>
    }
    .into_any()
}
