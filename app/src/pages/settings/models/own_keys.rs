//! Keys of one's own, where those who run the server allow it.

use std::sync::Arc;

use holdfast_protocol::{
    Refusal,
    api::Rank,
    providers::{KeyState, NewKey, OwnKey},
};
use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    calls::{get, tell},
    components::{
        act::{Act, Then, TryIt},
        field::Field,
    },
    once::{effect, memo},
    pages::settings::providers::refresh_models,
    services::Verb,
    ui::{ask, live},
    words::{rest, words},
};

/// The providers that one may bring a key for; nothing where there are none.
#[component]
pub(crate) fn OwnKeys() -> impl IntoView {
    let (live, ask, rest) = (live(), ask(), &rest().keys);
    let list = RwSignal::new(Vec::<OwnKey>::new());
    let has_account = memo(move || live.user.read().as_ref().is_some_and(|user| user.role != Rank::Guest));
    let load = move || {
        get(ask, "keys", move |reply| match reply {
            Ok(found) => {
                list.try_set(found);
            }
            Err(refusal) => live.refused(refusal),
        });
    };
    effect(move || {
        if has_account.get() {
            load();
        } else {
            list.set(Vec::new());
        }
    });
    let changed: Then<Result<String, Refusal>> = Arc::new(move |reply| {
        if let Err(refusal) = reply {
            live.refused(refusal);
        }
        load();
        refresh_models(ask, live);
    });
    view! {
        <div hidden=move || list.read().is_empty()>
            <h2>{rest.heading}</h2>
            <p class="lead">{rest.lead}</p>
            <ul class="card" aria-label=rest.heading>
                {move || list.get().into_iter().map(|own| view! { <Own own changed=changed.clone()/> }.into_any()).collect::<Vec<_>>()}
            </ul>
        </div>
    }
    .into_any()
}

/// One's key for a provider.
#[component]
fn Own(
    /// For which.
    own: OwnKey,
    /// Something was done.
    changed: Then<Result<String, Refusal>>,
) -> impl IntoView {
    let (ask, common, rest) = (ask(), &rest().common, &rest().keys);
    let OwnKey { provider, key, origin } = own;
    let field = format!("own-key-{provider}");
    let path = format!("keys/{provider}");
    let keep = {
        let (path, field, changed) = (path.clone(), field.clone(), changed.clone());
        move |ev: SubmitEvent| {
            ev.prevent_default();
            let key = ask.desk().value(&field);
            ask.desk().set_value(&field, "");
            let changed = changed.clone();
            tell(ask, Verb::Post, &path, &NewKey { key }, move |reply| changed(reply));
        }
    };
    let forget: Then<()> = {
        let (path, changed) = (path.clone(), changed.clone());
        Arc::new(move |()| {
            let changed = changed.clone();
            tell(ask, Verb::Delete, &path, &(), move |reply| changed(reply));
        })
    };
    let busy = RwSignal::new(false);
    let confirm: Then<()> = {
        let (path, changed) = (format!("{path}/confirm"), changed.clone());
        Arc::new(move |()| {
            let changed = changed.clone();
            tell(ask, Verb::Post, &path, &(), move |reply| changed(reply));
        })
    };
    let to_confirm = if key == KeyState::Unconfirmed {
        view! { <Act text=rest.confirm name=(rest.confirm_for)(&provider) busy act=confirm/> }.into_any()
    } else {
        ().into_any()
    };
    let (state, there) = match key {
        KeyState::None => (rest.none.to_owned(), false),
        KeyState::Kept => (rest.kept.to_owned(), true),
        KeyState::Unreadable => (rest.unreadable.to_owned(), true),
        KeyState::Unconfirmed => ((rest.unconfirmed)(&origin.unwrap_or_default()), true),
    };
    let ways = if there {
        view! {
            <Act text=rest.forget name=(rest.forget_for)(&provider) busy act=forget/>
            <TryIt path=format!("{path}/try") name=(rest.key_for)(&provider)/>
        }
        .into_any()
    } else {
        ().into_any()
    };
    view! {
        <li class="line">
            <span>
                <b>{words().provider(&provider).to_owned()}</b>
                <span class="t">{state}</span>
            </span>
            <form class="form" method="post" on:submit=keep>
                <Field id=field label=(rest.label)(&provider) kind="password" maxlength="1000"/>
                <button type="submit" class="go">{common.keep}</button>
            </form>
            <div class="ways start">{to_confirm} {ways}</div>
        </li>
    }
    .into_any()
}
