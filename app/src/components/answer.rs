//! What was asked, and what was answered.

use holdfast_protocol::{MessageId, Role, Status};
use leptos::prelude::*;

use super::{
    blocks::Blocks,
    versions::{Again, Editor, Versions},
};
use crate::{
    live::Turn,
    once::{When, memo},
    place::message_anchor,
    ui::{ask, count, live, provider_name, ui},
};

/// One message.
#[component]
pub(crate) fn TurnView(
    /// Which.
    turn: Turn,
) -> impl IntoView {
    match turn.role {
        Role::User => view! { <Question turn/> }.into_any(),
        Role::Assistant => view! { <Answer turn/> }.into_any(),
    }
}

/// Whether it is the message that a search led to.
fn sought(id: MessageId) -> impl Fn() -> bool + Send + Sync + Copy + 'static {
    let ui = ui();
    move || ui.marked.get() == Some(id)
}

/// What a person wrote, as they wrote it.
#[component]
fn Question(
    /// Which.
    turn: Turn,
) -> impl IntoView {
    let id = turn.id;
    let editing = RwSignal::new(false);
    let versions = StoredValue::new(turn.clone());
    let words = StoredValue::new(turn.text());
    view! {
        <article class="me" id=message_anchor(id) class:edited=move || editing.get() class:sought=sought(id) aria-label="You">
            <h2 class="hidden">"You said"</h2>
            <When is=move || !editing.get() fallback=move || view! { <Editor id words=words.get_value() editing/> }>
                <div class="words" dir="auto">{words.get_value()}</div>
                <div class="acts">
                    <Versions turn=versions.get_value()/>
                    <button type="button" class="ghost" id=format!("edit-{id}") on:click=move |_| editing.set(true)>"Edit"</button>
                </div>
            </When>
        </article>
    }
    .into_any()
}

/// What was answered.
#[component]
fn Answer(
    /// Which.
    turn: Turn,
) -> impl IntoView {
    let live = live();
    let head = turn.head.clone();
    let status = memo(move || head.read().status);
    let growing = memo(move || status.get() == Status::Streaming);
    // An answer that lost its connection goes on at the server, and says so.
    let torn = memo(move || growing.get() && live.face.read().is_torn());
    let ask = ask();
    let copied = StoredValue::new(turn.clone());
    let copy = move |_| ask.desk().copy(&copied.with_value(Turn::text));
    view! {
        <article class="ans" id=message_anchor(turn.id) class:sought=sought(turn.id) aria-label="Answer" aria-busy=move || growing.get().to_string()>
            <h2 class="hidden">"Answer"</h2>
            <Who turn=turn.clone()/>
            <Blocks turn=turn.clone() growing/>
            <When is=move || torn.get()>
                <div class="tear">"connection lost · the answer is still being written"</div>
            </When>
            <End turn=turn.clone() status/>
            <div class="acts">
                <Versions turn=turn.clone()/>
                <When is=move || !growing.get()>
                    <When is=move || status.get() != Status::Failed>
                        <button type="button" class="ghost" data-said="Copied" on:click=copy>"Copy"</button>
                    </When>
                    <Again turn=copied.get_value()/>
                </When>
            </div>
        </article>
    }
    .into_any()
}

/// Who answers, and on what ground.
#[component]
fn Who(
    /// Whose answer.
    turn: Turn,
) -> impl IntoView {
    let ui = ui();
    let (head, id) = (turn.head.clone(), turn.id);
    let name = {
        let head = head.clone();
        move || {
            let head = head.read();
            match (head.provider.as_deref(), head.model.as_deref()) {
                (Some("builtin"), Some(model)) => format!("{} · {model}", provider_name("builtin")),
                (_, Some(model)) => model.to_owned(),
                (Some(provider), None) => provider_name(provider).to_owned(),
                (None, None) => "Answer".to_owned(),
            }
        }
    };
    let sources = memo(move || head.read().sources.len());
    let toggle = move |_| ui.sources.update(|shown| *shown = if *shown == Some(id) { None } else { Some(id) });
    view! {
        <div class="who">
            <span>{name}</span>
            <When is=move || sources.get() != 0>
                <span aria-hidden="true">"·"</span>
                <button type="button" class="link" aria-expanded=move || (ui.sources.get() == Some(id)).to_string() on:click=toggle>
                    {move || format!("from {}", count(sources.get(), "passage", "passages"))}
                </button>
            </When>
        </div>
    }
    .into_any()
}

/// How an answer ended, where it did not simply come to its end.
#[component]
fn End(
    /// Whose end.
    turn: Turn,
    /// How.
    status: Memo<Status>,
) -> impl IntoView {
    let live = live();
    let id = turn.id;
    let is_last = memo(move || live.turns.read().last().is_some_and(|turn| turn.id == id));
    let ask = ask();
    move || {
        let status = status.get();
        let (class, said, act) = match status {
            Status::Interrupted => ("end warn", "The answer broke off.", "Continue"),
            Status::Failed => ("end bad", "There is no answer.", "Try again"),
            Status::Stopped => ("end", "Stopped.", "Continue"),
            Status::Accepted | Status::Streaming | Status::Complete => return None,
        };
        let reason = turn.head.read().fault.as_ref().map(|fault| fault.error.clone());
        // After a failure the reason is all there is to say.
        let said = match reason {
            Some(reason) if status == Status::Failed => reason,
            Some(reason) => format!("{said} {reason}"),
            None => said.to_owned(),
        };
        Some(view! {
            <div class=class>
                <span>{said}</span>
                <When is=move || is_last.get()>
                    <button type="button" class="small" on:click=move |_| ask.commands().resume(id)>{act}</button>
                </When>
            </div>
        })
    }
}
