//! Where readers put what they read, with limits on its amount.

use std::ops::ControlFlow;

use holdfast_core::ports::ReadEvent;
use holdfast_protocol::materials::{Page, Problem, ProblemReason};

/// Maximum number of pages of a file. The rest is reported as too large.
pub const MAX_PAGES: u32 = 5_000;

/// Maximum number of bytes of a page's text. A longer page is reported as too large.
pub const MAX_PAGE_TEXT: usize = 512 * 1024;

/// Maximum number of bytes of the text of all pages.
const MAX_TEXT: usize = 64 * 1024 * 1024;

/// Why reading ends early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The file, or the rest of it, can't be read.
    Reason(ProblemReason),
    /// Nobody wants more.
    Unwanted,
}

impl Stop {
    pub(crate) const DAMAGED: Self = Self::Reason(ProblemReason::Damaged);
    pub(crate) const TOO_LARGE: Self = Self::Reason(ProblemReason::TooLarge);
    pub(crate) const LOCKED: Self = Self::Reason(ProblemReason::Locked);
}

/// Passes events on and applies the limits.
pub(crate) struct Out<'a> {
    from_page: u32,
    on_event: &'a mut dyn FnMut(ReadEvent) -> ControlFlow<()>,
    text: usize,
    pages: u32,
}

impl<'a> Out<'a> {
    pub(crate) fn new(from_page: u32, on_event: &'a mut dyn FnMut(ReadEvent) -> ControlFlow<()>) -> Self {
        Self { from_page, on_event, text: 0, pages: 0 }
    }

    /// Returns whether a page is wanted. Readers that can skip a page cheaply ask first.
    pub(crate) fn wants(&self, page: u32) -> bool {
        page >= self.from_page
    }

    pub(crate) fn opened(&mut self, pages: Option<u32>) -> Result<(), Stop> {
        self.send(ReadEvent::Opened { pages: pages.map(|pages| pages.min(MAX_PAGES)) })
    }

    /// Reports a page, or why it can't be used.
    pub(crate) fn page(&mut self, page: Page) -> Result<(), Stop> {
        self.begin(page.number)?;
        if !self.wants(page.number) {
            return Ok(());
        }
        if page.text.len() > MAX_PAGE_TEXT {
            return self.problem(page.number, ProblemReason::TooLarge);
        }
        if page.text.trim().is_empty() {
            return self.problem(page.number, ProblemReason::NoText);
        }
        self.text += page.text.len();
        if self.text > MAX_TEXT {
            return Err(Stop::TOO_LARGE);
        }
        self.send(ReadEvent::Page(page))
    }

    /// Reports that a page can't be read.
    pub(crate) fn problem(&mut self, page: u32, reason: ProblemReason) -> Result<(), Stop> {
        self.begin(page)?;
        match self.wants(page) {
            true => self.send(ReadEvent::Problem(Problem { page: Some(page), reason })),
            false => Ok(()),
        }
    }

    /// Reports why the rest of the file is not read.
    pub(crate) fn end(&mut self, reason: ProblemReason) {
        let _ = (self.on_event)(ReadEvent::Problem(Problem { page: None, reason }));
    }

    /// Returns whether any page was reported or skipped.
    pub(crate) fn has_pages(&self) -> bool {
        self.pages > 0
    }

    fn begin(&mut self, page: u32) -> Result<(), Stop> {
        self.pages = self.pages.max(page);
        if page > MAX_PAGES { Err(Stop::TOO_LARGE) } else { Ok(()) }
    }

    fn send(&mut self, event: ReadEvent) -> Result<(), Stop> {
        match (self.on_event)(event) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Stop::Unwanted),
        }
    }
}
