//! Uploads, which `browser/modules/upload.js` makes: the field that chooses files, and what is shown of an upload and of a file.

use holdfast_protocol::{
    ApiError, FileId,
    files::{FileInfo, FileState},
};
use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    strings::{Localized, files_strings, strings},
    ui::{context, state},
};

/// Owner of what is uploaded while nobody is signed in; the same as in drafts.
const NOBODY: &str = "new";

/// What the module reports.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(crate) struct Uploads {
    /// The place whose uploads these are.
    pub(crate) place: String,
    /// The uploads of the place.
    pub(crate) items: Vec<Upload>,
    /// Length of a pasted text that could become a file, in UTF-16 units; 0 if there is none.
    pub(crate) offer: usize,
}

/// A file that is being uploaded, or was.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Upload {
    /// Names the upload to the module.
    pub(crate) key: String,
    /// The file on the server; `None` until the server knows it.
    #[serde(default)]
    pub(crate) id: Option<FileId>,
    /// Its name; empty if only the server knows it.
    pub(crate) name: String,
    /// Its length, bytes.
    pub(crate) size: u64,
    /// Number of bytes that the server has.
    pub(crate) sent: u64,
    /// The state of the upload.
    pub(crate) state: UploadState,
    /// Why the server refused it.
    #[serde(default)]
    error: Option<ApiError>,
    /// Why it was not sent.
    #[serde(default)]
    problem: Option<Problem>,
}

/// The state of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UploadState {
    /// It waits for others, or for the connection.
    Waiting,
    /// It is being sent.
    Sending,
    /// The server has it.
    Sent,
    /// It was refused, or can't be used.
    Failed,
    /// It was interrupted, and the browser does not have the file any more.
    Lost,
}

/// Why a file is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Problem {
    Kind,
    Empty,
    Folder,
}

impl Upload {
    /// Returns whether trying again may help.
    pub(crate) fn can_retry(&self) -> bool {
        self.state == UploadState::Failed && self.problem.is_none()
    }

    /// Returns whether the file is on its way.
    pub(crate) fn is_pending(&self) -> bool {
        matches!(self.state, UploadState::Waiting | UploadState::Sending)
    }

    /// Returns its state for people, or `None` if the server has it.
    pub(crate) fn status(&self) -> Option<Status> {
        let texts = files_strings();
        let bad = |text: &str| Some(Status { text: text.into(), tone: Tone::Bad, progress: None });
        match self.state {
            UploadState::Sent => None,
            UploadState::Waiting => Some(Status { text: texts.waiting.into(), tone: Tone::Busy, progress: self.progress() }),
            UploadState::Sending => Some(Status {
                text: (texts.sending)(&size(self.sent), &size(self.size)).into(),
                tone: Tone::Busy,
                progress: self.progress(),
            }),
            UploadState::Lost => bad(texts.lost),
            UploadState::Failed => match (self.problem, &self.error) {
                (Some(Problem::Kind), _) => bad(texts.unreadable_kind),
                (Some(Problem::Empty), _) => bad(texts.empty),
                (Some(Problem::Folder), _) => bad(texts.folder),
                (None, Some(error)) => Some(Status { text: strings().localized(error.clone()), tone: Tone::Bad, progress: None }),
                (None, None) => bad(texts.not_sent),
            },
        }
    }

    fn progress(&self) -> Option<u8> {
        Some(percent(self.sent, self.size))
    }
}

/// How a state looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Something is going on.
    Busy,
    /// It is done.
    Good,
    /// It failed.
    Bad,
}

impl Tone {
    /// Returns the CSS class.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Tone::Busy => "file",
            Tone::Good => "file good",
            Tone::Bad => "file bad",
        }
    }
}

/// The state of a file or an upload, for people.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Status {
    /// What is going on.
    pub(crate) text: Localized,
    /// How it looks.
    pub(crate) tone: Tone,
    /// Percent that are done; `None` if there is no progress to show.
    pub(crate) progress: Option<u8>,
}

/// Returns the state of a file that the server has.
pub(crate) fn status_of(file: &FileInfo) -> Status {
    let texts = files_strings();
    match file.state {
        FileState::Uploading => Status { text: texts.uploading.into(), tone: Tone::Busy, progress: None },
        FileState::Queued => Status { text: texts.queued.into(), tone: Tone::Busy, progress: None },
        FileState::Reading => match file.page {
            None => Status { text: texts.queued.into(), tone: Tone::Busy, progress: None },
            Some(page) => Status {
                text: (texts.reading)(page, file.pages).into(),
                tone: Tone::Busy,
                progress: file.pages.map(|pages| percent(page.into(), pages.into())),
            },
        },
        FileState::Ready => Status { text: texts.ready.into(), tone: Tone::Good, progress: None },
        FileState::Failed => {
            let reason = file.problems.first().map(|problem| problem.reason);
            Status { text: (texts.failed)(reason).into(), tone: Tone::Bad, progress: None }
        }
    }
}

