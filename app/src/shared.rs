//! What a link for reading shows: a document without a script.

use holdfast_protocol::{Message, Role, Status};
use leptos::prelude::*;

use crate::{markdown::Markdown, plain::Plain, words::Language};

/// The whole document; without a title and messages, where there is nothing.
pub fn shared_document(plain: &Plain, shared: Option<(String, Vec<Message>)>) -> String {
    let language = plain.language;
    let words = language.plain();
    let name = shared.as_ref().map_or(words.not_here, |(title, _)| title.as_str()).to_owned();
    plain.document(&name.clone(), || match shared {
        Some((_, messages)) => view! {
            <h1 dir="auto">{name}</h1>
            <p class="meta">{words.shown}</p>
            {messages.into_iter().enumerate().map(|(n, it)| message(n, it, language)).collect_view()}
        }
        .into_any(),
        None => view! {
            <h1>{words.nothing}</h1>
            <p class="lead">{words.why_nothing}</p>
        }
        .into_any(),
    })
}

fn message(n: usize, message: Message, language: Language) -> AnyView {
    let (words, plain) = (language.words(), language.plain());
    let Message { content, role, status, provider, model, .. } = message;
    if role == Role::User {
        return view! {
            <article class="me" aria-label=plain.question>
                <h2 class="hidden">{plain.question}</h2>
                <div class="words" dir="auto">{content}</div>
            </article>
        }
        .into_any();
    }
    let mut markdown = Markdown::new(format!("m{n}-"), language);
    markdown.set(&content, true);
    let html: String = markdown.blocks().iter().map(|block| format!("<div dir=\"auto\">{}</div>", block.html)).collect();
    let who =
        model.or_else(|| provider.as_deref().map(|it| words.provider(it).to_owned())).unwrap_or_else(|| words.answer.answer.to_owned());
    let end = match status {
        Status::Accepted | Status::Complete => None,
        Status::Streaming => Some(plain.still_written),
        Status::Stopped => Some(words.answer.stopped),
        Status::Interrupted => Some(words.answer.broke_off),
        Status::Failed => Some(words.answer.failed),
    };
    view! {
        <article class="ans" aria-label=words.answer.answer>
            <h2 class="hidden">{words.answer.answer}</h2>
            <div class="who">{who}</div>
            <div class="md"><div class="run" inner_html=html></div></div>
            {end.map(|end| view! { <div class="end">{end}</div> })}
        </article>
    }
    .into_any()
}
