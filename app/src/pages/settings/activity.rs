//! What is going on: for those who run the server. Looked at again while it is open.

use std::time::Duration;

use holdfast_protocol::{
    activity::{Activity as News, Present, Refused, Running, Way},
    api::Rank,
};
use leptos::prelude::*;

use crate::{
    calls::get,
    eager::IntoEager,
    ui::{ago, ask, count, live, provider_name},
};

/// Between two looks.
const AGAIN: Duration = Duration::from_secs(2);

/// Connections, answers, refusals.
#[component]
pub(super) fn Activity() -> impl IntoView {
    let live = live();
    let is_admin = Memo::new(move |_| live.is_admin());
    view! {
        <h1>"What is going on"</h1>
        {move || {
            if is_admin.get() {
                view! { <Now/> }.eager()
            } else {
                view! { <p class="lead">"This page is for those who run the server."</p> }.eager()
            }
        }}
    }
    .eager()
}

#[component]
fn Now() -> impl IntoView {
    let ask = ask();
    let news = RwSignal::new(None::<News>);
    let fault = RwSignal::new(None::<String>);
    let looking = RwSignal::new(false);
    let look = move || {
        // Where the server takes its time, one question waits, not many.
        if looking.try_get_untracked() != Some(false) {
            return;
        }
        looking.set(true);
        // By then this may be no page any more.
        get(ask, "admin/activity", move |reply| {
            looking.try_set(false);
            match reply {
                Ok(now) => {
                    news.try_set(Some(now));
                    fault.try_set(None);
                }
                Err(refusal) => {
                    fault.try_set(Some(refusal.error));
                }
            }
        });
    };
    Effect::new(move |_| {
        look();
        if let Ok(again) = set_interval_with_handle(look, AGAIN) {
            on_cleanup(move || again.clear());
        }
    });
    let lead = move || match &*news.read() {
        None if fault.read().is_some() => "Nothing is known yet.".to_owned(),
        None => "Looking…".to_owned(),
        Some(news) => {
            let open = count(news.connections, "connection", "connections");
            match news.unauthenticated {
                0 => format!("{open} open now."),
                n => format!("{open} open now, and {n} that did not say who they are."),
            }
        }
    };
    // Where it can't be looked at again, what is shown grows old.
    let lines = move |make: fn(&News) -> Vec<Line>| Memo::new(move |_| news.read().as_ref().map(make));
    view! {
        <p class="error" role="alert">
            {move || fault.get().map(|fault| if news.read().is_some() { format!("{fault} What is shown was so before.") } else { fault })}
        </p>
        <p class="lead">{lead}</p>
        <Lines label="Who is connected" none="Nobody is connected." lines=lines(present)/>
        <Lines label="Answers being written" none="No answer is being written." lines=lines(answers)/>
        <Lines label="Refused within the last hour" none="Nothing was refused." lines=lines(refusals)/>
    }
    .eager()
}

/// A line of any of the lists.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Line {
    head: String,
    badge: Option<String>,
    text: String,
    mend: Option<String>,
}

/// A list under its heading.
#[component]
fn Lines(
    /// The heading.
    label: &'static str,
    /// What is said where there is nothing.
    none: &'static str,
    /// What there is; none: it is not known yet.
    lines: Memo<Option<Vec<Line>>>,
) -> impl IntoView {
    view! {
        <h2>{label}</h2>
        <ul class="card" aria-label=label>
            <For each=move || lines.get().unwrap_or_default() key=|line| line.clone() let:line>
                <li class="line">
                    <span>
                        <b>{line.head}</b>
                        " "
                        {line.badge.map(|badge| view! { <span class="badge">{badge}</span> })}
                        <span class="t">{line.text}</span>
                        {line.mend.map(|mend| view! { <span class="t">{mend}</span> })}
                    </span>
                </li>
            </For>
        </ul>
        <p class="meta" hidden=move || lines.read().as_ref().is_none_or(|lines| !lines.is_empty())>{none}</p>
    }
    .eager()
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
        let badge = match present.user.role {
            Rank::Admin => Some("Administrator".to_owned()),
            Rank::Member | Rank::Guest => None,
        };
        let text = format!("{ways} · the oldest opened {}", ago(news.now, since));
        Line { head: present.user.username.clone(), badge, text, mend: None }
    };
    news.present.iter().map(line).collect()
}

fn answers(news: &News) -> Vec<Line> {
    let line = |answer: &Running| {
        let (provider, model) = (provider_name(&answer.provider), &answer.model);
        let text = format!("{provider} · {model} · begun {} · {} KB", ago(news.now, answer.since), answer.bytes.div_ceil(1000));
        Line { head: answer.username.clone(), badge: None, text, mend: None }
    };
    news.answers.iter().map(line).collect()
}

fn refusals(news: &News) -> Vec<Line> {
    let line = |refused: &Refused| {
        let badge = (refused.count > 1).then(|| format!("{} times", refused.count));
        let origin = refused.origin.as_ref().map(|origin| format!(" · page of {origin}")).unwrap_or_default();
        let text = format!("{} · from {}{origin} · {}", refused.path, refused.address, ago(news.now, refused.at));
        Line { head: refused.code.to_string(), badge, text, mend: Some(refused.mend.clone()) }
    };
    news.refusals.iter().map(line).collect()
}
