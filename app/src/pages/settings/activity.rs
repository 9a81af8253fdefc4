//! What is going on: for those who run the server. Looked at again while it is open.

use std::{collections::BTreeSet, time::Duration};

use holdfast_protocol::{
    activity::{Activity as News, Present, Refused, Running, Way},
    api::Rank,
};
use leptos::prelude::*;

use crate::{
    calls::get,
    components::coming::{Coming, Fetch},
    once::effect,
    ui::ask,
    words::{Rest, Told, Words, ago, rest, words},
};

/// Between two looks.
const AGAIN: Duration = Duration::from_secs(2);

/// Connections, answers, refusals.
#[component]
pub(super) fn Activity() -> impl IntoView {
    let (ask, words, rest) = (ask(), words(), rest());
    let said = &rest.activity;
    let lead = RwSignal::new(String::new());
    let fetch = RwSignal::new(Fetch::default());
    let fault = RwSignal::new(None::<Told>);
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
                    lead.try_set((said.lead)(news.connections, news.unauthenticated));
                    for (list, lines) in lists.iter().zip([present(&news, rest), answers(&news, words, rest), refusals(&news, rest)]) {
                        list.try_set(lines);
                    }
                    fault.try_set(None);
                    fetch.try_set(Fetch::Here);
                }
                Err(refusal) if fetch.try_get_untracked() != Some(Fetch::Here) => {
                    fetch.try_set(Fetch::Failed(words.told(refusal)));
                }
                // What is shown grows old.
                Err(refusal) => {
                    fault.try_set(Some(words.told(refusal)));
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
        <h1>{said.heading}</h1>
        <p class="error" role="alert">{move || fault.get().map(|fault| (fault.view(), said.old))}</p>
        <p class="lead">{move || lead.get()}</p>
        <Coming fetch again=look/>
        <div hidden=move || *fetch.read() != Fetch::Here>
            <Lines label=said.present none=said.nobody lines=present/>
            <Lines label=said.answers none=said.no_answers lines=answers/>
            <Lines label=said.refusals none=said.no_refusals lines=refusals/>
        </div>
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

fn present(news: &News, rest: &Rest) -> Vec<Line> {
    let said = &rest.activity;
    let line = |present: &Present| {
        let nodes: BTreeSet<&str> = present.open.iter().map(|it| it.node.as_str()).collect();
        let at = |node: &str| {
            let open = |way: Way, told: fn(usize) -> String| {
                let n = present.open.iter().filter(|it| it.way == way && it.node == node).count();
                (n > 0).then(|| told(n))
            };
            let ways = [open(Way::Socket, said.sockets), open(Way::Stream, said.streams), open(Way::Poll, said.polls)];
            ways.into_iter().flatten().collect::<Vec<_>>().join(", ") + &(said.on)(node)
        };
        let since = present.open.first().map_or(news.now, |oldest| oldest.since);
        let ways = nodes.into_iter().map(at).collect::<Vec<_>>().join(", ");
        let admin = if present.user.role == Rank::Admin { said.administrator } else { "" };
        (format!("{}{admin}", present.user.username), format!("{ways} · {}", (said.oldest)(&ago(rest, news.now, since))))
    };
    news.present.iter().map(line).collect()
}

fn answers(news: &News, words: &Words, rest: &Rest) -> Vec<Line> {
    let line = |answer: &Running| {
        let (provider, model) = (words.provider(&answer.provider), &answer.model);
        let text = format!(
            "{provider} · {model} · {} · {} KB",
            (rest.activity.begun)(&ago(rest, news.now, answer.since)),
            answer.bytes.div_ceil(1000)
        );
        (answer.username.clone(), text)
    };
    news.answers.iter().map(line).collect()
}

fn refusals(news: &News, rest: &Rest) -> Vec<Line> {
    let said = &rest.activity;
    let line = |refused: &Refused| {
        let Refused { code, count, at, path, origin, address, mend } = refused;
        let times = if *count > 1 { (said.times)(*count) } else { String::new() };
        let origin = origin.as_ref().map(|origin| (said.page_of)(origin)).unwrap_or_default();
        (format!("{code}{times}"), format!("{path} · {}{origin} · {}\n{mend}", (said.from)(address), ago(rest, news.now, *at)))
    };
    news.refusals.iter().map(line).collect()
}
