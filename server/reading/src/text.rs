//! Plain text and code.

use holdfast_protocol::materials::{Location, Page};

use crate::out::{Out, Stop};

/// Number of lines that count as a page.
const LINES: usize = 80;

/// Number of bytes after which a page ends before that.
const BYTES: usize = 6_000;

pub(crate) fn read(text: &str, out: &mut Out<'_>) -> Result<(), Stop> {
    let mut pages = Vec::new();
    let (mut page, mut first, mut last) = (String::new(), 1, 1);
    for (index, line) in text.lines().enumerate() {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        for piece in pieces(line, BYTES) {
            let is_full = page.len() + piece.len() > BYTES || (number - first) as usize >= LINES;
            if is_full && !page.is_empty() {
                pages.push((std::mem::take(&mut page), first, last));
                first = number;
            }
            page.push_str(piece);
            page.push('\n');
            last = number;
        }
    }
    pages.push((page, first, last));
    pages.retain(|(text, ..)| !text.trim().is_empty());
    out.opened(u32::try_from(pages.len()).ok())?;
    for (index, (text, first, last)) in pages.into_iter().enumerate() {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        out.page(Page { number, text: text.trim_end().to_owned(), location: Location::Lines { first, last }, ..Page::default() })?;
    }
    if out.has_pages() { Ok(()) } else { Err(Stop::Reason(holdfast_protocol::materials::ProblemReason::NoText)) }
}

/// Cuts a long line into pieces of at most `most` bytes, after white space if there is some.
pub(crate) fn pieces(mut line: &str, most: usize) -> impl Iterator<Item = &str> {
    let mut is_first = true;
    std::iter::from_fn(move || {
        if line.is_empty() {
            return std::mem::take(&mut is_first).then_some("");
        }
        is_first = false;
        let mut end = line.floor_char_boundary(most.min(line.len()));
        if end < line.len()
            && let Some(space) = line[..end].rfind(char::is_whitespace).filter(|space| *space > most / 2)
        {
            end = line.ceil_char_boundary(space + 1);
        }
        let (piece, rest) = line.split_at(end);
        line = rest;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn a_long_line_is_cut_at_white_space() {
        let of = |line, most| pieces(line, most).collect::<Vec<_>>();
        assert_eq!(of("", 8), [""]);
        assert_eq!(of("short", 8), ["short"]);
        assert_eq!(of("one two three", 8), ["one two ", "three"]);
        assert_eq!(of("ääääää", 5), ["ää", "ää", "ää"]);
    }
}
