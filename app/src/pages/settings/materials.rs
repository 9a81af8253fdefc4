//! The user's files: upload, list, names, removal.

mod row;

use holdfast_protocol::{
    ApiError, Code, FileId,
    files::{FileInfo, FilePage, FilePatch, FileState},
    storage::StorageInfo,
};
use leptos::prelude::*;

use crate::{
    Route,
    calls::{get, read, tell},
    components::{
        coming::{Coming, Fetch, failed},
        uploads::{Upload, Uploader, Uploads, size},
    },
    first_load::erased::{Each, When, effect, memo},
    services::Verb,
    strings::{Localized, files_strings, strings},
    ui::{AppContext, context, state, ui},
};
use row::{Refused, Row};

/// The files, and what is done to them.
#[derive(Clone, Copy)]
struct Shelf {
    /// The files so far, newest first.
    list: RwSignal<Vec<FileInfo>>,
    /// Where the rest of the list begins; `None` if there is none.
    next: RwSignal<Option<String>>,
    storage: RwSignal<Option<StorageInfo>>,
    most_bytes: RwSignal<Option<u64>>,
    fetch: RwSignal<Fetch>,
    /// The file that the dialog asks about.
    deleting: RwSignal<Option<(FileId, String)>>,
    /// Files that are being deleted here, so that nobody asks for them any more.
    leaving: StoredValue<Vec<FileId>>,
    /// Changes of the list that came during a request are not in its reply.
    changes: StoredValue<u32>,
    context: AppContext,
    refused: Callback<ApiError>,
}

/// Id of the dialog that asks before a file is deleted.
const DIALOG: &str = "delete-file";

impl Shelf {
    fn new() -> Self {
        let (state, fetch) = (state(), RwSignal::new(Fetch::default()));
        Self {
            list: RwSignal::new(Vec::new()),
            next: RwSignal::new(None),
            storage: RwSignal::new(None),
            most_bytes: RwSignal::new(None),
            fetch,
            deleting: RwSignal::new(None),
            leaving: StoredValue::new(Vec::new()),
            changes: StoredValue::new(0),
            context: context(),
            refused: Callback::new(move |api_error| failed(fetch, state, api_error)),
        }
    }

    /// Fetches the list from its beginning, or its next part.
    fn load(self, more: bool) {
        let cursor = self.next.get_untracked().filter(|_| more).map(|cursor| format!("?cursor={cursor}")).unwrap_or_default();
        let before = self.changes.get_value();
        get(self.context, &format!("files{cursor}"), move |reply: Result<FilePage, _>| match reply {
            Ok(page) => {
                self.list.try_update(|list| {
                    if more {
                        let rest = page.files.into_iter().filter(|file| list.iter().all(|known| known.id != file.id)).collect::<Vec<_>>();
                        list.extend(rest);
                    } else {
                        *list = page.files;
                    }
                });
                self.next.try_set(page.next);
                self.storage.try_set(Some(page.storage));
                self.most_bytes.try_set(Some(page.most_bytes));
                self.fetch.try_set(Fetch::Here);
                if self.changes.try_get_value().is_some_and(|now| now != before) && !more {
                    self.load(false);
                }
            }
            Err(api_error) => self.refused.run(api_error),
        });
    }

    /// Fetches one file that changed.
    fn look(self, id: FileId) {
        self.changes.update_value(|changes| *changes += 1);
        if self.leaving.with_value(|leaving| leaving.contains(&id)) {
            return;
        }
        get(self.context, &format!("files/{id}"), move |reply: Result<FileInfo, ApiError>| match reply {
            Ok(file) => self.put(file),
            Err(error) if error.code == Code::NotFound => self.drop(id),
            // The list is fetched again with the next connection.
            Err(_) => {}
        });
    }

    fn put(self, file: FileInfo) {
        self.list.try_update(|list| match list.iter_mut().find(|known| known.id == file.id) {
            Some(known) => *known = file,
            None => list.insert(0, file),
        });
    }

