//! Decides how much of an open block can be shown.

use super::{
    formulas::Sign,
    split::{indentation, marker, opens},
    ticks::Ticks,
};

/// Returns the part of an open block that can be shown without changing its form at the next character. The beginning of a fence, table,
/// formula or mark is held back until it is clear what it is.
pub(super) fn settled(piece: &str) -> &str {
    let last_at = piece.rfind('\n').map_or(0, |at| at + 1);
    let (indent, last) = indentation(&piece[last_at..]);
    // A fence, or its language, is being written.
    if indent <= 3 && (["`", "``", "~", "~~"].contains(&last) || opens(last).is_some()) || is_mark(last) {
        return &piece[..last_at];
    }
    let piece = &piece[..table_settled(piece, last_at)];
    &piece[..formula_settled(piece)]
}

/// Maximum length of a run of marks that may become a list, a heading, a rule, emphasis, or the underline of a heading.
const MARKS: usize = 80;

/// Returns whether a line has marks only and can still become anything. For example, a lone `-` below a paragraph would make a heading of
/// it.
fn is_mark(last: &str) -> bool {
    let digits = last.trim_end_matches(['.', ')']);
    let is_number =
        digits.len() < last.len() && !digits.is_empty() && digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit());
    !last.is_empty() && last.len() <= MARKS && (is_number || last.bytes().all(|byte| b"-=+*#>_~ ".contains(&byte)))
}

/// Maximum number of bytes of a line that are held back after a single dollar sign, which may have started a formula.
const HELD_BACK: usize = 120;

/// A structure whose end has not arrived.
#[derive(Clone)]
struct Begun<'a> {
    at: usize,
    sign: Sign<'a>,
    end: String,
    begins_line: bool,
}

/// Returns the position up to which a block can be shown so that a formula appears as a whole. The beginning of an unfinished formula is
/// held back.
fn formula_settled(piece: &str) -> usize {
    let bytes = piece.as_bytes();
    let mut open: Option<Begun<'_>> = None;
    let mut ticks = Ticks::of(piece);
    let mut at = 0;
    while at < bytes.len() {
        match &open {
            None => match bytes[at] {
                b'`' => {
                    at += ticks.code(at);
                    continue;
                }
                b'\\' | b'$' => {
                    let begins_line = is_after_marks(bytes, at);
                    if may_become_sign(&piece[at..], begins_line) {
                        return at;
                    }
                    if let Some((sign, length)) = Sign::of(&piece[at..], begins_line) {
                        if begins(piece, at, sign, length) {
                            open = Some(Begun { at, sign, end: sign.written_end(), begins_line });
                        }
                        at += length;
                        continue;
                    }
                    at += match bytes[at] {
                        b'\\' => 1 + usize::from(bytes.get(at + 1).is_some_and(u8::is_ascii)),
                        _ => bytes[at..].iter().take_while(|&&byte| byte == b'$').count(),
                    };
                    continue;
                }
                _ => {}
            },
            Some(begun) if bytes[at..].starts_with(begun.end.as_bytes()) => {
                let is_end = begun.sign != Sign::Dollar || !bytes[at - 1].is_ascii_whitespace();
                at += begun.end.len();
                if is_end {
                    open = None;
                }
                continue;
            }
            Some(begun) => match bytes[at] {
                b'\\' if bytes.get(at + 1).is_some_and(u8::is_ascii) && bytes[at + 1] != b'\n' => at += 1,
                b'\n' => {
                    // The end of a paragraph also ends what was not closed in it.
                    let (indent, next) = indentation(piece[at + 1..].lines().next().unwrap_or_default());
                    let is_last = !piece[at + 1..].contains('\n');
                    let may_be_blank = begun.begins_line && begun.sign.is_block();
                    // A marker with nothing after it can still become anything.
                    let is_item = !may_be_blank && marker(next).is_some_and(|width| !is_last || width <= next.len());
                    if (next.is_empty() && !is_last && !may_be_blank) || (indent <= 3 && is_item) {
                        open = None;
                    }
                }
                _ => {}
            },
        }
        at += 1;
    }
    match open {
        Some(begun) if begun.sign.is_block() => begun.at,
        Some(begun) if piece.len() - begun.at <= HELD_BACK && !piece[begun.at..].contains('\n') => begun.at,
        _ => piece.len(),
    }
}

/// Returns whether this delimiter may start a formula.
fn begins(piece: &str, at: usize, sign: Sign<'_>, length: usize) -> bool {
    let is_behind_word = piece[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
    let next = piece[at + length..].chars().next();
    sign != Sign::Dollar || !is_behind_word && next.is_none_or(|next| !next.is_whitespace() && !next.is_ascii_digit())
}

/// Returns whether the end of a block is the beginning of a delimiter.
fn may_become_sign(rest: &str, begins_line: bool) -> bool {
    let name = rest.strip_prefix("\\begin{").filter(|name| name.len() < 16);
    rest == "\\" || begins_line && ("\\begin{".starts_with(rest) || name.is_some_and(|name| !name.contains(['}', '\n', ' '])))
}

/// Returns whether only marks of quotations and lists precede this position on its line.
fn is_after_marks(bytes: &[u8], at: usize) -> bool {
    let before = bytes[..at].iter().rev().take_while(|&&byte| byte != b'\n').take(MARKS + 1);
    let mut length = 0;
    before.inspect(|_| length += 1).all(|byte| byte.is_ascii_digit() || b" \t>-+*.)".contains(byte)) && length <= MARKS
}

/// Returns the position up to which a block can be shown so that a table appears together with its head. `last_at` is where its
/// unfinished line starts.
fn table_settled(piece: &str, last_at: usize) -> usize {
    let is_row = |line: &str| line.trim_start().starts_with('|');
    let is_delimiter = |line: &str| line.contains('-') && line.trim().bytes().all(|byte| matches!(byte, b'|' | b'-' | b':' | b' '));
    let last = &piece[last_at..];
    let above = &piece[..last_at];
    let above_at = above.strip_suffix('\n').and_then(|above| above.rfind('\n')).map_or(0, |at| at + 1);
    let line_above = &above[above_at..];
    let paragraph = above.rsplit_terminator('\n').take_while(|line| !line.trim().is_empty());
    if paragraph.into_iter().any(is_delimiter) {
        // Inside a table. A lone bar would end the table for a moment.
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
