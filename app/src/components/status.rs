//! The connection status in a few words.

use leptos::prelude::*;

use crate::{
    first_load::erased::{When, memo},
    state::{ConnectionStatus, Tone},
    strings::strings,
    ui::{context, state},
};

/// The status label.
#[component]
pub(crate) fn StatusLabel() -> impl IntoView {
    let (connection, context, strings) = (state().connection, context(), strings());
    let status = connection.status;
    let tone = move || match status.read().tone() {
        Tone::Calm => "status",
        Tone::Info => "status info",
        Tone::Warn => "status warn",
        Tone::Off => "status off",
    };
    let title = move || {
        let detail = status.read().detail(strings).text().to_owned();
        match &connection.facts.read().problem {
            Some(problem) => format!("{detail}. {} {}", (strings.connection.blocked)(problem.cause), problem.fix).trim_end().to_owned(),
            None => detail,
        }
    };
    let waits = memo(move || matches!(*status.read(), ConnectionStatus::Reconnecting { seconds: Some(_) } | ConnectionStatus::Refused(_)));
    let now = move || {
        if matches!(*status.read(), ConnectionStatus::Refused(_)) { strings.connection.try_again } else { strings.connection.now }
    };
    view! {
        <span class=tone title=title>
            <span class="dot" aria-hidden="true"></span>
            <span class="label">
                <span class="wide-only">{move || status.read().text(strings)}</span>
                <span class="narrow-only">{move || status.read().brief(strings)}</span>
            </span>
            <When is=move || waits.get()>
                <span aria-hidden="true">"·"</span>
                <button type="button" class="link" aria-label=strings.connection.connect_now on:click=move |_| context.commands().retry_now()>
                    {now}
                </button>
            </When>
        </span>
    }
    .into_any()
}
