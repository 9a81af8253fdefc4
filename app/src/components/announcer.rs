//! What a screen reader is told in passing.

use holdfast_protocol::MessageId;
use leptos::prelude::*;

use crate::{once::memo, ui::live};

/// Says, once and politely, how the connection stands, and when an answer begins and ends. What it says is told where it stands
/// (see [`Blocks`](super::blocks::Blocks)).
#[component]
pub(crate) fn Announcer() -> impl IntoView {
    let live = live();
    let words = live.words();
    let said = RwSignal::new("");
    Effect::new(move |before: Option<Option<MessageId>>| {
        let running = live.answering();
        let ended = before.flatten().filter(|id| running != Some(*id));
        if running.is_some() && running != before.flatten() {
            said.set(words.answer.being_written);
        } else if let Some(id) = ended
            && let Some(turn) = live.turns.read_untracked().iter().find(|turn| turn.id == id)
        {
            said.set(words.ended(turn.head.read_untracked().status));
        }
        running
    });
    let face = memo(move || words.face(&live.face.read()));
    view! {
        <div class="hidden" role="status">{move || face.get()}</div>
        <div class="hidden" aria-live="polite">{move || said.get()}</div>
    }
    .into_any()
}
