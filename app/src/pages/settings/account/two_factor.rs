//! Two-factor authentication with codes from an authenticator app.

use holdfast_protocol::{
    ApiError, Reason,
    people::{Reauthentication, SignInMethods},
    second_factor::{FactorCode, FactorRemoval, RecoveryCodes, Setup},
};
use leptos::{ev::SubmitEvent, prelude::*};
use serde::Serialize;

use crate::{
    calls::{read, tell},
    components::field::{Field, Username},
    first_load::erased::{When, memo},
    services::Verb,
    strings::{Localized, lazy, strings},
    ui::{AppContext, context, state},
};

const DIALOG: &str = "second-step";

/// The step of the dialog.
#[derive(Clone)]
enum Stage {
    /// Turning it on: asks for the password.
    Password,
    /// Shows the secret for the authenticator app.
    Scan(Setup),
    /// Shows the recovery codes.
    Keep(Vec<String>),
    /// Turning it off: asks for password and code.
    Off,
}

/// Turns two-factor authentication on and off. For accounts without a password, the sign-in provider is responsible instead.
#[component]
pub(crate) fn TwoFactor(
    /// How the user signs in.
    sign_in_methods: RwSignal<SignInMethods>,
) -> impl IntoView {
    let (notices, context) = (state().notices, context());
    let (strings, all, lazy) = (strings(), lazy(), &lazy().two_factor);
    let stage = RwSignal::new(None::<Stage>);
    let error = RwSignal::new(None::<Localized>);
    let busy = RwSignal::new(false);
    let go = move |next: Stage| {
        stage.set(Some(next));
        error.set(None);
        request_animation_frame(move || context.browser().set_dialog(DIALOG, true));
    };
    let close = move || {
        context.browser().set_dialog(DIALOG, false);
        stage.set(None);
    };
    let refused = move |api_error: ApiError| match stage.try_get_untracked() {
        // The user has left the page.
        None => {}
        // It was turned on in another window meanwhile.
        Some(Some(Stage::Password | Stage::Scan(_))) if api_error.is(Reason::TwoFactorOn) => {
            close();
            sign_in_methods.update(|sign_in_methods| sign_in_methods.second_factor = true);
            notices.offer(strings.localized(api_error), None);
        }
        Some(at) => {
            error.set(Some(strings.localized(api_error)));
            context.browser().focus(if matches!(at, Some(Stage::Password)) { "step-password" } else { "step-code" });
        }
    };
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let (password, code) = (context.browser().value("step-password"), context.browser().value("step-code"));
        match stage.get_untracked() {
            Some(Stage::Password) => call(context, busy, "", &Reauthentication { password, code: None }, move |reply| {
                match reply.and_then(|text| read::<Setup>(&text)) {
                    Ok(setup) => {
                        go(Stage::Scan(setup));
                        request_animation_frame(move || context.browser().focus("step-code"));
                    }
                    Err(api_error) => refused(api_error),
                }
            }),
            Some(Stage::Scan(_)) => call(context, busy, "/confirm", &FactorCode { code }, move |reply| {
                match reply.and_then(|text| read::<RecoveryCodes>(&text)) {
                    Ok(recovery) => {
                        sign_in_methods.update(|sign_in_methods| sign_in_methods.second_factor = true);
                        go(Stage::Keep(recovery.codes));
                        request_animation_frame(move || context.browser().focus("step-codes"));
                    }
                    Err(api_error) => refused(api_error),
                }
            }),
            Some(Stage::Off) => call(context, busy, "/remove", &FactorRemoval { password, code }, move |reply| match reply {
                Ok(_) => {
                    close();
                    sign_in_methods.update(|sign_in_methods| sign_in_methods.second_factor = false);
                    notices.offer(lazy.is_off, None);
                }
                Err(api_error) => refused(api_error),
            }),
            Some(Stage::Keep(_)) | None => close(),
        }
    };
    let is_on = memo(move || sign_in_methods.read().second_factor);
    let keeps = move || matches!(&*stage.read(), Some(Stage::Keep(_)));
    let shown = move || stage.get().map(|stage| view! { <At stage/> });
    let button = move || match &*stage.read() {
        Some(Stage::Password) | None => lazy.next,
        Some(Stage::Scan(_)) => lazy.turn_on,
        Some(Stage::Keep(_)) => all.users.done,
        Some(Stage::Off) => lazy.turn_off,
    };
    view! {
        <When is=move || sign_in_methods.read().password>
            <h2>{lazy.heading}</h2>
            <p class="lead">{move || if is_on.get() { lazy.about_on } else { lazy.about_off }}</p>
            <p class="actions start">
                <button
                    type="button"
                    class="ghost framed"
                    on:click=move |_| go(if is_on.get_untracked() { Stage::Off } else { Stage::Password })
                >
                    {move || if is_on.get() { lazy.open_off } else { lazy.open_on }}
                </button>
            </p>
            <dialog
                id=DIALOG
                aria-labelledby="second-step-heading"
                // These codes are not shown again, and Esc is pressed too easily.
                on:close=move |_| {
                    if matches!(&*stage.read_untracked(), Some(Stage::Keep(_))) {
                        context.browser().set_dialog(DIALOG, true);
                    }
                }
            >
                <form method="post" on:submit=submit>
                    <Username/>
                    {shown}
                    <p class="error" role="alert">{move || error.get().map(Localized::view)}</p>
                    <div class="actions">
                        <button type="button" class="ghost" hidden=keeps on:click=move |_| close()>{strings.common.cancel}</button>
                        <button type="submit" class="primary" disabled=move || busy.get()>{button}</button>
                    </div>
                </form>
            </dialog>
        </When>
    }
    .into_any()
}

