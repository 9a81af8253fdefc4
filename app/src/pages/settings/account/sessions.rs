//! Where one is signed in.

use holdfast_protocol::{SessionId, people::SessionInfo};
use leptos::prelude::*;

use crate::{
    Place,
    calls::{get, tell},
    components::coming::{Coming, Fetch, failed},
    once::{Each, effect},
    services::Verb,
    ui::{ask, live, ui},
    words::{ago, rest},
};

/// The browsers, and the ways out.
#[component]
pub(crate) fn Sessions() -> impl IntoView {
    let (live, ui, ask) = (live(), ui(), ask());
    let (words, rest) = (rest(), &rest().sessions);
    let list = RwSignal::new(Vec::<SessionInfo>::new());
    let fetch = RwSignal::new(Fetch::default());
    let load = move || {
        get(ask, "auth/sessions", move |reply| match reply {
            Ok(found) => {
                list.set(found);
                fetch.set(Fetch::Here);
            }
            Err(refusal) => failed(fetch, live, refusal),
        });
    };
    effect(load);
    let end = move |id: SessionId| {
        tell(ask, Verb::Delete, &format!("auth/sessions/{id}"), &(), move |reply| {
            if let Err(refusal) = reply {
                live.refused(refusal);
            }
            load();
        });
    };
    let everywhere = move |_| {
        tell(ask, Verb::Delete, "auth/sessions", &(), move |reply| match reply {
            Ok(_) => {
                ask.commands().signed_out();
                ui.go(Place::SignIn);
            }
            Err(refusal) => live.refused(refusal),
        });
    };
    view! {
        <h2>{rest.heading}</h2>
        <Coming fetch again=load/>
        <ul class="card" aria-label=rest.label>
            <Each each=move || list.get() key=|it| (it.id, it.used_at) let:it>
                <li class="line">
                    <span>
                        <b>{it.device.clone()}</b>
                        <span class="t">{move || (rest.used)(&ago(words, live.clock.get().now, it.used_at))}</span>
                    </span>
                    {if it.current {
                        view! { <span class="badge">{rest.current}</span> }.into_any()
                    } else {
                        let name = (rest.sign_out)(&it.device);
                        view! {
                            <button type="button" class="small" aria-label=name on:click=move |_| end(it.id)>{words.account.sign_out}</button>
                        }
                            .into_any()
                    }}
                </li>
            </Each>
        </ul>
        <p class="ways start">
            <button type="button" class="ghost framed" on:click=everywhere>{rest.everywhere}</button>
        </p>
    }
    .into_any()
}
