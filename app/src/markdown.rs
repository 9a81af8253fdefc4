//! Renders Markdown while the text grows.
//!
//! The text is cut into blocks that are independent of each other (a paragraph, a list, a fenced block). The cuts depend only on the
//! lines before them. So the server, which has the whole text, and the browser, which receives it in portions, get the same blocks. A
//! finished block is rendered once; only the open block at the end is rendered again.
//!
//! Raw HTML is shown as text, images become links, and links lead to the web, to a mail address, or nowhere.
//!
//! Time and output are at most proportional to the length of the text, whatever it contains:
//! - what references add is limited for the whole text ([`REFERENCES`]);
//! - a block is rendered again for a later definition only within a work budget ([`AGAIN`]), and once more at the end;
//! - a long open block is shown in steps that grow with it ([`shown`]);
//! - a block whose structure would cost more is shown as plain text (`bounds.rs`).

mod addresses;
mod bounds;
#[cfg(test)]
mod cases;
mod cites;
mod cjk;
mod fences;
mod formulas;
mod html;
mod info;
mod prepare;
mod settled;
mod split;
mod tags;
#[cfg(test)]
mod tests;
mod text;
mod ticks;
pub(crate) mod user_text;
pub(crate) mod words;

use std::{
    collections::{BTreeSet, HashMap, HashSet, hash_map::Entry},
    sync::Arc,
};

use holdfast_protocol::sources::Sources;

use cites::Citable;
use html::{Known, Rendered};
use split::{Cut, Splitter};
#[cfg(feature = "ssr")]
pub(crate) use text::escaped;

use crate::strings::Language;

/// Maximum number of bytes that are rendered between two checks of the deadline.
#[cfg(feature = "ssr")]
const STEP: usize = 64 * 1024;

/// Passes an existing text to `take` in portions, as if it were growing: the text so far, and whether it is complete. Returns `false` if
/// `is_late` stopped it before the end.
#[cfg(feature = "ssr")]
pub(crate) fn in_portions(text: &str, is_late: &dyn Fn() -> bool, mut take: impl FnMut(&str, bool)) -> bool {
    let step = STEP.max(text.len() / 16);
    let mut end = 0;
    loop {
        if !text.is_empty() && is_late() {
            return false;
        }
        end = text.floor_char_boundary((end + step).min(text.len()));
        take(&text[..end], end == text.len());
        if end == text.len() {
            return true;
        }
    }
}

/// A finished block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its index, from 0.
    pub index: usize,
    /// How many times it was rendered again because a link that it uses was defined later.
    pub version: u32,
    /// Its HTML.
    pub html: Arc<str>,
    /// Whether the module for finished content has something to do in it: colour code, render a formula, answer a button.
    pub needs_script: bool,
}

/// The open block at the end, which may still grow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tail {
    /// Anything except code.
    Html(String),
    /// A fenced block that is not closed yet. It may become long, so it comes in chunks; all but the last chunk never change.
    Code {
        /// The name of its file, else its language; empty if none is named.
        caption: String,
        /// Chunks of [`CHUNK_LINES`] whole lines.
        chunks: Vec<Arc<str>>,
        /// The lines after the last chunk.
        open: String,
    },
}

impl Default for Tail {
    fn default() -> Self {
        Tail::Html(String::new())
    }
}

/// Number of lines in a chunk of an open code block.
const CHUNK_LINES: usize = 40;

/// Bytes of HTML that references may add to a text: this much, plus the length of the text. Further references are shown as plain text.
const REFERENCES: usize = 64 * 1024;

/// Bytes of a text that may be rendered again because of later definitions, before the text ends: this much, plus this many times the
/// length of the text.
const AGAIN: (usize, usize) = (64 * 1024, 4);

/// Length from which an open block is not shown completely, bytes; see [`shown`].
const LONG: usize = 8 * 1024;

/// The target of a link, and its title.
#[derive(Clone, Debug)]
struct Target {
    url: Arc<str>,
    title: Arc<str>,
    /// Bytes of HTML that each reference to it adds.
    length: usize,
}

#[derive(Clone, Debug)]
struct Piece {
    start: usize,
    end: usize,
    is_code: bool,
    /// Link labels and footnotes that it uses and that are not defined.
    wants: HashSet<String>,
    /// Bytes that references added to it.
    added: usize,
}

/// The open block as it was rendered last.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    /// Its start and end in the source.
    range: (usize, usize),
    /// Number of definitions at that time.
    known: usize,
    html: String,
}

