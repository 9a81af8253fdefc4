//! A list that is on its way to the page.

use holdfast_protocol::Refusal;
use leptos::prelude::*;

use crate::{
    live::Live,
    once::{When, memo},
    words::{Told, rest, words},
};

/// How far what was asked for has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fetch {
    /// On its way.
    #[default]
    Coming,
    /// On the page.
    Here,
    /// It did not come, and why.
    Failed(Told),
}

/// It could not be fetched. Where it is on the page already it stays, and why is said in passing.
pub(crate) fn failed(fetch: RwSignal<Fetch>, live: Live, refusal: Refusal) {
    if fetch.try_get_untracked() == Some(Fetch::Here) {
        live.refused(refusal);
    } else {
        fetch.try_set(Fetch::Failed(live.words().told(refusal)));
    }
}

/// Stands where a list will be: its outline after 200 ms, or why it did not come, with a way on.
#[component]
pub(crate) fn Coming(
    /// How far it is.
    fetch: RwSignal<Fetch>,
    /// Asks for it again.
    again: impl Fn() + Send + Sync + 'static,
) -> impl IntoView {
    let fault = memo(move || match &*fetch.read() {
        Fetch::Failed(told) => Some(told.clone()),
        Fetch::Coming | Fetch::Here => None,
    });
    let again: StoredValue<Box<dyn Fn() + Send + Sync>> = StoredValue::new(Box::new(again));
    let ask_again = move |_| {
        fetch.set(Fetch::Coming);
        again.with_value(|again| again());
    };
    view! {
        <When is=move || *fetch.read() == Fetch::Coming>
            <div class="loading">
                <p class="hidden">{rest().common.looking}</p>
                <div class="bone"></div>
                <div class="bone half"></div>
            </div>
        </When>
        <p class="error" role="alert">{move || fault.get().map(Told::view)}</p>
        <When is=move || fault.read().is_some()>
            <p class="ways start">
                <button type="button" class="ghost framed" on:click=ask_again>{words().common.try_again}</button>
            </p>
        </When>
    }
    .into_any()
}
