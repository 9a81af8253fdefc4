//! The reasoning of an answer, above its text. It is shown while it grows, and folded when the text begins.

use holdfast_protocol::{MessageId, step::StepKind};
use leptos::prelude::*;

use super::blocks::Blocks;
use crate::{
    first_load::erased::{Each, effect, memo},
    state::{MessageView, StepView},
    strings::{conversation_strings, strings},
    ui::context,
};

/// All reasoning of an answer.
#[component]
pub(crate) fn Thoughts(
    /// The answer.
    message: MessageView,
) -> impl IntoView {
    let MessageView { id, steps, .. } = message;
    let thoughts = move || steps.read().iter().filter(|step| step.kind == StepKind::Reasoning).cloned().collect::<Vec<_>>();
    view! {
        <Each each=thoughts key=|step| step.index let:step>
            <Thought id step/>
        </Each>
    }
    .into_any()
}

/// A step of reasoning.
#[component]
fn Thought(
    /// Id of the answer.
    id: MessageId,
    /// The step.
    step: StepView,
) -> impl IntoView {
    let (context, strings, copied_label) = (context(), conversation_strings(), strings().browser.copied);
    let StepView { index, head, content, .. } = step;
    let running = {
        let head = head.clone();
        memo(move || head.read().state.is_unfinished())
    };
    let title = memo(move || match head.read().took {
        None => strings.thinking.to_owned(),
        Some(ms) => (strings.thought)(seconds(ms)),
    });
    // What the reader opened or closed stays so.
    let touched = RwSignal::new(false);
    let open = memo(move || running.get() || touched.get());
    let touch = move |_| {
        if running.get_untracked() {
            touched.set(true);
        }
    };
    // Screen readers announce that the model thinks, and how long it did, but not what. A text that is there from the beginning is not
    // announced.
    let said = RwSignal::new(String::new());
    let was_running = StoredValue::new(false);
    effect(move || {
        if running.get() || was_running.get_value() {
            was_running.set_value(true);
            said.set(title.get());
        }
    });
    let copied = content.clone();
    view! {
        <details class="thought" class:running=move || running.get() open=move || open.get()>
            <summary on:click=touch>
                <span>{move || title.get()}</span>
            </summary>
            <div class="scroll">
                <Blocks id=format!("tail-{id}-{index}") text=content growing=running announced=false/>
            </div>
            <button
                type="button"
                class="link"
                data-confirms=copied_label
                on:click=move |_| context.browser().copy(&copied.source())
            >
                {strings.copy_reasoning}
            </button>
        </details>
        <span class="sr-only" aria-live="polite">{move || said.get()}</span>
    }
    .into_any()
}

/// Returns a duration in whole seconds, at least 1.
pub(crate) fn seconds(ms: u64) -> u64 {
    (ms.saturating_add(500) / 1000).max(1)
}
