//! Rewrites a block so that the parser reads it as intended.
//!
//! - A formula is replaced by two characters without meaning to the parser, so that neither emphasis nor a table splits it.
//! - Emphasis beside CJK punctuation gets a letter beside it (`cjk.rs`).
//! - The fence of a Markdown block is lengthened if the block contains fences of the same length (`fences.rs`).
//! - A single `~` is not a mark, and a year at the start of a line is not a list number.
//!
//! Code and addresses are not changed. Where no formula is possible, [`Prepared::restore`] puts the original text back.

use std::borrow::Cow;

use super::{
    addresses::address,
    cjk,
    fences::Fence,
    formulas::{self, Formula, Position},
    split::{indentation, marker},
    ticks::Ticks,
};

/// First character of a formula's placeholder. It is a Unicode noncharacter, which no text may contain.
const FORMULA: char = '\u{fdd0}';

/// The second character of a placeholder is the index of the formula plus this number, in the private use area.
const NUMBER: u32 = 0xf_0000;

/// Maximum number of formulas in a block.
const MOST: u32 = 0xfffd;

/// A block for the parser, and its formulas.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    pub(super) text: Cow<'a, str>,
    formulas: Vec<Formula>,
}

/// A part of a text that the parser returned.
pub(super) enum Part<'a> {
    Text(&'a str),
    Formula(&'a Formula),
}

impl Prepared<'_> {
    /// Splits a text into text and formulas.
    pub(super) fn parts<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Part<'a>> {
        let mut rest = text;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let at = rest.find([FORMULA, cjk::LETTER]).unwrap_or(rest.len());
            if at > 0 {
                let (text, behind) = rest.split_at(at);
                rest = behind;
                return Some(Part::Text(text));
            }
            let mut characters = rest.chars();
            let mark = characters.next();
            let formula = characters.next().filter(|_| mark == Some(FORMULA)).and_then(|number| self.numbered(number));
            if formula.is_none() {
                characters = rest.chars();
                characters.next();
            }
            rest = characters.as_str();
            Some(formula.map_or(Part::Text(""), Part::Formula))
        })
    }

    fn numbered(&self, number: char) -> Option<&Formula> {
        self.formulas.get(usize::try_from(u32::from(number).checked_sub(NUMBER)?).ok()?)
    }

    /// Returns a text as it was written originally.
    pub(super) fn restore<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !text.contains([FORMULA, cjk::LETTER]) {
            return Cow::Borrowed(text);
        }
        Cow::Owned(
            self.parts(text)
                .map(|part| match part {
                    Part::Text(text) => text,
                    Part::Formula(formula) => &formula.written,
                })
                .collect(),
        )
    }
}

/// Prepares a block.
pub(super) fn prepare(piece: &str) -> Prepared<'_> {
    let mut preparing = Preparing { piece, written: String::with_capacity(piece.len()), copied: 0, formulas: Vec::new() };
    preparing.run();
    let Preparing { written, copied, formulas, .. } = preparing;
    let text = if copied == 0 { Cow::Borrowed(piece) } else { Cow::Owned(written + &piece[copied..]) };
    Prepared { text, formulas }
}

struct Preparing<'a> {
    piece: &'a str,
    written: String,
    /// Position in the block up to which it was copied to `written`.
    copied: usize,
    formulas: Vec<Formula>,
}

