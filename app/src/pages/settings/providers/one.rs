//! One provider, and what can be done with it.

use std::sync::Arc;

use holdfast_protocol::{
    Code, Refusal,
    providers::{Audience, KeyState, ModelOffer, ProviderInfo, ProviderPatch},
};
use leptos::{ev::SubmitEvent, prelude::*};

use super::{AudienceSelect, Desk, OwnKeysCheck};
use crate::{
    calls::tell,
    components::{
        act::{Act, Then, TryIt},
        field::Field,
    },
    services::Verb,
    words::{Told, rest, words},
};

/// See the module.
#[component]
pub(super) fn One(
    /// All that is known of it.
    info: ProviderInfo,
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let ProviderInfo { name, added, url, key, own_keys, offered_to, models, unlisted, has_no_list, fault, .. } = info;
    let (words, common, rest) = (words(), &rest().common, &rest().providers);
    let path = format!("admin/providers/{name}");
    let change: Then<ProviderPatch> = {
        let path = path.clone();
        Arc::new(move |patch| tell(desk.ask, Verb::Patch, &path, &patch, move |reply| desk.changed(reply)))
    };
    let try_path = format!("{path}/try");
    let remove: Then<()> = Arc::new(move |()| {
        tell(desk.ask, Verb::Delete, &path, &(), move |reply| {
            if let Err(refusal) = reply {
                desk.live.refused(refusal);
            }
            desk.load();
        });
    });
    let (url_field, key_field) = (format!("url-of-{name}"), format!("key-of-{name}"));
    let submit = {
        let (url_field, key_field, change) = (url_field.clone(), key_field.clone(), change.clone());
        move |ev: SubmitEvent| {
            ev.prevent_default();
            let window = desk.ask.desk();
            // An empty field is no wish to lose the key.
            let key = Some(window.value(&key_field)).filter(|key| !key.trim().is_empty());
            window.set_value(&key_field, "");
            change(ProviderPatch { url: Some(window.value(&url_field)), key, ..ProviderPatch::default() });
        }
    };
    let forget: Then<()> = {
        let change = change.clone();
        Arc::new(move |()| change(ProviderPatch { key: Some(String::new()), ..ProviderPatch::default() }))
    };
    let offer: Then<Option<Audience>> = {
        let change = change.clone();
        Arc::new(move |offered_to| change(ProviderPatch { offered_to, ..ProviderPatch::default() }))
    };
    let allow: Then<bool> = {
        let change = change.clone();
        Arc::new(move |own| change(ProviderPatch { own_keys: Some(own), ..ProviderPatch::default() }))
    };
    let model_field = format!("model-of-{name}");
    let list = {
        let (model_field, change) = (model_field.clone(), change.clone());
        move |ev: SubmitEvent| {
            ev.prevent_default();
            let model = desk.ask.desk().value(&model_field).trim().to_owned();
            if !model.is_empty() {
                let models = vec![ModelOffer { model, offered_to: Some(offered_to) }];
                change(ProviderPatch { models, ..ProviderPatch::default() });
            }
        }
    };
    let busy = RwSignal::new(false);
    let place = match (&url, added) {
        (Some(url), _) => url.clone(),
        (None, true) => rest.at_vendor.to_owned(),
        (None, false) => rest.configured.to_owned(),
    };
    // Where no list says which models there are, they can be named.
    let (may_name, nothing) = (has_no_list || unlisted > 0 || models.is_empty() && fault.is_some(), models.is_empty());
    let why_name = if unlisted > 0 { (rest.unlisted)(unlisted) } else { rest.no_list.to_owned() };
    let fault = fault.map(|fault| words.told(Refusal::new(Code::ProviderUnavailable, fault)));
    let (state, fault) = match key {
        KeyState::Kept => (rest.key_kept, fault),
        KeyState::None if added => (rest.without_key, fault),
        KeyState::None => ("", fault),
        KeyState::Unreadable => ("", Some(rest.unreadable.into())),
        // Of users' own keys only.
        KeyState::Unconfirmed => ("", fault),
    };
    let title = match words.provider(&name) {
        same if same == name => name.clone(),
        title => format!("{title} ({name})"),
    };
    let listed = (rest.models)(models.len());
    let model = move |ModelOffer { model, offered_to }: ModelOffer| {
        let label = (rest.who_may)(&model);
        let (shown, change) = (model.clone(), change.clone());
        let chosen: Then<Option<Audience>> = Arc::new(move |offered_to| {
            let models = vec![ModelOffer { model: model.clone(), offered_to }];
            change(ProviderPatch { models, ..ProviderPatch::default() });
        });
        view! {
            <li class="line">
                <span>{shown}</span>
                <AudienceSelect label now=offered_to may_be_none=true chosen/>
            </li>
        }
        .into_any()
    };
    view! {
        <li class="line">
        <span>
            <b>{title}</b>
            <span class="t">{place} {state}</span>
            <span class="t barred">{fault.map(Told::view)}</span>
        </span>
        <AudienceSelect label=(rest.who_may)(&name) now=Some(offered_to) may_be_none=false chosen=offer/>
        <OwnKeysCheck now=own_keys hidden=!added changed=allow/>
        <details hidden=nothing && !may_name>
            <summary>{listed}</summary>
            <ul>{models.into_iter().map(model).collect::<Vec<_>>()}</ul>
            <form class="form" method="post" hidden=!may_name on:submit=list>
                <p>{why_name}</p>
                <Field id=model_field label=(rest.list_model)(&name) maxlength="200"/>
                <button type="submit" class="go">{rest.list_it}</button>
            </form>
        </details>
        <details hidden=!added>
            <summary>{(rest.change)(&name)}</summary>
            <form class="form" method="post" on:submit=submit>
                <Field id=url_field label=rest.its_address kind="url" maxlength="500" value=url.unwrap_or_default()/>
                <Field id=key_field label=rest.new_key kind="password" maxlength="1000"/>
                <p class="t">{rest.bound}</p>
                <button type="submit" class="go">{common.keep}</button>
            </form>
            <p class="ways start">
                <Act text=rest.forget name=(rest.forget_named)(&name) busy act=forget/>
                <Act text=common.remove name=(common.remove_named)(&name) busy act=remove/>
            </p>
        </details>
        <TryIt path=try_path name/>
        </li>
    }
    .into_any()
}
