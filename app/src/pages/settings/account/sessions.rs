//! The user's sessions.

use holdfast_protocol::{SessionId, people::SessionInfo};
use leptos::prelude::*;

use crate::{
    Route,
    calls::{get, tell},
    components::coming::{Coming, Fetch, failed},
    first_load::erased::{Each, effect},
    services::Verb,
    strings::{ago, lazy},
    ui::{context, state, ui},
};

/// The list of sessions, with buttons to end them.
#[component]
pub(crate) fn Sessions() -> impl IntoView {
    let (state, ui, context) = (state(), ui(), context());
    let (strings, lazy) = (lazy(), &lazy().sessions);
    let list = RwSignal::new(Vec::<SessionInfo>::new());
    let fetch = RwSignal::new(Fetch::default());
    let load = move || {
        get(context, "auth/sessions", move |reply| match reply {
            Ok(found) => {
                list.set(found);
                fetch.set(Fetch::Here);
            }
            Err(api_error) => failed(fetch, state, api_error),
        });
    };
    effect(load);
    let end = move |id: SessionId| {
        tell(context, Verb::Delete, &format!("auth/sessions/{id}"), &(), move |reply| {
            if let Err(api_error) = reply {
                state.refused(api_error);
            }
            load();
        });
    };
    let everywhere = move |_| {
        tell(context, Verb::Delete, "auth/sessions", &(), move |reply| match reply {
            Ok(_) => {
                context.commands().signed_out();
                ui.go(Route::SignIn);
            }
            Err(api_error) => state.refused(api_error),
        });
    };
    view! {
        <h2>{lazy.heading}</h2>
        <Coming fetch again=load/>
        <ul class="card" aria-label=lazy.label>
            <Each each=move || list.get() key=|it| (it.id, it.used_at) let:it>
                <li class="line">
                    <span>
                        <b>{it.device.clone()}</b>
                        <span class="detail">{move || (lazy.used)(&ago(strings, state.clock.get().now, it.used_at))}</span>
                    </span>
                    {if it.current {
                        view! { <span class="badge">{lazy.current}</span> }.into_any()
                    } else {
                        let name = (lazy.sign_out)(&it.device);
                        view! {
                            <button type="button" class="small" aria-label=name on:click=move |_| end(it.id)>{strings.account.sign_out}</button>
                        }
                            .into_any()
                    }}
                </li>
            </Each>
        </ul>
        <p class="actions start">
            <button type="button" class="ghost framed" on:click=everywhere>{lazy.everywhere}</button>
        </p>
    }
    .into_any()
}
