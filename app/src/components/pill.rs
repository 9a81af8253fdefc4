//! How the connection stands, in a few words.

use leptos::prelude::*;

use crate::{
    live::{Face, Tone},
    once::{When, memo},
    ui::{ask, live},
    words::words,
};

/// The status pill.
#[component]
pub(crate) fn Pill() -> impl IntoView {
    let face = live().face;
    let (ask, words) = (ask(), words());
    let tone = move || match face.read().tone() {
        Tone::Calm => "pill",
        Tone::Info => "pill info",
        Tone::Warn => "pill warn",
        Tone::Off => "pill off",
    };
    let waits = memo(move || matches!(*face.read(), Face::Reconnecting { seconds: Some(_) } | Face::Refused(_)));
    let now = move || if matches!(*face.read(), Face::Refused(_)) { words.face.try_again } else { words.face.now };
    view! {
        <span class=tone title=move || face.read().detail(words).text().to_owned()>
            <span class="dot" aria-hidden="true"></span>
            <span class="said">
                <span class="wide-only">{move || face.read().text(words)}</span>
                <span class="narrow-only">{move || face.read().brief(words)}</span>
            </span>
            <When is=move || waits.get()>
                <span aria-hidden="true">"·"</span>
                <button type="button" class="link" aria-label=words.face.connect_now on:click=move |_| ask.commands().retry_now()>
                    {now}
                </button>
            </When>
        </span>
    }
    .into_any()
}
