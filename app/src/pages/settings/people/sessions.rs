//! Where a user is signed in, and an end to it in one place.

use holdfast_protocol::{
    Refusal, SessionId,
    people::{Person, SessionInfo},
};
use leptos::prelude::*;

use crate::{
    calls::{get, tell},
    once::effect,
    services::Verb,
    ui::{ask, live},
    words::{Told, ago, rest},
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
    let (words, rest) = (rest(), &rest().users);
    let id = person.id;
    let list = RwSignal::new(None::<Result<Vec<SessionInfo>, Told>>);
    let load = move || {
        get(ask, &format!("admin/users/{id}/sessions"), move |reply: Result<_, Refusal>| {
            _ = list.try_set(Some(reply.map_err(|refusal| live.words().told(refusal))));
        });
    };
    effect(load);
    let end = move |session: SessionId| {
        tell(ask, Verb::Delete, &format!("admin/users/{id}/sessions/{session}"), &(), move |reply| {
            if let Err(refusal) = reply {
                live.refused(refusal);
            }
            load();
        });
    };
    let row = move |it: SessionInfo| {
        let name = (words.sessions.sign_out)(&it.device);
        view! {
            <li class="line">
                <span>
                    <b>{it.device}</b>
                    <span class="t">{move || (words.sessions.used)(&ago(words, live.clock.get().now, it.used_at))}</span>
                </span>
                {if it.current {
                    view! { <span class="badge">{words.sessions.current}</span> }.into_any()
                } else {
                    view! { <button type="button" class="small" aria-label=name on:click=move |_| end(it.id)>{words.account.sign_out}</button> }.into_any()
                }}
            </li>
        }
    };
    view! {
        <h2 id="person-heading">{(rest.sessions_heading)(&person.username)}</h2>
        {move || match list.get() {
            None => view! { <p class="meta" role="status">{words.sign.moment}</p> }.into_any(),
            Some(Err(refusal)) => view! { <p class="error" role="alert">{refusal.view()}</p> }.into_any(),
            Some(Ok(list)) if list.is_empty() => view! { <p>{rest.nowhere}</p> }.into_any(),
            Some(Ok(list)) => view! { <ul class="card" aria-label=words.sessions.label>{list.into_iter().map(row).collect_view()}</ul> }.into_any(),
        }}
        <div class="ways">
            <button type="button" class="go" on:click=move |_| close()>{rest.done}</button>
        </div>
    }
    .into_any()
}
