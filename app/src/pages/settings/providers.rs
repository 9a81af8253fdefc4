//! Providers, for administrators.

mod add;
mod one;
mod prices;

use holdfast_protocol::{
    ApiError,
    providers::{ProviderInfo, Visibility},
};
use leptos::prelude::*;

use crate::{
    calls::{get, read},
    components::{
        coming::{Coming, Fetch, failed},
        row_button::Then,
        tuning::{Defaults, Owner},
    },
    first_load::erased::effect,
    state::{AppState, Session},
    strings::{lazy, strings},
    ui::{AppContext, context, state},
};

/// State that the parts of the page share.
#[derive(Clone, Copy)]
struct ProviderList {
    list: RwSignal<Vec<ProviderInfo>>,
    fetch: RwSignal<Fetch>,
    context: AppContext,
    state: AppState,
}

impl ProviderList {
    fn load(self) {
        get(self.context, "admin/providers", move |reply| match reply {
            Ok(found) => {
                // Create all rows again, so that no row keeps what was typed into another.
                self.list.try_set(Vec::new());
                self.list.try_set(found);
                self.fetch.try_set(Fetch::Here);
            }
            Err(api_error) => failed(self.fetch, self.state, api_error),
        });
        refresh_models(self.context, self.state.session);
    }

    /// Handles the reply to a change of a provider.
    fn changed(self, reply: Result<String, ApiError>) {
        match reply.and_then(|text| read::<ProviderInfo>(&text)) {
            Ok(now) => {
                self.list.update(|list| list.iter_mut().filter(|it| it.name == now.name).for_each(|it| *it = now.clone()));
                refresh_models(self.context, self.state.session);
            }
            Err(api_error) => self.state.refused(api_error),
        }
    }
}

/// Reads the available models again, because they may have changed.
pub(super) fn refresh_models(context: AppContext, session: Session) {
    let reply = context.backend().models();
    leptos::task::spawn_local(async move {
        if let Ok(models) = reply.await {
            session.models.set(models);
        }
    });
}

/// The section.
#[component]
pub(super) fn Providers() -> impl IntoView {
    let browser =
        ProviderList { list: RwSignal::new(Vec::new()), fetch: RwSignal::new(Fetch::default()), context: context(), state: state() };
    let strings = strings();
    effect(move || browser.load());
    view! {
        <h1>{strings.places.providers}</h1>
        <p class="lead">{lazy().providers.lead}</p>
        <Coming fetch=browser.fetch again=move || browser.load()/>
        <ul class="card" aria-label=strings.places.providers>
            {move || browser.list.get().into_iter().map(|info| view! { <one::One info browser/> }.into_any()).collect::<Vec<_>>()}
        </ul>
        <add::Add browser/>
        <prices::Prices/>
        <Defaults owner=Owner::Server/>
    }
    .into_any()
}

/// The choice of a visibility. For a model, the provider's visibility is also a choice.
#[component]
fn VisibilitySelect(
    /// What the visibility belongs to.
    label: String,
    /// The current visibility.
    now: Option<Visibility>,
    /// Whether "as its provider" is a choice.
    may_be_none: bool,
    /// Called with the new choice.
    chosen: Then<Option<Visibility>>,
) -> impl IntoView {
    let lazy = &lazy().providers;
    let mut options = vec![
        (Some(Visibility::Everyone), lazy.everyone),
        (Some(Visibility::Accounts), lazy.accounts),
        (Some(Visibility::Administrators), lazy.administrators),
    ];
    if may_be_none {
        options.insert(0, (None, lazy.inherited));
    }
    let option = |(visibility, name): (Option<Visibility>, &'static str)| {
        view! { <option value=visibility.map_or("", Visibility::as_str) prop:selected=visibility == now>{name}</option> }.into_any()
    };
    view! {
        <select class="small" aria-label=label autocomplete="off" on:change=move |ev| chosen(Visibility::parse(&event_target_value(&ev)))>
            {options.into_iter().map(option).collect::<Vec<_>>()}
        </select>
    }
    .into_any()
}

/// The check box that allows users' own keys.
#[component]
fn OwnKeysCheck(
    /// Whether they are allowed.
    now: bool,
    /// Whether the check box is hidden.
    hidden: bool,
    /// Called with the new value.
    changed: Then<bool>,
) -> impl IntoView {
    view! {
        <label class="checkbox" hidden=hidden>
            <input type="checkbox" prop:checked=now on:change=move |ev| changed(event_target_checked(&ev))/>
            {lazy().providers.own_keys}
        </label>
    }
    .into_any()
}
