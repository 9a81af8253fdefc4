//! Name and password.

use holdfast_protocol::{
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
};

/// Changes them. One form: either wants the password so far.
#[component]
pub(crate) fn Details(
    /// How one signs in.
    ways: RwSignal<Ways>,
) -> impl IntoView {
    let (live, ui, ask) = (live(), ui(), ask());
    let said = RwSignal::new(None::<Result<&'static str, String>>);
    let busy = RwSignal::new(false);
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        let desk = ask.desk();
        let given = |id: &str| Some(desk.value(id)).filter(|text| !text.trim().is_empty());
        let patch =
            AccountPatch { username: given("new-name"), password: given("new-password"), current_password: desk.value("current-password") };
        if patch.username.is_none() && patch.password.is_none() {
            said.set(Some(Err("Give a new name, a new password, or both.".to_owned())));
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
                    let rest = "Changed. Other devices have to sign in again.";
                    said.set(Some(Ok(if with_password { rest } else { "Changed." })));
                }
                Err(refusal) => said.set(Some(Err(refusal.error))),
            }
        });
    };
    view! {
        <h2>"Name and password"</h2>
        {move || {
            let labels = ways.read().through.iter().map(|way| way.label.clone()).collect::<Vec<_>>().join(" and ");
            let lacks = if ways.read().password { "." } else { ". This account has no password; with one you can sign in here, too." };
            (!labels.is_empty()).then(|| view! { <p>"You sign in through " <b>{labels}</b> {lacks}</p> }).into_any()
        }}
        <form class="form" method="post" on:submit=submit>
            <Username/>
            <Field id="new-name" label="New name" maxlength="64"/>
            <Field id="new-password" label="New password" kind="password" autocomplete="new-password"/>
            {move || {
                if ways.read().password {
                    view! { <Field id="current-password" label="Current password" kind="password" autocomplete="current-password"/> }.into_any()
                } else {
                    view! { <Again ways=ways.get().through/> }.into_any()
                }
            }}
            <p class="error" role="alert">{move || said.get().and_then(Result::err)}</p>
            <p class="meta" role="status">{move || said.get().and_then(Result::ok)}</p>
            <button type="submit" class="go" disabled=move || !ui.awake.get() || busy.get()>"Change"</button>
        </form>
    }
    .into_any()
}
