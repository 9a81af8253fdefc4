//! The end of an account.

use holdfast_protocol::people::{Farewell as Body, Ways};
use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    Place,
    calls::tell,
    components::{
        field::{Field, Username},
        ways::Again,
    },
    services::Verb,
    ui::{ask, live, ui},
};

/// Removes the account, after asking once more.
#[component]
pub(crate) fn Farewell(
    /// A guest has no password.
    guest: bool,
    /// How one signs in.
    ways: RwSignal<Ways>,
) -> impl IntoView {
    let (live, ui, ask) = (live(), ui(), ask());
    let error = RwSignal::new(None::<String>);
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        let body = Body { password: ask.desk().value("farewell-password") };
        tell(ask, Verb::Post, "auth/remove", &body, move |reply| match reply {
            Ok(_) => {
                ask.desk().set_dialog("farewell", false);
                ask.commands().signed_out();
                live.notify("Your account and everything in it is removed.");
                ui.go(Place::New);
            }
            Err(refusal) => error.set(Some(refusal.error)),
        });
    };
    view! {
        <h2>"Leave for good"</h2>
        <p class="ways start">
            <button type="button" class="ghost framed" on:click=move |_| ask.desk().set_dialog("farewell", true)>"Remove the account…"</button>
        </p>
        <dialog id="farewell" aria-labelledby="farewell-heading">
            <h2 id="farewell-heading">"Remove your account?"</h2>
            <p>"You, all your conversations and everything else of yours are removed for good, on all devices."</p>
            <form method="post" on:submit=submit>
                {(!guest).then(|| view! { <Username/> })}
                {move || {
                    if guest {
                        ().into_any()
                    } else if ways.read().password {
                        view! { <Field id="farewell-password" label="Password" kind="password" autocomplete="current-password"/> }.into_any()
                    } else {
                        view! { <Again ways=ways.get().through/> }.into_any()
                    }
                }}
                <p class="error" role="alert">{move || error.get()}</p>
                <div class="ways">
                    <button type="button" class="ghost" on:click=move |_| ask.desk().set_dialog("farewell", false)>"Keep it"</button>
                    <button type="submit" class="go danger">"Remove"</button>
                </div>
            </form>
        </dialog>
    }
    .into_any()
}
