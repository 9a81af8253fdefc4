//! A row of the list of files.

use holdfast_protocol::{
    FileId,
    files::{FileInfo, FileState},
    materials::Problem,
};
use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};

use super::Shelf;
use crate::{
    components::uploads::{Tone, Upload, Uploads, kind, size, status_of},
    first_load::erased::{When, memo},
    strings::{Localized, files_strings, strings},
    ui::{context, state},
};

/// Number of unread parts of a file that are listed.
const LISTED: usize = 100;

/// Returns whether the state of a file will change by itself.
pub(super) fn is_open(file: &FileInfo) -> bool {
    matches!(file.state, FileState::Uploading | FileState::Queued | FileState::Reading)
}

/// A file.
#[component]
pub(super) fn Row(
    /// Id of the file.
    id: FileId,
    /// The files.
    shelf: Shelf,
    /// What is being uploaded here.
    uploads: RwSignal<Uploads>,
) -> impl IntoView {
    let (state, context, texts) = (state(), context(), files_strings());
    let file = memo(move || shelf.list.read().iter().find(|file| file.id == id).cloned());
    let name = memo(move || file.read().as_ref().map(|file| file.name.clone()).unwrap_or_default());
    // Of an upload in this browser, more is known than the server says.
    let upload = memo(move || uploads.read().items.iter().find(|upload| upload.id == Some(id) && upload.is_pending()).cloned());
    let status = memo(move || {
        let upload = upload.read().as_ref().and_then(Upload::status);
        upload.or_else(|| file.read().as_ref().map(status_of))
    });
    let progress = memo(move || status.read().as_ref().and_then(|status| status.progress));
    let is_whole = memo(move || file.read().as_ref().is_some_and(|file| file.state != FileState::Uploading));
    let details = memo(move || {
        let file = file.read();
        let file = file.as_ref()?;
        let pages = file.pages.filter(|pages| *pages != 0).map(|pages| format!(" · {}", (texts.pages)(pages))).unwrap_or_default();
        Some(format!("{}{pages}", size(file.bytes)))
    });
    let is_bad = memo(move || status.read().as_ref().is_some_and(|status| status.tone == Tone::Bad));
    // What a file that can't be used lacks is its state.
    let problems = memo(move || file.read().as_ref().filter(|_| !is_bad.get()).map(|file| file.problems.clone()).unwrap_or_default());
    let renaming = RwSignal::new(false);
    let save = move |_| {
        let reply = context.backend().save(&format!("files/{id}/content"));
        spawn_local(async move {
            if let Err(api_error) = reply.await {
                state.refused(api_error);
            }
        });
    };
    let rename = move |_| {
        renaming.set(true);
        request_animation_frame(move || context.browser().focus(&format!("name-{id}")));
    };
    view! {
        <li class="line materials" id=format!("file-{id}")>
            <span class="kind" aria-hidden="true">{move || kind(&name.read())}</span>
            <span class="grow">
                <b>
                    <bdi>{move || name.get()}</bdi>
                </b>
                <span class="detail">{move || details.get()}</span>
                <When is=move || progress.get().is_some()>
                    <progress max="100" value=move || progress.get().unwrap_or_default().to_string() aria-label=move || (texts.progress)(&name.read())></progress>
                </When>
            </span>
            <span class=move || status.read().as_ref().map_or("file-state", |status| match status.tone {
                Tone::Busy => "file-state",
                Tone::Good => "file-state good",
                Tone::Bad => "file-state bad",
            })>{move || status.get().map(|status| Localized::view(status.text))}</span>
            <span class="row-buttons">
                <When is=move || is_whole.get()>
                    <button type="button" class="small" aria-label=move || (texts.download_named)(&name.read()) on:click=save>{texts.download}</button>
                </When>
                <button type="button" class="small" id=format!("rename-{id}") aria-label=move || (texts.rename_named)(&name.read()) on:click=rename>{texts.rename}</button>
                <When
                    is=move || upload.read().is_some()
                    fallback=move || view! {
                        <button
                            type="button"
                            class="small"
                            aria-label=move || (texts.delete_named)(&name.read())
                            on:click=move |_| shelf.ask(id, name.get_untracked())
                        >
                            {texts.delete}
                        </button>
                    }
                >
                    <button
                        type="button"
                        class="small"
                        data-upload-remove=move || upload.get().map(|upload| upload.key)
                        aria-label=move || (texts.cancel_named)(&name.read())
                    >
                        {texts.cancel}
                    </button>
                </When>
            </span>
            <When is=move || renaming.get()>
                <Name id name shelf renaming/>
            </When>
            <When is=move || !problems.read().is_empty()>
                <details>
                    <summary>{move || (texts.unread)(problems.read().len())}</summary>
                    <ul>{move || problems.get().into_iter().take(LISTED).map(problem).collect::<Vec<_>>()}</ul>
                </details>
            </When>
        </li>
    }
    .into_any()
}

