//! What is one's own: taken along, brought, and shown to others.

mod links;

use std::{cell::Cell, rc::Rc};

use holdfast_protocol::{
    Code,
    exchange::{ImportLine, ImportReport},
};
use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};

use crate::{
    Place,
    calls::read,
    once::memo,
    ui::{ask, live, ui},
    words::{Told, rest, words},
};

/// Export, import, and links.
#[component]
pub(super) fn Data() -> impl IntoView {
    let (live, words) = (live(), words());
    let is_somebody = memo(move || live.user.read().is_some());
    view! {
        <h1>{words.places.data}</h1>
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
                    <p class="lead">{rest().data.nothing}</p>
                    <p class="ways start">
                        <a class="go" href=live.path(Place::SignIn)>{words.common.sign_in}</a>
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
    let (ask, words, rest) = (ask(), words(), &rest().data);
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<Told>);
    let save = move |_| {
        busy.set(true);
        let reply = ask.backend().save("export");
        spawn_local(async move {
            error.set(reply.await.err().map(|refusal| words.told(refusal)));
            busy.set(false);
        });
    };
    view! {
        <h2>{rest.export_heading}</h2>
        <p class="lead">{rest.about_export}</p>
        <p class="ways start">
            <button type="button" class="ghost framed" disabled=move || busy.get() on:click=save>
                {move || if busy.get() { rest.exporting } else { rest.export }}
            </button>
        </p>
        <p class="error" role="alert">{move || error.get().map(Told::view)}</p>
    }
    .into_any()
}

/// Where the field's files are.
const FIELD: &str = "import-files";

/// From files.
#[component]
fn Import() -> impl IntoView {
    let (live, ui, ask) = (live(), ui(), ask());
    let (words, rest) = (words(), &rest().data);
    let busy = RwSignal::new(false);
    let said = RwSignal::new(String::new());
    let problems = RwSignal::new(Vec::<String>::new());
    // A ZIP that is too large is made smaller in the browser: see public/lib/pack.js.
    Effect::new(move |_| ask.desk().dress());
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        let files = ask.desk().files(FIELD);
        if files.is_empty() {
            said.set(rest.choose.to_owned());
            return;
        }
        busy.set(true);
        problems.set(Vec::new());
        spawn_local(async move {
            let mut sum = ImportReport::default();
            let all = files.len();
            for (at, (name, size)) in files.into_iter().enumerate() {
                let which = if all == 1 { name.clone() } else { (rest.which)(&name, at + 1, all) };
                said.set((rest.sending)(&which, size.div_ceil(1024)));
                let done = Rc::new(Cell::new(None::<ImportReport>));
                let heard = done.clone();
                let line = move |text: &str| match read::<ImportLine>(text) {
                    Ok(ImportLine::Progress { read }) => said.set((rest.reading)(&which, read as usize)),
                    Ok(ImportLine::Done(report)) => heard.set(Some(report)),
                    Err(_) => {}
                };
                let sent = ask.backend().give_file(FIELD, at, "import", Box::new(line)).await;
                match (sent, done.take()) {
                    (_, Some(report)) => {
                        sum.added += report.added;
                        sum.grown += report.grown;
                        sum.same += report.same;
                        sum.empty += report.empty;
                        sum.left_out += report.left_out;
                        let named = |problem: String| if all == 1 { problem } else { format!("{name}: {problem}") };
                        sum.problems.extend(report.problems.into_iter().map(named));
                    }
                    (sent, None) => {
                        sum.left_out += 1;
                        let problem = match sent {
                            Ok(()) => format!("{name}: {}", rest.cut),
                            Err(refusal) if refusal.code == Code::TooLarge => {
                                format!("{name} ({} KB): {}", size.div_ceil(1024), words.told(refusal).text())
                            }
                            Err(refusal) => format!("{name}: {}", words.told(refusal).text()),
                        };
                        sum.problems.push(problem);
                    }
                }
                problems.set(sum.problems.clone());
            }
            said.set((rest.told)(&sum));
            busy.set(false);
            if let Ok(page) = ask.backend().conversations(None).await {
                live.append(page);
            }
        });
    };
    view! {
        <h2>{rest.import_heading}</h2>
        <p class="lead">{rest.about_import}</p>
        <form class="form" on:submit=submit>
            <label for=FIELD>{rest.files}</label>
            <input class="field" id=FIELD type="file" multiple data-packed accept=".zip,.json,.jsonl,.gz,.html,application/zip,application/json,application/gzip,text/html"/>
            <p class="meta" role="status">{move || said.get()}</p>
            <button type="submit" class="go" disabled=move || !ui.awake.get() || busy.get()>{rest.import}</button>
        </form>
        <ul class="card problems" aria-label=rest.left_out>
            {move || problems.get().into_iter().map(|problem| view! { <li class="line">{problem}</li> }).collect_view()}
        </ul>
    }
    .into_any()
}
