//! The second step at sign-in: a code from an app.

use holdfast_protocol::{
    Refusal,
    people::{Proof, Ways},
    second_factor::{FactorCode, FactorRemoval, IS_ON, RecoveryCodes, Setup},
};
use leptos::{ev::SubmitEvent, prelude::*};
use serde::Serialize;

use crate::{
    calls::{read, tell},
    components::field::{Field, Username},
    once::{When, memo},
    services::Verb,
    ui::{Ask, ask, live},
    words::{Told, rest, words},
};

const DIALOG: &str = "second-step";

/// How far one is.
#[derive(Clone)]
enum Stage {
    /// Turning it on: who is it?
    Password,
    /// The app is told.
    Scan(Setup),
    /// The codes for an emergency.
    Keep(Vec<String>),
    /// Turning it off.
    Off,
}

/// Turns it on and off. Where there is no password it is the provider's matter.
#[component]
pub(crate) fn SecondStep(
    /// How one signs in.
    ways: RwSignal<Ways>,
) -> impl IntoView {
    let (live, ask) = (live(), ask());
    let (words, all, rest) = (words(), rest(), &rest().second_step);
    let stage = RwSignal::new(None::<Stage>);
    let error = RwSignal::new(None::<Told>);
    let busy = RwSignal::new(false);
    let go = move |next: Stage| {
        stage.set(Some(next));
        error.set(None);
        request_animation_frame(move || ask.desk().set_dialog(DIALOG, true));
    };
    let close = move || {
        ask.desk().set_dialog(DIALOG, false);
        stage.set(None);
    };
    let refused = move |refusal: Refusal| match stage.try_get_untracked() {
        // The page is another one by now.
        None => {}
        // It was turned on elsewhere meanwhile.
        Some(Some(Stage::Password | Stage::Scan(_))) if refusal.error == IS_ON => {
            close();
            ways.update(|ways| ways.second_factor = true);
            live.offer(words.told(refusal), None);
        }
        Some(at) => {
            error.set(Some(words.told(refusal)));
            ask.desk().focus(if matches!(at, Some(Stage::Password)) { "step-password" } else { "step-code" });
        }
    };
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let (password, code) = (ask.desk().value("step-password"), ask.desk().value("step-code"));
        match stage.get_untracked() {
            Some(Stage::Password) => {
                call(ask, busy, "", &Proof { password, code: None }, move |reply| match reply.and_then(|text| read::<Setup>(&text)) {
                    Ok(setup) => {
                        go(Stage::Scan(setup));
                        request_animation_frame(move || ask.desk().focus("step-code"));
                    }
                    Err(refusal) => refused(refusal),
                })
            }
            Some(Stage::Scan(_)) => {
                call(ask, busy, "/confirm", &FactorCode { code }, move |reply| match reply.and_then(|text| read::<RecoveryCodes>(&text)) {
                    Ok(recovery) => {
                        ways.update(|ways| ways.second_factor = true);
                        go(Stage::Keep(recovery.codes));
                        request_animation_frame(move || ask.desk().focus("step-codes"));
                    }
                    Err(refusal) => refused(refusal),
                })
            }
            Some(Stage::Off) => call(ask, busy, "/remove", &FactorRemoval { password, code }, move |reply| match reply {
                Ok(_) => {
                    close();
                    ways.update(|ways| ways.second_factor = false);
                    live.offer(rest.is_off, None);
                }
                Err(refusal) => refused(refusal),
            }),
            Some(Stage::Keep(_)) | None => close(),
        }
    };
    let is_on = memo(move || ways.read().second_factor);
    let keeps = move || matches!(&*stage.read(), Some(Stage::Keep(_)));
    let shown = move || stage.get().map(|stage| view! { <At stage/> });
    let button = move || match &*stage.read() {
        Some(Stage::Password) | None => rest.next,
        Some(Stage::Scan(_)) => rest.turn_on,
        Some(Stage::Keep(_)) => all.users.done,
        Some(Stage::Off) => rest.turn_off,
    };
    view! {
        <When is=move || ways.read().password>
            <h2>{rest.heading}</h2>
            <p class="lead">{move || if is_on.get() { rest.about_on } else { rest.about_off }}</p>
            <p class="ways start">
                <button
                    type="button"
                    class="ghost framed"
                    on:click=move |_| go(if is_on.get_untracked() { Stage::Off } else { Stage::Password })
                >
                    {move || if is_on.get() { rest.open_off } else { rest.open_on }}
                </button>
            </p>
            <dialog
                id=DIALOG
                aria-labelledby="second-step-heading"
                // These codes are not shown again, and Esc is too easily pressed.
                on:close=move |_| {
                    if matches!(&*stage.read_untracked(), Some(Stage::Keep(_))) {
                        ask.desk().set_dialog(DIALOG, true);
                    }
                }
            >
                <form method="post" on:submit=submit>
                    <Username/>
                    {shown}
                    <p class="error" role="alert">{move || error.get().map(Told::view)}</p>
                    <div class="ways">
                        <button type="button" class="ghost" hidden=keeps on:click=move |_| close()>{words.common.cancel}</button>
                        <button type="submit" class="go" disabled=move || busy.get()>{button}</button>
                    </div>
                </form>
            </dialog>
        </When>
    }
    .into_any()
}

