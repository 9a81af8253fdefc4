//! What is going on: for those who run the server. Looked at again while it is open.

use std::time::Duration;

use holdfast_protocol::{
    activity::{Activity as News, Present, Refused, Running, Way},
    api::Rank,
};
use leptos::prelude::*;

use crate::{
    calls::get,
    once::effect,
    ui::{ago, ask, count, provider_name},
};

/// Between two looks.
const AGAIN: Duration = Duration::from_secs(2);

/// Connections, answers, refusals.
#[component]
pub(super) fn Activity() -> impl IntoView {
    let ask = ask();
    let lead = RwSignal::new("Looking…".to_owned());
    let fault = RwSignal::new(String::new());
    let looking = RwSignal::new(false);
    let lists = [(); 3].map(|()| RwSignal::new(Vec::<Line>::new()));
    let look = move || {
        // Where the server takes its time, one question waits, not many.
        if looking.try_get_untracked() != Some(false) {
            return;
        }
        looking.set(true);
        // By then this may be no page any more.
        get(ask, "admin/activity", move |reply: Result<News, _>| {
            looking.try_set(false);
            match reply {
                Ok(news) => {
                    let open = count(news.connections, "connection", "connections");
                    lead.try_set(format!("{open} open now, and {} that did not say who they are.", news.unauthenticated));
                    for (list, lines) in lists.iter().zip([present(&news), answers(&news), refusals(&news)]) {
                        list.try_set(lines);
                    }
                    fault.try_set(String::new());
                }
                // What is shown grows old.
                Err(refusal) => {
                    fault.try_set(format!("{} What is shown is what was known before.", refusal.error));
                }
            }
        });
    };
    effect(move || {
        look();
        if let Ok(again) = set_interval_with_handle(look, AGAIN) {
            on_cleanup(move || again.clear());
        }
    });
    let [present, answers, refusals] = lists;
    view! {
        <h1>"What is going on"</h1>
        <p class="error" role="alert">{move || fault.get()}</p>
        <p class="lead">{move || lead.get()}</p>
        <Lines label="Who is connected" none="Nobody is connected." lines=present/>
        <Lines label="Answers being written" none="No answer is being written." lines=answers/>
        <Lines label="Refused within the last hour" none="Nothing was refused." lines=refusals/>
    }
    .into_any()
}

/// A line of any of the lists: what it is about, and what there is to say of it.
type Line = (String, String);

/// A list under its heading.
#[component]
fn Lines(
    /// The heading.
    label: &'static str,
    /// What is said where there is nothing.
    none: &'static str,
    /// What there is.
    lines: RwSignal<Vec<Line>>,
) -> impl IntoView {
    let line = |(head, text): Line| {
        view! {
            <li class="line">
                <span>
                    <b>{head}</b>
                    <span class="t lines">{text}</span>
                </span>
            </li>
        }
        .into_any()
    };
    view! {
        <h2>{label}</h2>
        <ul class="card" aria-label=label>
            {move || lines.get().into_iter().map(line).collect::<Vec<_>>()}
        </ul>
        <p class="meta" hidden=move || !lines.read().is_empty()>{none}</p>
    }
    .into_any()
}

fn present(news: &News) -> Vec<Line> {
    let line = |present: &Present| {
        let open = |way: Way, one: &str, many: &str| {
            let n = present.open.iter().filter(|it| it.way == way).count();
            (n > 0).then(|| count(n, one, many))
        };
        let ways = [
            open(Way::Socket, "WebSocket", "WebSockets"),
            open(Way::Stream, "event stream", "event streams"),
            open(Way::Poll, "poll", "polls"),
        ];
        let since = present.open.first().map_or(news.now, |oldest| oldest.since);
        let ways = ways.into_iter().flatten().collect::<Vec<_>>().join(", ");
        let admin = if present.user.role == Rank::Admin { " · administrator" } else { "" };
        (format!("{}{admin}", present.user.username), format!("{ways} · the oldest opened {}", ago(news.now, since)))
    };
    news.present.iter().map(line).collect()
}

fn answers(news: &News) -> Vec<Line> {
    let line = |answer: &Running| {
        let (provider, model) = (provider_name(&answer.provider), &answer.model);
        let text = format!("{provider} · {model} · begun {} · {} KB", ago(news.now, answer.since), answer.bytes.div_ceil(1000));
        (answer.username.clone(), text)
    };
    news.answers.iter().map(line).collect()
}

fn refusals(news: &News) -> Vec<Line> {
    let line = |refused: &Refused| {
        let Refused { code, count, at, path, origin, address, mend } = refused;
        let times = if *count > 1 { format!(" · {count} times") } else { String::new() };
        let origin = origin.as_ref().map(|origin| format!(" · page of {origin}")).unwrap_or_default();
        (format!("{code}{times}"), format!("{path} · from {address}{origin} · {}\n{mend}", ago(news.now, *at)))
    };
    news.refusals.iter().map(line).collect()
}
