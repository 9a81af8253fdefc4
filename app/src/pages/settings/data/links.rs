//! Read-only links to conversations.

use holdfast_protocol::{ShareId, transfer::Share};
use leptos::prelude::*;

use crate::{
    Route,
    calls::{get, tell},
    components::coming::{Coming, Fetch, failed},
    first_load::erased::{Each, When, effect, memo},
    services::Verb,
    strings::{Localized, lazy, strings},
    ui::{context, state},
};

const DAY: u64 = 24 * 3_600_000;

/// The list of links, with buttons to withdraw them.
#[component]
pub(crate) fn Links() -> impl IntoView {
    let (state, context, strings) = (state(), context(), strings());
    let (common, lazy) = (&lazy().common, &lazy().data);
    let list = RwSignal::new(None::<Vec<Share>>);
    let error = RwSignal::new(None::<Localized>);
    let fetch = RwSignal::new(Fetch::default());
    let load = move || {
        get(context, "shares", move |reply| match reply {
            Ok(found) => {
                list.set(Some(found));
                fetch.set(Fetch::Here);
            }
            Err(api_error) => failed(fetch, state, api_error),
        });
    };
    effect(load);
    let withdraw = move |id: ShareId| {
        tell(context, Verb::Delete, &format!("shares/{id}"), &(), move |reply| {
            error.set(reply.err().map(|api_error| strings.localized(api_error)));
            load();
        });
    };
    let is_empty = memo(move || list.read().as_ref().is_some_and(Vec::is_empty));
    view! {
        <h2>{lazy.links_heading}</h2>
        <When is=move || is_empty.get()>
            <p class="lead">{lazy.no_links}</p>
        </When>
        <Coming fetch again=load/>
        <ul class="card" aria-label=lazy.links>
            <Each each=move || list.get().unwrap_or_default() key=|it| it.id let:it>
                <li class="line">
                    <span class="grow">
                        <a dir="auto" href=state.path(Route::Conversation(it.conversation_id))>{it.title.clone()}</a>
                        <span class="detail">{move || (lazy.ends)(days(state.clock.get().now, it.expires_at))}</span>
                    </span>
                    <button type="button" class="small" aria-label=(lazy.withdraw)(&it.title) on:click=move |_| withdraw(it.id)>
                        {common.withdraw}
                    </button>
                </li>
            </Each>
        </ul>
        <p class="error" role="alert">{move || error.get().map(Localized::view)}</p>
    }
    .into_any()
}

/// Returns the number of days between two times, rounded, because the clock of the page may be a little behind.
fn days(now: u64, at: u64) -> u64 {
    (at.saturating_sub(now) + DAY / 2) / DAY
}
