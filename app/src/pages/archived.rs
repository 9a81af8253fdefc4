//! The archived conversations: out of the list, not gone.

use holdfast_protocol::api::{ConversationPage, ConversationSummary};
use leptos::prelude::*;

use crate::{
    Place,
    acts::acts,
    calls::get,
    components::mark::Brand,
    live::Day,
    once::{Each, When, memo},
    ui::{ask, live},
};

/// The list, and the ways back.
#[component]
pub(crate) fn Archived() -> impl IntoView {
    let (live, ask) = (live(), ask());
    let error = RwSignal::new(None::<String>);
    let fetch = move |cursor: Option<String>| {
        let more = cursor.as_ref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        get(ask, &format!("conversations?shelf=archived{more}"), move |reply: Result<ConversationPage, _>| match reply {
            Ok(page) => {
                error.set(None);
                live.archived.update(|archived| match archived.as_mut().filter(|_| cursor.is_some()) {
                    Some(archived) => {
                        let known: Vec<_> = archived.conversations.iter().map(|it| it.id).collect();
                        archived.conversations.extend(page.conversations.into_iter().filter(|it| !known.contains(&it.id)));
                        archived.next = page.next;
                    }
                    None => *archived = Some(page),
                });
            }
            Err(refusal) => error.set(Some(refusal.error)),
        });
    };
    let is_somebody = memo(move || live.user.read().is_some());
    Effect::new(move |before: Option<()>| {
        // What the page came with is as fresh as it gets.
        let came = before.is_none() && live.archived.read_untracked().is_some();
        if is_somebody.get() && !came {
            fetch(None);
        }
    });
    let rows = move || live.archived.read().as_ref().map(|page| page.conversations.clone()).unwrap_or_default();
    let next = memo(move || live.archived.read().as_ref().and_then(|page| page.next.clone()));
    let is_empty = memo(move || !is_somebody.get() || live.archived.read().as_ref().is_some_and(|page| page.conversations.is_empty()));
    let is_loading = memo(move || is_somebody.get() && live.archived.read().is_none() && error.read().is_none());
    view! {
        <main class="page searching" id="main" tabindex="-1">
            <Brand/>
            <h1>"Archived"</h1>
            <p class="lead">"Out of the list, not gone: search finds them too, and each can be brought back."</p>
            <When is=move || is_loading.get()>
                <div class="loading">
                    <p class="hidden">"Loading the archived conversations"</p>
                    <div class="bone"></div>
                    <div class="bone half"></div>
                </div>
            </When>
            <When is=move || error.read().is_some()>
                <p class="error" role="alert">{move || error.get()}</p>
                <p class="ways start">
                    <button type="button" class="ghost framed" on:click=move |_| fetch(None)>"Try again"</button>
                </p>
            </When>
            <When is=move || is_empty.get()>
                <p class="aside">"Nothing is archived. A conversation's menu has “Archive”, for what you want to keep but not to see."</p>
            </When>
            <ul class="card" aria-label="Archived conversations">
                <Each each=rows key=|it| (it.id, it.title.clone(), it.updated_at) let:it>
                    <Row it/>
                </Each>
            </ul>
            <When is=move || next.get().is_some()>
                <button type="button" class="ghost more" on:click=move |_| fetch(next.get_untracked())>"Show older ones"</button>
            </When>
            <p class="ways start back">
                <a class="ghost" href=live.path(Place::New)>"← Back to the conversations"</a>
            </p>
        </main>
    }
    .into_any()
}

#[component]
fn Row(
    /// Which.
    it: ConversationSummary,
) -> impl IntoView {
    let (live, acts) = (live(), acts());
    let ConversationSummary { id, title, updated_at, .. } = it;
    let (back, delete) = (format!("Bring back {title}"), format!("Delete {title}"));
    let day = move || {
        let clock = live.clock.get();
        Day::of(updated_at, clock.now, clock.offset).name()
    };
    view! {
        <li class="line">
            <span class="grow">
                <a href=live.path(Place::Conversation(id))>{title}</a>
                <span class="t">{day}</span>
            </span>
            <span class="ways">
                <button type="button" class="small" aria-label=back on:click=move |_| acts.archive(id, false)>"Bring back"</button>
                <button type="button" class="small" aria-label=delete on:click=move |_| acts.delete(id)>"Delete"</button>
            </span>
        </li>
    }
    .into_any()
}
