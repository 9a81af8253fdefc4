//! Decides line by line where a growing text is cut into blocks. A cut is never undone.
//!
//! The rules follow CommonMark's block structure. If in doubt, there is no cut; that costs some rendering time and changes nothing else.

use super::{fences::Fence, formulas::Sign, tags};

/// How a line relates to the block before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// It belongs to the block.
    None,
    /// It starts another block.
    Before,
    /// It is the last line of the block.
    After,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    /// Blank lines only.
    #[default]
    Empty,
    /// Ends with a blank line.
    Plain,
    /// Indented code: ends with a line that is indented less.
    Indented,
    /// Ends with a line after a blank one that is neither indented like the item's text nor another item.
    List {
        /// Column where the text of the last item starts.
        content: usize,
        /// Number of the last item; `None` for bullets.
        number: Option<u32>,
    },
    /// Text of a footnote; continues with indented lines.
    Footnote,
    /// Ends with its closing fence.
    Fenced(Fence),
    /// A `details` element with everything in it: ends as other blocks do, once it is closed.
    Fold {
        /// Number of open `details` elements.
        depth: i32,
        /// The open fenced block in it.
        fence: Option<Fence>,
        /// Number of lines that it may still have.
        left: usize,
    },
    /// Reasoning that the model wrote in tags before its answer: ends with the closing tag.
    Thought,
}

/// Maximum number of lines of a display formula that contains blank lines.
const FORMULA_LINES: usize = 40;

/// Maximum number of lines of a `details` element. What follows is shown as if it were not folded.
const FOLD_LINES: usize = 2_000;

/// The tags around a model's reasoning.
pub(super) const THOUGHT: (&str, &str) = ("<think>", "</think>");

/// Reads lines, and returns the cuts.
#[derive(Clone, Debug, Default)]
pub(super) struct Splitter {
    kind: Kind,
    blank: bool,
    /// The closing delimiter of an unfinished formula, and the number of lines it may still have.
    formula: Option<(String, usize)>,
    /// Whether there was a line that is not blank.
    has_begun: bool,
}

impl Splitter {
    /// Returns whether the open block is a fenced block.
    pub(super) fn in_code(&self) -> bool {
        matches!(self.kind, Kind::Fenced(_))
    }

    /// Returns whether this unfinished line could become the closing fence of the open block.
    pub(super) fn may_close(&self, line: &str) -> bool {
        let Kind::Fenced(fence) = self.kind else { return false };
        if !fence.is_innermost() {
            return false;
        }
        let (indent, rest) = indentation(line);
        let marks = rest.bytes().take_while(|&b| b == fence.mark).count();
        indent <= 3 && marks > 0 && rest[marks..].trim().is_empty()
    }

    /// Reads the next complete line, without its line break.
    pub(super) fn line(&mut self, line: &str) -> Cut {
        let (indent, rest) = indentation(line);
        let is_first = !self.has_begun;
        self.has_begun |= !rest.is_empty();
        if let Kind::Fenced(fence) = &mut self.kind {
            return if indent <= 3 && fence.line(rest) { self.end() } else { Cut::None };
        }
        if self.kind == Kind::Thought {
            return if rest.contains(THOUGHT.1) { self.end() } else { Cut::None };
        }
        if self.is_in_fold(indent, rest) {
            return Cut::None;
        }
        if rest.is_empty() {
            self.blank = true;
            return Cut::None;
        }
        if is_first && rest.starts_with(THOUGHT.0) {
            self.kind = Kind::Thought;
            return if rest.contains(THOUGHT.1) { self.end() } else { Cut::None };
        }
        let after_blank = std::mem::take(&mut self.blank);
        let in_item = matches!(self.kind, Kind::List { content, .. } if indent >= content);
        if indent <= 3
            && !in_item
            && let Some(fence) = Fence::open(rest)
        {
            self.formula = None;
            return self.begin(Kind::Fenced(fence));
        }
        if indent <= 3 && !in_item && self.formula.is_none() && tags::begins_fold(rest) {
            let depth = tags::folds(rest);
            return self.begin(if depth > 0 { Kind::Fold { depth, fence: None, left: FOLD_LINES } } else { Kind::Plain });
        }
        let was_in_formula = self.formula.is_some();
        self.look_for_formula(rest);
        match self.kind {
            // A blank line in a formula ends nothing.
            _ if was_in_formula && self.kind != Kind::Empty => Cut::None,
            Kind::Plain if !after_blank => {
                // A list or a footnote can start without a blank line before it.
                if let kind @ (Kind::List { .. } | Kind::Footnote) = beginning(indent, rest) {
                    self.kind = kind;
                }
                Cut::None
            }
            Kind::Indented if indent >= 4 => Cut::None,
            Kind::List { .. } if in_item => Cut::None,
            Kind::List { number: last, .. } => match beginning(indent, rest) {
                // Counting from 1 again starts another list.
                kind @ Kind::List { number: Some(1), .. } if after_blank && last > Some(1) => self.begin(kind),
                kind @ Kind::List { .. } => {
                    self.kind = kind;
                    Cut::None
                }
                kind if after_blank => self.begin(kind),
                _ => Cut::None,
            },
            Kind::Footnote if indent >= 4 || !after_blank => Cut::None,
            _ => self.begin(beginning(indent, rest)),
        }
    }