/// Calls the API; only one call runs at a time.
fn call(
    context: AppContext,
    busy: RwSignal<bool>,
    path: &str,
    body: &impl Serialize,
    then: impl FnOnce(Result<String, ApiError>) + 'static,
) {
    busy.set(true);
    tell(context, Verb::Post, &format!("auth/second-factor{path}"), body, move |reply| {
        busy.set(false);
        then(reply);
    });
}

/// The content of the dialog.
#[component]
fn At(
    /// The step.
    stage: Stage,
) -> impl IntoView {
    let (context, strings, all, lazy) = (context(), strings(), lazy(), &lazy().two_factor);
    let password = || view! { <Field id="step-password" label=all.sign.password kind="password" autocomplete="current-password"/> };
    let code = |label: &'static str| view! { <Field id="step-code" label autocomplete="one-time-code" maxlength="32"/> };
    match stage {
        Stage::Password => view! {
            <h2 id="second-step-heading">{lazy.on_question}</h2>
            <p>{lazy.about_on_question}</p>
            {password()}
        }
        .into_any(),
        Stage::Scan(setup) => {
            let side = setup.picture.size + 8;
            view! {
                <h2 id="second-step-heading">{lazy.scan}</h2>
                <p>{lazy.about_scan}</p>
                <a class="qr" href=setup.uri rel="external">
                    <svg viewBox=format!("-4 -4 {side} {side}") role="img" aria-label=lazy.picture>
                        <path d=setup.picture.path></path>
                    </svg>
                </a>
                <p class="meta">{lazy.typed}</p>
                <p class="secret">{groups(&setup.secret)}</p>
                {code(lazy.code)}
            }
            .into_any()
        }
        Stage::Keep(codes) => {
            let copied = codes.join("\n");
            view! {
                <h2 id="second-step-heading">{lazy.keep}</h2>
                <p>{lazy.about_keep}</p>
                <ul class="codes" id="step-codes" tabindex="-1" aria-label=lazy.keep>
                    {codes.into_iter().map(|code| view! { <li>{code}</li> }).collect_view()}
                </ul>
                <button type="button" class="small" data-confirms=strings.browser.copied on:click=move |_| context.browser().copy(&copied)>
                    {strings.common.copy}
                </button>
            }
            .into_any()
        }
        Stage::Off => view! {
            <h2 id="second-step-heading">{lazy.off_question}</h2>
            <p>{lazy.about_off_question}</p>
            {password()}
            {code(lazy.code_or_recovery)}
        }
        .into_any(),
    }
}

/// Returns the letters in groups of four, which are easier to type.
fn groups(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
}
