//! A small button in a line of a list, and one that tries something. Not generic, so that a page has them once.

use holdfast_protocol::providers::Trial;
use leptos::prelude::*;

use crate::{
    calls::{read, tell},
    eager::IntoEager,
    services::Verb,
    ui::ask,
};

/// The button.
#[component]
pub(crate) fn Act(
    /// What it says.
    #[prop(into)]
    text: Signal<&'static str>,
    /// What it does, and to what: for who does not see the line that it is in.
    name: String,
    /// Whether it is under way.
    #[prop(optional)]
    busy: Option<RwSignal<bool>>,
    /// Does it.
    act: Callback<()>,
) -> impl IntoView {
    let busy = move || busy.is_some_and(|busy| busy.get());
    view! {
        <button type="button" class="small" aria-label=name disabled=busy on:click=move |_| act.run(())>
            {move || text.get()}
        </button>
    }
    .eager()
}

/// Has a provider tried, and says what came of it.
#[component]
pub(crate) fn TryIt(
    /// By which call.
    path: String,
    /// Of what.
    name: String,
) -> impl IntoView {
    let ask = ask();
    let said = RwSignal::new(String::new());
    let failed = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let try_it = Callback::new(move |()| {
        busy.set(true);
        said.set(String::new());
        failed.set(String::new());
        tell(ask, Verb::Post, &path, &(), move |reply| {
            busy.try_set(false);
            match reply.and_then(|text| read::<Trial>(&text)) {
                Ok(trial) if trial.ok => said.try_set(told(&trial)),
                Ok(trial) => failed.try_set(told(&trial)),
                Err(refusal) => failed.try_set(refusal.error),
            };
        });
    });
    let text = Signal::derive(move || if busy.get() { "Trying…" } else { "Try it" });
    view! {
        <Act text name=format!("Try {name}") busy act=try_it/>
        <p class="said" role="status">{move || said.get()}</p>
        <p class="error" role="alert">{move || failed.get()}</p>
    }
    .eager()
}

/// What a trial came to, in a sentence.
fn told(trial: &Trial) -> String {
    match &trial.model {
        Some(model) if trial.ok => format!("{model} answered within {} ms: “{}”", trial.ms, trial.said),
        Some(model) => format!("{model} did not answer: {}", trial.said),
        None => trial.said.clone(),
    }
}
