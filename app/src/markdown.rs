//! Markdown, rendered while it grows.
//!
//! A text is cut into pieces that stand for themselves (a paragraph, a list, a fenced block). The cuts
//! depend only on the lines before them, so it makes no difference in which portions the text arrived:
//! the server, which has it at once, and the browser, which sees it grow, come to the same pieces.
//! A piece that is finished is rendered once. Only the open one at the end is rendered again.
//!
//! Raw HTML is shown as text, images are links, and links go to the web or to a mailbox, or nowhere.
//!
//! What rendering costs, and what comes out, is at most proportional to the text, whatever is written in it:
//! - what references add is taken from a budget of the whole text ([`REFERENCES`]);
//! - a piece is rendered again for a later definition only while a budget of work lasts ([`AGAIN`]), and once more at the end;
//! - a long open piece is shown in steps that grow with it ([`shown`]);
//! - a piece whose structure would cost more than that is shown as it was written (`bounds.rs`).

mod addresses;
mod bounds;
#[cfg(test)]
mod cases;
mod cjk;
mod fences;
mod formulas;
mod html;
mod prepare;
mod settled;
mod split;
mod tags;
#[cfg(test)]
mod tests;
mod text;
mod ticks;

use std::{
    collections::{BTreeSet, HashMap, HashSet, hash_map::Entry},
    sync::Arc,
};

use html::{Known, Rendered};
use split::{Cut, Splitter};
#[cfg(feature = "ssr")]
pub(crate) use text::escaped;

use crate::strings::Language;

/// The longest part of a text that is formatted between two looks at the time, bytes.
#[cfg(feature = "ssr")]
const STEP: usize = 64 * 1024;

/// Gives a text that is there to `take`, growing as if it came in portions: its beginning, and whether that is all of it. Returns
/// `false` if `is_late` said so before all of it was taken.
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

/// A finished piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its place, from 0.
    pub index: usize,
    /// How often it was rendered again because a link it names was defined further down.
    pub version: u32,
    /// The HTML.
    pub html: Arc<str>,
    /// Whether something in it is dressed once it is on the page: code that names its language.
    pub is_bare: bool,
}

/// The piece at the end, which may still grow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tail {
    /// Anything but code.
    Html(String),
    /// A fenced block that is not closed yet. It may become long, so it comes in chunks of which
    /// all but the last never change.
    Code {
        /// The language, where it is named.
        language: String,
        /// Whole lines, [`CHUNK_LINES`] of them each.
        chunks: Vec<Arc<str>>,
        /// The lines since.
        open: String,
    },
}

impl Default for Tail {
    fn default() -> Self {
        Tail::Html(String::new())
    }
}

/// Lines of code in a chunk of an open block.
const CHUNK_LINES: usize = 40;

/// What references may add to a text, bytes of HTML: so much in any case, and as much again as the text has. A reference beyond that is
/// shown as it was written.
const REFERENCES: usize = 64 * 1024;

/// What of a text may be rendered again before its end because of later definitions, bytes: so much in any case, and so many times the
/// text.
const AGAIN: (usize, usize) = (64 * 1024, 4);

/// An open piece that is longer, bytes, is not shown to its last letter: see [`shown`].
const LONG: usize = 8 * 1024;

/// Where a link goes, and its title.
#[derive(Clone, Debug)]
struct Target {
    url: Arc<str>,
    title: Arc<str>,
    /// Bytes of HTML that each reference to it takes.
    length: usize,
}

#[derive(Clone, Debug)]
struct Piece {
    start: usize,
    end: usize,
    is_code: bool,
    /// Link labels and footnotes that it names and that are not defined.
    wants: HashSet<String>,
    /// What references added to it, bytes.
    added: usize,
}

/// The open piece as it was rendered last.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    /// Where it begins and where it ends in the source.
    range: (usize, usize),
    /// How many definitions there were.
    known: usize,
    html: String,
}

/// A text and what has been rendered of it.
#[derive(Clone, Debug, Default)]
pub struct Markdown {
    /// Goes before ids, so that two texts on one page don't share any.
    prefix: String,
    /// What is put beside the text is said in this one.
    language: Language,
    source: String,
    splitter: Splitter,
    /// Up to where whole lines have been looked at.
    scanned: usize,
    /// Up to where there is no further end of a line.
    searched: usize,
    /// Where the open piece begins.
    open_at: usize,
    finished: bool,
    pieces: Vec<Piece>,
    blocks: Vec<Block>,
    links: HashMap<String, Target>,
    footnotes: HashSet<String>,
    /// The pieces that name a label that is not defined.
    waiting: HashMap<String, Vec<usize>>,
    /// Pieces that name what was defined since they were rendered.
    stale: BTreeSet<usize>,
    /// What was rendered again, bytes of the source.
    again: usize,
    /// What references added to the finished pieces, bytes of HTML.
    added: usize,
    shown: Option<Shown>,
    code: OpenCode,
}

