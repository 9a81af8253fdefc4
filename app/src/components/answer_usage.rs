//! The tokens of an answer, with their details and cost on demand.

use holdfast_protocol::{ApiError, Status, by_answer::ByAnswer, usage::Cost};
use leptos::prelude::*;
use serde::Deserialize;

use super::gauge::short;
use crate::{
    calls::get,
    first_load::erased::{When, memo},
    state::MessageView,
    strings::{Localized, conversation_strings, strings},
    ui::{context, ui},
};

/// What this file reads of the reply about a conversation. The protocol's type for an answer leaves out what the first load does not need.
#[derive(Deserialize)]
struct Reply {
    answers: ByAnswer<Tokens>,
}

/// What an answer used.
#[derive(Clone, Deserialize)]
struct Tokens {
    input_tokens: u64,
    output_tokens: u64,
    cached_tokens: Option<u64>,
    reasoning_tokens: Option<u64>,
    #[serde(default)]
    estimated: bool,
    cost: Option<Cost>,
}

impl Tokens {
    /// Returns the details in sentences.
    fn told(&self) -> String {
        let texts = conversation_strings();
        let number = |tokens: u64| {
            let text = texts.numbers.whole(tokens);
            if self.estimated { (texts.about)(&text) } else { text }
        };
        let part = |tokens: Option<u64>| tokens.filter(|tokens| *tokens > 0).map(number);
        let (stored, reasoning) = (part(self.cached_tokens), part(self.reasoning_tokens));
        let tokens = (texts.tokens)(&number(self.input_tokens), stored.as_deref(), &number(self.output_tokens), reasoning.as_deref());
        let Some(cost) = self.cost else { return format!("{tokens} {}", texts.no_price) };
        let money = texts.numbers.money(cost);
        format!("{tokens} {}", (texts.cost)(&if self.estimated { (texts.about)(&money) } else { money }))
    }
}

/// The button with the number of tokens of an answer.
#[component]
pub(crate) fn AnswerUsage(
    /// The answer.
    message: MessageView,
    /// Whether its details are shown.
    open: RwSignal<bool>,
) -> impl IntoView {
    let (ui, head) = (ui(), message.head.clone());
    let tokens = memo(move || {
        let head = head.read();
        let usage = head.usage.filter(|_| head.status != Status::Streaming)?;
        ui.route.get().conversation()?;
        Some(usage.input_tokens.saturating_add(usage.output_tokens))
    });
    view! {
        <When is=move || tokens.get().is_some()>
            <span aria-hidden="true">"·"</span>
            <button
                type="button"
                class="link"
                title=conversation_strings().show_usage
                aria-expanded=move || open.get().to_string()
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {move || (conversation_strings().used_tokens)(&short(tokens.get().unwrap_or_default()))}
            </button>
        </When>
    }
    .into_any()
}

/// The details, which are fetched when they are shown.
#[component]
pub(crate) fn UsageDetails(
    /// The answer.
    message: MessageView,
    /// Whether they are shown.
    open: RwSignal<bool>,
) -> impl IntoView {
    let (ui, context, strings) = (ui(), context(), strings());
    let told = RwSignal::new(Localized::default());
    let (id, head) = (message.id, message.head.clone());
    crate::first_load::erased::effect(move || {
        // An answer that is continued has others.
        head.track();
        let Some(conversation) = ui.route.get_untracked().conversation().filter(|_| open.get()) else { return };
        get(context, &format!("conversations/{conversation}/usage"), move |reply: Result<Reply, ApiError>| {
            told.try_set(match reply {
                Ok(reply) => reply.answers.get(&id).map_or_else(|| conversation_strings().no_price.into(), |tokens| tokens.told().into()),
                Err(api_error) => strings.localized(api_error),
            });
        });
    });
    view! {
        <When is=move || open.get()>
            <p class="usage-details" role="status">{move || told.get().view()}</p>
        </When>
    }
    .into_any()
}
