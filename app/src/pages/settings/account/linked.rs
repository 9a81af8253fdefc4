//! Sign-in providers that are linked to the account.

use holdfast_protocol::people::{LinkStart, Reauthentication, SignInMethod, SignInMethods};
use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    calls::{read, tell},
    components::{
        field::{Field, Username},
        sign_in_methods::SignInAgain,
    },
    first_load::erased::{When, memo},
    services::Verb,
    strings::{Localized, lazy, strings},
    ui::{context, state},
};

/// All providers, each with a button to link or unlink it.
#[component]
pub(crate) fn Linked(
    /// How the user signs in.
    sign_in_methods: RwSignal<SignInMethods>,
) -> impl IntoView {
    let (site, context) = (state().site, context());
    let (strings, step, lazy) = (strings(), &lazy().two_factor, &lazy().linked);
    let all = site.sign_in_methods.get_value();
    // The provider that the dialog is about, and whether it is linked.
    let asked = RwSignal::new(None::<(SignInMethod, bool)>);
    let error = RwSignal::new(None::<Localized>);
    let open = move |method: SignInMethod, is_in: bool| {
        asked.set(Some((method, is_in)));
        error.set(None);
        request_animation_frame(move || context.browser().set_dialog("link-account", true));
    };
    let close = move || {
        context.browser().set_dialog("link-account", false);
        asked.set(None);
    };
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        let Some((method, is_in)) = asked.get_untracked() else { return };
        let path = format!("auth/methods/{}{}", method.name, if is_in { "/remove" } else { "" });
        let code = Some(context.browser().value("link-account-code")).filter(|code| !code.is_empty());
        let proof = Reauthentication { password: context.browser().value("link-account-password"), code };
        tell(context, Verb::Post, &path, &proof, move |reply| match reply {
            Ok(_) if is_in => {
                close();
                sign_in_methods.update(|sign_in_methods| sign_in_methods.through.retain(|it| it.name != method.name));
            }
            Ok(text) => match read::<LinkStart>(&text) {
                Ok(there) => context.browser().leave_for(&there.path),
                Err(api_error) => error.set(Some(strings.localized(api_error))),
            },
            Err(api_error) => error.set(Some(strings.localized(api_error))),
        });
    };
    let row = move |method: SignInMethod| {
        let name = method.name.clone();
        let is_in = memo(move || sign_in_methods.read().through.iter().any(|it| it.name == name));
        let label = method.label.clone();
        let what = move || if is_in.get() { (lazy.unlink_named)(&label) } else { (lazy.link_named)(&label) };
        let label = method.label.clone();
        view! {
            <li class="line">
                <span>
                    <b>{label}</b>
                    <span class="detail">{move || if is_in.get() { lazy.linked } else { lazy.unlinked }}</span>
                </span>
                <button type="button" class="small" aria-label=what on:click=move |_| open(method.clone(), is_in.get_untracked())>
                    {move || if is_in.get() { lazy.unlink } else { lazy.link }}
                </button>
            </li>
        }
    };
    (!all.is_empty())
        .then(|| {
            view! {
                <h2>{lazy.heading}</h2>
                <ul class="card" aria-label=lazy.label>{all.into_iter().map(row).collect_view()}</ul>
                <dialog id="link-account" aria-labelledby="link-account-heading">
                    {move || asked.get().map(|(method, is_in)| view! { <Question method is_in sign_in_methods/> })}
                    <form method="post" on:submit=submit>
                        <Username/>
                        {move || {
                            if asked.read().is_none() {
                                ().into_any()
                            } else if sign_in_methods.read().password {
                                view! { <Field id="link-account-password" label=lazy.password kind="password" autocomplete="current-password"/> }.into_any()
                            } else {
                                view! { <SignInAgain sign_in_methods=sign_in_methods.get().through/> }.into_any()
                            }
                        }}
                        <When is=move || sign_in_methods.read().second_factor && asked.read().as_ref().is_some_and(|(_, is_in)| !is_in)>
                            <Field id="link-account-code" label=step.code_or_recovery autocomplete="one-time-code" maxlength="32"/>
                        </When>
                        <p class="error" role="alert">{move || error.get().map(Localized::view)}</p>
                        <div class="actions">
                            <button type="button" class="ghost" on:click=move |_| close()>{strings.common.cancel}</button>
                            <button type="submit" class="primary">
                                {move || if asked.read().as_ref().is_some_and(|(_, is_in)| *is_in) { lazy.unlink } else { lazy.link }}
                            </button>
                        </div>
                    </form>
                </dialog>
            }
        })
        .into_any()
}

/// The content of the dialog.
#[component]
fn Question(
    /// The provider.
    method: SignInMethod,
    /// Whether it is linked.
    is_in: bool,
    /// How the user signs in.
    sign_in_methods: RwSignal<SignInMethods>,
) -> impl IntoView {
    let lazy = &lazy().linked;
    if is_in {
        let about = if sign_in_methods.read_untracked().password { lazy.about_unlink } else { lazy.needs_other };
        view! {
            <h2 id="link-account-heading">{(lazy.unlink_question)(&method.label)}</h2>
            <p>{about}</p>
        }
        .into_any()
    } else {
        view! {
            <h2 id="link-account-heading">{(lazy.link_question)(&method.label)}</h2>
            <p>{lazy.about_link}</p>
        }
        .into_any()
    }
}
