//! Where a growing text may be cut: line by line, and never taken back.
//!
//! The rules follow CommonMark's block structure. In doubt there is no cut, which costs some
//! rendering and changes nothing.

use super::signs::Ticks;

/// What a line says about the piece before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// It belongs to it.
    None,
    /// It begins another.
    Before,
    /// It is its last line.
    After,
}

/// A fenced block's fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fence {
    mark: u8,
    length: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    /// Nothing but blank lines.
    #[default]
    Empty,
    /// Ends with a blank line.
    Plain,
    /// Code by indentation: ends with a line that has less of it.
    Indented,
    /// Ends with a line after a blank one that is neither indented like the item's text nor another item.
    List {
        /// The column where the last item's text begins.
        content: usize,
    },
    /// A footnote's text; goes on where indented.
    Footnote,
    /// Ends with its closing fence.
    Fenced(Fence),
}

/// Reads lines, tells cuts.
#[derive(Clone, Debug, Default)]
pub(super) struct Splitter {
    kind: Kind,
    blank: bool,
}

impl Splitter {
    /// Whether the open piece is a fenced block.
    pub(super) fn in_code(&self) -> bool {
        matches!(self.kind, Kind::Fenced(_))
    }

    /// Whether this unfinished line could become the closing fence of the open block.
    pub(super) fn may_close(&self, line: &str) -> bool {
        let Kind::Fenced(fence) = self.kind else { return false };
        let (indent, rest) = indentation(line);
        let marks = rest.bytes().take_while(|&b| b == fence.mark).count();
        indent <= 3 && marks > 0 && rest[marks..].trim().is_empty()
    }

