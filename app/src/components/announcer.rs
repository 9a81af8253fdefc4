//! Announcements for screen readers.

use holdfast_protocol::MessageId;
use leptos::prelude::*;

use crate::{first_load::erased::memo, ui::state};

/// Announces changes of the connection, and the start and end of answers. The answer's text is announced where it stands (see
/// [`Blocks`](super::blocks::Blocks)).
#[component]
pub(crate) fn Announcer() -> impl IntoView {
    let state = state();
    let strings = state.strings();
    let texts = RwSignal::new("");
    Effect::new(move |before: Option<Option<MessageId>>| {
        let running = state.open.answering();
        let ended = before.flatten().filter(|id| running != Some(*id));
        if running.is_some() && running != before.flatten() {
            texts.set(strings.answer.being_written);
        } else if let Some(id) = ended
            && let Some(message) = state.open.messages.read_untracked().iter().find(|message| message.id == id)
        {
            texts.set(strings.ended(message.head.read_untracked().status));
        }
        running
    });
    let connection = memo(move || strings.connection(&state.connection.status.read()));
    view! {
        <div class="sr-only" role="status">{move || connection.get()}</div>
        <div class="sr-only" aria-live="polite">{move || texts.get()}</div>
    }
    .into_any()
}
