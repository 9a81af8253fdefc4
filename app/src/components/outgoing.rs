//! Messages that the server has not accepted yet.

use holdfast_protocol::{Code, frame::Chat};
use leptos::prelude::*;

use super::composer::beneath;
use crate::{
    Route,
    first_load::{
        conversation_bundle,
        erased::{When, memo},
    },
    state::{Outgoing, Stage},
    strings::Localized,
    ui::{context, state, ui},
};

/// A message of the outbox.
#[component]
pub(crate) fn OutgoingView(
    /// The message.
    it: Outgoing,
) -> impl IntoView {
    let state = state();
    let texts = &state.strings().outgoing;
    let id = it.id;
    let stage = memo(move || state.sending.outgoing.read().iter().find(|it| it.id == id).map_or(Stage::Landed, |it| it.stage.clone()));
    // On a working connection it is accepted in a moment, so it shows no status at first.
    let class = move || match stage.get() {
        Stage::Later { .. } => "question queued",
        Stage::Queued if state.connection.status.read().is_torn() || state.open.answering().is_some() => "question queued",
        Stage::Queued | Stage::Sending => "question sending",
        Stage::Landed => "question",
        Stage::Refused(_) => "question refused",
    };
    let strings = move || match stage.get() {
        Stage::Landed => Localized::default(),
        Stage::Refused(api_error) => state.strings().localized(api_error),
        Stage::Queued | Stage::Later { .. } if state.connection.status.read().is_torn() => texts.until_back.into(),
        Stage::Later { code: Code::RateLimited, seconds } => (texts.limited)(seconds).into(),
        Stage::Later { code: Code::DiskFull, seconds } => (texts.full)(seconds).into(),
        Stage::Later { seconds, .. } => (texts.later)(seconds).into(),
        Stage::Queued if state.open.answering().is_some() => texts.until_done.into(),
        Stage::Queued | Stage::Sending => texts.sending.into(),
    };
    let can_take_back = memo(move || matches!(stage.get(), Stage::Queued | Stage::Later { .. } | Stage::Refused(_)));
    let is_refused = memo(move || matches!(stage.get(), Stage::Refused(_)));
    let (ui, context) = (ui(), context());
    let take_back = move |_| {
        let Some(Chat { content: text, attachments, .. }) = context.commands().take_back(id) else { return };
        // If it was to replace a message, it still does.
        if let Some(edited) = it.edits.filter(|id| state.open.messages.read_untracked().iter().any(|message| message.id == *id)) {
            context.browser().keep_edit(edited, &text);
            return ui.edit.set(Some(edited));
        }
        ui.returned_files.set(conversation_bundle::list(&attachments));
        let current = ui.route.get_untracked().conversation();
        if current.is_some_and(|id| untrack(|| state.list.item(id).is_none())) {
            // If its conversation does not exist any more or was never created, it starts a new one.
            let browser = context.browser();
            browser.keep_draft(None, &beneath(&browser.draft(None), &text));
            ui.go(Route::New);
        } else {
            ui.insert.set(Some(text));
        }
    };
    let text = it.text.clone();
    let shown = move || {
        _ = state.open.bundle.get();
        conversation_bundle::users_text(&text)
    };
    let files = it.files;
    view! {
        <article class=class aria-label=texts.label>
            <div class="text" dir="auto">{shown}</div>
            {(files > 0).then(|| view! { <p class="meta">{conversation_bundle::files(files)}</p> })}
            <When is=move || stage.get() != Stage::Landed>
                <div class="meta">
                    {move || strings().view()}
                    <When is=move || is_refused.get()>
                        <button type="button" class="link" on:click=move |_| context.commands().send_again(id)>{texts.send_again}</button>
                    </When>
                    <When is=move || can_take_back.get()>
                        <button type="button" class="link" on:click=take_back>{texts.take_back}</button>
                    </When>
                </div>
            </When>
        </article>
    }
    .into_any()
}
