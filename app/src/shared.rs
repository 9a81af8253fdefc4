//! The document behind a read-only link. It has no scripts.

use holdfast_protocol::{Author, Message, MessageId, Status, sources::Sources, step::StepKind};
use leptos::prelude::*;

use crate::{
    components::{cited::cited_by, thoughts::seconds, user_text::user_text},
    markdown::{Markdown, in_portions},
    plain::Plain,
    route::passage_anchor,
    state::StepHead,
    strings::Language,
};

/// Returns the whole document. `shared` has the title and the messages; `None` gives the document that the link does not exist. As soon
/// as `is_late` returns true, the remaining texts are shown as plain text.
pub fn shared_document(plain: &Plain, shared: Option<(String, Vec<Message>)>, is_late: &dyn Fn() -> bool) -> String {
    let language = plain.language;
    let strings = language.plain();
    let name = shared.as_ref().map_or(strings.not_here, |(title, _)| title.as_str()).to_owned();
    plain.document(&name.clone(), || match shared {
        Some((_, messages)) => view! {
            <h1 dir="auto">{name}</h1>
            <p class="meta">{strings.shown}</p>
            {messages.into_iter().enumerate().map(|(n, it)| message(n, it, language, is_late)).collect_view()}
        }
        .into_any(),
        None => view! {
            <h1>{strings.nothing}</h1>
            <p class="lead">{strings.why_nothing}</p>
        }
        .into_any(),
    })
}

fn message(n: usize, message: Message, language: Language, is_late: &dyn Fn() -> bool) -> AnyView {
    let (strings, plain) = (language.strings(), language.plain());
    let Message { id, content, role, status, provider, model, steps, sources, .. } = message;
    if role == Author::User {
        return view! {
            <article class="question" aria-label=plain.question>
                <h2 class="sr-only">{plain.question}</h2>
                <div class="text" dir="auto">{user_text(&content)}</div>
            </article>
        }
        .into_any();
    }
    let shown = language.conversation();
    let text = match formatted(&format!("m{n}-"), &content, Some((id, &sources)), language, is_late) {
        Some(html) => view! { <div class="md"><div class="blocks" inner_html=html></div></div> }.into_any(),
        None => view! {
            <div class="plain-text" dir="auto">{content}</div>
            <div class="ending">{plain.unformatted}</div>
        }
        .into_any(),
    };
    let thoughts = steps.iter().filter(|step| step.kind == StepKind::Reasoning).map(|step| {
        let title = StepHead::of(step).took.map_or_else(|| shown.thinking.to_owned(), |ms| (shown.thought)(seconds(ms)));
        let text = match formatted(&format!("m{n}-s{}-", step.index), &step.content, None, language, is_late) {
            Some(html) => view! { <div class="md"><div class="blocks" inner_html=html></div></div> }.into_any(),
            None => view! { <div class="plain-text" dir="auto">{step.content.clone()}</div> }.into_any(),
        };
        view! {
            <details class="thought">
                <summary>
                    <span>{title}</span>
                </summary>
                {text}
            </details>
        }
        .into_any()
    });
    let thoughts = thoughts.collect::<Vec<_>>();
    let who =
        model.or_else(|| provider.as_deref().map(|it| strings.provider(it).to_owned())).unwrap_or_else(|| strings.answer.answer.to_owned());
    let end = match status {
        Status::Accepted | Status::Complete => None,
        Status::Streaming => Some(plain.still_written),
        Status::Stopped => Some(strings.answer.stopped),
        Status::Interrupted => Some(strings.answer.broke_off),
        Status::Failed => Some(strings.answer.failed),
    };
    view! {
        <article class="answer" aria-label=strings.answer.answer>
            <h2 class="sr-only">{strings.answer.answer}</h2>
            <div class="author">{who}</div>
            {thoughts}
            {text}
            {cited_by(id, &sources, language)}
            {end.map(|end| view! { <div class="ending">{end}</div> })}
        </article>
    }
    .into_any()
}

/// Returns the text as HTML, with citations of these passages of an answer. Returns `None` if `is_late` returned true before all of it was rendered.
fn formatted(
    prefix: &str,
    text: &str,
    citable: Option<(MessageId, &Sources)>,
    language: Language,
    is_late: &dyn Fn() -> bool,
) -> Option<String> {
    let mut markdown = Markdown::new(prefix, language);
    if let Some((answer, sources)) = citable {
        markdown.cite(&passage_anchor(answer), sources, true);
    }
    let is_whole = in_portions(text, is_late, |portion, is_all| {
        markdown.set(portion, is_all);
    });
    is_whole.then(|| markdown.blocks().iter().map(|block| format!("<div dir=\"auto\">{}</div>", block.html)).collect())
}

/// Returns the document that is sent if the server is too busy to render the page.
pub fn busy_document(plain: &Plain) -> String {
    let strings = plain.language.plain();
    plain.document(strings.busy, || {
        view! {
            <h1>{strings.busy}</h1>
            <p class="lead">{strings.why_busy}</p>
        }
        .into_any()
    })
}
