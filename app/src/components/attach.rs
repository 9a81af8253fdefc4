//! The files of the next message, in the composer.

use holdfast_protocol::{ApiError, Code, FileId, files::FileInfo};
use leptos::prelude::*;

use super::uploads::{Status, Tone, Upload, UploadState, Uploader, Uploads, kind, size, status_of};
use crate::{
    calls::get,
    first_load::{
        conversation_bundle,
        erased::{Each, When, effect, memo},
    },
    strings::{Localized, files_strings},
    ui::{AppContext, context, state, ui},
};

/// What the server says about the files of the list.
#[derive(Clone, Copy)]
struct Files {
    /// Those that it has.
    known: RwSignal<Vec<FileInfo>>,
    /// Those that were deleted.
    gone: RwSignal<Vec<FileId>>,
    context: AppContext,
}

impl Files {
    /// Asks the server for a file.
    fn fetch(self, id: FileId) {
        get(self.context, &format!("files/{id}"), move |reply: Result<FileInfo, ApiError>| match reply {
            Ok(file) => {
                self.known.try_update(|known| {
                    known.retain(|other| other.id != id);
                    known.push(file);
                });
            }
            Err(error) if error.code == Code::NotFound => _ = self.gone.try_update(|gone| gone.push(id)),
            // It is asked for again when it changes, or with the next connection.
            Err(_) => {}
        });
    }

    fn info(self, id: FileId) -> Option<FileInfo> {
        self.known.read().iter().find(|file| file.id == id).cloned()
    }

    fn status(self, upload: &Upload) -> Status {
        let texts = files_strings();
        if let Some(status) = upload.status() {
            return status;
        }
        match upload.id {
            Some(id) if self.gone.read().contains(&id) => Status { text: texts.gone.into(), tone: Tone::Bad, progress: None },
            Some(id) => match self.info(id) {
                Some(file) => status_of(&file),
                None => Status { text: texts.queued.into(), tone: Tone::Busy, progress: None },
            },
            None => Status { text: texts.queued.into(), tone: Tone::Busy, progress: None },
        }
    }

    fn name(self, upload: &Upload) -> String {
        upload.id.and_then(|id| self.info(id)).map_or_else(|| upload.name.clone(), |file| file.name)
    }
}