fn percent(part: u64, all: u64) -> u8 {
    u8::try_from(part.saturating_mul(100).checked_div(all).unwrap_or(0).min(100)).unwrap_or(100)
}

/// Returns a number of bytes with its unit: `820 KB`, `1.2 MB`.
pub(crate) fn size(bytes: u64) -> String {
    const KIB: u64 = 1024;
    const MIB: u64 = KIB * 1024;
    const GIB: u64 = MIB * 1024;
    let tenths = |unit: u64| (bytes.saturating_mul(10) / unit, bytes / unit);
    let with_one_digit = |unit: u64, name: &str| match tenths(unit) {
        (tenths, _) if tenths < 100 && tenths % 10 != 0 => format!("{}.{} {name}", tenths / 10, tenths % 10),
        (_, whole) => format!("{whole} {name}"),
    };
    match bytes {
        0..KIB => format!("{bytes} B"),
        KIB..MIB => format!("{} KB", bytes.div_ceil(KIB)),
        MIB..GIB => with_one_digit(MIB, "MB"),
        _ => with_one_digit(GIB, "GB"),
    }
}

/// Returns the sign of a kind of file: the end of its name in capitals.
pub(crate) fn kind(name: &str) -> String {
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    if (1..=4).contains(&end.len()) && end.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        end.to_ascii_uppercase()
    } else {
        "…".to_owned()
    }
}

/// The field that chooses files, and the area that appears while files are dragged over the page. Neither is visible before. The module
/// reports into a field beside it.
#[component]
pub(crate) fn Uploader(
    /// The place that the files are for: a conversation's id, `new`, or `materials`.
    place: Memo<String>,
    /// What the module reports.
    uploads: RwSignal<Uploads>,
    /// Ids of files that were sent with a message, which the module takes off its list, separated by spaces.
    #[prop(optional)]
    sent: Option<RwSignal<String>>,
    /// Ids of files that go back to the list.
    #[prop(optional)]
    returned: Option<RwSignal<String>>,
) -> impl IntoView {
    let (state, context, texts) = (state(), context(), files_strings());
    let owner = move || state.session.user.read().as_ref().map_or_else(|| NOBODY.to_owned(), |user| user.id.to_string());
    Effect::new(move |_| context.browser().enhance());
    let reported = move |ev| {
        if let Ok(report) = serde_json::from_str::<Uploads>(&event_target_value(&ev)) {
            uploads.set(report);
        }
    };
    view! {
        <input
            type="file"
            id="files"
            multiple
            hidden
            aria-label=texts.attach
            data-upload="uploads"
            data-base=state.base()
            data-owner=owner
            data-place=move || place.get()
            data-sent=move || sent.map(|ids| ids.get())
            data-add=move || returned.map(|ids| ids.get())
            data-pasted=texts.pasted
        />
        <input type="hidden" id="uploads" on:input=reported/>
        <div class="drop" data-drop hidden>
            <p>{texts.drop_here}</p>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_few_digits() {
        let shown = [0, 1_023, 1_024, 839_000, 1 << 20, 3 << 19, 12_582_912, 200 << 20, 2 << 30].map(size);
        assert_eq!(shown, ["0 B", "1023 B", "1 KB", "820 KB", "1 MB", "1.5 MB", "12 MB", "200 MB", "2 GB"]);
    }

    #[test]
    fn a_kind_is_the_end_of_a_name() {
        let shown = ["Lecture 7.pdf", "notes.docx", "Makefile", "a.b c", "x.markdown"].map(kind);
        assert_eq!(shown, ["PDF", "DOCX", "…", "…", "…"]);
    }

    #[test]
    fn reports_of_the_module_are_read() {
        let report = r#"{"place":"new","items":[{"key":"a","name":"n.txt","type":"text/plain","size":4,"sent":2,"state":"sending"},
            {"key":"b","name":"n.png","type":"","size":4,"sent":0,"state":"failed","problem":"kind"}],"offer":0}"#;
        let uploads: Uploads = serde_json::from_str(report).expect("a report is read");
        assert!(uploads.items[0].is_pending() && !uploads.items[1].can_retry());
        assert_eq!(uploads.items[0].progress(), Some(50));
    }
}
