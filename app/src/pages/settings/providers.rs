//! Who answers, and whom: for those who run the server.

mod add;
mod one;

use holdfast_protocol::providers::{Audience, ProviderInfo, Trial};
use leptos::prelude::*;

use crate::{
    calls::{get, read},
    eager::IntoEager,
    live::Live,
    ui::{Ask, ask, live},
};

/// The providers.
#[component]
pub(super) fn Providers() -> impl IntoView {
    let live = live();
    let is_admin = Memo::new(move |_| live.is_admin());
    view! {
        <h1>"Providers"</h1>
        {move || {
            if is_admin.get() {
                view! { <All/> }.eager()
            } else {
                view! { <p class="lead">"This page is for those who run the server."</p> }.eager()
            }
        }}
    }
    .eager()
}

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Desk {
    list: RwSignal<Option<Vec<ProviderInfo>>>,
    error: RwSignal<Option<String>>,
    ask: Ask,
    live: Live,
}

impl Desk {
    fn load(self) {
        get(self.ask, "admin/providers", move |reply| match reply {
            Ok(found) => {
                self.list.try_set(Some(found));
                self.error.try_set(None);
            }
            Err(refusal) => {
                self.error.try_set(Some(refusal.error));
            }
        });
        refresh_models(self.ask, self.live);
    }

    /// Takes what a change of one provider came to.
    fn changed(self, reply: Result<String, holdfast_protocol::Refusal>) {
        match reply.and_then(|text| read::<ProviderInfo>(&text)) {
            Ok(now) => {
                self.list.update(|list| list.iter_mut().flatten().filter(|it| it.name == now.name).for_each(|it| *it = now.clone()));
                refresh_models(self.ask, self.live);
            }
            Err(refusal) => {
                self.live.notify(refusal.error);
                self.load(); // what is shown may be what was not done
            }
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

/// What a trial came to, in a sentence.
pub(super) fn told(trial: &Trial) -> String {
    let seconds = format!("{}.{} s", trial.ms / 1000, trial.ms % 1000 / 100);
    match &trial.model {
        Some(model) if trial.ok => format!("{model} answered within {seconds}: “{}”", trial.said),
        Some(model) => format!("{model} did not answer: {}", trial.said),
        None => trial.said.clone(),
    }
}

#[component]
fn All() -> impl IntoView {
    let desk = Desk { list: RwSignal::new(None), error: RwSignal::new(None), ask: ask(), live: live() };
    Effect::new(move |_| desk.load());
    let names = move || desk.list.read().iter().flatten().map(|it| it.name.clone()).collect::<Vec<_>>();
    view! {
        <p class="lead">
            "Who answers here, and whom. A key that is entered here is kept encrypted and shown to nobody again; those that are configured where Holdfast runs stay there."
        </p>
        <p class="error" role="alert">{move || desk.error.get()}</p>
        <p class="meta" hidden=move || desk.list.read().is_some() || desk.error.read().is_some()>"Looking…"</p>
        <ul class="card providers" aria-label="Providers">
            <For each=names key=|name| name.clone() let:name>
                <one::One name desk/>
            </For>
        </ul>
        <add::Add desk/>
    }
    .eager()
}

/// What an audience is called.
const fn audience_name(audience: Audience) -> &'static str {
    match audience {
        Audience::Everyone => "Everyone",
        Audience::Accounts => "Who has an account",
        Audience::Administrators => "Administrators",
    }
}

/// The choice of an audience; of a model, also the one that its provider has.
#[component]
fn AudienceSelect(
    /// For whom or what.
    label: String,
    /// What stands.
    #[prop(into)]
    now: Signal<Option<Audience>>,
    /// Whether there may be none.
    #[prop(default = false)]
    may_be_none: bool,
    /// Another was chosen.
    chosen: impl Fn(Option<Audience>) + Copy + 'static,
) -> impl IntoView {
    view! {
        <select class="small" aria-label=label autocomplete="off" on:change=move |ev| chosen(Audience::parse(&event_target_value(&ev)))>
            {may_be_none.then(|| view! { <option value="" prop:selected=move || now.get().is_none()>"As the provider"</option> })}
            {Audience::ALL
                .map(|audience| {
                    view! {
                        <option value=audience.as_str() prop:selected=move || now.get() == Some(audience)>
                            {audience_name(audience)}
                        </option>
                    }
                })
                .collect_view()}
        </select>
    }
    .eager()
}
