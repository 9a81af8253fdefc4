//! What was written and is not yet a message.

use holdfast_protocol::Code;
use leptos::prelude::*;

use super::composer::beneath;
use crate::{
    Place,
    live::{Outgoing, Stage},
    once::{When, memo},
    ui::{ask, live, ui},
    words::Told,
};

/// One of them.
#[component]
pub(crate) fn OutgoingView(
    /// Which.
    it: Outgoing,
) -> impl IntoView {
    let live = live();
    let said = &live.words().outgoing;
    let id = it.id;
    let stage = memo(move || live.outgoing.read().iter().find(|it| it.id == id).map_or(Stage::Landed, |it| it.stage.clone()));
    // On a living connection it is gone in a moment: nothing is to be said about that.
    let class = move || match stage.get() {
        Stage::Later { .. } => "me queued",
        Stage::Queued if live.face.read().is_torn() || live.answering().is_some() => "me queued",
        Stage::Queued | Stage::Sending => "me sending",
        Stage::Landed => "me",
        Stage::Refused(_) => "me refused",
    };
    let words = move || match stage.get() {
        Stage::Landed => Told::default(),
        Stage::Refused(refusal) => live.words().told(refusal),
        Stage::Queued | Stage::Later { .. } if live.face.read().is_torn() => said.until_back.into(),
        Stage::Later { code: Code::RateLimited, seconds } => (said.limited)(seconds).into(),
        Stage::Later { code: Code::DiskFull, seconds } => (said.full)(seconds).into(),
        Stage::Later { seconds, .. } => (said.later)(seconds).into(),
        Stage::Queued if live.answering().is_some() => said.until_done.into(),
        Stage::Queued | Stage::Sending => said.sending.into(),
    };
    let can_take_back = memo(move || matches!(stage.get(), Stage::Queued | Stage::Later { .. } | Stage::Refused(_)));
    let is_refused = memo(move || matches!(stage.get(), Stage::Refused(_)));
    let (ui, ask) = (ui(), ask());
    let take_back = move |_| {
        let Some(text) = ask.commands().take_back(id) else { return };
        // What was to take another's place still is to.
        if let Some(edited) = it.edits.filter(|id| live.turns.read_untracked().iter().any(|turn| turn.id == *id)) {
            ask.desk().keep_edit(edited, &text);
            return ui.edit.set(Some(edited));
        }
        let here = ui.place.get_untracked().conversation();
        if here.is_some_and(|id| untrack(|| live.item(id).is_none())) {
            // Where no conversation is any more, or none came of it, it begins anew.
            let desk = ask.desk();
            desk.keep_draft(None, &beneath(&desk.draft(None), &text));
            ui.go(Place::New);
        } else {
            ui.insert.set(Some(text));
        }
    };
    view! {
        <article class=class aria-label=said.label>
            <div class="words" dir="auto">{it.text.clone()}</div>
            <When is=move || stage.get() != Stage::Landed>
                <div class="meta">
                    {move || words().view()}
                    <When is=move || is_refused.get()>
                        <button type="button" class="link" on:click=move |_| ask.commands().send_again(id)>{said.send_again}</button>
                    </When>
                    <When is=move || can_take_back.get()>
                        <button type="button" class="link" on:click=take_back>{said.take_back}</button>
                    </When>
                </div>
            </When>
        </article>
    }
    .into_any()
}
