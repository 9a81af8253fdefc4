//! A list that is on its way to the page.

use holdfast_protocol::ApiError;
use leptos::prelude::*;

use crate::{
    erased::{When, memo},
    state::AppState,
    strings::{Localized, lazy, strings},
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
    Failed(Localized),
}

/// It could not be fetched. Where it is on the page already it stays, and why is said in passing.
pub(crate) fn failed(fetch: RwSignal<Fetch>, state: AppState, api_error: ApiError) {
    if fetch.try_get_untracked() == Some(Fetch::Here) {
        state.refused(api_error);
    } else {
        fetch.try_set(Fetch::Failed(state.strings().localized(api_error)));
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
    let error = memo(move || match &*fetch.read() {
        Fetch::Failed(localized) => Some(localized.clone()),
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
                <p class="hidden">{lazy().common.looking}</p>
                <div class="bone"></div>
                <div class="bone half"></div>
            </div>
        </When>
        <p class="error" role="alert">{move || error.get().map(Localized::view)}</p>
        <When is=move || error.read().is_some()>
            <p class="actions start">
                <button type="button" class="ghost framed" on:click=ask_again>{strings().common.try_again}</button>
            </p>
        </When>
    }
    .into_any()
}
