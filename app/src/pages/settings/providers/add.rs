//! Another provider.

use std::sync::{Arc, Mutex, PoisonError};

use holdfast_protocol::providers::{Audience, Kind, NewProvider};
use leptos::{ev::SubmitEvent, prelude::*};

use super::{AudienceSelect, Desk, OwnKeysCheck};
use crate::{
    calls::tell,
    components::{act::Then, field::Field},
    services::Verb,
    words::{Told, rest, words},
};

/// The form.
#[component]
pub(super) fn Add(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let chosen = Arc::new(Mutex::new((Kind::Openai, Audience::Everyone)));
    let own_keys = RwSignal::new(false);
    let error = RwSignal::new(None::<Told>);
    let (words, rest) = (words(), &rest().providers);
    let now = chosen.clone();
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        let (kind, offered_to) = *now.lock().unwrap_or_else(PoisonError::into_inner);
        let window = desk.ask.desk();
        let given = |id: &str| Some(window.value(id)).filter(|text| !text.trim().is_empty());
        let new = NewProvider {
            name: window.value("provider-name").trim().to_owned(),
            kind,
            url: given("provider-url"),
            key: given("provider-key"),
            own_keys: own_keys.get_untracked(),
            offered_to,
        };
        error.set(None);
        tell(desk.ask, Verb::Post, "admin/providers", &new, move |reply| match reply {
            Ok(_) => {
                for id in ["provider-name", "provider-url", "provider-key"] {
                    desk.ask.desk().set_value(id, "");
                }
                desk.load();
            }
            Err(refusal) => {
                error.try_set(Some(words.told(refusal)));
            }
        });
    };
    let of_kind = chosen.clone();
    let pick = move |ev| {
        of_kind.lock().unwrap_or_else(PoisonError::into_inner).0 = Kind::parse(&event_target_value(&ev)).unwrap_or(Kind::Openai);
    };
    let chosen: Then<Option<Audience>> =
        Arc::new(move |audience| chosen.lock().unwrap_or_else(PoisonError::into_inner).1 = audience.unwrap_or_default());
    let changed: Then<bool> = Arc::new(move |own| own_keys.set(own));
    let option = |(kind, name): (Kind, &'static str)| {
        view! { <option value=kind.as_str() prop:selected=kind == Kind::Openai>{name}</option> }.into_any()
    };
    let kinds = [
        (Kind::Openai, rest.compatible),
        (Kind::Anthropic, "Anthropic"),
        (Kind::Gemini, "Gemini"),
        (Kind::Azure, "Azure OpenAI"),
        (Kind::Ollama, "Ollama"),
    ];
    view! {
        <h2>{rest.add_heading}</h2>
        <form class="form" method="post" on:submit=submit>
            <label for="provider-kind">{rest.speaks}</label>
            <select class="field" id="provider-kind" autocomplete="off" on:change=pick>
                {kinds.into_iter().map(option).collect::<Vec<_>>()}
            </select>
            <Field id="provider-name" label=rest.name maxlength="32"/>
            <Field id="provider-url" label=rest.address kind="url" maxlength="500"/>
            <Field id="provider-key" label=rest.key kind="password" maxlength="1000"/>
            <p class="pair">
                {rest.offered_to}
                <AudienceSelect label=rest.offered_to.to_owned() now=Some(Audience::Everyone) may_be_none=false chosen/>
            </p>
            <OwnKeysCheck now=false hidden=false changed/>
            <p class="error" role="alert">{move || error.get().map(Told::view)}</p>
            <button type="submit" class="go">{rest.add}</button>
        </form>
    }
    .into_any()
}
