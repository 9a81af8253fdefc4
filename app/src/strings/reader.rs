//! Texts of the reader, in the file that is loaded when it is first opened.

use holdfast_protocol::materials::Location;

/// All texts of the reader.
pub(crate) struct Reader {
    /// Name of the reader as a region.
    pub(crate) name: &'static str,
    pub(crate) close: &'static str,
    pub(crate) previous: &'static str,
    pub(crate) next: &'static str,
    /// Which of how many citations is shown.
    pub(crate) citation: fn(usize, usize) -> String,
    pub(crate) not_cited: &'static str,
    pub(crate) back: &'static str,
    pub(crate) forward: &'static str,
    pub(crate) smaller: &'static str,
    pub(crate) larger: &'static str,
    /// Where a page is in its file.
    pub(crate) place: fn(&Location) -> String,
    /// A page, and the number of pages that there are.
    pub(crate) of: fn(&str, u32) -> String,
    pub(crate) loading: &'static str,
    /// The file was removed, or what was read of it.
    pub(crate) gone: &'static str,
    pub(crate) kept: &'static str,
    pub(crate) offline: &'static str,
    pub(crate) not_loaded: &'static str,
    pub(crate) not_drawn: &'static str,
    pub(crate) whole_passage: &'static str,
    /// Names the cited words for screen readers.
    pub(crate) cited_words: fn(&str) -> String,
    pub(crate) select: &'static str,
    pub(crate) ask: &'static str,
    pub(crate) quote: &'static str,
    /// A question about words of a document: the words, the document and the place.
    pub(crate) about: fn(&str, &str, &str) -> String,
}
