//! Name and password.

use holdfast_protocol::{
    Code,
    api::User,
    people::{AccountPatch, SignInMethods},
};
use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    calls::{read, tell},
    components::{
        field::{Field, Username},
        sign_in_methods::SignInAgain,
    },
    services::Verb,
    strings::{Localized, lazy, strings},
    ui::{context, state, ui},
};

/// The form that changes them. It is one form because both need the current password.
#[component]
pub(crate) fn Details(
    /// How the user signs in.
    sign_in_methods: RwSignal<SignInMethods>,
) -> impl IntoView {
    let (session, ui, context) = (state().session, ui(), context());
    let (strings, common, lazy) = (strings(), &lazy().common, &lazy().details);
    let texts = RwSignal::new(None::<Result<&'static str, Localized>>);
    let busy = RwSignal::new(false);
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let browser = context.browser();
        let given = |id: &str| Some(browser.value(id)).filter(|text| !text.trim().is_empty());
        let patch = AccountPatch {
            username: given("new-name"),
            password: given("new-password"),
            current_password: browser.value("current-password"),
        };
        if patch.username.is_none() && patch.password.is_none() {
            texts.set(Some(Err(lazy.nothing_given.into())));
            return;
        }
        busy.set(true);
        let with_password = patch.password.is_some();
        tell(context, Verb::Patch, "auth/me", &patch, move |reply| {
            busy.set(false);
            match reply.and_then(|text| read::<User>(&text)) {
                Ok(user) => {
                    session.user.set(Some(user));
                    if with_password {
                        sign_in_methods.update(|sign_in_methods| sign_in_methods.password = true);
                    }
                    for id in ["new-name", "new-password", "current-password"] {
                        context.browser().set_value(id, "");
                    }
                    texts.set(Some(Ok(if with_password { lazy.changed_password } else { common.changed })));
                }
                Err(api_error) => {
                    // The new password is not acceptable, so the error belongs to its field.
                    if with_password && api_error.code == Code::BadFrame {
                        context.browser().focus("new-password");
                    }
                    texts.set(Some(Err(strings.localized(api_error))));
                }
            }
        });
    };
    view! {
        <h2>{lazy.heading}</h2>
        {move || {
            let labels = sign_in_methods.read().through.iter().map(|method| method.label.clone()).collect::<Vec<_>>().join(lazy.and);
            let lacks = if sign_in_methods.read().password { lazy.through_end } else { lazy.no_password };
            (!labels.is_empty()).then(|| view! { <p>{lazy.through} <b>{labels}</b> {lacks}</p> }).into_any()
        }}
        <form class="form" method="post" on:submit=submit>
            <Username/>
            <Field id="new-name" label=lazy.new_name maxlength="64"/>
            <Field id="new-password" label=lazy.new_password kind="password" autocomplete="new-password" describedby="details-error"/>
            {move || {
                if sign_in_methods.read().password {
                    view! { <Field id="current-password" label=lazy.current_password kind="password" autocomplete="current-password"/> }.into_any()
                } else {
                    view! { <SignInAgain sign_in_methods=sign_in_methods.get().through/> }.into_any()
                }
            }}
            <p class="error" id="details-error" role="alert">{move || texts.get().and_then(Result::err).map(Localized::view)}</p>
            <p class="meta" role="status">{move || texts.get().and_then(Result::ok)}</p>
            <button type="submit" class="primary" disabled=move || !ui.hydrated.get() || busy.get()>{common.change}</button>
        </form>
    }
    .into_any()
}
