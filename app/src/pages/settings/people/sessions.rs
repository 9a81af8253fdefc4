//! Where a user is signed in, and an end to it in one place.

use holdfast_protocol::{
    Refusal, SessionId,
    people::{Person, SessionInfo},
};
use leptos::prelude::*;

use crate::{
    calls::{get, tell},
    eager::IntoEager,
    services::Verb,
    ui::{ago, ask, live},
};

/// What the dialog shows of a user's browsers.
#[component]
pub(crate) fn SessionsOf(
    /// Whose.
    person: Person,
    /// Ends it.
    close: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let (live, ask) = (live(), ask());
    let id = person.id;
    let list = RwSignal::new(None::<Result<Vec<SessionInfo>, Refusal>>);
    let load = move || {
        get(ask, &format!("admin/users/{id}/sessions"), move |reply| _ = list.try_set(Some(reply)));
    };
    Effect::new(move |_| load());
    let end = move |session: SessionId| {
        tell(ask, Verb::Delete, &format!("admin/users/{id}/sessions/{session}"), &(), move |reply| {
            if let Err(refusal) = reply {
                live.notify(refusal.error);
            }
            load();
        });
    };
    let row = move |it: SessionInfo| {
        let name = format!("Sign out {}", it.device);
        view! {
            <li class="line">
                <span>
                    <b>{it.device}</b>
                    <span class="t">{move || format!("used {}", ago(live.clock.get().now, it.used_at))}</span>
                </span>
                {if it.current {
                    view! { <span class="badge">"This one"</span> }.eager()
                } else {
                    view! { <button type="button" class="small" aria-label=name on:click=move |_| end(it.id)>"Sign out"</button> }.eager()
                }}
            </li>
        }
    };
    view! {
        <h2 id="person-heading">"Where " {person.username} " is signed in"</h2>
        {move || match list.get() {
            None => view! { <p class="meta" role="status">"One moment…"</p> }.eager(),
            Some(Err(refusal)) => view! { <p class="error" role="alert">{refusal.error}</p> }.eager(),
            Some(Ok(list)) if list.is_empty() => view! { <p>"Nowhere."</p> }.eager(),
            Some(Ok(list)) => view! { <ul class="card" aria-label="Sessions">{list.into_iter().map(row).collect_view()}</ul> }.eager(),
        }}
        <div class="ways">
            <button type="button" class="go" on:click=move |_| close()>"Done"</button>
        </div>
    }
    .eager()
}
