//! How the page is connected.

use leptos::prelude::*;

use crate::{
    once::{When, effect, memo},
    ui::{ask, live},
    words::{rest, words},
};

/// The connection, as it is now.
#[component]
pub(super) fn Connection() -> impl IntoView {
    let (live, ask, words, rest) = (live(), ask(), words(), &rest().connection);
    let is_connected = memo(move || live.facts.read().rung.is_some());
    effect(move || {
        if is_connected.get() {
            ask.commands().measure();
        }
    });
    let facts = live.facts;
    let over = move || facts.read().rung.map_or_else(|| rest.not_now.to_owned(), |rung| (rest.over)(words.rung(rung)));
    let round = move || facts.read().round_trip.map_or_else(|| rest.not_measured.to_owned(), rest.round_trip);
    let token = move || {
        let now = live.clock.get().now;
        match facts.read().token_until {
            Some(until) if until > now => (rest.token_for)((until - now).div_ceil(60_000)),
            Some(_) => rest.token_renewed.to_owned(),
            None => rest.no_token.to_owned(),
        }
    };
    let idle = move || facts.read().idle_limit.map(|ms| (rest.idle)((ms + 500) / 1_000));
    let blocked = move || facts.read().problem.as_ref().map(|problem| (words.face.blocked)(problem.cause));
    let fix = move || facts.read().problem.as_ref().map(|problem| problem.fix.clone());
    let base = live.base();
    let origin = move || format!("{}{base}", facts.read().origin);
    view! {
        <h1>{words.places.connection}</h1>
        <p class="lead">{move || live.face.read().detail(words).view()}</p>
        <dl class="card facts">
            <div class="line">
                <dt>{rest.state}</dt>
                <dd>{move || live.face.read().text(words)}</dd>
            </div>
            <div class="line">
                <dt>{rest.arrives}</dt>
                <dd>{over}</dd>
            </div>
            <div class="line">
                <dt>{rest.way}</dt>
                <dd>{round}</dd>
            </div>
            <div class="line">
                <dt>{rest.token}</dt>
                <dd>{token}</dd>
            </div>
            <div class="line">
                <dt>{rest.origin}</dt>
                <dd>{origin}</dd>
            </div>
        </dl>
        <When is=move || facts.read().problem.is_some()>
            <p class="note">{blocked}" "<code>{fix}</code></p>
        </When>
        <When is=move || facts.read().idle_limit.is_some()>
            <p class="note">{idle}</p>
        </When>
        <p class="ways start">
            <button type="button" class="ghost framed" on:click=move |_| ask.commands().measure()>{rest.measure}</button>
            <When is=move || live.face.read().is_torn()>
                <button type="button" class="ghost framed" on:click=move |_| ask.commands().retry_now()>{words.face.connect_now}</button>
            </When>
        </p>
    }
    .into_any()
}
