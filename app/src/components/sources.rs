//! The passages that an answer is based on.

use holdfast_protocol::message::Source;
use leptos::{ev::KeyboardEvent, prelude::*};

use crate::{
    first_load::{
        erased::{When, memo},
        lazy,
    },
    markdown::Markdown,
    strings::strings,
    ui::{context, state, ui},
};

/// The panels beside a conversation.
#[component]
pub(crate) fn Panels() -> impl IntoView {
    let ui = ui();
    view! {
        <Sources/>
        <When is=move || ui.tuning.get()>{lazy::settings_sheet()}</When>
    }
    .into_any()
}

/// The passages of an answer.
#[component]
fn Sources() -> impl IntoView {
    let (state, ui, context) = (state(), ui(), context());
    let shown = memo(move || {
        let id = ui.sources.get()?;
        let messages = state.open.messages.read();
        let message = messages.iter().find(|message| message.id == id)?;
        Some(message.head.read().sources.clone())
    });
    let strings = &state.strings().header;
    let close = move || {
        ui.sources.set(None);
        ui.sources_by.with_value(|by| context.browser().focus_back(by));
    };
    view! {
        <When is=move || shown.read().is_some()>
            <aside class="panel" id="sources" aria-label=strings.sources on:keydown=move |ev: KeyboardEvent| if ev.key() == "Escape" { close() }>
                <h2>
                    {strings.sources}
                    <button type="button" class="ghost icon" aria-label=strings.close_sources on:click=move |_| close()>
                        <svg viewBox="0 0 20 20" aria-hidden="true">
                            <path d="M5.500 5.500l9 9M14.500 5.500l-9 9"></path>
                        </svg>
                    </button>
                </h2>
                <ol class="sources">
                    {move || shown.get().unwrap_or_default().into_iter().enumerate().map(|(n, source)| view! { <Passage n source/> }).collect_view()}
                </ol>
            </aside>
        </When>
    }
    .into_any()
}

/// A passage.
#[component]
fn Passage(
    /// Its index, from 0.
    n: usize,
    /// The passage.
    source: Source,
) -> impl IntoView {
    let strings = strings();
    let fit = source.score.clamp(0.0, 1.0);
    view! {
        <li class="source">
            <b>{format!("{} · ", n + 1)}<bdi>{source.title}</bdi></b>
            <span class="location" dir="auto">{source.location}</span>
            <div class="md passage" dir="auto" inner_html=Markdown::to_html(&source.excerpt, strings.language)></div>
            <meter min="0" max="1" value=format!("{fit:.2}") aria-label=strings.header.fit title=(strings.header.fits)(&format!("{:.0}", fit * 100.0))></meter>
        </li>
    }
    .into_any()
}