/// The list of files, each with its state, and an offer to make a file of a long pasted text.
#[component]
pub(crate) fn Attach() -> impl IntoView {
    let (state, ui, context) = (state(), ui(), context());
    let texts = files_strings();
    let uploads = RwSignal::new(Uploads::default());
    let place = memo(move || ui.route.get().conversation().map_or_else(|| "new".to_owned(), |id| id.to_string()));
    let items = memo(move || {
        let (uploads, sent) = (uploads.read(), conversation_bundle::ids(&ui.sent_files.read()));
        let here = uploads.items.iter().filter(|_| uploads.place == *place.read());
        here.filter(|item| item.id.is_none_or(|id| !sent.contains(&id))).cloned().collect::<Vec<_>>()
    });
    let files = Files { known: RwSignal::new(Vec::new()), gone: RwSignal::new(Vec::new()), context };
    let asked = StoredValue::new(Vec::<FileId>::new());
    effect(move || {
        let sent: Vec<FileId> = sent_ids(&items.read());
        for id in sent {
            if asked.with_value(|asked| !asked.contains(&id)) {
                asked.update_value(|asked| asked.push(id));
                files.fetch(id);
            }
        }
    });
    // Frames of several files may come at once, and some may be missed: all that are not settled are asked for.
    let is_torn = memo(move || state.connection.status.read().is_torn());
    effect(move || {
        let changed = state.file.get().map(|change| change.file_id);
        if is_torn.get() {
            return;
        }
        for id in sent_ids(&items.read_untracked()) {
            let is_open = untrack(|| files.info(id)).is_none_or(|file| status_of(&file).tone == Tone::Busy);
            if is_open || changed == Some(id) {
                files.fetch(id);
            }
        }
    });
    // A message that is withdrawn brings its files back.
    effect(move || {
        if !ui.returned_files.read().is_empty() {
            ui.sent_files.set(String::new());
        }
    });
    let note = RwSignal::new(None::<&'static str>);
    hold_back(items, place, note);
    on_cleanup(move || {
        ui.attached.set(String::new());
        ui.holds.set(false);
        ui.sends_soon.set(false);
    });
    let settled = memo(move || {
        let items = items.read();
        let told = items.iter().filter_map(|item| {
            let status = files.status(item);
            (status.tone != Tone::Busy).then(|| format!("{}: {}", files.name(item), status.text.text()))
        });
        told.collect::<Vec<_>>().join(" ")
    });
    let offer = memo(move || uploads.read().offer);
    view! {
        <Uploader place uploads sent=ui.sent_files returned=ui.returned_files/>
        <ul class="files" aria-label=texts.attached>
            <Each each=move || items.get().into_iter().map(|item| item.key).collect() key=|key: &String| key.clone() let:key>
                <Chip key items files/>
            </Each>
        </ul>
        <p class="sr-only" role="status">{move || settled.get()}</p>
        <p class="meta upload-note" role="status">
            {move || note.get()}
            <When is=move || ui.sends_soon.get()>
                " " <button type="button" class="link" on:click=move |_| ui.sends_soon.set(false)>{texts.not_yet}</button>
            </When>
        </p>
        <When is=move || offer.get() != 0>
            <div class="upload-offer" role="status">
                <span>{move || (texts.long_text)(offer.get())}</span>
                <button type="button" class="small" data-upload-paste="file">{texts.as_file}</button>
                <button type="button" class="link" data-upload-paste="text">{texts.as_text}</button>
            </div>
        </When>
    }
    .into_any()
}

/// Returns the files that the server has.
fn sent_ids(items: &[Upload]) -> Vec<FileId> {
    items.iter().filter(|item| item.state == UploadState::Sent).filter_map(|item| item.id).collect()
}

/// Attaches the uploaded files to the next message, and holds it back until all are uploaded.
fn hold_back(items: Memo<Vec<Upload>>, place: Memo<String>, note: RwSignal<Option<&'static str>>) {
    let (ui, texts) = (ui(), files_strings());
    let held_in = StoredValue::new(String::new());
    effect(move || {
        let (place, items) = (place.get(), items.read());
        // What waits in a conversation is not sent in another.
        if held_in.with_value(|held| *held != place) {
            held_in.set_value(place);
            ui.sends_soon.set(false);
        }
        let ids = conversation_bundle::list(&sent_ids(&items));
        if *ui.attached.read_untracked() != ids {
            ui.attached.set(ids);
        }
        let is_pending = items.iter().any(Upload::is_pending);
        let is_stuck = items.iter().any(|item| matches!(item.state, UploadState::Failed | UploadState::Lost));
        let waits = ui.sends_soon.get();
        if is_stuck && !is_pending && waits {
            ui.sends_soon.set(false);
        }
        note.set(match (is_pending, is_stuck, waits) {
            (true, _, true) => Some(texts.sends_later),
            (false, true, true) => Some(texts.blocked),
            (false, true, false) => note.get_untracked(),
            _ => None,
        });
        if ui.holds.get_untracked() != (is_pending || is_stuck) {
            ui.holds.set(is_pending || is_stuck);
        }
    });
}

/// A file of the list.
#[component]
fn Chip(
    /// Key of the upload.
    key: String,
    /// All uploads.
    items: Memo<Vec<Upload>>,
    /// What the server says about them.
    files: Files,
) -> impl IntoView {
    let (context, texts) = (context(), files_strings());
    let item = memo({
        let key = key.clone();
        move || items.read().iter().find(|item| item.key == key).cloned()
    });
    let status = memo(move || item.read().as_ref().map(|item| files.status(item)));
    let name = memo(move || item.read().as_ref().map(|item| files.name(item)).unwrap_or_default());
    let can_retry = memo(move || item.read().as_ref().is_some_and(Upload::can_retry));
    let is_lost = memo(move || item.read().as_ref().is_some_and(|item| item.state == UploadState::Lost));
    let progress = memo(move || status.read().as_ref().and_then(|status| status.progress));
    let details = memo(move || {
        let item = item.read();
        let item = item.as_ref()?;
        let file = item.id.and_then(|id| files.info(id));
        let is_good = status.read().as_ref().is_some_and(|status| status.tone == Tone::Good);
        let is_bad = status.read().as_ref().is_some_and(|status| status.tone == Tone::Bad);
        // While it is sent, its state names its size.
        let bytes = file.as_ref().map_or(item.size, |file| file.bytes);
        let length = (bytes != 0 && item.state != UploadState::Sending && !is_bad).then(|| size(bytes));
        let pages = file.and_then(|file| file.pages).filter(|_| is_good);
        Some([length, pages.map(texts.pages)].into_iter().flatten().map(|part| format!(" · {part}")).collect::<String>())
    });
    let remove = key.clone();
    view! {
        <li class=move || status.read().as_ref().map_or("file", |status| status.tone.class())>
            <span class="kind" aria-hidden="true">{move || kind(&name.read())}</span>
            <span class="about">
                <bdi title=move || name.get()>{move || name.get()}</bdi>
                <span class="state">
                    {move || status.get().map(|status| Localized::view(status.text))} {move || details.get()}
                </span>
                <When is=move || progress.get().is_some()>
                    <progress max="100" value=move || progress.get().unwrap_or_default().to_string() aria-label=move || (texts.progress)(&name.read())></progress>
                </When>
                <When is=move || can_retry.get()>
                    <button type="button" class="link" data-upload-retry=key.clone() aria-label=move || (texts.retry_named)(&name.read())>
                        {texts.retry}
                    </button>
                </When>
                <When is=move || is_lost.get()>
                    <button type="button" class="link" data-upload-choose>{texts.choose_again}</button>
                </When>
            </span>
            // The button disappears with the file, so the focus moves on.
            <button
                type="button"
                class="ghost icon"
                data-upload-remove=remove
                aria-label=move || (texts.remove)(&name.read())
                on:click=move |_| context.browser().focus("attach")
            >
                <svg viewBox="0 0 20 20" aria-hidden="true">
                    <path d="M5.500 5.500l9 9M14.500 5.500l-9 9"></path>
                </svg>
            </button>
        </li>
    }
    .into_any()
}
