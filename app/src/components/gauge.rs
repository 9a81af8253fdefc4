//! Tools in the composer: the buttons for files and for the settings of the conversation, and a gauge of the model's context window.

use holdfast_protocol::{ApiError, ConversationId};
use leptos::prelude::*;
use leptos_router::location::Url;
use serde::Deserialize;

use super::model_select::chosen;
use crate::{
    Route, Section,
    calls::get,
    first_load::erased::{When, effect, memo},
    services::Choice,
    strings::{conversation_strings, files_strings},
    ui::{context, state, ui},
};

/// What the gauge reads of the settings. The whole type would bring code into this file that only the form for settings needs.
#[derive(Deserialize)]
struct Window {
    window_tokens: Option<u32>,
    budget: Option<BudgetUsed>,
}

/// What the warning reads of the budget.
#[derive(Clone, Copy, Deserialize)]
struct BudgetUsed {
    percent: u32,
}

/// Share of the budget from which on the page warns, percent.
const WARN_FROM: u32 = 80;

/// The tools.
#[component]
pub(crate) fn Tools() -> impl IntoView {
    let (ui, context) = (ui(), context());
    let attach = files_strings().attach;
    let toggle = move |_| {
        ui.sources.set(None);
        ui.tuning.update(|shown| *shown = !*shown);
    };
    view! {
        // `browser/modules/upload.js` opens the list of files. If it could not be loaded before, it is now.
        <button
            type="button"
            class="ghost icon"
            id="attach"
            data-upload-choose
            aria-label=attach
            title=attach
            on:click=move |_| context.browser().enhance()
        >
            <svg viewBox="0 0 20 20" aria-hidden="true">
                <path d="M15 9.500l-5.600 5.600a3.200 3.200 0 0 1-4.500-4.500l6-6a2.100 2.100 0 0 1 3 3l-6 6a1 1 0 0 1-1.500-1.500l5-5" fill="none"></path>
            </svg>
        </button>
        <button
            type="button"
            class="ghost icon"
            id="tune"
            aria-label=conversation_strings().tune
            title=conversation_strings().tune
            aria-expanded=move || ui.tuning.get().to_string()
            on:click=toggle
        >
            <svg viewBox="0 0 20 20" aria-hidden="true">
                <path d="M3 6h14M3 14h14M7 4v4M13 12v4"></path>
            </svg>
        </button>
        <Gauge/>
    }
    .into_any()
}

/// The gauge. It appears after the first answer whose tokens the provider counted, if the model's window is known.
#[component]
fn Gauge() -> impl IntoView {
    let (state, ui, context) = (state(), ui(), context());
    let used = memo(move || {
        let messages = state.open.messages.read();
        let usage = messages.iter().rev().find_map(|message| message.head.read().usage)?;
        Some(usage.input_tokens.saturating_add(usage.output_tokens))
    });
    let asked = memo(move || {
        let id = ui.route.get().conversation()?;
        // Changed settings may have another window, and each answer uses some of the budget.
        let used = used.get()?;
        ui.tuning.track();
        Some((id, chosen(state, ui)?, used))
    });
    let budget = RwSignal::new(None::<u32>);
    let window = RwSignal::new(None::<(ConversationId, Choice, u32)>);
    effect(move || {
        let Some((id, choice, _)) = asked.get() else { return };
        let path = format!("conversations/{id}/settings?provider={}&model={}", Url::escape(&choice.provider), Url::escape(&choice.model));
        get(context, &path, move |reply: Result<Window, ApiError>| {
            // Without an answer, there is only no gauge.
            if let Ok(reply) = reply {
                window.try_set(reply.window_tokens.map(|tokens| (id, choice, tokens)));
                budget.try_set(reply.budget.map(|budget| budget.percent).filter(|percent| *percent >= WARN_FROM));
            }
        });
    });
    let filled = memo(move || {
        let (id, choice, _) = asked.get()?;
        let (of, by, tokens) = window.get()?;
        (of == id && by == choice).then_some((used.get()?.min(tokens), tokens))
    });
    view! {
        <When is=move || filled.get().is_some()>
            {move || {
                let (used, most) = filled.get().unwrap_or_default();
                let text = (conversation_strings().gauge)(&short(used), &short(most));
                view! {
                    <span class="gauge" title=conversation_strings().window_used>
                        <meter min="0" max=most.to_string() high=(most / 5 * 4).to_string() value=used.to_string() aria-label=conversation_strings().window_used></meter>
                        <span>{text}</span>
                    </span>
                }
            }}
        </When>
        <When is=move || budget.get().is_some()>
            <span class="budget-warning" role="status">
                <a href=state.path(Route::Settings(Section::Usage))>
                    {move || (conversation_strings().budget_used)(budget.get().unwrap_or_default())}
                </a>
            </span>
        </When>
    }
    .into_any()
}

/// Returns a number of tokens in few characters: `820`, `11k`, `1.2M`.
pub(super) fn short(tokens: u32) -> String {
    match tokens {
        0..1_000 => tokens.to_string(),
        // Windows are often powers of two.
        _ if tokens.is_multiple_of(1_024) => format!("{}k", tokens / 1_024),
        1_000..1_000_000 => format!("{}k", tokens.saturating_add(500) / 1_000),
        _ => format!("{:.1}M", f64::from(tokens) / 1_000_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_shown_in_few_characters() {
        for (tokens, text) in
            [(0, "0"), (999, "999"), (1_000, "1k"), (11_499, "11k"), (32_768, "32k"), (999_499, "999k"), (1_200_000, "1.2M")]
        {
            assert_eq!(short(tokens), text);
        }
    }
}
