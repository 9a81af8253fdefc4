//! The links by which others can read.

use holdfast_protocol::{ShareId, exchange::Share};
use leptos::prelude::*;

use crate::{
    Place,
    calls::{get, tell},
    once::{Each, When, effect, memo},
    services::Verb,
    ui::{ask, live},
};

const DAY: u64 = 24 * 3_600_000;

/// Lists them, withdraws them.
#[component]
pub(crate) fn Links() -> impl IntoView {
    let (live, ask) = (live(), ask());
    let list = RwSignal::new(None::<Vec<Share>>);
    let error = RwSignal::new(None::<String>);
    let load = move || {
        get(ask, "shares", move |reply| match reply {
            Ok(found) => list.set(Some(found)),
            Err(refusal) => error.set(Some(refusal.error)),
        });
    };
    effect(load);
    let withdraw = move |id: ShareId| {
        tell(ask, Verb::Delete, &format!("shares/{id}"), &(), move |reply| {
            error.set(reply.err().map(|refusal| refusal.error));
            load();
        });
    };
    let is_empty = memo(move || list.read().as_ref().is_some_and(Vec::is_empty));
    view! {
        <h2>"Shown to others"</h2>
        <When is=move || is_empty.get()>
            <p class="lead">"Nothing is shown to anybody. A conversation's menu has “Share…”, which makes a link for reading."</p>
        </When>
        <ul class="card" aria-label="Links">
            <Each each=move || list.get().unwrap_or_default() key=|it| it.id let:it>
                <li class="line">
                    <span class="grow">
                        <a href=live.path(Place::Conversation(it.conversation_id))>{it.title.clone()}</a>
                        <span class="t">{move || ends(live.clock.get().now, it.expires_at)}</span>
                    </span>
                    <button type="button" class="small" aria-label=format!("Withdraw the link to {}", it.title) on:click=move |_| withdraw(it.id)>
                        "Withdraw"
                    </button>
                </li>
            </Each>
        </ul>
        <p class="error" role="alert">{move || error.get()}</p>
    }
    .into_any()
}

fn ends(now: u64, at: u64) -> String {
    // To the nearest: the clock here is a little behind.
    match (at.saturating_sub(now) + DAY / 2) / DAY {
        0 => "ends within hours".to_owned(),
        1 => "ends in a day".to_owned(),
        days => format!("ends in {days} days"),
    }
}
