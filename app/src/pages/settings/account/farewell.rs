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
    words::{Told, rest, words},
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
    let (words, all, rest) = (words(), rest(), &rest().farewell);
    let error = RwSignal::new(None::<Told>);
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        let body = Body { password: ask.desk().value("farewell-password") };
        tell(ask, Verb::Post, "auth/remove", &body, move |reply| match reply {
            Ok(_) => {
                ask.desk().set_dialog("farewell", false);
                ask.commands().signed_out();
                live.notify(rest.removed);
                ui.go(Place::New);
            }
            Err(refusal) => error.set(Some(words.told(refusal))),
        });
    };
    view! {
        <h2>{rest.heading}</h2>
        <p class="ways start">
            <button type="button" class="ghost framed" on:click=move |_| ask.desk().set_dialog("farewell", true)>{rest.open}</button>
        </p>
        <dialog id="farewell" aria-labelledby="farewell-heading">
            <h2 id="farewell-heading">{rest.question}</h2>
            <p>{rest.about}</p>
            <form method="post" on:submit=submit>
                {(!guest).then(|| view! { <Username/> })}
                {move || {
                    if guest {
                        ().into_any()
                    } else if ways.read().password {
                        view! { <Field id="farewell-password" label=all.sign.password kind="password" autocomplete="current-password"/> }.into_any()
                    } else {
                        view! { <Again ways=ways.get().through/> }.into_any()
                    }
                }}
                <p class="error" role="alert">{move || error.get().map(Told::view)}</p>
                <div class="ways">
                    <button type="button" class="ghost" on:click=move |_| ask.desk().set_dialog("farewell", false)>{rest.keep}</button>
                    <button type="submit" class="go danger">{all.common.remove}</button>
                </div>
            </form>
        </dialog>
    }
    .into_any()
}
