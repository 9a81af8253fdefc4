//! The user's own API keys, where administrators allow them.

use std::sync::Arc;

use holdfast_protocol::{
    ApiError,
    api::Role,
    providers::{KeyState, NewKey, OwnKey},
};
use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    calls::{get, tell},
    components::{
        field::Field,
        row_button::{RowButton, TestConnection, Then},
    },
    first_load::erased::{effect, memo},
    pages::settings::providers::refresh_models,
    services::Verb,
    strings::{lazy, strings},
    ui::{context, state},
};

/// The providers that allow users' own keys; nothing is shown if there are none.
#[component]
pub(crate) fn OwnKeys() -> impl IntoView {
    let (state, context, lazy) = (state(), context(), &lazy().keys);
    let list = RwSignal::new(Vec::<OwnKey>::new());
    let has_account = memo(move || state.session.user.read().as_ref().is_some_and(|user| user.role != Role::Guest));
    let load = move || {
        get(context, "keys", move |reply| match reply {
            Ok(found) => {
                list.try_set(found);
            }
            Err(api_error) => state.refused(api_error),
        });
    };
    effect(move || {
        if has_account.get() {
            load();
        } else {
            list.set(Vec::new());
        }
    });
    let changed: Then<Result<String, ApiError>> = Arc::new(move |reply| {
        if let Err(api_error) = reply {
            state.refused(api_error);
        }
        load();
        refresh_models(context, state.session);
    });
    view! {
        <div hidden=move || list.read().is_empty()>
            <h2>{lazy.heading}</h2>
            <p class="lead">{lazy.lead}</p>
            <ul class="card" aria-label=lazy.heading>
                {move || list.get().into_iter().map(|own| view! { <Own own changed=changed.clone()/> }.into_any()).collect::<Vec<_>>()}
            </ul>
        </div>
    }
    .into_any()
}

/// The user's key for a provider.
#[component]
fn Own(
    /// The provider and the state of the key.
    own: OwnKey,
    /// Called with the result of a change.
    changed: Then<Result<String, ApiError>>,
) -> impl IntoView {
    let (context, common, lazy) = (context(), &lazy().common, &lazy().keys);
    let OwnKey { provider, key, origin } = own;
    let field = format!("own-key-{provider}");
    let path = format!("keys/{provider}");
    let keep = {
        let (path, field, changed) = (path.clone(), field.clone(), changed.clone());
        move |ev: SubmitEvent| {
            ev.prevent_default();
            let key = context.browser().value(&field);
            context.browser().set_value(&field, "");
            let changed = changed.clone();
            tell(context, Verb::Post, &path, &NewKey { key }, move |reply| changed(reply));
        }
    };
    let forget: Then<()> = {
        let (path, changed) = (path.clone(), changed.clone());
        Arc::new(move |()| {
            let changed = changed.clone();
            tell(context, Verb::Delete, &path, &(), move |reply| changed(reply));
        })
    };
    let busy = RwSignal::new(false);
    let confirm: Then<()> = {
        let (path, changed) = (format!("{path}/confirm"), changed.clone());
        Arc::new(move |()| {
            let changed = changed.clone();
            tell(context, Verb::Post, &path, &(), move |reply| changed(reply));
        })
    };
    let to_confirm = if key == KeyState::Unconfirmed {
        view! { <RowButton text=lazy.confirm name=(lazy.confirm_for)(&provider) busy act=confirm/> }.into_any()
    } else {
        ().into_any()
    };
    let (key_state, there) = match key {
        KeyState::None => (lazy.none.to_owned(), false),
        KeyState::Stored => (lazy.stored.to_owned(), true),
        KeyState::Unreadable => (lazy.unreadable.to_owned(), true),
        KeyState::Unconfirmed => ((lazy.unconfirmed)(&origin.unwrap_or_default()), true),
    };
    let ways = if there {
        view! {
            <RowButton text=lazy.forget name=(lazy.forget_for)(&provider) busy act=forget/>
            <TestConnection path=format!("{path}/test") name=(lazy.key_for)(&provider)/>
        }
        .into_any()
    } else {
        ().into_any()
    };
    view! {
        <li class="line">
            <span>
                <b>{strings().provider(&provider).to_owned()}</b>
                <span class="detail">{key_state}</span>
            </span>
            <form class="form" method="post" on:submit=keep>
                <Field id=field label=(lazy.label)(&provider) kind="password" maxlength="1000"/>
                <button type="submit" class="primary">{common.keep}</button>
            </form>
            <div class="actions start">{to_confirm} {ways}</div>
        </li>
    }
    .into_any()
}
