//! What a link for reading shows: a document without a script.

use holdfast_protocol::{Message, Role, Status};
use leptos::prelude::*;

use crate::{components::mark::Mark, eager::IntoEager, markdown::Markdown, ui::provider_name};

/// What the server knows of it.
#[derive(Clone, Debug)]
pub struct Shared {
    /// Where Holdfast begins.
    pub home: String,
    /// The stylesheet.
    pub css: String,
    /// The icon (SVG).
    pub favicon: String,
    /// Title, end of the link, and messages; none where there is nothing.
    pub found: Option<(String, u64, Vec<Message>)>,
}

/// The whole document.
pub fn shared_document(shared: &Shared) -> String {
    Owner::new().with(|| document(shared))
}

fn document(shared: &Shared) -> String {
    let Shared { home, css, favicon, found } = shared.clone();
    let name = found.as_ref().map_or("Not here", |(title, ..)| title.as_str()).to_owned();
    let title = crate::page_title(Some(&name));
    let body = match found {
        Some((_, _, messages)) => view! {
            <h1>{name}</h1>
            <p class="meta">"Somebody shows you this conversation. It can be read, not written in."</p>
            {messages.into_iter().enumerate().map(message).collect_view()}
        }
        .eager(),
        None => view! {
            <h1>"There is nothing here"</h1>
            <p class="lead">"The link has ended, was withdrawn, or is not whole. Ask who gave it to you for another."</p>
        }
        .eager(),
    };
    let document = view! {
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover"/>
                <meta name="robots" content="noindex,nofollow"/>
                <title>{title}</title>
                <meta name="color-scheme" content="light dark"/>
                <link rel="stylesheet" href=css/>
                <link rel="icon" href=favicon type="image/svg+xml"/>
            </head>
            <body class="shared">
                <header class="bar">
                    <a class="brand" href=home>
                        <Mark/>
                        "Holdfast"
                    </a>
                </header>
                <main class="col" id="main">{body}</main>
            </body>
        </html>
    };
    format!("<!DOCTYPE html>{}", document.to_html())
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
        .eager();
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
    .eager()
}