impl Preparing<'_> {
    /// Replaces the text between two positions.
    fn replace(&mut self, from: usize, to: usize, by: &str) {
        self.written.push_str(&self.piece[self.copied..from]);
        self.written.push_str(by);
        self.copied = to;
    }

    fn run(&mut self) {
        let piece = self.piece;
        let bytes = piece.as_bytes();
        let is_indented_code = indentation(piece.lines().find(|line| !line.trim().is_empty()).unwrap_or_default()).0 >= 4;
        let mut ticks = Ticks::of(piece);
        let mut line = Line::default();
        let mut address_until = 0;
        let mut at = 0;
        while at < bytes.len() {
            if at == 0 || bytes[at - 1] == b'\n' {
                line = self.line(at, &line);
                if line.fence.is_some() || line.is_over || is_indented_code {
                    at = line.end;
                    continue;
                }
                if let Some(dot) = line.year {
                    self.replace(dot, dot, "\\");
                }
            }
            match bytes[at] {
                b'\\' | b'$' | b'[' => at += self.sign(at, &line, address_until),
                b'`' => at += ticks.code(at),
                b'*' | b'~' => at += self.emphasis(at),
                b'h' | b'w' if at >= address_until && ["http", "www."].iter().any(|begin| piece[at..].starts_with(begin)) => {
                    let length = address(&piece[at..]).len();
                    address_until = at + length;
                    let is_in_brackets = at > 0 && bytes[at - 1] == b'<' && bytes.get(address_until) == Some(&b'>');
                    at += if is_in_brackets { length.max(1) } else { 1 };
                }
                0xef if piece[at..].starts_with([FORMULA, cjk::LETTER]) => {
                    self.replace(at, at + FORMULA.len_utf8(), "\u{fffd}");
                    at += FORMULA.len_utf8();
                }
                _ => at += 1,
            }
        }
    }

    /// Handles a backslash, dollar sign or bracket. Returns the number of bytes to skip.
    fn sign(&mut self, at: usize, line: &Line, address_until: usize) -> usize {
        let piece = self.piece;
        let number = self.formulas.len() as u32;
        let position = Position { at, begins_line: at == line.text_at, quotes: line.quotes, in_row: line.in_row };
        if at >= address_until
            && number < MOST
            && let Some(formula) = formulas::formula(piece, &position)
        {
            let length = formula.written.len();
            let number = char::from_u32(NUMBER + number).unwrap_or(char::REPLACEMENT_CHARACTER);
            self.replace(at, at + length, &format!("{FORMULA}{number}"));
            self.formulas.push(formula);
            return length;
        }
        match piece.as_bytes()[at] {
            // An escaped character is not a delimiter.
            b'\\' if piece[at + 1..].starts_with(|c: char| c.is_ascii_punctuation()) => 2,
            b'$' => piece[at..].bytes().take_while(|&byte| byte == b'$').count().max(1),
            _ => 1,
        }
    }

    /// Handles a run of emphasis marks. Returns its length.
    fn emphasis(&mut self, at: usize) -> usize {
        let mark = self.piece.as_bytes()[at];
        let length = self.piece[at..].bytes().take_while(|&byte| byte == mark).count();
        if mark == b'~' && length == 1 {
            self.replace(at, at, "\\");
            return 1;
        }
        // A formula counts as a letter.
        let is_behind_formula = self.copied == at && self.written.ends_with(|c| u32::from(c) >= NUMBER);
        let before = if is_behind_formula { Some('x') } else { self.piece[..at].chars().next_back() };
        let (needs_before, needs_behind) = cjk::letters(before, self.piece[at + length..].chars().next());
        let letter = cjk::LETTER.encode_utf8(&mut [0; 4]).to_owned();
        if needs_before {
            self.replace(at, at, &letter);
        }
        if needs_behind {
            self.replace(at + length, at + length, &letter);
        }
        length
    }

    /// Analyses the line that starts here; `above` is the line before it.
    fn line(&mut self, at: usize, above: &Line) -> Line {
        let rest = &self.piece[at..];
        let end = at + rest.find('\n').map_or(rest.len(), |end| end + 1);
        let text = self.piece[at..end].trim_end_matches(['\n', '\r']);
        let mut line = Line { end, number: above.number, fence: above.fence, ..Line::default() };
        line.read_marks(text, at);
        let body = self.piece[line.text_at..end].trim_end();
        if let Some(Open { fence, length, .. }) = &mut line.fence {
            if fence.line(body) {
                if *length > fence.length {
                    let marks = char::from(fence.mark).to_string().repeat(*length);
                    self.replace(line.text_at, line.text_at + body.len(), &marks);
                }
                line.fence = None;
                line.is_over = true;
            }
        } else if let Some(fence) = Fence::open(body) {
            let mut open = Open { fence, length: fence.length, quotes: line.quotes };
            open.length = self.length_around(open, end);
            if open.length > fence.length {
                let marks = char::from(fence.mark).to_string().repeat(open.length - fence.length);
                self.replace(line.text_at, line.text_at, &marks);
            }
            line.fence = Some(open);
        }
        line
    }

    /// Returns how long a fence must be so that only its own closing fence ends it for the parser.
    fn length_around(&self, open: Open, from: usize) -> usize {
        let mut fence = open.fence;
        let mut longest = fence.length;
        let mut has_inner = false;
        for line in self.piece[from..].lines() {
            let mut marks = Line { fence: Some(open), ..Line::default() };
            marks.read_marks(line, 0);
            let body = line[marks.text_at..].trim_end();
            if fence.line(body) {
                return if has_inner { longest + 1 } else { fence.length };
            }
            has_inner |= !fence.is_innermost();
            longest = longest.max(body.bytes().take_while(|&byte| byte == fence.mark).count());
        }
        fence.length
    }
}

/// An open fenced block.
#[derive(Clone, Copy)]
struct Open {
    fence: Fence,
    /// The length of its fence in the parser's input.
    length: usize,
    /// Number of `>` before each of its lines.
    quotes: usize,
}

/// What is known about a line.
#[derive(Default)]
struct Line {
    /// Its end, after the line break.
    end: usize,
    /// Start of its text, after marks of quotations and lists.
    text_at: usize,
    quotes: usize,
    in_row: bool,
    /// The last list number, in this line or above.
    number: Option<u64>,
    /// Position of the dot after a number that starts the line but not a list.
    year: Option<usize>,
    /// The fenced block that the line belongs to.
    fence: Option<Open>,
    /// Whether it contains no text, because it ends a fenced block.
    is_over: bool,
}

impl Line {
    /// Reads the marks of quotations and lists at the start of a line; `at` is the line's position in the block.
    fn read_marks(&mut self, text: &str, at: usize) {
        let mut rest = text.trim_start_matches([' ', '\t']);
        loop {
            let is_mark = self.fence.is_none_or(|open| self.quotes < open.quotes);
            if let Some(inner) = rest.strip_prefix('>').filter(|_| is_mark) {
                self.quotes += 1;
                rest = inner.trim_start_matches([' ', '\t']);
                continue;
            }
            if self.fence.is_some() {
                break;
            }
            let Some(width) = marker(rest) else { break };
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if digits > 0 {
                let number: Option<u64> = rest[..digits].parse().ok();
                if digits > 3 && (self.number.is_none() || self.number != number.map(|number| number.wrapping_sub(1))) {
                    self.year = Some(at + text.len() - rest.len() + digits);
                    break;
                }
                self.number = number;
            }
            let Some(inner) = rest.get(width.min(rest.len())..) else { break };
            rest = inner.trim_start_matches([' ', '\t']);
        }
        self.text_at = at + text.len() - rest.len();
        self.in_row = rest.starts_with('|');
    }
}