    /// Takes the next whole line, without its line end.
    pub(super) fn line(&mut self, line: &str) -> Cut {
        let (indent, rest) = indentation(line);
        if let Kind::Fenced(fence) = self.kind {
            if indent <= 3 && closes(rest, fence) {
                *self = Self::default();
                return Cut::After;
            }
            return Cut::None;
        }
        if rest.is_empty() {
            self.blank = true;
            return Cut::None;
        }
        let after_blank = std::mem::take(&mut self.blank);
        let in_item = matches!(self.kind, Kind::List { content } if indent >= content);
        if indent <= 3
            && !in_item
            && let Some(fence) = opens(rest)
        {
            return self.begin(Kind::Fenced(fence));
        }
        match self.kind {
            Kind::Plain if !after_blank => {
                // A list or a footnote can begin without a blank line before it.
                if let kind @ (Kind::List { .. } | Kind::Footnote) = beginning(indent, rest) {
                    self.kind = kind;
                }
                Cut::None
            }
            Kind::Indented if indent >= 4 => Cut::None,
            Kind::List { .. } if in_item => Cut::None,
            Kind::List { .. } => match beginning(indent, rest) {
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

    fn begin(&mut self, kind: Kind) -> Cut {
        let before = std::mem::replace(&mut self.kind, kind);
        if before == Kind::Empty { Cut::None } else { Cut::Before }
    }
}

/// The kind of a piece that begins with this line.
fn beginning(indent: usize, rest: &str) -> Kind {
    if indent >= 4 {
        Kind::Indented
    } else if is_rule(rest) {
        Kind::Plain
    } else if let Some(width) = marker(rest) {
        Kind::List { content: indent + width }
    } else if rest.starts_with("[^") {
        Kind::Footnote
    } else {
        Kind::Plain
    }
}

/// Columns of white space before a line's text, and the text.
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

/// The width of a list item's marker and the space behind it.
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
        _ => Some(width + 1), // the item begins with code by indentation
    }
}

/// Whether this is a thematic break, which looks like a list at times.
pub(super) fn is_rule(rest: &str) -> bool {
    let mut marks = rest.bytes().filter(|byte| !matches!(byte, b' ' | b'\t'));
    let Some(first @ (b'-' | b'*' | b'_')) = marks.next() else { return false };
    let mut count = 1;
    marks.all(|mark| {
        count += 1;
        mark == first
    }) && count >= 3
}

pub(super) fn opens(rest: &str) -> Option<Fence> {
    let mark = *rest.as_bytes().first().filter(|mark| matches!(mark, b'`' | b'~'))?;
    let length = rest.bytes().take_while(|&byte| byte == mark).count();
    // A word in backticks, not a fence, where one follows in the line.
    let is_fence = length >= 3 && (mark == b'~' || !rest[length..].contains('`'));
    is_fence.then_some(Fence { mark, length })
}

pub(super) fn closes(rest: &str, fence: Fence) -> bool {
    let length = rest.bytes().take_while(|&byte| byte == fence.mark).count();
    length >= fence.length && rest.len() == length
}

/// Whether a piece is a fenced block.
pub(super) fn opens_fence(piece: &str) -> bool {
    let first = piece.lines().find(|line| !line.trim().is_empty());
    first.is_some_and(|line| {
        let (indent, rest) = indentation(line);
        indent <= 3 && opens(rest).is_some()
    })
}

/// What follows the opening fence in its line.
pub(super) fn fence_info(line: &str) -> &str {
    line.trim_start().trim_start_matches(['`', '~']).trim()
}

/// What of an open piece can be shown without its jumping at the next letter: a fence or a table
/// that only begins is held back until it can be told for one.
pub(super) fn settled(piece: &str) -> &str {
    let last_at = piece.rfind('\n').map_or(0, |at| at + 1);
    let (indent, last) = indentation(&piece[last_at..]);
    // A fence, or its language, is being written.
    if indent <= 3 && (["`", "``", "~", "~~"].contains(&last) || opens(last).is_some()) {
        return &piece[..last_at];
    }
    let piece = &piece[..table_settled(piece, last_at)];
    &piece[..formula_settled(piece)]
}

/// So much of a line is held back, bytes, where a single dollar sign may have begun a formula.
const HELD_BACK: usize = 120;

/// Up to where a piece can be shown so that a formula appears as one: what begins one and does not end it is held back.
fn formula_settled(piece: &str) -> usize {
    let bytes = piece.as_bytes();
    let length = |at: usize, mark: u8| bytes[at..].iter().take_while(|&&byte| byte == mark).count();
    let mut open: Option<(usize, Sign)> = None;
    let mut ticks = Ticks::of(piece);
    let mut at = 0;
    while at < bytes.len() {
        let is_after_space = at == 0 || bytes[at - 1].is_ascii_whitespace();
        match (bytes[at], open) {
            (b'\\', _) => {
                match (bytes.get(at + 1), open) {
                    (Some(b'('), None) => open = Some((at, Sign::Round)),
                    (Some(b'['), None) => open = Some((at, Sign::Square)),
                    // It may become one of these.
                    (None, None) => return at,
                    (Some(b')'), Some((_, Sign::Round))) | (Some(b']'), Some((_, Sign::Square))) => open = None,
                    _ => {}
                }
                at += 2;
            }
            (b'`', None) => at += ticks.code(at),
            (b'$', None) => {
                let signs = length(at, b'$');
                let begins = bytes.get(at + signs).is_none_or(|byte| signs == 2 || !byte.is_ascii_whitespace() && !byte.is_ascii_digit());
                if signs <= 2 && begins {
                    open = Some((at, if signs == 2 { Sign::Dollars } else { Sign::Dollar }));
                }
                at += signs;
            }
            (b'$', Some((_, sign @ (Sign::Dollar | Sign::Dollars)))) => {
                let found = length(at, b'$');
                if (sign == Sign::Dollars && found >= 2) || (sign == Sign::Dollar && !is_after_space) {
                    open = None;
                }
                at += found;
            }
            (b'\n', Some(_)) => {
                // A paragraph that ends takes with it what it did not close.
                let (indent, next) = indentation(piece[at + 1..].lines().next().unwrap_or_default());
                let is_last = !piece[at + 1..].contains('\n');
                // A marker with nothing behind it may become anything yet.
                let is_item = marker(next).is_some_and(|width| !is_last || width <= next.len());
                if (next.is_empty() && !is_last) || (indent <= 3 && is_item) {
                    open = None;
                }
                at += 1;
            }
            _ => at += 1,
        }
    }
    match open {
        Some((from, Sign::Dollars | Sign::Square)) => from,
        Some((from, _)) if piece.len() - from <= HELD_BACK && !piece[from..].contains('\n') => from,
        _ => piece.len(),
    }
}

/// What begins a formula.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Dollar,
    Dollars,
    /// `\(`
    Round,
    /// `\[`
    Square,
}

/// Up to where a piece can be shown so that a table appears as one, with its head. `last_at` is
/// where its unfinished line begins.
fn table_settled(piece: &str, last_at: usize) -> usize {
    let is_row = |line: &str| line.trim_start().starts_with('|');
    let is_delimiter = |line: &str| line.contains('-') && line.trim().bytes().all(|byte| matches!(byte, b'|' | b'-' | b':' | b' '));
    let last = &piece[last_at..];
    let above = &piece[..last_at];
    let above_at = above.strip_suffix('\n').and_then(|above| above.rfind('\n')).map_or(0, |at| at + 1);
    let line_above = &above[above_at..];
    let paragraph = above.rsplit_terminator('\n').take_while(|line| !line.trim().is_empty());
    if paragraph.into_iter().any(is_delimiter) {
        // Within a table. A lone bar would end it for a moment.
        return if last.trim() == "|" { last_at } else { piece.len() };
    }
    if is_row(line_above) && (last.trim().is_empty() || is_row(last)) {
        above_at
    } else if is_row(last) {
        last_at
    } else {
        piece.len()
    }
}
