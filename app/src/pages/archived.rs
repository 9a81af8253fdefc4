//! The page with archived conversations.

use holdfast_protocol::api::{ConversationPage, ConversationSummary};
use leptos::prelude::*;

use crate::{
    Route,
    actions::actions,
    calls::get,
    components::{mark::Brand, notes::Notes},
    first_load::erased::{Each, When, memo},
    state::Day,
    strings::{Localized, lazy, strings},
    ui::{context, state},
};

/// The list, with buttons to restore or delete each conversation.
#[component]
pub(crate) fn Archived() -> impl IntoView {
    let (state, context, strings, lazy) = (state(), context(), strings(), &lazy().archived);
    let error = RwSignal::new(None::<Localized>);
    let fetch = move |cursor: Option<String>| {
        let more = cursor.as_ref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        get(context, &format!("conversations?shelf=archived{more}"), move |reply: Result<ConversationPage, _>| match reply {
            Ok(page) => {
                error.set(None);
                state.list.archived.update(|archived| match archived.as_mut().filter(|_| cursor.is_some()) {
                    Some(archived) => {
                        let known: Vec<_> = archived.conversations.iter().map(|it| it.id).collect();
                        archived.conversations.extend(page.conversations.into_iter().filter(|it| !known.contains(&it.id)));
                        archived.next = page.next;
                    }
                    None => *archived = Some(page),
                });
            }
            Err(api_error) => error.set(Some(strings.localized(api_error))),
        });
    };
    let is_somebody = memo(move || state.session.user.read().is_some());
    Effect::new(move |before: Option<()>| {
        // The list that came with the page is current.
        let came = before.is_none() && state.list.archived.read_untracked().is_some();
        if is_somebody.get() && !came {
            fetch(None);
        }
    });
    let rows = move || state.list.archived.read().as_ref().map(|page| page.conversations.clone()).unwrap_or_default();
    let next = memo(move || state.list.archived.read().as_ref().and_then(|page| page.next.clone()));
    let is_empty =
        memo(move || !is_somebody.get() || state.list.archived.read().as_ref().is_some_and(|page| page.conversations.is_empty()));
    let is_loading = memo(move || is_somebody.get() && state.list.archived.read().is_none() && error.read().is_none());
    view! {
        <main class="page search-page" id="main" tabindex="-1">
            <Brand/>
            <Notes/>
            <h1>{strings.places.archived}</h1>
            <p class="lead">{lazy.lead}</p>
            <When is=move || is_loading.get()>
                <div class="loading">
                    <p class="sr-only">{lazy.loading}</p>
                    <div class="skeleton"></div>
                    <div class="skeleton half"></div>
                </div>
            </When>
            <When is=move || error.read().is_some()>
                <p class="error" role="alert">{move || error.get().map(Localized::view)}</p>
                <p class="actions start">
                    <button type="button" class="ghost framed" on:click=move |_| fetch(None)>{strings.common.try_again}</button>
                </p>
            </When>
            <When is=move || is_empty.get()>
                <p class="fine-print">{lazy.empty}</p>
            </When>
            <ul class="card" aria-label=lazy.label>
                <Each each=rows key=|it| (it.id, it.title.clone(), it.updated_at) let:it>
                    <Row it/>
                </Each>
            </ul>
            <When is=move || next.get().is_some()>
                <button type="button" class="ghost more" on:click=move |_| fetch(next.get_untracked())>{strings.common.show_older}</button>
            </When>
            <p class="actions start back">
                <a class="ghost" href=state.path(Route::New)>{strings.common.back}</a>
            </p>
        </main>
    }
    .into_any()
}

#[component]
fn Row(
    /// The conversation.
    it: ConversationSummary,
) -> impl IntoView {
    let (state, actions, strings, lazy) = (state(), actions(), strings(), &lazy().archived);
    let ConversationSummary { id, title, updated_at, .. } = it;
    let (back, delete) = ((lazy.bring_back)(&title), (lazy.delete)(&title));
    let day = move || {
        let clock = state.clock.get();
        strings.day(Day::of(updated_at, clock.now, clock.offset))
    };
    view! {
        <li class="line">
            <span class="grow">
                <a dir="auto" href=state.path(Route::Conversation(id))>{title}</a>
                <span class="detail">{day}</span>
            </span>
            <span class="actions">
                <button type="button" class="small" aria-label=back on:click=move |_| actions.archive(id, false)>{strings.common.bring_back}</button>
                <button type="button" class="small" aria-label=delete on:click=move |_| actions.delete(id)>{strings.common.delete}</button>
            </span>
        </li>
    }
    .into_any()
}
