//! What the server is doing now, for administrators. The page updates itself.

use std::{collections::BTreeSet, time::Duration};

use holdfast_protocol::{
    activity::{Activity as News, OpenTransport, Present, Refused, Running},
    api::Role,
};
use leptos::prelude::*;

use crate::{
    calls::get,
    components::coming::{Coming, Fetch},
    first_load::erased::effect,
    state::AppState,
    strings::{LazyStrings, Localized, ago, lazy},
    ui::{context, state},
};

/// Interval of updates.
const AGAIN: Duration = Duration::from_secs(2);

/// Connections, answers and refusals.
#[component]
pub(super) fn Activity() -> impl IntoView {
    let (context, state, lazy) = (context(), state(), lazy());
    let texts = &lazy.activity;
    let lead = RwSignal::new(String::new());
    let fetch = RwSignal::new(Fetch::default());
    let fault = RwSignal::new(None::<Localized>);
    let looking = RwSignal::new(false);
    let lists = [(); 3].map(|()| RwSignal::new(Vec::<Line>::new()));
    let look = move || {
        // While the server is slow, only one request waits.
        if looking.try_get_untracked() != Some(false) {
            return;
        }
        looking.set(true);
        // The user may have left the page by then.
        get(context, "admin/activity", move |reply: Result<News, _>| {
            looking.try_set(false);
            match reply {
                Ok(news) => {
                    lead.try_set((texts.lead)(news.connections, news.unauthenticated));
                    for (list, lines) in lists.iter().zip([present(&news, lazy), answers(&news, state, lazy), refusals(&news, lazy)]) {
                        list.try_set(lines);
                    }
                    fault.try_set(None);
                    fetch.try_set(Fetch::Here);
                }
                Err(api_error) if fetch.try_get_untracked() != Some(Fetch::Here) => {
                    fetch.try_set(Fetch::Failed(state.strings().localized(api_error)));
                }
                // The data on the page is out of date.
                Err(api_error) => {
                    fault.try_set(Some(state.strings().localized(api_error)));
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
        <h1>{texts.heading}</h1>
        <p class="error" role="alert">{move || fault.get().map(|fault| (fault.view(), texts.old))}</p>
        <p class="lead">{move || lead.get()}</p>
        <Coming fetch again=look/>
        <div hidden=move || *fetch.read() != Fetch::Here>
            <Lines label=texts.present none=texts.nobody lines=present/>
            <Lines label=texts.answers none=texts.no_answers lines=answers/>
            <Lines label=texts.refusals none=texts.no_refusals lines=refusals/>
        </div>
    }
    .into_any()
}

/// A row of a list: its subject, and details.
type Line = (String, String);

/// A list with its heading.
#[component]
fn Lines(
    /// The heading.
    label: &'static str,
    /// Text for an empty list.
    none: &'static str,
    /// The rows.
    lines: RwSignal<Vec<Line>>,
) -> impl IntoView {
    let line = |(head, text): Line| {
        view! {
            <li class="line">
                <span>
                    <b>{head}</b>
                    <span class="detail multiline">{text}</span>
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

fn present(news: &News, lazy: &LazyStrings) -> Vec<Line> {
    let texts = &lazy.activity;
    let line = |present: &Present| {
        let nodes: BTreeSet<&str> = present.open.iter().map(|it| it.node.as_str()).collect();
        let at = |node: &str| {
            let open = |transport: OpenTransport, localized: fn(usize) -> String| {
                let n = present.open.iter().filter(|it| it.transport == transport && it.node == node).count();
                (n > 0).then(|| localized(n))
            };
            let transports = [
                open(OpenTransport::Socket, texts.sockets),
                open(OpenTransport::Stream, texts.streams),
                open(OpenTransport::Poll, texts.polls),
            ];
            transports.into_iter().flatten().collect::<Vec<_>>().join(", ") + &(texts.on)(node)
        };
        let since = present.open.first().map_or(news.now, |oldest| oldest.since);
        let transports = nodes.into_iter().map(at).collect::<Vec<_>>().join(", ");
        let admin = if present.user.role == Role::Admin { texts.administrator } else { "" };
        (format!("{}{admin}", present.user.username), format!("{transports} · {}", (texts.oldest)(&ago(lazy, news.now, since))))
    };
    news.present.iter().map(line).collect()
}

fn answers(news: &News, state: AppState, lazy: &LazyStrings) -> Vec<Line> {
    let line = |answer: &Running| {
        let (provider, model) = (state.provider(&answer.provider), &answer.model);
        let text = format!(
            "{provider} · {model} · {} · {} KB",
            (lazy.activity.begun)(&ago(lazy, news.now, answer.since)),
            answer.bytes.div_ceil(1000)
        );
        (answer.username.clone(), text)
    };
    news.answers.iter().map(line).collect()
}

fn refusals(news: &News, lazy: &LazyStrings) -> Vec<Line> {
    let texts = &lazy.activity;
    let line = |refused: &Refused| {
        let Refused { code, count, at, path, origin, address, fix } = refused;
        let times = if *count > 1 { (texts.times)(*count) } else { String::new() };
        let origin = origin.as_ref().map(|origin| (texts.page_of)(origin)).unwrap_or_default();
        (format!("{code}{times}"), format!("{path} · {}{origin} · {}\n{fix}", (texts.from)(address), ago(lazy, news.now, *at)))
    };
    news.refusals.iter().map(line).collect()
}
