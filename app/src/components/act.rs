//! A small button in a line of a list, and one that tries something. Not generic, so that a page has them once.

use std::sync::Arc;

use holdfast_protocol::providers::Trial;
use leptos::prelude::*;

use crate::{
    calls::{read, tell},
    services::Verb,
    ui::ask,
    words::{Rest, Told, rest, words},
};

/// Does something with what it is given. Plain, for a `Callback` brings a good deal of program with each type.
pub(crate) type Then<T> = Arc<dyn Fn(T) + Send + Sync>;

/// The button.
#[component]
pub(crate) fn Act(
    /// What it says.
    text: &'static str,
    /// What it does, and to what: for who does not see the line that it is in.
    name: String,
    /// Whether it is under way.
    busy: RwSignal<bool>,
    /// Does it.
    act: Then<()>,
) -> impl IntoView {
    view! {
        <button type="button" class="small" aria-label=name disabled=move || busy.get() on:click=move |_| act(())>
            {text}
        </button>
    }
    .into_any()
}

/// Has a provider tried, and says what came of it.
#[component]
pub(crate) fn TryIt(
    /// By which call.
    path: String,
    /// Of what.
    name: String,
) -> impl IntoView {
    let (ask, words, rest) = (ask(), words(), rest());
    let said = RwSignal::new(String::new());
    let failed = RwSignal::new(None::<Told>);
    let busy = RwSignal::new(false);
    let act: Then<()> = Arc::new(move |()| {
        busy.set(true);
        said.set(rest.common.trying.to_owned());
        failed.set(None);
        tell(ask, Verb::Post, &path, &(), move |reply| {
            busy.try_set(false);
            said.try_set(String::new());
            match reply.and_then(|text| read::<Trial>(&text)) {
                Ok(trial) if trial.ok => _ = said.try_set(told(&trial, rest)),
                Ok(trial) => _ = failed.try_set(Some(told(&trial, rest).into())),
                Err(refusal) => _ = failed.try_set(Some(words.told(refusal))),
            }
        });
    });
    view! {
        <Act text=rest.common.try_it name=(rest.common.try_named)(&name) busy act/>
        <p class="said" role="status">{move || said.get()}</p>
        <p class="error" role="alert">{move || failed.get().map(Told::view)}</p>
    }
    .into_any()
}

/// What a trial came to, in a sentence.
fn told(trial: &Trial, rest: &Rest) -> String {
    match &trial.model {
        Some(model) if trial.ok => (rest.common.answered)(model, trial.ms, &trial.said),
        Some(model) => (rest.common.not_answered)(model, &trial.said),
        None => trial.said.clone(),
    }
}
