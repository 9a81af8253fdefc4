//! A provider of the list, and the actions on it.

use std::sync::Arc;

use holdfast_protocol::providers::{KeyState, ModelOffer, ProviderInfo, ProviderPatch, Visibility};
use leptos::{ev::SubmitEvent, prelude::*};

use super::{OwnKeysCheck, ProviderList, VisibilitySelect};
use crate::{
    calls::tell,
    components::{
        field::Field,
        row_button::{RowButton, TestConnection, Then},
    },
    services::Verb,
    strings::{Localized, lazy, strings},
    ui::state,
};

/// A provider with its settings and models.
#[component]
pub(super) fn One(
    /// The provider.
    info: ProviderInfo,
    /// Shared state of the page.
    browser: ProviderList,
) -> impl IntoView {
    let ProviderInfo { name, added, url, key, own_keys, visible_to, models, unlisted, has_no_list, fault, .. } = info;
    let (strings, common, lazy) = (strings(), &lazy().common, &lazy().providers);
    let path = format!("admin/providers/{name}");
    let change: Then<ProviderPatch> = {
        let path = path.clone();
        Arc::new(move |patch| tell(browser.context, Verb::Patch, &path, &patch, move |reply| browser.changed(reply)))
    };
    let try_path = format!("{path}/test");
    let remove: Then<()> = Arc::new(move |()| {
        tell(browser.context, Verb::Delete, &path, &(), move |reply| {
            if let Err(api_error) = reply {
                browser.state.refused(api_error);
            }
            browser.load();
        });
    });
    let (url_field, key_field) = (format!("url-of-{name}"), format!("key-of-{name}"));
    let submit = {
        let (url_field, key_field, change) = (url_field.clone(), key_field.clone(), change.clone());
        move |ev: SubmitEvent| {
            ev.prevent_default();
            let window = browser.context.browser();
            // An empty field does not delete the stored key.
            let key = Some(window.value(&key_field)).filter(|key| !key.trim().is_empty());
            window.set_value(&key_field, "");
            change(ProviderPatch { url: Some(window.value(&url_field)), key, ..ProviderPatch::default() });
        }
    };
    let forget: Then<()> = {
        let change = change.clone();
        Arc::new(move |()| change(ProviderPatch { key: Some(String::new()), ..ProviderPatch::default() }))
    };
    let offer: Then<Option<Visibility>> = {
        let change = change.clone();
        Arc::new(move |visible_to| change(ProviderPatch { visible_to, ..ProviderPatch::default() }))
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
            let model = browser.context.browser().value(&model_field).trim().to_owned();
            if !model.is_empty() {
                let models = vec![ModelOffer { model, visible_to: Some(visible_to) }];
                change(ProviderPatch { models, ..ProviderPatch::default() });
            }
        }
    };
    let busy = RwSignal::new(false);
    let route = match (&url, added) {
        (Some(url), _) => url.clone(),
        (None, true) => lazy.at_vendor.to_owned(),
        (None, false) => lazy.configured.to_owned(),
    };
    // Models can be named by hand if no list tells which models there are.
    let (may_name, nothing) = (has_no_list || unlisted > 0 || models.is_empty() && fault.is_some(), models.is_empty());
    let why_name = if unlisted > 0 { (lazy.unlisted)(unlisted) } else { lazy.no_list.to_owned() };
    let fault = fault.map(|fault| strings.localized(fault));
    let (key_state, fault) = match key {
        KeyState::Stored => (lazy.key_stored, fault),
        KeyState::None if added => (lazy.without_key, fault),
        KeyState::None => ("", fault),
        KeyState::Unreadable => ("", Some(lazy.unreadable.into())),
        // Only users' own keys have this state.
        KeyState::Unconfirmed => ("", fault),
    };
    let title = match state().provider(&name) {
        same if same == name => name.clone(),
        title => format!("{title} ({name})"),
    };
    let listed = (lazy.models)(models.len());
    let model = move |ModelOffer { model, visible_to }: ModelOffer| {
        let label = (lazy.who_may)(&model);
        let (shown, change) = (model.clone(), change.clone());
        let chosen: Then<Option<Visibility>> = Arc::new(move |visible_to| {
            let models = vec![ModelOffer { model: model.clone(), visible_to }];
            change(ProviderPatch { models, ..ProviderPatch::default() });
        });
        view! {
            <li class="line">
                <span>{shown}</span>
                <VisibilitySelect label now=visible_to may_be_none=true chosen/>
            </li>
        }
        .into_any()
    };
    view! {
        <li class="line">
        <span>
            <b>{title}</b>
            <span class="detail">{route} {key_state}</span>
            <span class="detail problem">{fault.map(Localized::view)}</span>
        </span>
        <VisibilitySelect label=(lazy.who_may)(&name) now=Some(visible_to) may_be_none=false chosen=offer/>
        <OwnKeysCheck now=own_keys hidden=!added changed=allow/>
        <details hidden=nothing && !may_name>
            <summary>{listed}</summary>
            <ul>{models.into_iter().map(model).collect::<Vec<_>>()}</ul>
            <form class="form" method="post" hidden=!may_name on:submit=list>
                <p>{why_name}</p>
                <Field id=model_field label=(lazy.list_model)(&name) maxlength="200"/>
                <button type="submit" class="primary">{lazy.list_it}</button>
            </form>
        </details>
        <details hidden=!added>
            <summary>{(lazy.change)(&name)}</summary>
            <form class="form" method="post" on:submit=submit>
                <Field id=url_field label=lazy.its_address kind="url" maxlength="500" value=url.unwrap_or_default()/>
                <Field id=key_field label=lazy.new_key kind="password" maxlength="1000"/>
                <p class="detail">{lazy.bound}</p>
                <button type="submit" class="primary">{common.keep}</button>
            </form>
            <p class="actions start">
                <RowButton text=lazy.forget name=(lazy.forget_named)(&name) busy act=forget/>
                <RowButton text=common.remove name=(common.remove_named)(&name) busy act=remove/>
            </p>
        </details>
        <TestConnection path=try_path name/>
        </li>
    }
    .into_any()
}
