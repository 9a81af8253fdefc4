//! Details about the connection.

use leptos::prelude::*;

use crate::{
    first_load::erased::{When, effect, memo},
    strings::{lazy, strings},
    ui::{context, state},
};

/// The section.
#[component]
pub(super) fn Connection() -> impl IntoView {
    let (state, context, strings, lazy) = (state(), context(), strings(), &lazy().connection);
    let is_connected = memo(move || state.connection.facts.read().transport.is_some());
    effect(move || {
        if is_connected.get() {
            context.commands().measure();
        }
    });
    let facts = state.connection.facts;
    let over =
        move || facts.read().transport.map_or_else(|| lazy.not_now.to_owned(), |transport| (lazy.over)(strings.transport(transport)));
    let round = move || facts.read().round_trip.map_or_else(|| lazy.not_measured.to_owned(), lazy.round_trip);
    let token = move || {
        let now = state.clock.get().now;
        match facts.read().token_until {
            Some(until) if until > now => (lazy.token_for)((until - now).div_ceil(60_000)),
            Some(_) => lazy.token_renewed.to_owned(),
            None => lazy.no_token.to_owned(),
        }
    };
    let idle = move || facts.read().idle_limit.map(|ms| (lazy.idle)((ms + 500) / 1_000));
    let blocked = move || facts.read().problem.as_ref().map(|problem| (strings.connection.blocked)(problem.cause));
    let fix = move || facts.read().problem.as_ref().map(|problem| problem.fix.clone());
    let base = state.base();
    let origin = move || format!("{}{base}", facts.read().origin);
    view! {
        <h1>{strings.places.connection}</h1>
        <p class="lead">{move || state.connection.status.read().detail(strings).view()}</p>
        <dl class="card">
            <div class="line">
                <dt>{lazy.state}</dt>
                <dd>{move || state.connection.status.read().text(strings)}</dd>
            </div>
            <div class="line">
                <dt>{lazy.transport}</dt>
                <dd>{over}</dd>
            </div>
            <div class="line">
                <dt>{lazy.latency}</dt>
                <dd>{round}</dd>
            </div>
            <div class="line">
                <dt>{lazy.token}</dt>
                <dd>{token}</dd>
            </div>
            <div class="line">
                <dt>{lazy.origin}</dt>
                <dd>{origin}</dd>
            </div>
        </dl>
        <When is=move || facts.read().problem.is_some()>
            <p class="note">{blocked}" "<code>{fix}</code></p>
        </When>
        <When is=move || facts.read().idle_limit.is_some()>
            <p class="note">{idle}</p>
        </When>
        <p class="actions start">
            <button type="button" class="ghost framed" on:click=move |_| context.commands().measure()>{lazy.measure}</button>
            <When is=move || state.connection.status.read().is_torn()>
                <button type="button" class="ghost framed" on:click=move |_| context.commands().retry_now()>{strings.connection.connect_now}</button>
            </When>
        </p>
    }
    .into_any()
}
