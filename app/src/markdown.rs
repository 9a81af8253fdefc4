//! Markdown, rendered while it grows.
//!
//! A text is cut into pieces that stand for themselves (a paragraph, a list, a fenced block). The cuts
//! depend only on the lines before them, so it makes no difference in which portions the text arrived:
//! the server, which has it at once, and the browser, which sees it grow, come to the same pieces.
//! A piece that is finished is rendered once. Only the open one at the end is rendered again.
//!
//! Raw HTML is shown as text, images are links, and links go to the web or to a mailbox, or nowhere.

mod html;
mod signs;
mod split;
#[cfg(test)]
mod tests;
mod text;

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use split::{Cut, Splitter};
#[cfg(feature = "ssr")]
pub(crate) use text::escaped;

use crate::words::Language;

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

/// Where a link goes, and its title.
type Target = (Arc<str>, Arc<str>);

#[derive(Clone, Debug)]
struct Piece {
    start: usize,
    end: usize,
    is_code: bool,
    /// Link labels and footnotes that it names and nobody has defined.
    wants: Vec<String>,
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
    /// Where the open piece begins.
    open_at: usize,
    finished: bool,
    pieces: Vec<Piece>,
    blocks: Vec<Block>,
    links: HashMap<String, Target>,
    footnotes: Vec<String>,
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
        let open = split::settled(&self.source[self.open_at..]);
        Tail::Html(self.render(open, false).html)
    }

    /// Everything as one piece of HTML, on a page in this language.
    pub fn to_html(text: &str, language: Language) -> String {
        let mut markdown = Self::new("", language);
        markdown.set(text, true);
        markdown.blocks.iter().map(|block| &*block.html).collect()
    }

    /// Looks at the lines that have become whole.
    fn scan(&mut self) {
        while let Some(length) = self.source[self.scanned..].find('\n') {
            self.line(self.scanned + length + 1);
        }
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
        let start = std::mem::replace(&mut self.open_at, end);
        self.code = OpenCode { chunks: Vec::new(), until: end };
        let text = &self.source[start..end];
        if text.trim().is_empty() {
            return;
        }
        let is_code = split::opens_fence(text);
        let rendered = self.render(text, is_code);
        let index = self.blocks.len();
        self.pieces.push(Piece { start, end, is_code, wants: rendered.wants });
        self.blocks.push(Block { index, version: 0, html: rendered.html.into(), is_bare: rendered.is_bare });
        self.define(rendered.links, rendered.footnotes);
    }

    /// Takes new definitions, and renders again the pieces that were waiting for them.
    fn define(&mut self, links: Vec<(String, Target)>, footnotes: Vec<String>) {
        let mut new = Vec::new();
        for (label, target) in links {
            if let Entry::Vacant(entry) = self.links.entry(label) {
                new.push(entry.key().clone());
                entry.insert(target);
            }
        }
        for label in footnotes {
            if !self.footnotes.contains(&label) {
                new.push(label.clone());
                self.footnotes.push(label);
            }
        }
        if new.is_empty() {
            return;
        }
        for index in 0..self.pieces.len() {
            let piece = &self.pieces[index];
            if piece.wants.iter().any(|want| new.contains(want)) {
                let rendered = self.render(&self.source[piece.start..piece.end], piece.is_code);
                self.pieces[index].wants = rendered.wants;
                let block = &mut self.blocks[index];
                block.version += 1;
                block.html = rendered.html.into();
            }
        }
    }

    fn render(&self, text: &str, is_code: bool) -> html::Rendered {
        let footnotes: &[String] = if is_code { &[] } else { &self.footnotes };
        html::render(text, &self.prefix, &self.language.words().markdown, &self.links, footnotes)
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
            self.code.chunks.push(self.source[self.code.until..end].into());
            self.code.until = end;
        }
        // A line that may become the closing fence is not shown as code.
        let open = &self.source[self.code.until..];
        let last = open.rfind('\n').map_or(0, |at| at + 1);
        let open = if self.splitter.may_close(&open[last..]) { &open[..last] } else { open };
        Tail::Code { language, chunks: self.code.chunks.clone(), open: open.to_owned() }
    }
}