/// Describes what could not be read.
fn problem(problem: Problem) -> AnyView {
    let texts = files_strings();
    view! { <li class="line">{format!("{}: {}", (texts.page)(problem.page), (texts.problem)(problem.reason))}</li> }.into_any()
}

/// The form that renames a file.
#[component]
fn Name(
    /// Id of the file.
    id: FileId,
    /// Its name.
    name: Memo<String>,
    /// The files.
    shelf: Shelf,
    /// Whether the form is shown.
    renaming: RwSignal<bool>,
) -> impl IntoView {
    let (context, texts, strings) = (context(), files_strings(), strings());
    let error = RwSignal::new(None::<Localized>);
    let field = StoredValue::new(format!("name-{id}"));
    let close = move || {
        renaming.try_set(false);
        context.browser().focus(&format!("rename-{id}"));
    };
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        let name = field.with_value(|field| context.browser().value(field));
        shelf.rename(id, name, move |refused| match refused {
            None => close(),
            Some(api_error) => _ = error.try_set(Some(strings.localized(api_error))),
        });
    };
    view! {
        <form class="form" on:submit=submit on:keydown=move |ev| if ev.key() == "Escape" { close() }>
            <label for=field.get_value()>{texts.name}</label>
            <input class="field" id=field.get_value() maxlength="200" autocomplete="off" dir="auto" value=name.get_untracked()/>
            <p class="error" role="alert">{move || error.get().map(Localized::view)}</p>
            <p class="actions start">
                <button type="submit" class="primary">{texts.save}</button>
                <button type="button" class="ghost" on:click=move |_| close()>{strings.common.cancel}</button>
            </p>
        </form>
    }
    .into_any()
}

/// An upload that the server does not know yet, or has refused.
#[component]
pub(super) fn Refused(
    /// Key of the upload.
    key: String,
    /// All uploads.
    uploads: RwSignal<Uploads>,
) -> impl IntoView {
    let texts = files_strings();
    let upload = memo({
        let key = key.clone();
        move || uploads.read().items.iter().find(|upload| upload.key == key).cloned()
    });
    let name = memo(move || upload.read().as_ref().map(|upload| upload.name.clone()).unwrap_or_default());
    let status = move || upload.read().as_ref().and_then(Upload::status);
    let is_bad = move || status().is_some_and(|status| status.tone == Tone::Bad);
    let retry = key.clone();
    view! {
        <li class="line materials">
            <span class="kind" aria-hidden="true">{move || kind(&name.read())}</span>
            <span class="grow">
                <b>
                    <bdi>{move || name.get()}</bdi>
                </b>
                <span class="detail">{move || upload.read().as_ref().map(|upload| size(upload.size))}</span>
            </span>
            <span class="file-state" class:bad=is_bad role="status">{move || status().map(|status| Localized::view(status.text))}</span>
            <span class="row-buttons">
                <When is=move || upload.read().as_ref().is_some_and(Upload::can_retry)>
                    <button type="button" class="small" data-upload-retry=retry.clone() aria-label=move || (texts.retry_named)(&name.read())>
                        {texts.retry}
                    </button>
                </When>
                <button type="button" class="small" data-upload-remove=key aria-label=move || (texts.remove)(&name.read())>{strings().common.dismiss}</button>
            </span>
        </li>
    }
    .into_any()
}
