//! How much, and how often: for those who run the server.

use holdfast_protocol::limits::{LimitNumbers, LimitsInfo, LimitsPatch};
use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    calls::{get, read, tell},
    components::field::Field,
    eager::IntoEager,
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
    let show = move |info: LimitsInfo| {
        let numbers = info.numbers;
        let all = [numbers.messages, numbers.answers, numbers.sockets, numbers.sign_in, numbers.unauthenticated];
        for ((id, ..), number) in fields().into_iter().zip(all) {
            ask.desk().set_value(id, &number.to_string());
        }
        let words = if info.on {
            "What is changed here counts at once. Whoever comes to a limit is told so, and when to try again."
        } else {
            "These are not in force now: HOLDFAST_LIMITS is off where the server runs. What is changed here counts once it is on again."
        };
        lead.try_set(words.to_owned());
    };
    Effect::new(move |_| {
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
            fields().map(|(id, ..)| Some(ask.desk().value(id).trim().parse().unwrap_or(0)));
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
            {fields()
                .into_iter()
                .map(|(id, what, usual)| view! { <Field id label=format!("{what} (usually {usual})") kind="number"/> }.eager())
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
    .eager()
}

/// Those that can be set: the field, what it is for, and what it usually is.
fn fields() -> [(&'static str, &'static str, u32); 5] {
    let usual = LimitNumbers::USUAL;
    [
        ("limit-messages", "Messages a minute, a user", usual.messages),
        ("limit-answers", "Answers at once, a user", usual.answers),
        ("limit-sockets", "Connections at once, a user", usual.sockets),
        ("limit-sign-in", "Attempts to sign in a minute, an address", usual.sign_in),
        ("limit-unauthenticated", "Sockets that have not said who they are", usual.unauthenticated),
    ]
}
