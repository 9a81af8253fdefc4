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
    let (live, ask, words) = (live(), ask(), words());
    let face = live.face;
    let tone = move || match face.read().tone() {
        Tone::Calm => "pill",
        Tone::Info => "pill info",
        Tone::Warn => "pill warn",
        Tone::Off => "pill off",
    };
    let title = move || {
        let detail = face.read().detail(words).text().to_owned();
        match &live.facts.read().problem {
            Some(problem) => format!("{detail}. {} {}", (words.face.blocked)(problem.cause), problem.fix).trim_end().to_owned(),
            None => detail,
        }
    };
    let waits = memo(move || matches!(*face.read(), Face::Reconnecting { seconds: Some(_) } | Face::Refused(_)));
    let now = move || if matches!(*face.read(), Face::Refused(_)) { words.face.try_again } else { words.face.now };
    view! {
        <span class=tone title=title>
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
