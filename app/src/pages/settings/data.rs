//! What is one's own: taken along, brought, and shown to others.

mod links;

use std::{cell::Cell, rc::Rc};

use holdfast_protocol::exchange::{ImportLine, ImportReport};
use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};

use crate::{
    Place,
    calls::read,
    once::memo,
    ui::{ask, count, live, ui},
};

/// Export, import, and links.
#[component]
pub(super) fn Data() -> impl IntoView {
    let live = live();
    let is_somebody = memo(move || live.user.read().is_some());
    view! {
        <h1>"Your data"</h1>
        {move || {
            if is_somebody.get() {
                view! {
                    <Export/>
                    <Import/>
                    <links::Links/>
                }
                    .into_any()
            } else {
                view! {
                    <p class="lead">"There is nothing of yours here yet. Your first message begins a guest's account."</p>
                    <p class="ways start">
                        <a class="go" href=live.path(Place::SignIn)>"Sign in"</a>
                    </p>
                }
                    .into_any()
            }
        }}
    }
    .into_any()
}

/// Everything, as one file.
#[component]
fn Export() -> impl IntoView {
    let ask = ask();
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let save = move |_| {
        busy.set(true);
        let reply = ask.backend().save("export");
        spawn_local(async move {
            error.set(reply.await.err().map(|refusal| refusal.error));
            busy.set(false);
        });
    };
    view! {
        <h2>"Take along"</h2>
        <p class="lead">
            "All conversations in a ZIP: one file with everything in it (all versions, times and models), which can be brought here or to another Holdfast, and each to read as Markdown."
        </p>
        <p class="ways start">
            <button type="button" class="ghost framed" disabled=move || busy.get() on:click=save>
                {move || if busy.get() { "Being made…" } else { "Export all conversations" }}
            </button>
        </p>
        <p class="error" role="alert">{move || error.get()}</p>
    }
    .into_any()
}

/// Where the field's files are.
const FIELD: &str = "import-files";

/// From files.
#[component]
fn Import() -> impl IntoView {
    let (live, ui, ask) = (live(), ui(), ask());
    let busy = RwSignal::new(false);
    let said = RwSignal::new(String::new());
    let problems = RwSignal::new(Vec::<String>::new());
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        let files = ask.desk().files(FIELD);
        if files.is_empty() {
            said.set("Choose a file first.".to_owned());
            return;
        }
        busy.set(true);
        problems.set(Vec::new());
        spawn_local(async move {
            let mut sum = ImportReport::default();
            let all = files.len();
            for (at, (name, size)) in files.into_iter().enumerate() {
                let which = if all == 1 { name.clone() } else { format!("{name} ({} of {all})", at + 1) };
                said.set(format!("Sending {which}, {} KB…", size.div_ceil(1024)));
                let done = Rc::new(Cell::new(None::<ImportReport>));
                let heard = done.clone();
                let line = move |text: &str| match read::<ImportLine>(text) {
                    Ok(ImportLine::Progress { read }) => {
                        said.set(format!("Reading {which}: {}…", count(read as usize, "conversation", "conversations")))
                    }
                    Ok(ImportLine::Done(report)) => heard.set(Some(report)),
                    Err(_) => {}
                };
                let sent = ask.backend().give_file(FIELD, at, "import", Box::new(line)).await;
                match (sent, done.take()) {
                    (_, Some(report)) => {
                        sum.added += report.added;
                        sum.grown += report.grown;
                        sum.same += report.same;
                        sum.left_out += report.left_out;
                        let named = |problem: String| if all == 1 { problem } else { format!("{name}: {problem}") };
                        sum.problems.extend(report.problems.into_iter().map(named));
                    }
                    (sent, None) => {
                        let cut = "The connection was lost on the way. What the server has whole is kept; import the file again for the rest, nothing is doubled.";
                        sum.left_out += 1;
                        sum.problems.push(format!("{name}: {}", sent.err().map_or_else(|| cut.to_owned(), |refusal| refusal.error)));
                    }
                }
                problems.set(sum.problems.clone());
            }
            said.set(told(&sum));
            busy.set(false);
            if let Ok(page) = ask.backend().conversations(None).await {
                live.append(page);
            }
        });
    };
    view! {
        <h2>"Bring here"</h2>
        <p class="lead">
            "Conversations from Holdfast, ChatGPT or Claude: the ZIP that you were sent, or the conversations.json in it. Nothing is doubled, however often you import it."
        </p>
        <form class="form" on:submit=submit>
            <label for=FIELD>"Files"</label>
            <input class="field" id=FIELD type="file" multiple accept=".zip,.json,application/zip,application/json"/>
            <p class="meta" role="status">{move || said.get()}</p>
            <button type="submit" class="go" disabled=move || !ui.awake.get() || busy.get()>"Import"</button>
        </form>
        <ul class="card problems" aria-label="What was left out">
            {move || problems.get().into_iter().map(|problem| view! { <li class="line">{problem}</li> }).collect_view()}
        </ul>
    }
    .into_any()
}

/// What came of it, in a sentence.
fn told(report: &ImportReport) -> String {
    let mut parts = vec![format!("{} imported", count(report.added as usize, "conversation", "conversations"))];
    if report.grown > 0 {
        parts.push(format!("{} brought up to date", report.grown));
    }
    if report.same > 0 {
        parts.push(format!("{} here already", report.same));
    }
    if report.left_out > 0 {
        parts.push(format!("{} left out", report.left_out));
    }
    format!("{}.", parts.join(", "))
}