/// The chunks of the fenced block that is open.
#[derive(Clone, Debug, Default)]
struct OpenCode {
    chunks: Vec<Arc<str>>,
    /// Up to where in the source.
    until: usize,
}

impl Markdown {
    /// Nothing yet. `prefix` goes before ids; `language` is the page's.
    pub fn new(prefix: impl Into<String>, language: Language) -> Self {
        Self { prefix: prefix.into(), language, ..Self::default() }
    }

    /// The text as it stands now. Where it goes on from what was there, what is rendered stays.
    /// Says whether anything changed.
    pub fn set(&mut self, text: &str, finished: bool) -> bool {
        if self.finished && !finished || !text.starts_with(self.source.as_str()) {
            *self = Self::new(std::mem::take(&mut self.prefix), self.language);
        } else if text.len() == self.source.len() && finished == self.finished {
            return false;
        }
        self.source.push_str(&text[self.source.len()..]);
        self.scan();
        if finished && !self.finished {
            self.finished = true;
            self.line(self.source.len());
            self.close(self.source.len());
            // Each once, whatever the budget.
            while let Some(index) = self.stale.pop_first() {
                self.render_again(index);
            }
        }
        true
    }

    /// The text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The finished pieces, in order.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The open piece, rendered as it stands.
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

    /// The length of what a model thought, in tags, before it answered. It is not shown. `None` where its end has not come.
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

    /// Everything as one piece of HTML, on a page in this language.
    pub fn to_html(text: &str, language: Language) -> String {
        let mut markdown = Self::new("", language);
        markdown.set(text, true);
        markdown.blocks.iter().map(|block| &*block.html).collect()
    }

    /// Looks at the lines that have become whole.
    fn scan(&mut self) {
        while let Some(length) = self.source[self.searched..].find('\n') {
            self.searched += length + 1;
            self.line(self.searched);
        }
        self.searched = self.source.len();
    }

    /// Looks at the line that ends at `end`.
    fn line(&mut self, end: usize) {
        let start = std::mem::replace(&mut self.scanned, end);
        match self.splitter.line(self.source[start..end].trim_end_matches(['\r', '\n'])) {
            Cut::None => {}
            Cut::Before => self.close(start),
            Cut::After => self.close(end),
        }
    }

    /// Finishes the open piece at `end`.
    fn close(&mut self, end: usize) {
        let mut start = std::mem::replace(&mut self.open_at, end);
        self.code = OpenCode { chunks: Vec::new(), until: end };
        // One that never ends is text.
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
        self.blocks.push(Block { index, version: 0, html: rendered.html.into(), is_bare: rendered.is_bare });
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

    /// Takes new definitions, and remembers which pieces they concern.
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

    /// Remembers what a piece names that is not defined.
    fn wait(&mut self, index: usize, wants: HashSet<String>) {
        for want in &wants {
            if !self.pieces[index].wants.contains(want) {
                self.waiting.entry(want.clone()).or_default().push(index);
            }
        }
        self.pieces[index].wants = wants;
    }

    /// Renders a finished piece anew, with what is defined now.
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

    /// What references may still add, where the text ends at `end`.
    fn left(&self, end: usize) -> usize {
        (REFERENCES + end).saturating_sub(self.added)
    }

    fn render(&self, text: &str, is_code: bool, left: usize, is_open: bool) -> Rendered {
        let known = Known { links: &self.links, footnotes: &self.footnotes, is_code, left, is_open };
        html::render(text, &self.prefix, &self.language.strings().markdown, &known)
    }

    fn open_code(&mut self) -> Tail {
        let text = &self.source[self.open_at..];
        let Some(first) = text.find('\n') else { return Tail::default() };
        let language = html::language(split::fence_info(&text[..first])).to_owned();
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
        Tail::Code { language, chunks: self.code.chunks.clone(), open: text::visible(open).into_owned() }
    }
}

/// What is shown of an open piece: all of it, or where it is [`LONG`] all but a last part that is small beside it. Each look at it costs
/// as much as it is long, so there are only so many of them while it grows.
fn shown(open: &str) -> &str {
    if open.len() < LONG {
        return open;
    }
    let step = (open.len() / 64).next_power_of_two();
    &open[..open.floor_char_boundary(open.len() / step * step)]
}