/// A text and its rendered blocks.
#[derive(Clone, Debug, Default)]
pub struct Markdown {
    /// Prefix of element ids, so that two texts on one page do not share ids.
    prefix: String,
    /// Language of the texts that the renderer adds.
    language: Language,
    /// The passages that the text may cite.
    citable: Citable,
    source: String,
    splitter: Splitter,
    /// End of the lines that were scanned.
    scanned: usize,
    /// Position up to which there is no further line end.
    searched: usize,
    /// Start of the open block.
    open_at: usize,
    finished: bool,
    pieces: Vec<Piece>,
    blocks: Vec<Block>,
    links: HashMap<String, Target>,
    footnotes: HashSet<String>,
    /// Indexes of the blocks that use a label which is not defined.
    waiting: HashMap<String, Vec<usize>>,
    /// Indexes of blocks that use labels which were defined after they were rendered.
    stale: BTreeSet<usize>,
    /// Bytes of the source that were rendered again.
    again: usize,
    /// Bytes of HTML that references added to the finished blocks.
    added: usize,
    shown: Option<Shown>,
    code: OpenCode,
}

/// The chunks of the open fenced block.
#[derive(Clone, Debug, Default)]
struct OpenCode {
    chunks: Vec<Arc<str>>,
    /// End of the chunks in the source.
    until: usize,
}

impl Markdown {
    /// Creates an empty text. `prefix` precedes element ids; `language` is the language of the page.
    pub fn new(prefix: impl Into<String>, language: Language) -> Self {
        Self { prefix: prefix.into(), language, ..Self::default() }
    }

    /// Sets the current text. If it continues the previous text, rendered blocks are kept. Returns whether anything changed.
    pub fn set(&mut self, text: &str, finished: bool) -> bool {
        if self.finished && !finished || !text.starts_with(self.source.as_str()) {
            let citable = std::mem::take(&mut self.citable);
            *self = Self { citable, ..Self::new(std::mem::take(&mut self.prefix), self.language) };
        } else if text.len() == self.source.len() && finished == self.finished {
            return false;
        }
        self.source.push_str(&text[self.source.len()..]);
        self.scan();
        if finished && !self.finished {
            self.finished = true;
            self.line(self.source.len());
            self.close(self.source.len());
            // Each block once more, regardless of the budget.
            while let Some(index) = self.stale.pop_first() {
                self.render_again(index);
            }
        }
        true
    }

    /// Sets the passages that the text may cite as `[n]`. `anchor` and the number of a passage are the id of its footnote. Once the answer is
    /// complete (`is_checked`), a citation whose quoted words are not in its passage is marked. Returns whether anything changed.
    pub fn cite(&mut self, anchor: &str, sources: &Sources, is_checked: bool) -> bool {
        if self.citable.is(sources, is_checked) {
            return false;
        }
        let had_none = self.citable.is_empty();
        self.citable = Citable::new(anchor, sources, is_checked, self.language);
        if had_none && self.citable.is_empty() {
            return false;
        }
        self.shown = None;
        let again = self.again;
        for index in 0..self.pieces.len() {
            let Piece { start, end, is_code, .. } = self.pieces[index];
            if !is_code && self.source[start..end].contains('[') {
                self.render_again(index);
            }
        }
        self.again = again;
        true
    }

    /// Returns the text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns the finished blocks, in order.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Renders the open block as it is now.
    pub fn tail(&mut self) -> Tail {
        if self.splitter.in_code() {
            return self.open_code();
        }
        let Some(thought) = self.thought(self.open_at, self.source.len()) else { return Tail::default() };
        let start = self.open_at + thought;
        let open = shown(&self.source[start..]);
        let (range, known) = ((start, start + open.len()), self.links.len() + self.footnotes.len());
        match &self.shown {
            Some(shown) if shown.range == range && shown.known == known => Tail::Html(shown.html.clone()),
            _ => {
                let html = self.render(settled::settled(open), false, self.left(range.1), true).html;
                if open.len() >= LONG {
                    self.shown = Some(Shown { range, known, html: html.clone() });
                }
                Tail::Html(html)
            }
        }
    }

    /// Returns the length of reasoning that the model wrote in tags before its answer, which is not shown. Returns `None` if its end has
    /// not arrived.
    fn thought(&self, start: usize, end: usize) -> Option<usize> {
        if !self.source[..start].trim().is_empty() {
            return Some(0);
        }
        let text = &self.source[start..end];
        let (open, close) = split::THOUGHT;
        let begun = text.trim_start();
        if begun.starts_with(open) {
            return text.find(close).map(|at| at + close.len());
        }
        (begun.is_empty() || !open.starts_with(begun)).then_some(0)
    }

    /// Renders a whole text as HTML, for a page in this language.
    pub fn to_html(text: &str, language: Language) -> String {
        let mut markdown = Self::new("", language);
        markdown.set(text, true);
        markdown.blocks.iter().map(|block| &*block.html).collect()
    }

    /// Scans the lines that have become complete.
    fn scan(&mut self) {
        while let Some(length) = self.source[self.searched..].find('\n') {
            self.searched += length + 1;
            self.line(self.searched);
        }
        self.searched = self.source.len();
    }

