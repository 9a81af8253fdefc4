//! Name and password.

use holdfast_protocol::{
    Code,
    api::User,
    people::{AccountPatch, Ways},
};
use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    calls::{read, tell},
    components::{
        field::{Field, Username},
        ways::Again,
    },
    services::Verb,
    ui::{ask, live, ui},
    words::{Told, rest, words},
};

/// Changes them. One form: either wants the password so far.
#[component]
pub(crate) fn Details(
    /// How one signs in.
    ways: RwSignal<Ways>,
) -> impl IntoView {
    let (live, ui, ask) = (live(), ui(), ask());
    let (words, common, rest) = (words(), &rest().common, &rest().details);
    let said = RwSignal::new(None::<Result<&'static str, Told>>);
    let busy = RwSignal::new(false);
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let desk = ask.desk();
        let given = |id: &str| Some(desk.value(id)).filter(|text| !text.trim().is_empty());
        let patch =
            AccountPatch { username: given("new-name"), password: given("new-password"), current_password: desk.value("current-password") };
        if patch.username.is_none() && patch.password.is_none() {
            said.set(Some(Err(rest.nothing_given.into())));
            return;
        }
        busy.set(true);
        let with_password = patch.password.is_some();
        tell(ask, Verb::Patch, "auth/me", &patch, move |reply| {
            busy.set(false);
            match reply.and_then(|text| read::<User>(&text)) {
                Ok(user) => {
                    live.user.set(Some(user));
                    if with_password {
                        ways.update(|ways| ways.password = true);
                    }
                    for id in ["new-name", "new-password", "current-password"] {
                        ask.desk().set_value(id, "");
                    }
                    said.set(Some(Ok(if with_password { rest.changed_password } else { common.changed })));
                }
                Err(refusal) => {
                    // A password that won't do; what is wrong with it is read with the field.
                    if with_password && refusal.code == Code::BadFrame {
                        ask.desk().focus("new-password");
                    }
                    said.set(Some(Err(words.told(refusal))));
                }
            }
        });
    };
    view! {
        <h2>{rest.heading}</h2>
        {move || {
            let labels = ways.read().through.iter().map(|way| way.label.clone()).collect::<Vec<_>>().join(rest.and);
            let lacks = if ways.read().password { rest.through_end } else { rest.no_password };
            (!labels.is_empty()).then(|| view! { <p>{rest.through} <b>{labels}</b> {lacks}</p> }).into_any()
        }}
        <form class="form" method="post" on:submit=submit>
            <Username/>
            <Field id="new-name" label=rest.new_name maxlength="64"/>
            <Field id="new-password" label=rest.new_password kind="password" autocomplete="new-password" describedby="details-error"/>
            {move || {
                if ways.read().password {
                    view! { <Field id="current-password" label=rest.current_password kind="password" autocomplete="current-password"/> }.into_any()
                } else {
                    view! { <Again ways=ways.get().through/> }.into_any()
                }
            }}
            <p class="error" id="details-error" role="alert">{move || said.get().and_then(Result::err).map(Told::view)}</p>
            <p class="meta" role="status">{move || said.get().and_then(Result::ok)}</p>
            <button type="submit" class="go" disabled=move || !ui.awake.get() || busy.get()>{common.change}</button>
        </form>
    }
    .into_any()
}
