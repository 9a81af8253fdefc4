//! What a screen reader is told in passing.

use holdfast_protocol::{MessageId, Status};
use leptos::prelude::*;

use crate::once::memo;
use crate::ui::live;

/// Says, once and politely, how the connection stands and when an answer ends.
#[component]
pub(crate) fn Announcer() -> impl IntoView {
    let live = live();
    let said = RwSignal::new("");
    Effect::new(move |before: Option<Option<MessageId>>| {
        let running = live.answering();
        let ended = before.flatten().filter(|id| running != Some(*id));
        if running.is_some() && running != before.flatten() {
            said.set("The answer is being written.");
        } else if let Some(id) = ended
            && let Some(turn) = live.turns.read_untracked().iter().find(|turn| turn.id == id)
        {
            said.set(match turn.head.read_untracked().status {
                Status::Complete => "The answer is finished.",
                Status::Stopped => "The answer was stopped.",
                Status::Interrupted => "The answer broke off.",
                Status::Failed => "The answer failed.",
                Status::Streaming | Status::Accepted => "",
            });
        }
        running
    });
    let face = memo(move || live.face.read().name());
    view! {
        <div class="hidden" role="status">{move || face.get()}</div>
        <div class="hidden" aria-live="polite">{move || said.get()}</div>
    }
    .into_any()
}
