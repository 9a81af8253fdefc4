//! Adding a provider.

use std::sync::{Arc, Mutex, PoisonError};

use holdfast_protocol::providers::{Kind, NewProvider, Visibility};
use leptos::{ev::SubmitEvent, prelude::*};

use super::{OwnKeysCheck, ProviderList, VisibilitySelect};
use crate::{
    calls::tell,
    components::{field::Field, row_button::Then},
    services::Verb,
    strings::{Localized, lazy, strings},
};

/// The form.
#[component]
pub(super) fn Add(
    /// Shared state of the page.
    browser: ProviderList,
) -> impl IntoView {
    let chosen = Arc::new(Mutex::new((Kind::Openai, Visibility::Everyone)));
    let own_keys = RwSignal::new(false);
    let error = RwSignal::new(None::<Localized>);
    let (strings, lazy) = (strings(), &lazy().providers);
    let now = chosen.clone();
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        let (kind, visible_to) = *now.lock().unwrap_or_else(PoisonError::into_inner);
        let window = browser.context.browser();
        let given = |id: &str| Some(window.value(id)).filter(|text| !text.trim().is_empty());
        let new = NewProvider {
            name: window.value("provider-name").trim().to_owned(),
            kind,
            url: given("provider-url"),
            key: given("provider-key"),
            own_keys: own_keys.get_untracked(),
            visible_to,
        };
        error.set(None);
        tell(browser.context, Verb::Post, "admin/providers", &new, move |reply| match reply {
            Ok(_) => {
                for id in ["provider-name", "provider-url", "provider-key"] {
                    browser.context.browser().set_value(id, "");
                }
                browser.load();
            }
            Err(api_error) => {
                error.try_set(Some(strings.localized(api_error)));
            }
        });
    };
    let of_kind = chosen.clone();
    let pick = move |ev| {
        of_kind.lock().unwrap_or_else(PoisonError::into_inner).0 = Kind::parse(&event_target_value(&ev)).unwrap_or(Kind::Openai);
    };
    let chosen: Then<Option<Visibility>> =
        Arc::new(move |visibility| chosen.lock().unwrap_or_else(PoisonError::into_inner).1 = visibility.unwrap_or_default());
    let changed: Then<bool> = Arc::new(move |own| own_keys.set(own));
    let option = |kind: Kind| {
        let name = if kind == Kind::Openai { lazy.compatible } else { kind.title() };
        view! { <option value=kind.as_str() prop:selected=kind == Kind::Openai>{name}</option> }.into_any()
    };
    view! {
        <h2>{lazy.add_heading}</h2>
        <form class="form" method="post" on:submit=submit>
            <label for="provider-kind">{lazy.speaks}</label>
            <select class="field" id="provider-kind" autocomplete="off" on:change=pick>
                {Kind::ALL.into_iter().map(option).collect::<Vec<_>>()}
            </select>
            <Field id="provider-name" label=lazy.name maxlength="32"/>
            <Field id="provider-url" label=lazy.address kind="url" maxlength="500"/>
            <Field id="provider-key" label=lazy.key kind="password" maxlength="1000"/>
            <p class="inline-field">
                {lazy.visible_to}
                <VisibilitySelect label=lazy.visible_to.to_owned() now=Some(Visibility::Everyone) may_be_none=false chosen/>
            </p>
            <OwnKeysCheck now=false hidden=false changed/>
            <p class="error" role="alert">{move || error.get().map(Localized::view)}</p>
            <button type="submit" class="primary">{lazy.add}</button>
        </form>
    }
    .into_any()
}
