//! One provider, and what can be done with it.

use holdfast_protocol::providers::{KeyState, ModelOffer, ProviderInfo, ProviderPatch, Trial};
use leptos::{ev::SubmitEvent, prelude::*};

use super::{AudienceSelect, Desk, told};
use crate::{
    calls::{read, tell},
    eager::IntoEager,
    services::Verb,
    ui::{count, provider_name},
};

/// See the module.
#[component]
pub(super) fn One(
    /// Which.
    name: String,
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let said = RwSignal::new(None::<Result<String, String>>);
    let busy = RwSignal::new(false);
    let opened = RwSignal::new(false);
    let id = StoredValue::new(name);
    let name = move || id.get_value();
    let info = Memo::new(move |_| desk.list.read().iter().flatten().find(|it| id.with_value(|name| it.name == *name)).cloned());
    let of = move |part: fn(&ProviderInfo) -> bool| info.read().as_ref().is_some_and(part);
    let added = Memo::new(move |_| of(|it| it.added));
    let change = move |patch: ProviderPatch| {
        tell(desk.ask, Verb::Patch, &format!("admin/providers/{}", name()), &patch, move |reply| desk.changed(reply));
    };
    let try_it = move |_| {
        busy.set(true);
        said.set(None);
        tell(desk.ask, Verb::Post, &format!("admin/providers/{}/try", name()), &(), move |reply| {
            busy.try_set(false);
            said.try_set(Some(match reply.and_then(|text| read::<Trial>(&text)) {
                Ok(trial) if trial.ok => Ok(told(&trial)),
                Ok(trial) => Err(told(&trial)),
                Err(refusal) => Err(refusal.error),
            }));
        });
    };
    let remove = move |_| {
        tell(desk.ask, Verb::Delete, &format!("admin/providers/{}", name()), &(), move |reply| {
            if let Err(refusal) = reply {
                desk.live.notify(refusal.error);
            }
            desk.load();
        });
    };
    // The fields' ids are this provider's, for each has its own.
    let field = move |what: &str| format!("{what}-of-{}", name());
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        let window = desk.ask.desk();
        let key = window.value(&field("key"));
        // An empty field is no wish to lose the key.
        let key = (!key.trim().is_empty()).then_some(key);
        window.set_value(&field("key"), "");
        change(ProviderPatch { url: Some(window.value(&field("url"))), key, ..ProviderPatch::default() });
        opened.set(false);
    };
    let drop_key = move |_| {
        change(ProviderPatch { key: Some(String::new()), ..ProviderPatch::default() });
        opened.set(false);
    };
    let facts = move || {
        let info = info.read();
        let Some(info) = info.as_ref() else { return String::new() };
        let place = match (&info.url, info.added) {
            (Some(url), _) => url.clone(),
            (None, true) => "at its vendor's address".to_owned(),
            (None, false) => "configured where Holdfast runs, found there, or built in".to_owned(),
        };
        let key = match info.key {
            KeyState::Kept => " · its key is kept",
            KeyState::None if info.added => " · without a key",
            KeyState::None | KeyState::Unreadable => "",
        };
        format!("{place}{key}")
    };
    let fault = move || {
        let info = info.read();
        let info = info.as_ref()?;
        let lost = info.key == KeyState::Unreadable;
        if lost {
            Some("Its key can't be read any more, for the server's secret was changed. Enter it again.".to_owned())
        } else {
            info.fault.clone()
        }
    };
    let models = move || info.read().iter().flat_map(|it| it.models.iter().map(|model| model.model.clone())).collect::<Vec<_>>();
    let offered = Signal::derive(move || info.read().as_ref().map(|it| it.offered_to));
    let label = move |what: &str| format!("{what} {}", name());
    view! {
        <li class="line">
            <span>
                <b>{provider_name(&name()).to_owned()}</b>
                " "
                {(provider_name(&name()) != name()).then(|| view! { <code>{name()}</code> })}
                <span class="t">{facts}</span>
                <span class="t barred">{fault}</span>
            </span>
            <span class="ways">
                <AudienceSelect
                    label=label("Who may use")
                    now=offered
                    chosen=move |audience| change(ProviderPatch { offered_to: audience, ..ProviderPatch::default() })
                />
                <button type="button" class="small" aria-label=label("Try") disabled=move || busy.get() on:click=try_it>
                    {move || if busy.get() { "Trying…" } else { "Try it" }}
                </button>
                <Show when=move || added.get()>
                    <button
                        type="button"
                        class="small"
                        aria-label=label("Change")
                        aria-expanded=move || opened.get().to_string()
                        on:click=move |_| opened.update(|open| *open = !*open)
                    >
                        "Change"
                    </button>
                    <button type="button" class="small" aria-label=label("Remove") on:click=remove>"Remove"</button>
                </Show>
            </span>
            <p class="said" role="status">{move || said.get().and_then(Result::ok)}</p>
            <p class="error" role="alert">{move || said.get().and_then(Result::err)}</p>
            <Show when=move || opened.get()>
                <form class="form" method="post" on:submit=submit>
                    <label for=field("url")>"Address (empty: its vendor's)"</label>
                    <input
                        class="field"
                        id=field("url")
                        type="url"
                        autocomplete="off"
                        maxlength="500"
                        value=info.read_untracked().as_ref().and_then(|it| it.url.clone())
                    />
                    <label for=field("key")>"New key (empty: as it is)"</label>
                    <input class="field" id=field("key") type="password" autocomplete="off" maxlength="1000"/>
                    <div class="ways start">
                        <button type="submit" class="go">"Keep"</button>
                        <Show when=move || of(|it| it.key != KeyState::None)>
                            <button type="button" class="ghost framed" on:click=drop_key>"Forget the key"</button>
                        </Show>
                    </div>
                </form>
            </Show>
            <Show when=move || added.get()>
                <label class="check">
                    <input
                        type="checkbox"
                        prop:checked=move || of(|it| it.own_keys)
                        on:change=move |ev| change(ProviderPatch { own_keys: Some(event_target_checked(&ev)), ..ProviderPatch::default() })
                    />
                    "Users may bring their own keys"
                </label>
            </Show>
            <details hidden=move || models().is_empty()>
                <summary>{move || count(models().len(), "model", "models")}</summary>
                <ul>
                    <For each=models key=|model| model.clone() let:model>
                        <Model model info change/>
                    </For>
                </ul>
            </details>
        </li>
    }
    .eager()
}

/// A model, and whom it is offered to.
#[component]
fn Model(
    /// Which.
    model: String,
    /// Its provider.
    info: Memo<Option<ProviderInfo>>,
    /// Changes whom.
    change: impl Fn(ProviderPatch) + Copy + 'static,
) -> impl IntoView {
    let id = StoredValue::new(model.clone());
    let now = Signal::derive(move || {
        let info = info.read();
        let offer = info.as_ref()?.models.iter().find(|it| id.with_value(|model| it.model == *model));
        offer?.offered_to
    });
    let chosen = move |offered_to| {
        let models = vec![ModelOffer { model: id.get_value(), offered_to }];
        change(ProviderPatch { models, ..ProviderPatch::default() });
    };
    view! {
        <li class="line">
            <span>{model.clone()}</span>
            <AudienceSelect label=format!("Who may use {model}") now may_be_none=true chosen/>
        </li>
    }
    .eager()
}