/// Asks the server, once at a time.
fn call(ask: Ask, busy: RwSignal<bool>, path: &str, body: &impl Serialize, then: impl FnOnce(Result<String, Refusal>) + 'static) {
    busy.set(true);
    tell(ask, Verb::Post, &format!("auth/second-factor{path}"), body, move |reply| {
        busy.set(false);
        then(reply);
    });
}

/// What is asked and shown.
#[component]
fn At(
    /// How far one is.
    stage: Stage,
) -> impl IntoView {
    let (ask, words, all, rest) = (ask(), words(), rest(), &rest().second_step);
    let password = || view! { <Field id="step-password" label=all.sign.password kind="password" autocomplete="current-password"/> };
    let code = |label: &'static str| view! { <Field id="step-code" label autocomplete="one-time-code" maxlength="32"/> };
    match stage {
        Stage::Password => view! {
            <h2 id="second-step-heading">{rest.on_question}</h2>
            <p>{rest.about_on_question}</p>
            {password()}
        }
        .into_any(),
        Stage::Scan(setup) => {
            let side = setup.picture.size + 8;
            view! {
                <h2 id="second-step-heading">{rest.scan}</h2>
                <p>{rest.about_scan}</p>
                <a class="qr" href=setup.uri rel="external">
                    <svg viewBox=format!("-4 -4 {side} {side}") role="img" aria-label=rest.picture>
                        <path d=setup.picture.path></path>
                    </svg>
                </a>
                <p class="meta">{rest.typed}</p>
                <p class="typed">{groups(&setup.secret)}</p>
                {code(rest.code)}
            }
            .into_any()
        }
        Stage::Keep(codes) => {
            let copied = codes.join("\n");
            view! {
                <h2 id="second-step-heading">{rest.keep}</h2>
                <p>{rest.about_keep}</p>
                <ul class="codes" id="step-codes" tabindex="-1" aria-label=rest.keep>
                    {codes.into_iter().map(|code| view! { <li>{code}</li> }).collect_view()}
                </ul>
                <button type="button" class="small" data-said=words.browser.copied on:click=move |_| ask.desk().copy(&copied)>
                    {words.common.copy}
                </button>
            }
            .into_any()
        }
        Stage::Off => view! {
            <h2 id="second-step-heading">{rest.off_question}</h2>
            <p>{rest.about_off_question}</p>
            {password()}
            {code(rest.code_or_kept)}
        }
        .into_any(),
    }
}

/// Letters in groups of four, which are easier to type.
fn groups(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
}
