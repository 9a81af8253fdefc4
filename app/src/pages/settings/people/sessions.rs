//! The sessions of a user.

use holdfast_protocol::{
    ApiError, SessionId,
    people::{Person, SessionInfo},
};
use leptos::prelude::*;

use crate::{
    calls::{get, tell},
    first_load::erased::effect,
    services::Verb,
    strings::{Localized, ago, lazy},
    ui::{context, state},
};

/// The content of the dialog: the list of sessions, with buttons to end them.
#[component]
pub(crate) fn SessionsOf(
    /// The user.
    person: Person,
    /// Closes the dialog.
    close: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let (state, context) = (state(), context());
    let (strings, lazy) = (lazy(), &lazy().users);
    let id = person.id;
    let list = RwSignal::new(None::<Result<Vec<SessionInfo>, Localized>>);
    let load = move || {
        get(context, &format!("admin/users/{id}/sessions"), move |reply: Result<_, ApiError>| {
            _ = list.try_set(Some(reply.map_err(|api_error| state.strings().localized(api_error))));
        });
    };
    effect(load);
    let end = move |session: SessionId| {
        tell(context, Verb::Delete, &format!("admin/users/{id}/sessions/{session}"), &(), move |reply| {
            if let Err(api_error) = reply {
                state.refused(api_error);
            }
            load();
        });
    };
    let row = move |it: SessionInfo| {
        let name = (strings.sessions.sign_out)(&it.device);
        view! {
            <li class="line">
                <span>
                    <b>{it.device}</b>
                    <span class="detail">{move || (strings.sessions.used)(&ago(strings, state.clock.get().now, it.used_at))}</span>
                </span>
                {if it.current {
                    view! { <span class="badge">{strings.sessions.current}</span> }.into_any()
                } else {
                    view! { <button type="button" class="small" aria-label=name on:click=move |_| end(it.id)>{strings.account.sign_out}</button> }.into_any()
                }}
            </li>
        }
    };
    view! {
        <h2 id="person-heading">{(lazy.sessions_heading)(&person.username)}</h2>
        {move || match list.get() {
            None => view! { <p class="meta" role="status">{strings.sign.moment}</p> }.into_any(),
            Some(Err(api_error)) => view! { <p class="error" role="alert">{api_error.view()}</p> }.into_any(),
            Some(Ok(list)) if list.is_empty() => view! { <p>{lazy.nowhere}</p> }.into_any(),
            Some(Ok(list)) => view! { <ul class="card" aria-label=strings.sessions.label>{list.into_iter().map(row).collect_view()}</ul> }.into_any(),
        }}
        <div class="actions">
            <button type="button" class="primary" on:click=move |_| close()>{lazy.done}</button>
        </div>
    }
    .into_any()
}
