//! Keys of one's own, where those who run the server allow it.

use holdfast_protocol::{
    api::Rank,
    providers::{KeyState, NewKey, OwnKey, Trial},
};
use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    calls::{get, read, tell},
    eager::IntoEager,
    pages::settings::providers::{refresh_models, told},
    services::Verb,
    ui::{ask, live, provider_name},
};

/// The providers that one may bring a key for; nothing where there are none.
#[component]
pub(crate) fn OwnKeys() -> impl IntoView {
    let (live, ask) = (live(), ask());
    let list = RwSignal::new(Vec::<OwnKey>::new());
    let has_account = Memo::new(move |_| live.user.read().as_ref().is_some_and(|user| user.role != Rank::Guest));
    let load = move || {
        get(ask, "keys", move |reply| match reply {
            Ok(found) => {
                list.try_set(found);
            }
            Err(refusal) => live.notify(refusal.error),
        });
    };
    Effect::new(move |_| {
        if has_account.get() {
            load();
        } else {
            list.set(Vec::new());
        }
    });
    let changed = move || {
        load();
        refresh_models(ask, live);
    };
    view! {
        <Show when=move || !list.read().is_empty()>
            <h2>"Your own keys"</h2>
            <p class="lead">"A key of yours is used for you alone. It is kept encrypted, shown to nobody again, and gone with your account."</p>
            <ul class="card" aria-label="Your own keys">
                <For each=move || list.get() key=|it| it.clone() let:it>
                    <Own own=it changed/>
                </For>
            </ul>
        </Show>
    }
    .eager()
}

/// One's key for a provider.
#[component]
fn Own(
    /// For which.
    own: OwnKey,
    /// Something was done.
    changed: impl Fn() + Copy + 'static,
) -> impl IntoView {
    let ask = ask();
    let said = RwSignal::new(None::<Result<String, String>>);
    let busy = RwSignal::new(false);
    let name = StoredValue::new(own.provider.clone());
    let path = move || format!("keys/{}", name.get_value());
    let field = move || format!("own-key-{}", name.get_value());
    let done = move |reply: Result<String, holdfast_protocol::Refusal>| match reply {
        Ok(_) => changed(),
        Err(refusal) => {
            said.try_set(Some(Err(refusal.error)));
        }
    };
    let keep = move |ev: SubmitEvent| {
        ev.prevent_default();
        let key = ask.desk().value(&field());
        ask.desk().set_value(&field(), "");
        tell(ask, Verb::Post, &path(), &NewKey { key }, done);
    };
    let forget = move |_| tell(ask, Verb::Delete, &path(), &(), done);
    let try_it = move |_| {
        busy.set(true);
        said.set(None);
        tell(ask, Verb::Post, &format!("{}/try", path()), &(), move |reply| {
            busy.try_set(false);
            said.try_set(Some(match reply.and_then(|text| read::<Trial>(&text)) {
                Ok(trial) if trial.ok => Ok(told(&trial)),
                Ok(trial) => Err(told(&trial)),
                Err(refusal) => Err(refusal.error),
            }));
        });
    };
    let state = match own.key {
        KeyState::None => "You have no key here.",
        KeyState::Kept => "Your key is kept, and used for you.",
        KeyState::Unreadable => "Your key can't be read any more, for the server's secret was changed. Enter it again.",
    };
    let title = provider_name(&own.provider).to_owned();
    let label = format!("Your key for {}", own.provider);
    view! {
        <li class="line">
            <span>
                <b>{title}</b>
                <span class="t" class:barred=own.key == KeyState::Unreadable>{state}</span>
            </span>
            <form class="ways" method="post" on:submit=keep>
                <input class="field key" id=field() type="password" aria-label=label autocomplete="off" maxlength="1000" required/>
                <button type="submit" class="small">{if own.key == KeyState::None { "Keep" } else { "Replace" }}</button>
                {(own.key != KeyState::None)
                    .then(|| {
                        view! {
                            <button type="button" class="small" disabled=move || busy.get() on:click=try_it>
                                {move || if busy.get() { "Trying…" } else { "Try it" }}
                            </button>
                            <button type="button" class="small" on:click=forget>"Forget"</button>
                        }
                    })}
            </form>
            <p class="said" role="status">{move || said.get().and_then(Result::ok)}</p>
            <p class="error" role="alert">{move || said.get().and_then(Result::err)}</p>
        </li>
    }
    .eager()
}
