//! How much, and how often: for those who run the server.

use std::collections::BTreeMap;

use holdfast_protocol::limits::{Limit, LimitNumbers, LimitsInfo, LimitsPatch};
use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    calls::{get, read, tell},
    components::field::Field,
    once::effect,
    services::Verb,
    ui::ask,
};

/// The limits.
#[component]
pub(super) fn Limits() -> impl IntoView {
    let ask = ask();
    let lead = RwSignal::new("Looking…".to_owned());
    let said = RwSignal::new(String::new());
    let error = RwSignal::new(String::new());
    let fixed = RwSignal::new(BTreeMap::<Limit, String>::new());
    let show = move |info: LimitsInfo| {
        for (limit, id, _) in FIELDS {
            ask.desk().set_value(id, &info.numbers.get(limit).to_string());
        }
        fixed.try_set(info.fixed);
        let words = if info.on {
            "What is changed here counts at once. Whoever comes to a limit is told so, and when to try again."
        } else {
            "These are not in force now: HOLDFAST_LIMITS is off where the server runs. What is changed here counts once it is on again."
        };
        lead.try_set(words.to_owned());
    };
    effect(move || {
        get(ask, "admin/limits", move |reply| match reply {
            Ok(info) => show(info),
            Err(refusal) => {
                lead.try_set("Nothing is known yet.".to_owned());
                error.try_set(refusal.error);
            }
        });
    });
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        // What is no number is one that won't do: the server says which do.
        let [messages, answers, sockets, sign_in, unauthenticated] =
            FIELDS.map(|(_, id, _)| Some(ask.desk().value(id).trim().parse().unwrap_or(0)));
        said.set(String::new());
        error.set(String::new());
        let patch = LimitsPatch { sockets, messages, answers, sign_in, unauthenticated };
        tell(ask, Verb::Patch, "admin/limits", &patch, move |reply| match reply.and_then(|text| read::<LimitsInfo>(&text)) {
            Ok(info) => {
                show(info);
                said.try_set("Changed.".to_owned());
            }
            Err(refusal) => {
                error.try_set(refusal.error);
            }
        });
    };
    view! {
        <h1>"Limits"</h1>
        <p class="lead">{move || lead.get()}</p>
        <form class="form" method="post" on:submit=submit>
            {FIELDS
                .map(|(limit, id, what)| {
                    let label = format!("{what} (usually {})", LimitNumbers::USUAL.get(limit));
                    let origin = move || fixed.read().get(&limit).map(|origin| format!("Set by {origin} where the server runs; change it there."));
                    view! {
                        <Field id label kind="number" readonly=Signal::derive(move || fixed.read().contains_key(&limit))/>
                        <p class="meta">{origin}</p>
                    }
                        .into_any()
                })
                .into_iter()
                .collect::<Vec<_>>()}
            <p class="error" role="alert">{move || error.get()}</p>
            <p class="meta" role="status">{move || said.get()}</p>
            <button type="submit" class="go">"Change"</button>
        </form>
        <h2>"Fixed"</h2>
        <p class="lead">
            "A message has at most 256 KiB, a frame on the socket 1 MiB, the body of a call 2 MiB, a page of the list 100 conversations. A reader that takes nothing for 30 s is closed, and resumes later."
        </p>
    }
    .into_any()
}

/// Those that can be set: the field, and what it is for.
const FIELDS: [(Limit, &str, &str); 5] = [
    (Limit::Messages, "limit-messages", "Messages a minute, a user"),
    (Limit::Answers, "limit-answers", "Answers at once, a user"),
    (Limit::Sockets, "limit-sockets", "Connections at once, a user"),
    (Limit::SignIn, "limit-sign-in", "Attempts to sign in a minute, an address"),
    (Limit::Unauthenticated, "limit-unauthenticated", "Sockets that have not said who they are"),
];
