//! A small button in a list row, and a button that tests a connection. Neither is generic, so that the page contains their code once.

use std::sync::Arc;

use holdfast_protocol::providers::ConnectionTest;
use leptos::prelude::*;

use crate::{
    calls::{read, tell},
    services::Verb,
    strings::{LazyStrings, Localized, lazy, strings},
    ui::context,
};

/// A callback that is called with a result. A plain `Arc`, because `Callback` generates much code for each type.
pub(crate) type Then<T> = Arc<dyn Fn(T) + Send + Sync>;

/// A small button that performs an action.
#[component]
pub(crate) fn RowButton(
    /// Its label.
    text: &'static str,
    /// Accessible name: the action and the object of the row.
    name: String,
    /// Whether the action is running.
    busy: RwSignal<bool>,
    /// Performs the action.
    act: Then<()>,
) -> impl IntoView {
    view! {
        <button type="button" class="small" aria-label=name disabled=move || busy.get() on:click=move |_| act(())>
            {text}
        </button>
    }
    .into_any()
}

/// A button that tests the connection to a provider, and shows the result.
#[component]
pub(crate) fn TestConnection(
    /// Path of the API call.
    path: String,
    /// Name of the provider.
    name: String,
) -> impl IntoView {
    let (context, strings, lazy) = (context(), strings(), lazy());
    let texts = RwSignal::new(String::new());
    let failed = RwSignal::new(None::<Localized>);
    let busy = RwSignal::new(false);
    let act: Then<()> = Arc::new(move |()| {
        busy.set(true);
        texts.set(lazy.common.testing.to_owned());
        failed.set(None);
        tell(context, Verb::Post, &path, &(), move |reply| {
            busy.try_set(false);
            texts.try_set(String::new());
            match reply.and_then(|text| read::<ConnectionTest>(&text)) {
                Ok(connection_test) if connection_test.ok => _ = texts.try_set(answered(&connection_test, lazy)),
                Ok(connection_test) => _ = failed.try_set(Some(not_answered(connection_test, lazy))),
                Err(api_error) => _ = failed.try_set(Some(strings.localized(api_error))),
            }
        });
    });
    view! {
        <RowButton text=lazy.common.test_connection name=(lazy.common.test_named)(&name) busy act/>
        <p class="outcome" role="status">{move || texts.get()}</p>
        <p class="error" role="alert">{move || failed.get().map(Localized::view)}</p>
    }
    .into_any()
}

/// Describes a successful connection test in a sentence.
fn answered(connection_test: &ConnectionTest, lazy: &LazyStrings) -> String {
    match &connection_test.model {
        Some(model) => (lazy.common.answered)(model, connection_test.ms, &connection_test.message),
        None => connection_test.message.clone(),
    }
}

/// Describes a failed connection test in a sentence.
fn not_answered(connection_test: ConnectionTest, lazy: &LazyStrings) -> Localized {
    let why = connection_test.error.map_or_else(|| connection_test.message.into(), |error| strings().localized(error));
    match &connection_test.model {
        Some(model) => (lazy.common.not_answered)(model, why.text()).into(),
        None => why,
    }
}