    /// Scans the line that ends at `end`.
    fn line(&mut self, end: usize) {
        let start = std::mem::replace(&mut self.scanned, end);
        match self.splitter.line(self.source[start..end].trim_end_matches(['\r', '\n'])) {
            Cut::None => {}
            Cut::Before => self.close(start),
            Cut::After => self.close(end),
        }
    }

    /// Finishes the open block at `end`.
    fn close(&mut self, end: usize) {
        let mut start = std::mem::replace(&mut self.open_at, end);
        self.code = OpenCode { chunks: Vec::new(), until: end };
        // Reasoning without an end is shown as text.
        start += self.thought(start, end).unwrap_or_default();
        let text = &self.source[start..end];
        if text.trim().is_empty() {
            return;
        }
        let is_code = split::opens_fence(text);
        let rendered = self.render(text, is_code, self.left(end), false);
        let index = self.blocks.len();
        self.added += rendered.added;
        self.pieces.push(Piece { start, end, is_code, wants: HashSet::new(), added: rendered.added });
        self.blocks.push(Block { index, version: 0, html: rendered.html.into(), needs_script: rendered.needs_script });
        self.wait(index, rendered.wants);
        self.define(rendered.links, rendered.footnotes);
        let most = AGAIN.0 + AGAIN.1 * end;
        while let Some(index) = self.stale.first().copied()
            && self.again + self.pieces[index].end - self.pieces[index].start <= most
        {
            self.stale.remove(&index);
            self.render_again(index);
        }
    }

    /// Adds definitions, and marks the blocks that use them.
    fn define(&mut self, links: Vec<(String, Target)>, footnotes: Vec<String>) {
        let mut new = Vec::new();
        for (label, target) in links {
            if let Entry::Vacant(entry) = self.links.entry(label) {
                new.push(entry.key().clone());
                entry.insert(target);
            }
        }
        new.extend(footnotes.into_iter().filter(|label| self.footnotes.insert(label.clone())));
        for label in new {
            self.stale.extend(self.waiting.remove(&label).unwrap_or_default());
        }
    }

    /// Records the labels that a block uses and that are not defined.
    fn wait(&mut self, index: usize, wants: HashSet<String>) {
        for want in &wants {
            if !self.pieces[index].wants.contains(want) {
                self.waiting.entry(want.clone()).or_default().push(index);
            }
        }
        self.pieces[index].wants = wants;
    }

    /// Renders a finished block again with the current definitions.
    fn render_again(&mut self, index: usize) {
        let Piece { start, end, is_code, added, .. } = self.pieces[index];
        self.again += end - start;
        self.added -= added;
        let rendered = self.render(&self.source[start..end], is_code, self.left(self.open_at), false);
        self.added += rendered.added;
        self.pieces[index].added = rendered.added;
        let block = &mut self.blocks[index];
        block.version += 1;
        block.html = rendered.html.into();
        self.wait(index, rendered.wants);
    }

    /// Returns how many bytes references may still add if the text ends at `end`.
    fn left(&self, end: usize) -> usize {
        (REFERENCES + end).saturating_sub(self.added)
    }

    fn render(&self, text: &str, is_code: bool, left: usize, is_open: bool) -> Rendered {
        let known = Known { links: &self.links, footnotes: &self.footnotes, is_code, left, is_open, citable: &self.citable };
        html::render(text, &self.prefix, &self.language.strings().markdown, &known)
    }

    fn open_code(&mut self) -> Tail {
        let text = &self.source[self.open_at..];
        let Some(first) = text.find('\n') else { return Tail::default() };
        let caption = text::visible(info::caption(split::fence_info(&text[..first]))).into_owned();
        let body = self.open_at + first + 1;
        if self.code.until < body {
            self.code.until = body;
        }
        loop {
            let rest = &self.source[self.code.until..self.scanned];
            let Some((last, _)) = rest.match_indices('\n').nth(CHUNK_LINES - 1) else { break };
            let end = self.code.until + last + 1;
            self.code.chunks.push(text::visible(&self.source[self.code.until..end]).into());
            self.code.until = end;
        }
        // A line that may become the closing fence is not shown as code.
        let open = &self.source[self.code.until..];
        let last = open.rfind('\n').map_or(0, |at| at + 1);
        let open = shown(if self.splitter.may_close(&open[last..]) { &open[..last] } else { open });
        Tail::Code { caption, chunks: self.code.chunks.clone(), open: text::visible(open).into_owned() }
    }
}

/// Returns the part of an open block that is shown: all of it, or, if it is longer than [`LONG`], all except a last part that is small in
/// proportion. Rendering costs as much as the block is long, so it may be rendered only a limited number of times while it grows.
fn shown(open: &str) -> &str {
    if open.len() < LONG {
        return open;
    }
    let step = (open.len() / 64).next_power_of_two();
    &open[..open.floor_char_boundary(open.len() / step * step)]
}
