//! Code blocks in a user's message. The rest of the message is shown as it was written, because users do not expect Markdown to change it.

use super::split::{closes, opens};

/// A part of a user's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Text as it was written.
    Text(&'a str),
    /// The content of a fenced code block.
    Code(&'a str),
}

/// Cuts a user's message into text and fenced code blocks. The fences and the line breaks around a block are left out. A fence without an
/// end is text.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    // The open block: its mark, its length, and where its line and its content begin.
    let mut open: Option<(u8, usize, usize, usize)> = None;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        let rest = line.trim_end();
        match open {
            Some((mark, length, fence, content)) if closes(rest, mark, length) => {
                if !text[start..fence].trim().is_empty() {
                    pieces.push(Piece::Text(text[start..fence].trim_matches('\n')));
                }
                pieces.push(Piece::Code(text[content..at].trim_end_matches('\n')));
                (open, start) = (None, end);
            }
            Some(_) => {}
            None => open = opens(rest).map(|(mark, length)| (mark, length, at, end)),
        }
        at = end;
    }
    if pieces.is_empty() {
        return vec![Piece::Text(text)];
    }
    if !text[start..].trim().is_empty() {
        pieces.push(Piece::Text(text[start..].trim_matches('\n')));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use Piece::{Code, Text};

    #[test]
    fn fenced_blocks_are_code_and_the_rest_is_text() {
        assert_eq!(pieces("Why?\n\n```rust\nlet x = 1;\n\nx\n```\nThanks\n"), [Text("Why?"), Code("let x = 1;\n\nx"), Text("Thanks")]);
        assert_eq!(pieces("```\na\n```\n```\nb\n```"), [Code("a"), Code("b")]);
        assert_eq!(pieces("````\n```\n````"), [Code("```")]);
        assert_eq!(pieces("~~~\n  a\n~~~"), [Code("  a")]);
    }

    #[test]
    fn a_text_without_whole_blocks_is_unchanged() {
        for text in ["", "\n", "a\n\n b\n", "```", "```\nno end\n", "in `code`", "```a``` b\n```x```", "  \n```\n"] {
            assert_eq!(pieces(text), [Text(text)]);
        }
    }
}