    /// Returns whether the open block is a `details` element that this line does not close.
    fn is_in_fold(&mut self, indent: usize, rest: &str) -> bool {
        let Kind::Fold { depth, fence, left } = &mut self.kind else { return false };
        match fence {
            Some(open) => {
                if indent <= 3 && open.line(rest) {
                    *fence = None;
                }
            }
            None if indent <= 3 => {
                *fence = Fence::open(rest);
                *depth += tags::folds(rest);
            }
            None => *depth += tags::folds(rest),
        }
        *left -= 1;
        if *depth > 0 && *left > 0 {
            return true;
        }
        (self.kind, self.blank) = (Kind::Plain, false);
        true
    }

    /// Records a formula that starts or ends in a line.
    fn look_for_formula(&mut self, rest: &str) {
        if let Some((end, left)) = &mut self.formula {
            *left -= 1;
            if rest.contains(end.as_str()) || *left == 0 {
                self.formula = None;
            }
        } else if let Some((sign, length)) = Sign::of(text_of(rest), true).filter(|(sign, _)| sign.is_block()) {
            let end = sign.written_end();
            if !text_of(rest)[length..].contains(&end) {
                self.formula = Some((end, FORMULA_LINES));
            }
        }
    }

    /// Ends the open block after the current line.
    fn end(&mut self) -> Cut {
        *self = Self { has_begun: true, ..Self::default() };
        Cut::After
    }

    fn begin(&mut self, kind: Kind) -> Cut {
        let before = std::mem::replace(&mut self.kind, kind);
        if before == Kind::Empty { Cut::None } else { Cut::Before }
    }
}

/// Returns the kind of a block that starts with this line.
fn beginning(indent: usize, rest: &str) -> Kind {
    if indent >= 4 {
        Kind::Indented
    } else if is_rule(rest) {
        Kind::Plain
    } else if let Some(width) = marker(rest) {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        Kind::List { content: indent + width, number: rest[..digits].parse().ok() }
    } else if rest.starts_with("[^") {
        Kind::Footnote
    } else {
        Kind::Plain
    }
}

/// Returns the columns of white space before a line's text, and the text.
pub(super) fn indentation(line: &str) -> (usize, &str) {
    let mut columns = 0;
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b' ' => columns += 1,
            b'\t' => columns += 4 - columns % 4,
            _ => return (columns, line[at..].trim_end_matches([' ', '\t'])),
        }
    }
    (columns, "")
}

/// Returns the width of a list item's marker and the space after it.
pub(super) fn marker(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let width = match bytes.first()? {
        b'-' | b'+' | b'*' => 1,
        b'0'..=b'9' => {
            let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits > 9 || !matches!(bytes.get(digits), Some(b'.' | b')')) {
                return None;
            }
            digits + 1
        }
        _ => return None,
    };
    let text = &rest[width..];
    if text.is_empty() {
        return Some(width + 1);
    }
    match indentation(text).0 {
        0 => None,
        space @ 1..=4 => Some(width + space),
        _ => Some(width + 1), // the item starts with indented code
    }
}

/// Returns whether this is a thematic break, which can look like a list.
pub(super) fn is_rule(rest: &str) -> bool {
    let mut marks = rest.bytes().filter(|byte| !matches!(byte, b' ' | b'\t'));
    let Some(first @ (b'-' | b'*' | b'_')) = marks.next() else { return false };
    let mut count = 1;
    marks.all(|mark| {
        count += 1;
        mark == first
    }) && count >= 3
}

/// Returns the mark and the length of the fence that a line is.
pub(super) fn opens(rest: &str) -> Option<(u8, usize)> {
    let mark = *rest.as_bytes().first().filter(|mark| matches!(mark, b'`' | b'~'))?;
    let length = rest.bytes().take_while(|&byte| byte == mark).count();
    // If another backtick follows on the line, it is inline code and not a fence.
    let is_fence = length >= 3 && (mark == b'~' || !rest[length..].contains('`'));
    is_fence.then_some((mark, length))
}

/// Returns whether a line closes the block that a fence of this mark and length opened.
pub(super) fn closes(rest: &str, mark: u8, length: usize) -> bool {
    let found = rest.bytes().take_while(|&byte| byte == mark).count();
    found >= length && rest.len() == found
}

/// Returns what follows the mark of a quotation or list at the start of a text.
pub(super) fn inner(text: &str) -> Option<&str> {
    text.strip_prefix('>').or_else(|| marker(text).and_then(|width| text.get(width..)))
}

/// Returns the text of a line, without the marks of quotations and lists.
fn text_of(rest: &str) -> &str {
    let mut rest = rest;
    while let Some(inner) = inner(rest) {
        rest = indentation(inner).1;
    }
    rest
}

/// Returns whether a block is a fenced block.
pub(super) fn opens_fence(piece: &str) -> bool {
    let first = piece.lines().find(|line| !line.trim().is_empty());
    first.is_some_and(|line| {
        let (indent, rest) = indentation(line);
        indent <= 3 && opens(rest).is_some()
    })
}

/// Returns what follows the opening fence on its line.
pub(super) fn fence_info(line: &str) -> &str {
    line.trim_start().trim_start_matches(['`', '~']).trim()
}
