//! Where one is signed in.

use holdfast_protocol::{SessionId, people::SessionInfo};
use leptos::prelude::*;

use crate::{
    Place,
    calls::{get, tell},
    once::{Each, effect},
    services::Verb,
    ui::{ago, ask, live, ui},
};

/// The browsers, and the ways out.
#[component]
pub(crate) fn Sessions() -> impl IntoView {
    let (live, ui, ask) = (live(), ui(), ask());
    let list = RwSignal::new(Vec::<SessionInfo>::new());
    let load = move || {
        get(ask, "auth/sessions", move |reply| match reply {
            Ok(found) => list.set(found),
            Err(refusal) => live.notify(refusal.error),
        });
    };
    effect(load);
    let end = move |id: SessionId| {
        tell(ask, Verb::Delete, &format!("auth/sessions/{id}"), &(), move |reply| {
            if let Err(refusal) = reply {
                live.notify(refusal.error);
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
            Err(refusal) => live.notify(refusal.error),
        });
    };
    view! {
        <h2>"Where you are signed in"</h2>
        <ul class="card" aria-label="Sessions">
            <Each each=move || list.get() key=|it| (it.id, it.used_at) let:it>
                <li class="line">
                    <span>
                        <b>{it.device.clone()}</b>
                        <span class="t">{move || format!("used {}", ago(live.clock.get().now, it.used_at))}</span>
                    </span>
                    {if it.current {
                        view! { <span class="badge">"This one"</span> }.into_any()
                    } else {
                        let name = format!("Sign out {}", it.device);
                        view! {
                            <button type="button" class="small" aria-label=name on:click=move |_| end(it.id)>"Sign out"</button>
                        }
                            .into_any()
                    }}
                </li>
            </Each>
        </ul>
        <p class="ways start">
            <button type="button" class="ghost framed" on:click=everywhere>"Sign out everywhere"</button>
        </p>
    }
    .into_any()
}
