//! The placeholder of a list that is being fetched.

use holdfast_protocol::ApiError;
use leptos::prelude::*;

use crate::{
    first_load::erased::{When, memo},
    state::AppState,
    strings::{Localized, lazy, strings},
};

/// The state of a list that is fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fetch {
    /// The request is under way.
    #[default]
    Coming,
    /// The list is on the page.
    Here,
    /// The request failed, with this error.
    Failed(Localized),
}

/// Reports a failed request: in a notice if the list is on the page already, otherwise in its place.
pub(crate) fn failed(fetch: RwSignal<Fetch>, state: AppState, api_error: ApiError) {
    if fetch.try_get_untracked() == Some(Fetch::Here) {
        state.refused(api_error);
    } else {
        fetch.try_set(Fetch::Failed(state.strings().localized(api_error)));
    }
}

/// A placeholder for a list: after 200 ms its outline, or the error with a button to try again.
#[component]
pub(crate) fn Coming(
    /// State of the list.
    fetch: RwSignal<Fetch>,
    /// Fetches the list again.
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
                <p class="sr-only">{lazy().common.looking}</p>
                <div class="skeleton"></div>
                <div class="skeleton half"></div>
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
