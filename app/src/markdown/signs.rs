//! The other signs around formulas, `\( … \)` and `\[ … \]`, which many models write.
//!
//! The parser knows dollar signs alone, and takes these for escaped brackets. So they are told apart here, before it reads.

use std::borrow::Cow;

use super::split::{closes, indentation, marker, opens};

/// A piece with dollar signs around its formulas, and where those begin that had none.
pub(super) fn dollars(piece: &str) -> (Cow<'_, str>, Vec<usize>) {
    let mut starts = Vec::new();
    let is_indented_code = indentation(piece.lines().find(|line| !line.trim().is_empty()).unwrap_or_default()).0 >= 4;
    if is_indented_code || !(piece.contains("\\(") || piece.contains("\\[")) {
        return (Cow::Borrowed(piece), starts);
    }
    let bytes = piece.as_bytes();
    let mut written = String::with_capacity(piece.len());
    let (mut copied, mut at) = (0, 0);
    let mut fence = None;
    while at < bytes.len() {
        if at == 0 || bytes[at - 1] == b'\n' {
            let line = piece[at..].lines().next().unwrap_or_default();
            let body = body(line);
            let before = fence;
            fence = match before {
                Some(open) if closes(body, open) => None,
                Some(open) => Some(open),
                None => opens(body),
            };
            if before.is_some() || fence.is_some() {
                at += piece[at..].find('\n').map_or(line.len(), |end| end + 1);
                continue;
            }
        }
        match bytes[at] {
            b'\\' => match formula(&piece[at..]) {
                Some((source, signs, length)) => {
                    written.push_str(&piece[copied..at]);
                    if written.ends_with('$') {
                        written.push(' '); // two formulas, and not the end of one
                    }
                    starts.push(written.len());
                    // A command at the end would escape the sign behind it.
                    for part in [signs, source, if source.ends_with('\\') { "{}" } else { "" }, signs] {
                        written.push_str(part);
                    }
                    at += length;
                    copied = at;
                }
                None => at += 2,
            },
            b'`' => at += code(&piece[at..]),
            _ => at += 1,
        }
    }
    written.push_str(&piece[copied..]);
    (Cow::Owned(written), starts)
}

/// The length of the code that a text begins with; where it is none, that of its backticks.
pub(super) fn code(text: &str) -> usize {
    let ticks = text.bytes().take_while(|&byte| byte == b'`').count();
    let closing = text[ticks..].find(&text[..ticks]);
    closing.map_or(ticks, |closing| ticks + closing + ticks)
}

/// What of a line is text: without what makes it a part of a quotation or a list.
fn body(line: &str) -> &str {
    let mut rest = line;
    loop {
        let text = indentation(rest).1;
        let inner = match text.strip_prefix('>') {
            Some(inner) => inner,
            None => match marker(text).and_then(|width| text.get(width..)) {
                Some(inner) => inner,
                None => return text,
            },
        };
        rest = inner;
    }
}

/// The formula that a text begins with, the dollar signs it shall have, and its length with its own signs.
fn formula(text: &str) -> Option<(&str, &'static str, usize)> {
    let bytes = text.as_bytes();
    let (closing, signs) = match bytes.get(1)? {
        b'(' => (b')', "$"),
        b'[' => (b']', "$$"),
        _ => return None,
    };
    let mut at = 2;
    loop {
        match *bytes.get(at)? {
            b'\\' if bytes.get(at + 1) == Some(&closing) => break,
            b'\\' => at += 2,
            b'$' | b'`' => return None,
            b'\n' if text[at + 1..].lines().next().is_none_or(|line| line.trim().is_empty()) => return None,
            _ => at += 1,
        }
    }
    let source = text[2..at].trim();
    // Who escapes brackets that are to be read as such writes words or a number between them.
    let is_formula = signs == "$" || source.contains(['\\', '=', '^', '_', '{', '+', '<', '>']) || text[2..at].contains('\n');
    (is_formula && !source.is_empty()).then_some((source, signs, at + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_get_dollar_signs_and_nothing_else_does() {
        for (piece, expected) in [
            (r"so \( x^2 \), and \(n\)", "so $x^2$, and $n$"),
            (r"\[ \frac{a}{b} \]", r"$$\frac{a}{b}$$"),
            ("\\[\nE = mc^2\n\\]\n", "$$E = mc^2$$\n"),
            (
                "\\[\n\\begin{aligned}\na &= b \\\\[2pt]\nc &= d\n\\end{aligned}\n\\]",
                "$$\\begin{aligned}\na &= b \\\\[2pt]\nc &= d\n\\end{aligned}$$",
            ),
            (r"\(a\)\(b\)", "$a$ $b$"),
            (r"\(a\ \)", r"$a\{}$"),
            (r"\(\left( x \right)\)", r"$\left( x \right)$"),
            ("- \\(a\\)\n  ```\n  \\(b\\)\n  ```\n  \\(c\\)", "- $a$\n  ```\n  \\(b\\)\n  ```\n  $c$"),
        ] {
            assert_eq!(dollars(piece).0, expected, "{piece}");
        }
        for piece in [
            r"`\(x\)` and ``\[ a = b \]``",
            "    \\(x\\)",
            "```\n\\(x\\)\n```",
            r"\[sic\] and \[1\]",
            r"\\(x\\)",
            r"\(open",
            "\\(a\n\nb\\)",
            r"\( \)",
            r"\(costs $5\)",
            r"\(",
            "> ```\n> \\[ a = b \\]\n> ```",
        ] {
            assert_eq!(dollars(piece).0, piece);
        }
    }
}
