//! Reads users' files into pages, in a child process with limits.
//!
//! [`ChildReader`] is what the server uses: it starts the program again as [`child`], which limits itself ([`jail`]), reads one file from
//! its standard input and writes a line of JSON for each page. No parser runs in the server itself: every library that parses such files
//! can be made to crash or to hang.

mod csv;
mod docx;
mod epub;
mod html;
mod jail;
mod kind;
mod layout;
mod markdown;
mod odf;
mod out;
mod pdf;
mod pptx;
mod process;
mod rows;
mod sections;
mod text;
mod xlsx;
mod xml;
mod zipped;

pub mod child;

use std::{
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
};

use holdfast_core::ports::ReadEvent;
use holdfast_protocol::materials::ProblemReason;

pub use out::{MAX_PAGE_TEXT, MAX_PAGES};
pub use process::{ChildReader, Limits};

use crate::{
    kind::Kind,
    out::{Out, Stop},
};

/// Reads a file in this process: only for the child process, tests and the search for hostile files. `extension` is the end of the file's
/// name, in lower case; it only distinguishes kinds of plain text. Pages before `from_page` (from 1) are skipped. Reading ends early if
/// `on_event` breaks.
pub fn read(content: Vec<u8>, extension: &str, from_page: u32, on_event: &mut dyn FnMut(ReadEvent) -> ControlFlow<()>) {
    let mut out = Out::new(from_page, on_event);
    // A library panics only at files that break the rules of their format.
    match catch_unwind(AssertUnwindSafe(|| read_into(content, extension, &mut out))) {
        Ok(Ok(()) | Err(Stop::Unwanted)) => {}
        Ok(Err(Stop::Reason(reason))) => out.end(reason),
        Err(_) => out.end(ProblemReason::Damaged),
    }
}

fn read_into(content: Vec<u8>, extension: &str, out: &mut Out<'_>) -> Result<(), Stop> {
    match Kind::of(&content, extension) {
        Kind::Empty | Kind::Other => Err(Stop::Reason(ProblemReason::NoText)),
        Kind::Locked => Err(Stop::Reason(ProblemReason::Locked)),
        Kind::Pdf => pdf::read(content, out),
        Kind::Zip => zipped::read(content, out),
        Kind::Html => html::read(&content, out),
        Kind::Markdown(text) => markdown::read(&text, out),
        Kind::Csv(text) => csv::read(&text, out),
        Kind::Text(text) => text::read(&text, out),
    }
}