    fn drop(self, id: FileId) {
        self.list.try_update(|list| list.retain(|file| file.id != id));
    }

    fn weigh(self) {
        get(self.context, "storage", move |reply: Result<StorageInfo, ApiError>| {
            if let Ok(storage) = reply {
                self.storage.try_set(Some(storage));
            }
        });
    }

    /// Renames a file, and passes the error to `then` if it is refused.
    fn rename(self, id: FileId, name: String, then: impl FnOnce(Option<ApiError>) + 'static) {
        tell(self.context, Verb::Patch, &format!("files/{id}"), &FilePatch { name: Some(name) }, move |reply| {
            match reply.and_then(|text| read::<FileInfo>(&text)) {
                Ok(file) => {
                    self.put(file);
                    then(None);
                }
                Err(api_error) => then(Some(api_error)),
            }
        });
    }

    /// Asks whether a file is to be deleted.
    fn ask(self, id: FileId, name: String) {
        self.deleting.set(Some((id, name)));
        self.context.browser().set_dialog(DIALOG, true);
    }
}

/// The section.
#[component]
pub(super) fn Materials() -> impl IntoView {
    let (state, ui) = (state(), ui());
    let (strings, texts) = (strings(), files_strings());
    let shelf = Shelf::new();
    let uploads = RwSignal::new(Uploads::default());
    let place = memo(|| "materials".to_owned());
    let is_somebody = memo(move || state.session.user.read().is_some());
    let is_torn = memo(move || state.connection.status.read().is_torn());
    effect(move || {
        if is_somebody.get() && !is_torn.get() {
            shelf.load(false);
        }
    });
    // Frames of several files may come at once: those that are on their way are asked for too.
    effect(move || {
        let Some(change) = state.file.get() else { return };
        shelf.look(change.file_id);
        let open = shelf.list.with_untracked(|list| list.iter().filter(|file| row::is_open(file)).map(|file| file.id).collect::<Vec<_>>());
        open.into_iter().filter(|id| *id != change.file_id).for_each(|id| shelf.look(id));
        shelf.weigh();
    });
    // The sentences of errors of uploads are in the code for conversations.
    let is_refused = memo(move || uploads.read().items.iter().any(Upload::can_retry));
    effect(move || {
        if is_refused.get() {
            state.open.request_conversation_bundle();
        }
    });
    // Uploads that the list does not show, because the server does not know them or has refused them.
    let others = memo(move || {
        let uploads = uploads.read();
        let is_listed =
            |upload: &&Upload| upload.is_pending() && upload.id.is_some_and(|id| shelf.list.read().iter().any(|file| file.id == id));
        uploads.items.iter().filter(|upload| !is_listed(upload)).cloned().collect::<Vec<_>>()
    });
    // The list may have a file before its upload here knows the file's id. Then only the upload is shown.
    let files = memo(move || {
        let uploads = uploads.read();
        let is_of = |upload: &Upload, file: &FileInfo| upload.id.is_none() && upload.name == file.name && upload.size == file.bytes;
        let is_shown_twice = |file: &FileInfo| {
            file.state == FileState::Uploading && uploads.items.iter().any(|upload| upload.is_pending() && is_of(upload, file))
        };
        shelf.list.get().into_iter().filter(|file| !is_shown_twice(file)).collect::<Vec<_>>()
    });
    let is_empty = memo(move || {
        let is_loaded = !is_somebody.get() || *shelf.fetch.read() == Fetch::Here;
        is_loaded && shelf.list.read().is_empty() && others.read().is_empty()
    });
    let is_loading = memo(move || is_somebody.get());
    view! {
        <h1>{strings.places.materials}</h1>
        <p class="lead">{texts.lead}</p>
        <Uploader place uploads/>
        <div class="upload-box">
            <b>{texts.drop_kinds}</b>
            <span>
                <button
                    type="button"
                    class="link"
                    data-upload-choose
                    disabled=move || !ui.hydrated.get()
                    on:click=move |_| shelf.context.browser().enhance()
                >
                    {texts.choose}
                </button>
                {move || shelf.most_bytes.get().map(|most| format!(" · {}", (texts.up_to)(&size(most))))}
            </span>
        </div>
        <Space shelf/>
        <When is=move || is_loading.get()>
            <Coming fetch=shelf.fetch again=move || shelf.load(false)/>
        </When>
        <When is=move || is_empty.get()>
            <p class="meta">{texts.none_yet}</p>
        </When>
        <ul class="card" aria-label=texts.list>
            <Each each=move || others.get() key=|upload| upload.key.clone() let:upload>
                <Refused key=upload.key uploads/>
            </Each>
            <Each each=move || files.get() key=|file| file.id let:file>
                <Row id=file.id shelf uploads/>
            </Each>
        </ul>
        <When is=move || shelf.next.read().is_some()>
            <p class="actions start">
                <button type="button" class="ghost framed" on:click=move |_| shelf.load(true)>{texts.more}</button>
            </p>
        </When>
        <When is=move || !is_somebody.get()>
            <p class="actions start">
                <a class="ghost framed" href=state.path(Route::SignIn)>{strings.common.sign_in}</a>
            </p>
        </When>
        <Deletion shelf/>
    }
    .into_any()
}

