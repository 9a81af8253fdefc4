//! What was asked, and what was answered.

use holdfast_protocol::{MessageId, Role, Status};
use leptos::prelude::*;

use super::{
    blocks::Blocks,
    versions::{Again, Editor, Versions},
};
use crate::{
    live::Turn,
    once::{When, effect, memo},
    place::message_anchor,
    ui::{ask, live, ui},
    words::{conversation_words, words},
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
    let said = &words().answer;
    let id = turn.id;
    let editing = RwSignal::new(false);
    let ui = ui();
    effect(move || {
        if ui.edit.get() == Some(id) {
            ui.edit.set(None);
            editing.set(true);
        }
    });
    let versions = StoredValue::new(turn.clone());
    let words = StoredValue::new(turn.text());
    view! {
        <article class="me" id=message_anchor(id) class:edited=move || editing.get() class:sought=sought(id) aria-label=said.you>
            <h2 class="hidden">{said.you_said}</h2>
            <When is=move || !editing.get() fallback=move || view! { <Editor id words=words.get_value() editing/> }>
                <div class="words" dir="auto">{words.get_value()}</div>
                <div class="acts">
                    <Versions turn=versions.get_value()/>
                    <button type="button" class="ghost" id=format!("edit-{id}") on:click=move |_| editing.set(true)>{said.edit}</button>
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
    let words = live.words();
    let head = turn.head.clone();
    let status = memo(move || head.read().status);
    let growing = memo(move || status.get() == Status::Streaming);
    let left_out = memo({
        let head = turn.head.clone();
        move || head.read().left_out
    });
    // An answer that lost its connection goes on at the server, and says so.
    let torn = memo(move || growing.get() && live.face.read().is_torn());
    let ask = ask();
    let copied = StoredValue::new(turn.clone());
    let copy = move |_| ask.desk().copy(&copied.with_value(Turn::text));
    view! {
        <article class="ans" id=message_anchor(turn.id) class:sought=sought(turn.id) aria-label=words.answer.answer data-growing=move || growing.get().to_string()>
            <h2 class="hidden">{words.answer.answer}</h2>
            <Who turn=turn.clone()/>
            <Blocks turn=turn.clone() growing/>
            <When is=move || torn.get()>
                <div class="tear">{words.answer.torn}</div>
            </When>
            <When is=move || left_out.get() != 0>
                <div class="end">{move || (conversation_words().left_out)(left_out.get())}</div>
            </When>
            <End turn=turn.clone() status/>
            <div class="acts">
                <Versions turn=turn.clone()/>
                <When is=move || !growing.get()>
                    <When is=move || status.get() != Status::Failed>
                        <button type="button" class="ghost" data-said=words.browser.copied on:click=copy>{words.common.copy}</button>
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
    let (ui, words) = (ui(), words());
    let (head, id) = (turn.head.clone(), turn.id);
    let name = {
        let head = head.clone();
        move || {
            let head = head.read();
            match (head.provider.as_deref(), head.model.as_deref()) {
                (Some("builtin"), Some(model)) => format!("{} · {model}", words.common.builtin),
                (_, Some(model)) => model.to_owned(),
                (Some(provider), None) => words.provider(provider).to_owned(),
                (None, None) => words.answer.answer.to_owned(),
            }
        }
    };
    let sources = memo(move || head.read().sources.len());
    let toggle = move |_| {
        ui.sources_by.set_value(passages(id));
        ui.sources.update(|shown| *shown = if *shown == Some(id) { None } else { Some(id) });
    };
    view! {
        <div class="who">
            <span>{name}</span>
            <When is=move || sources.get() != 0>
                <span aria-hidden="true">"·"</span>
                <button type="button" class="link" id=passages(id) aria-expanded=move || (ui.sources.get() == Some(id)).to_string() on:click=toggle>
                    {move || (words.answer.passages)(sources.get())}
                </button>
            </When>
        </div>
    }
    .into_any()
}

/// The button that shows what an answer rests on.
fn passages(id: MessageId) -> String {
    format!("passages-{id}")
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
    let (id, words) = (turn.id, live.words());
    // What is missing of it is missing wherever it stands; without any of it, there is nothing to go on from.
    let is_last = memo(move || live.turns.read().last().is_some_and(|turn| turn.id == id));
    let ask = ask();
    let resume = move |_| {
        ask.commands().resume(id);
        // The button goes with what it was about.
        ask.desk().focus_to_write("message");
    };
    move || {
        let status = status.get();
        let (class, said, act) = match status {
            Status::Interrupted => ("end warn", words.answer.broke_off, words.answer.go_on),
            Status::Failed => ("end bad", words.answer.failed, words.common.try_again),
            Status::Stopped => ("end", words.answer.stopped, words.answer.go_on),
            // It has no words yet, and says what it waits for.
            Status::Streaming if turn.head.read().fault.is_some() => ("end", "", ""),
            Status::Accepted | Status::Streaming | Status::Complete => return None,
        };
        let reason = turn.head.read().fault.as_ref().map(|fault| words.ending(fault).view());
        // After a failure the reason is all there is to say.
        let said = match &reason {
            Some(_) if status == Status::Failed => None,
            Some(_) => Some(format!("{said} ")),
            None => Some(said.to_owned()),
        };
        Some(view! {
            <div class=class>
                <span>{said}{reason}</span>
                <When is=move || !act.is_empty() && (status != Status::Failed || is_last.get())>
                    <button type="button" class="small" on:click=resume>{act}</button>
                </When>
            </div>
        })
    }
}
