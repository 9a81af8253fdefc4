//! Export, import and sharing.

mod links;

use std::{cell::Cell, rc::Rc};

use holdfast_protocol::{
    Code,
    transfer::{ImportLine, ImportReport},
};
use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};

use crate::{
    Route,
    calls::read,
    first_load::erased::memo,
    strings::{Localized, lazy, strings},
    ui::{context, state, ui},
};

/// The section.
#[component]
pub(super) fn Data() -> impl IntoView {
    let (state, strings) = (state(), strings());
    let is_somebody = memo(move || state.session.user.read().is_some());
    view! {
        <h1>{strings.places.data}</h1>
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
                    <p class="lead">{lazy().data.nothing}</p>
                    <p class="actions start">
                        <a class="primary" href=state.path(Route::SignIn)>{strings.common.sign_in}</a>
                    </p>
                }
                    .into_any()
            }
        }}
    }
    .into_any()
}

/// The button that exports all conversations as one file.
#[component]
fn Export() -> impl IntoView {
    let (context, strings, lazy) = (context(), strings(), &lazy().data);
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<Localized>);
    let save = move |_| {
        busy.set(true);
        let reply = context.backend().save("export");
        spawn_local(async move {
            error.set(reply.await.err().map(|api_error| strings.localized(api_error)));
            busy.set(false);
        });
    };
    view! {
        <h2>{lazy.export_heading}</h2>
        <p class="lead">{lazy.about_export}</p>
        <p class="actions start">
            <button type="button" class="ghost framed" disabled=move || busy.get() on:click=save>
                {move || if busy.get() { lazy.exporting } else { lazy.export }}
            </button>
        </p>
        <p class="error" role="alert">{move || error.get().map(Localized::view)}</p>
    }
    .into_any()
}

/// Id of the file field.
const FIELD: &str = "import-files";

/// The form that imports conversations from files.
#[component]
fn Import() -> impl IntoView {
    let (list, ui, context) = (state().list, ui(), context());
    let (strings, lazy) = (strings(), &lazy().data);
    let busy = RwSignal::new(false);
    let texts = RwSignal::new(String::new());
    let problems = RwSignal::new(Vec::<String>::new());
    // A ZIP that is too large is made smaller in the browser; see browser/modules/pack.js.
    Effect::new(move |_| context.browser().enhance());
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        let files = context.browser().files(FIELD);
        if files.is_empty() {
            texts.set(lazy.choose.to_owned());
            return;
        }
        busy.set(true);
        problems.set(Vec::new());
        spawn_local(async move {
            let mut sum = ImportReport::default();
            let all = files.len();
            for (at, (name, size)) in files.into_iter().enumerate() {
                let which = if all == 1 { name.clone() } else { (lazy.which)(&name, at + 1, all) };
                texts.set((lazy.sending)(&which, size.div_ceil(1024)));
                let done = Rc::new(Cell::new(None::<ImportReport>));
                let received = done.clone();
                let line = move |text: &str| match read::<ImportLine>(text) {
                    Ok(ImportLine::Progress { read }) => texts.set((lazy.reading)(&which, read as usize)),
                    Ok(ImportLine::Done(report)) => received.set(Some(report)),
                    Err(_) => {}
                };
                let sent = context.backend().give_file(FIELD, at, "import", Box::new(line)).await;
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
                            Ok(()) => format!("{name}: {}", lazy.cut),
                            Err(api_error) if api_error.code == Code::TooLarge => {
                                format!("{name} ({} KB): {}", size.div_ceil(1024), strings.localized(api_error).text())
                            }
                            Err(api_error) => format!("{name}: {}", strings.localized(api_error).text()),
                        };
                        sum.problems.push(problem);
                    }
                }
                problems.set(sum.problems.clone());
            }
            texts.set((lazy.localized)(&sum));
            busy.set(false);
            if let Ok(page) = context.backend().conversations(None).await {
                list.append(page);
            }
        });
    };
    view! {
        <h2>{lazy.import_heading}</h2>
        <p class="lead">{lazy.about_import}</p>
        <form class="form" on:submit=submit>
            <label for=FIELD>{lazy.files}</label>
            <input class="field" id=FIELD type="file" multiple data-packed accept=".zip,.json,.jsonl,.gz,.html,application/zip,application/json,application/gzip,text/html"/>
            <p class="meta" role="status">{move || texts.get()}</p>
            <button type="submit" class="primary" disabled=move || !ui.hydrated.get() || busy.get()>{lazy.import}</button>
        </form>
        <ul class="card" aria-label=lazy.left_out>
            {move || problems.get().into_iter().map(|problem| view! { <li class="line">{problem}</li> }).collect_view()}
        </ul>
    }
    .into_any()
}
