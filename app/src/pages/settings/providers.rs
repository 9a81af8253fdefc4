//! Who answers, and whom: for those who run the server.

mod add;
mod one;

use holdfast_protocol::{
    Refusal,
    providers::{Audience, ProviderInfo},
};
use leptos::prelude::*;

use crate::{
    calls::{get, read},
    components::{
        act::Then,
        coming::{Coming, Fetch, failed},
    },
    live::Live,
    once::effect,
    ui::{Ask, ask, live},
    words::{rest, words},
};

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Desk {
    list: RwSignal<Vec<ProviderInfo>>,
    fetch: RwSignal<Fetch>,
    ask: Ask,
    live: Live,
}

impl Desk {
    fn load(self) {
        get(self.ask, "admin/providers", move |reply| match reply {
            Ok(found) => {
                // Rows are made anew: none of them keeps what was filled into another's.
                self.list.try_set(Vec::new());
                self.list.try_set(found);
                self.fetch.try_set(Fetch::Here);
            }
            Err(refusal) => failed(self.fetch, self.live, refusal),
        });
        refresh_models(self.ask, self.live);
    }

    /// Takes what a change of one provider came to.
    fn changed(self, reply: Result<String, Refusal>) {
        match reply.and_then(|text| read::<ProviderInfo>(&text)) {
            Ok(now) => {
                self.list.update(|list| list.iter_mut().filter(|it| it.name == now.name).for_each(|it| *it = now.clone()));
                refresh_models(self.ask, self.live);
            }
            Err(refusal) => self.live.refused(refusal),
        }
    }
}

/// What one may choose from has changed, perhaps.
pub(super) fn refresh_models(ask: Ask, live: Live) {
    let reply = ask.backend().models();
    leptos::task::spawn_local(async move {
        if let Ok(models) = reply.await {
            live.models.set(models);
        }
    });
}

/// The providers.
#[component]
pub(super) fn Providers() -> impl IntoView {
    let desk = Desk { list: RwSignal::new(Vec::new()), fetch: RwSignal::new(Fetch::default()), ask: ask(), live: live() };
    let words = words();
    effect(move || desk.load());
    view! {
        <h1>{words.places.providers}</h1>
        <p class="lead">{rest().providers.lead}</p>
        <Coming fetch=desk.fetch again=move || desk.load()/>
        <ul class="card providers" aria-label=words.places.providers>
            {move || desk.list.get().into_iter().map(|info| view! { <one::One info desk/> }.into_any()).collect::<Vec<_>>()}
        </ul>
        <add::Add desk/>
    }
    .into_any()
}

/// The choice of an audience; of a model, also the one that its provider has.
#[component]
fn AudienceSelect(
    /// For whom or what.
    label: String,
    /// What stands.
    now: Option<Audience>,
    /// Whether there may be none.
    may_be_none: bool,
    /// Another was chosen.
    chosen: Then<Option<Audience>>,
) -> impl IntoView {
    let rest = &rest().providers;
    let mut options = vec![
        (Some(Audience::Everyone), rest.everyone),
        (Some(Audience::Accounts), rest.accounts),
        (Some(Audience::Administrators), rest.administrators),
    ];
    if may_be_none {
        options.insert(0, (None, rest.inherited));
    }
    let option = |(audience, name): (Option<Audience>, &'static str)| {
        view! { <option value=audience.map_or("", Audience::as_str) prop:selected=audience == now>{name}</option> }.into_any()
    };
    view! {
        <select class="small" aria-label=label autocomplete="off" on:change=move |ev| chosen(Audience::parse(&event_target_value(&ev)))>
            {options.into_iter().map(option).collect::<Vec<_>>()}
        </select>
    }
    .into_any()
}

/// Whether users may bring their own keys.
#[component]
fn OwnKeysCheck(
    /// Whether they may.
    now: bool,
    /// Whether that is asked at all.
    hidden: bool,
    /// It was changed.
    changed: Then<bool>,
) -> impl IntoView {
    view! {
        <label class="check" hidden=hidden>
            <input type="checkbox" prop:checked=now on:change=move |ev| changed(event_target_checked(&ev))/>
            {rest().providers.own_keys}
        </label>
    }
    .into_any()
}
