//! The links by which others can read.

use holdfast_protocol::{ShareId, exchange::Share};
use leptos::prelude::*;

use crate::{
    Place,
    calls::{get, tell},
    components::coming::{Coming, Fetch, failed},
    once::{Each, When, effect, memo},
    services::Verb,
    ui::{ask, live},
    words::{Told, rest, words},
};

const DAY: u64 = 24 * 3_600_000;

/// Lists them, withdraws them.
#[component]
pub(crate) fn Links() -> impl IntoView {
    let (live, ask, words) = (live(), ask(), words());
    let (common, rest) = (&rest().common, &rest().data);
    let list = RwSignal::new(None::<Vec<Share>>);
    let error = RwSignal::new(None::<Told>);
    let fetch = RwSignal::new(Fetch::default());
    let load = move || {
        get(ask, "shares", move |reply| match reply {
            Ok(found) => {
                list.set(Some(found));
                fetch.set(Fetch::Here);
            }
            Err(refusal) => failed(fetch, live, refusal),
        });
    };
    effect(load);
    let withdraw = move |id: ShareId| {
        tell(ask, Verb::Delete, &format!("shares/{id}"), &(), move |reply| {
            error.set(reply.err().map(|refusal| words.told(refusal)));
            load();
        });
    };
    let is_empty = memo(move || list.read().as_ref().is_some_and(Vec::is_empty));
    view! {
        <h2>{rest.links_heading}</h2>
        <When is=move || is_empty.get()>
            <p class="lead">{rest.no_links}</p>
        </When>
        <Coming fetch again=load/>
        <ul class="card" aria-label=rest.links>
            <Each each=move || list.get().unwrap_or_default() key=|it| it.id let:it>
                <li class="line">
                    <span class="grow">
                        <a dir="auto" href=live.path(Place::Conversation(it.conversation_id))>{it.title.clone()}</a>
                        <span class="t">{move || (rest.ends)(days(live.clock.get().now, it.expires_at))}</span>
                    </span>
                    <button type="button" class="small" aria-label=(rest.withdraw)(&it.title) on:click=move |_| withdraw(it.id)>
                        {common.withdraw}
                    </button>
                </li>
            </Each>
        </ul>
        <p class="error" role="alert">{move || error.get().map(Told::view)}</p>
    }
    .into_any()
}

/// How many there are until then. To the nearest: the clock here is a little behind.
fn days(now: u64, at: u64) -> u64 {
    (at.saturating_sub(now) + DAY / 2) / DAY
}
