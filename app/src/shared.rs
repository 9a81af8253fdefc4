//! What a link for reading shows: a document without a script.

use holdfast_protocol::{Message, Role, Status};
use leptos::prelude::*;

use crate::{markdown::Markdown, plain::Plain, ui::provider_name};

/// The whole document; without a title and messages, where there is nothing.
pub fn shared_document(plain: &Plain, shared: Option<(String, Vec<Message>)>) -> String {
    let name = shared.as_ref().map_or("Not here", |(title, _)| title.as_str()).to_owned();
    plain.document(&name.clone(), || match shared {
        Some((_, messages)) => view! {
            <h1>{name}</h1>
            <p class="meta">"Somebody shows you this conversation. It can be read, not written in."</p>
            {messages.into_iter().enumerate().map(message).collect_view()}
        }
        .into_any(),
        None => view! {
            <h1>"There is nothing here"</h1>
            <p class="lead">"The link has ended, was withdrawn, or is not whole. Ask who gave it to you for another."</p>
        }
        .into_any(),
    })
}

fn message((n, message): (usize, Message)) -> AnyView {
    let Message { content, role, status, provider, model, .. } = message;
    if role == Role::User {
        return view! {
            <article class="me" aria-label="Question">
                <h2 class="hidden">"Question"</h2>
                <div class="words" dir="auto">{content}</div>
            </article>
        }
        .into_any();
    }
    let mut markdown = Markdown::new(format!("m{n}-"));
    markdown.set(&content, true);
    let html: String = markdown.blocks().iter().map(|block| &*block.html).collect();
    let who = model.or_else(|| provider.as_deref().map(|it| provider_name(it).to_owned())).unwrap_or_else(|| "Answer".to_owned());
    let end = match status {
        Status::Accepted | Status::Complete => None,
        Status::Streaming => Some("This answer is still being written. Load the page again for more."),
        Status::Stopped => Some("Stopped."),
        Status::Interrupted => Some("The answer broke off."),
        Status::Failed => Some("There is no answer."),
    };
    view! {
        <article class="ans" aria-label="Answer">
            <h2 class="hidden">"Answer"</h2>
            <div class="who">{who}</div>
            <div class="md" inner_html=html></div>
            {end.map(|end| view! { <div class="end">{end}</div> })}
        </article>
    }
    .into_any()
}
