//! Search for conversations by their text.

use std::time::Duration;

use holdfast_protocol::api::{Piece, SearchResult};
use leptos::{
    ev::{KeyboardEvent, SubmitEvent},
    prelude::*,
    task::spawn_local,
};

use crate::{
    Route,
    first_load::{
        conversation_bundle,
        erased::{When, memo},
    },
    route::found_at,
    state::Day,
    strings::strings,
    ui::{context, state},
};

/// Pause in typing after which a search begins.
pub(super) const PAUSE: Duration = Duration::from_millis(150);

/// The search field. Without scripts it leads to a page with results.
#[component]
pub(crate) fn SearchField() -> impl IntoView {
    let (state, context, strings) = (state(), context(), strings());
    let asked = StoredValue::new(0_u64);
    let look = move |query: String, pause: Duration| {
        let number = asked.get_value() + 1;
        asked.set_value(number);
        state.list.query.set(query.clone());
        if query.trim().is_empty() {
            state.list.found.set(None);
            return;
        }
        let is_newest = move || asked.try_get_value() == Some(number);
        let search = move || {
            if !is_newest() {
                return;
            }
            let reply = context.backend().search(query, None);
            spawn_local(async move {
                let reply = reply.await;
                match reply {
                    _ if !is_newest() => {}
                    Ok(page) => {
                        if page.building {
                            state.open.request_conversation_bundle();
                        }
                        state.list.found.set(Some(page));
                    }
                    Err(api_error) => state.refused(api_error),
                }
            });
        };
        set_timeout(search, pause);
    };
    let on_key = move |ev: KeyboardEvent| {
        if ev.key() == "Escape" && !state.list.query.read_untracked().is_empty() {
            ev.stop_propagation(); // the first press clears the field, the next closes the drawer
            look(String::new(), PAUSE);
            context.browser().set_value("search", "");
        }
    };
    let on_submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        look(context.browser().value("search"), Duration::ZERO);
    };
    view! {
        <form class="search" role="search" method="get" action=format!("{}/search", state.base()) on:submit=on_submit>
            <input
                class="field"
                id="search"
                type="search"
                name="q"
                aria-label=strings.search.label
                placeholder=strings.places.search
                autocomplete="off"
                maxlength="200"
                value=state.list.query.get_untracked()
                on:input=move |ev| look(event_target_value(&ev), PAUSE)
                on:keydown=on_key
            />
        </form>
    }
    .into_any()
}

/// The list of results.
#[component]
pub(crate) fn Results() -> impl IntoView {
    let (state, context, strings) = (state(), context(), strings());
    let results = move || state.list.found.read().as_ref().map(|page| page.results.clone()).unwrap_or_default();
    let texts = move || match state.list.found.read().as_ref().map(|page| (page.results.len(), page.next.is_some())) {
        Some((0, _)) => strings.search.nothing.to_owned(),
        Some((n, true)) => (strings.search.newest)(n),
        Some((n, false)) => (strings.common.conversation_count)(n),
        None => String::new(),
    };
    let building = move || {
        state.open.bundle.track();
        if state.list.found.read().as_ref().is_some_and(|page| page.building) { conversation_bundle::building() } else { "" }
    };
    let more = move |_| {
        let query = state.list.query.get_untracked();
        let next = state.list.found.read_untracked().as_ref().and_then(|page| page.next.clone());
        let reply = context.backend().search(query.clone(), next);
        spawn_local(async move {
            match reply.await {
                Ok(page) if state.list.query.get_untracked() == query => state.list.found.update(|found| {
                    if let Some(found) = found {
                        let known: Vec<_> = found.results.iter().map(|result| result.conversation_id).collect();
                        found.results.extend(page.results.into_iter().filter(|result| !known.contains(&result.conversation_id)));
                        found.next = page.next;
                        found.building = page.building;
                    }
                }),
                Ok(_) => {}
                Err(api_error) => state.refused(api_error),
            }
        });
    };
    let has_more = memo(move || state.list.found.read().as_ref().is_some_and(|page| page.next.is_some()));
    view! {
        <div role="status">
            <p class="group">{texts}</p>
            <p class="no-results" hidden=move || building().is_empty()>{building}</p>
        </div>
        <ul class="results" aria-label=strings.search.found>
            {move || results().into_iter().map(|result| view! { <Hit result/> }).collect_view()}
        </ul>
        <When is=move || has_more.get()>
            <button type="button" class="ghost more" on:click=more>{strings.common.show_older}</button>
        </When>
    }
    .into_any()
}

/// A result.
#[component]
fn Hit(
    /// The conversation and the excerpt.
    result: SearchResult,
) -> impl IntoView {
    let state = state();
    let updated_at = result.updated_at;
    let href = state.path(Route::Conversation(result.conversation_id));
    let href = match result.message_id {
        Some(message) => found_at(&href, message, &result.place),
        None => href,
    };
    let day = move || {
        let clock = state.clock.get();
        state.strings().day(Day::of(updated_at, clock.now, clock.offset))
    };
    view! {
        <li>
            <a class="result" href=href>
                <span class="title" dir="auto">{marked(result.title)}</span>
                <span class="day">{day}</span>
                <span class="excerpt" dir="auto">{marked(result.place)}</span>
            </a>
        </li>
    }
    .into_any()
}

pub(super) fn marked(pieces: Vec<Piece>) -> impl IntoView {
    let piece =
        |Piece { text, found }| if found { view! { <mark>{text}</mark> }.into_any() } else { view! { <span>{text}</span> }.into_any() };
    pieces.into_iter().map(piece).collect_view()
}
