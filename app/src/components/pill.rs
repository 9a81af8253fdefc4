//! How the connection stands, in a few words.

use leptos::prelude::*;

use crate::{
    live::{Face, Tone},
    once::{When, memo},
    ui::{ask, live},
};

/// The status pill.
#[component]
pub(crate) fn Pill() -> impl IntoView {
    let face = live().face;
    let ask = ask();
    let tone = move || match face.read().tone() {
        Tone::Calm => "pill",
        Tone::Info => "pill info",
        Tone::Warn => "pill warn",
        Tone::Off => "pill off",
    };
    let waits = memo(move || matches!(*face.read(), Face::Reconnecting { seconds: Some(_) } | Face::Refused(_)));
    let words = move || if matches!(*face.read(), Face::Refused(_)) { "try again" } else { "now" };
    view! {
        <span class=tone title=move || face.read().detail()>
            <span class="dot" aria-hidden="true"></span>
            <span class="said">
                <span class="wide-only">{move || face.read().text()}</span>
                <span class="narrow-only">{move || face.read().brief()}</span>
            </span>
            <When is=move || waits.get()>
                <span aria-hidden="true">"·"</span>
                <button type="button" class="link" aria-label="Connect now" on:click=move |_| ask.commands().retry_now()>
                    {words}
                </button>
            </When>
        </span>
    }
    .into_any()
}