/// The storage in use, and the quota.
#[component]
fn Space(
    /// The files.
    shelf: Shelf,
) -> impl IntoView {
    let texts = files_strings();
    let shown = move || {
        let StorageInfo { used_bytes: used, quota_bytes: quota, .. } = shelf.storage.get()?;
        let sentence = (texts.space)(&size(used), quota.map(size).as_deref());
        let meter = quota.map(|quota| {
            let high = (quota / 10 * 9).to_string();
            view! { <meter min="0" max=quota.to_string() high=high value=used.to_string() aria-label=texts.space_label></meter> }
        });
        Some(view! { {sentence} " " {meter} })
    };
    view! { <p class="meta space">{shown}</p> }.into_any()
}

/// The dialog that asks before a file is deleted.
#[component]
fn Deletion(
    /// The files.
    shelf: Shelf,
) -> impl IntoView {
    let (notices, context, texts, strings) = (state().notices, context(), files_strings(), strings());
    let error = RwSignal::new(None::<Localized>);
    let name = move || shelf.deleting.get().map(|(_, name)| name).unwrap_or_default();
    let close = move || {
        error.set(None);
        context.browser().set_dialog(DIALOG, false);
    };
    let delete = move |_| {
        let Some((id, name)) = shelf.deleting.get_untracked() else { return };
        shelf.leaving.update_value(|leaving| leaving.push(id));
        tell(context, Verb::Delete, &format!("files/{id}"), &(), move |reply| match reply {
            Err(api_error) if api_error.code != Code::NotFound => {
                shelf.leaving.try_update_value(|leaving| leaving.retain(|other| *other != id));
                error.try_set(Some(strings.localized(api_error)));
            }
            _ => {
                close();
                shelf.drop(id);
                shelf.weigh();
                notices.offer((texts.deleted)(&name), None);
                // The button that had the focus is gone.
                context.browser().catch_focus("main");
            }
        });
    };
    view! {
        <dialog id=DIALOG aria-labelledby="delete-file-heading">
            <h2 id="delete-file-heading">{move || (texts.delete_question)(&name())}</h2>
            <p>{texts.about_delete}</p>
            <p class="error" role="alert">{move || error.get().map(Localized::view)}</p>
            <div class="actions">
                <button type="button" class="ghost" on:click=move |_| close()>{texts.keep}</button>
                <button type="button" class="primary danger" on:click=delete>{texts.delete}</button>
            </div>
        </dialog>
    }
    .into_any()
}
