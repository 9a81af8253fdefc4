//! How the page is connected.

use leptos::prelude::*;

use crate::{
    live::rung_name,
    once::{When, effect, memo},
    ui::{ask, live},
};

/// The connection, as it is now.
#[component]
pub(super) fn Connection() -> impl IntoView {
    let (live, ask) = (live(), ask());
    let is_connected = memo(move || live.facts.read().rung.is_some());
    effect(move || {
        if is_connected.get() {
            ask.commands().measure();
        }
    });
    let facts = live.facts;
    let over = move || facts.read().rung.map_or_else(|| "not connected now".to_owned(), |rung| format!("over {}", rung_name(rung)));
    let round = move || facts.read().round_trip.map_or_else(|| "not measured".to_owned(), |ms| format!("{ms} ms there and back"));
    let token = move || {
        let now = live.clock.get().now;
        match facts.read().token_until {
            Some(until) if until > now => format!("for {} more min; renews by itself", (until - now).div_ceil(60_000)),
            Some(_) => "being renewed".to_owned(),
            None => "not signed in".to_owned(),
        }
    };
    let base = live.base();
    let origin = move || format!("{}{base}", facts.read().origin);
    view! {
        <h1>"Connection"</h1>
        <p class="lead">{move || live.face.read().detail()}</p>
        <dl class="card facts">
            <div class="line">
                <dt>"State"</dt>
                <dd>{move || live.face.read().text()}</dd>
            </div>
            <div class="line">
                <dt>"Everything arrives"</dt>
                <dd>{over}</dd>
            </div>
            <div class="line">
                <dt>"Way to the server"</dt>
                <dd>{round}</dd>
            </div>
            <div class="line">
                <dt>"Access token"</dt>
                <dd>{token}</dd>
            </div>
            <div class="line">
                <dt>"Page, API and socket"</dt>
                <dd>{origin}</dd>
            </div>
        </dl>
        <p class="ways start">
            <button type="button" class="ghost framed" on:click=move |_| ask.commands().measure()>"Measure again"</button>
            <When is=move || live.face.read().is_torn()>
                <button type="button" class="ghost framed" on:click=move |_| ask.commands().retry_now()>"Connect now"</button>
            </When>
        </p>
    }
    .into_any()
}
