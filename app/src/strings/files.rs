//! Texts about the user's files, in code that is loaded when it is needed: beside the composer, and on the page with all files.

use holdfast_protocol::materials::ProblemReason;

/// All texts about files.
pub(crate) struct Files {
    /// The button that chooses files, in the composer.
    pub(crate) attach: &'static str,
    /// The list in the composer.
    pub(crate) attached: &'static str,
    /// The number of files of a message that is being sent.
    pub(crate) count: fn(usize) -> String,
    pub(crate) drop_here: &'static str,
    /// Name of a file that is made of a pasted text, without its extension.
    pub(crate) pasted: &'static str,
    /// Offers to make a file of a pasted text with this many characters.
    pub(crate) long_text: fn(usize) -> String,
    pub(crate) as_file: &'static str,
    pub(crate) as_text: &'static str,
    pub(crate) remove: fn(&str) -> String,
    pub(crate) retry: &'static str,
    pub(crate) retry_named: fn(&str) -> String,
    pub(crate) choose_again: &'static str,
    /// The message is sent later.
    pub(crate) sends_later: &'static str,
    pub(crate) not_yet: &'static str,
    /// The message is not sent, because of a file.
    pub(crate) blocked: &'static str,
    pub(crate) waiting: &'static str,
    /// How much of a file is uploaded: uploaded and total size.
    pub(crate) sending: fn(&str, &str) -> String,
    pub(crate) lost: &'static str,
    pub(crate) not_sent: &'static str,
    pub(crate) unreadable_kind: &'static str,
    pub(crate) empty: &'static str,
    pub(crate) folder: &'static str,
    pub(crate) uploading: &'static str,
    pub(crate) queued: &'static str,
    /// The number of the page that is being read, and of all pages.
    pub(crate) reading: fn(u32, Option<u32>) -> String,
    pub(crate) ready: &'static str,
    pub(crate) pages: fn(u32) -> String,
    /// The file is gone.
    pub(crate) gone: &'static str,
    /// Why a page, or the file, could not be read.
    pub(crate) problem: fn(ProblemReason) -> &'static str,
    /// Why nothing of a file could be read.
    pub(crate) failed: fn(Option<ProblemReason>) -> &'static str,
    /// The progress of an upload or of reading.
    pub(crate) progress: fn(&str) -> String,
    /// Says that a number of pages could not be read.
    pub(crate) unread: fn(usize) -> String,
    /// The number of a page; `None` is the rest of the file.
    pub(crate) page: fn(Option<u32>) -> String,
    pub(crate) lead: &'static str,
    pub(crate) drop_kinds: &'static str,
    pub(crate) choose: &'static str,
    /// The maximum size of a file.
    pub(crate) up_to: fn(&str) -> String,
    pub(crate) list: &'static str,
    pub(crate) none_yet: &'static str,
    pub(crate) more: &'static str,
    pub(crate) download: &'static str,
    pub(crate) download_named: fn(&str) -> String,
    pub(crate) rename: &'static str,
    pub(crate) rename_named: fn(&str) -> String,
    pub(crate) name: &'static str,
    pub(crate) save: &'static str,
    pub(crate) cancel: &'static str,
    pub(crate) cancel_named: fn(&str) -> String,
    pub(crate) delete: &'static str,
    pub(crate) delete_named: fn(&str) -> String,
    pub(crate) delete_question: fn(&str) -> String,
    pub(crate) about_delete: &'static str,
    pub(crate) keep: &'static str,
    pub(crate) deleted: fn(&str) -> String,
    pub(crate) space: fn(&str, Option<&str>) -> String,
    pub(crate) space_label: &'static str,
}
