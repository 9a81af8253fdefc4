//! The passages that an answer is based on.

use holdfast_protocol::{MessageId, message::Source};
use leptos::{ev::KeyboardEvent, prelude::*};

use super::{cited::excerpt_at_quote, versions::regenerate};
use crate::{
    first_load::{
        erased::{When, memo},
        lazy, sort,
    },
    markdown::Markdown,
    route::passage_anchor,
    strings::{conversation_strings, strings},
    ui::{PassageOff, context, state, ui},
};

/// The panels beside a conversation.
#[component]
pub(crate) fn Panels() -> impl IntoView {
    let ui = ui();
    // The reader takes the place of the passages, which are back when it is closed.
    view! {
        <When is=move || ui.passage.get().is_some() fallback=|| view! { <Sources/> }.into_any()>{lazy::reader()}</When>
        <When is=move || ui.tuning.get() && ui.passage.get().is_none()>{lazy::settings_sheet()}</When>
    }
    .into_any()
}

/// The passages of an answer: those that it cites, then the others.
#[component]
fn Sources() -> impl IntoView {
    let (state, ui, context) = (state(), ui(), context());
    let shown = memo(move || {
        let id = ui.sources.get()?;
        let messages = state.open.messages.read();
        let message = messages.iter().find(|message| message.id == id)?;
        let is_complete = !message.head.read().status.is_unfinished();
        Some((id, is_complete, message.head.read().sources.to_vec()))
    });
    let question = memo(move || {
        let id = ui.sources.get()?;
        state.open.messages.read().iter().find(|message| message.id == id)?.parent
    });
    // Those of all answers to the question, so that what was switched off stays off.
    let off = memo(move || {
        let question = question.get();
        let mut off = ui.passages_off.get();
        off.retain(|passage| passage.question == question);
        off
    });
    let ask_again = move |_| {
        let Some(id) = ui.sources.get_untracked() else { return };
        let messages = state.open.messages.read_untracked();
        let Some(head) = messages.iter().find(|message| message.id == id).map(|message| message.head.clone()) else { return };
        drop(messages);
        let passage = |it: &PassageOff| format!(r#"{{"answer_id":"{}","n":{}}}"#, it.answer, it.n);
        let passages = off.read_untracked().iter().map(passage).collect::<Vec<_>>().join(",");
        ui.sources.set(None);
        regenerate(context, id, &head.read_untracked(), Some(format!(r#"{{"without_passages":[{passages}]}}"#)));
    };
    let (strings, texts) = (&state.strings().header, conversation_strings());
    let close = move || {
        ui.sources.set(None);
        ui.sources_by.with_value(|by| context.browser().focus_back(by));
    };
    let lists = move || {
        let (id, is_complete, sources) = shown.get()?;
        // Passages without numbers are quoted whole, so they need no headings.
        if sources.iter().all(|source| source.n == 0) {
            return Some(list(id, None, sources));
        }
        let question = is_complete.then(|| question.get());
        let (cited, others): (Vec<Source>, Vec<Source>) = sources.into_iter().partition(|source| source.used);
        let others_heading = if cited.is_empty() && is_complete { texts.nearest } else { texts.others_heading };
        let missing = (cited.is_empty() && is_complete).then(|| view! { <p class="not-found">{texts.not_in_files}</p> }.into_any());
        // Of what is not cited, the best first.
        let others = sort::by(others, |source| ((1.0 - source.score.clamp(0.0, 1.0)) * 1_000_000.0) as u64);
        let part = |heading: &'static str, sources: Vec<Source>| {
            (!sources.is_empty()).then(|| view! { <h3>{heading}</h3> {list(id, question, sources)} }.into_any())
        };
        Some(view! { {missing} {part(texts.cited_heading, cited)} {part(others_heading, others)} }.into_any())
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
                {lists}
                <When is=move || !off.read().is_empty()>
                    <p class="again">
                        <button type="button" class="primary" on:click=ask_again>
                            {move || (texts.ask_without)(off.read().len())}
                        </button>
                    </p>
                </When>
            </aside>
        </When>
    }
    .into_any()
}

/// Lists passages. Those of an answer to `question` can be switched off.
fn list(answer: MessageId, question: Option<Option<MessageId>>, sources: Vec<Source>) -> AnyView {
    let passages = sources.into_iter().enumerate().map(|(at, source)| view! { <Passage answer question at source/> });
    view! { <ol class="sources">{passages.collect_view()}</ol> }.into_any()
}

/// A passage. If it is from a file, it opens the reader.
#[component]
fn Passage(
    /// The answer.
    answer: MessageId,
    /// The message that was answered, if the passage can be switched off.
    question: Option<Option<MessageId>>,
    /// Its index, from 0.
    at: usize,
    /// The passage.
    source: Source,
) -> impl IntoView {
    let (strings, ui, texts) = (strings(), ui(), conversation_strings());
    let switch = question.filter(|_| source.n > 0).map(|question| {
        let passage = PassageOff { question, answer, n: source.n };
        let is_on = move || !ui.passages_off.read().contains(&passage);
        let toggle = move |_| {
            ui.passages_off.update(|off| match off.iter().position(|it| *it == passage) {
                Some(at) => drop(off.remove(at)),
                None => off.push(passage),
            });
        };
        view! {
            <label class="use">
                <input type="checkbox" aria-label=(texts.use_passage_named)(source.n as usize) prop:checked=is_on on:change=toggle/>
                <span>{texts.use_passage}</span>
            </label>
        }
        .into_any()
    });
    let fit = source.score.clamp(0.0, 1.0);
    let (n, text) = match source.n {
        0 => {
            let html = Markdown::to_html(&source.excerpt, strings.language);
            (at + 1, view! { <div class="md passage" dir="auto" inner_html=html></div> }.into_any())
        }
        n => (n as usize, view! { <div class="passage" dir="auto">{excerpt_at_quote(&source)}</div> }.into_any()),
    };
    let title = view! { {format!("{n} · ")}<bdi>{source.title.clone()}</bdi> }.into_any();
    let title = match source.file_id {
        Some(_) => {
            let href = format!("#{}{}", passage_anchor(answer), source.n);
            view! { <a href=href id=format!("source-{}", source.n)>{title}</a> }.into_any()
        }
        None => view! { <b>{title}</b> }.into_any(),
    };
    view! {
        <li class="source" class:used=source.used>
            {title}
            <span class="location" dir="auto">{source.location}</span>
            {text}
            {switch}
            <meter min="0" max="1" value=format!("{fit:.2}") aria-label=strings.header.fit title=(strings.header.fits)(&format!("{:.0}", fit * 100.0))></meter>
        </li>
    }
    .into_any()
}
