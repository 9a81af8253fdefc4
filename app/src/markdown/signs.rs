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
    let (mut ticks, mut hopeless) = (Ticks::of(piece), Hopeless::default());
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
            b'\\' => match formula(piece, at, &mut hopeless) {
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
            b'`' => at += ticks.code(at),
            _ => at += 1,
        }
    }
    written.push_str(&piece[copied..]);
    (Cow::Owned(written), starts)
}

/// The runs of backticks in a text. Each search for the end of code takes one look where there is none.
pub(super) struct Ticks {
    /// Where each begins, its length, and the longest from it on.
    runs: Vec<(usize, usize, usize)>,
    next: usize,
}

impl Ticks {
    pub(super) fn of(text: &str) -> Self {
        let mut runs: Vec<(usize, usize, usize)> = Vec::new();
        for (at, _) in text.match_indices('`') {
            match runs.last_mut() {
                Some((start, length, _)) if *start + *length == at => *length += 1,
                _ => runs.push((at, 1, 0)),
            }
        }
        let mut longest = 0;
        for run in runs.iter_mut().rev() {
            longest = longest.max(run.1);
            run.2 = longest;
        }
        Self { runs, next: 0 }
    }

    /// The length of the code that begins at `at`; where it is none, that of its backticks. Asked for one place after the other.
    pub(super) fn code(&mut self, at: usize) -> usize {
        let run = |index: usize| self.runs.get(index).copied();
        while run(self.next).is_some_and(|(start, length, _)| start + length <= at) {
            self.next += 1;
        }
        let Some((start, length, _)) = run(self.next) else { return 1 };
        let ticks = start + length - at;
        let mut index = self.next + 1;
        if run(index).is_none_or(|(.., longest)| longest < ticks) {
            return ticks;
        }
        while run(index).is_some_and(|(_, length, _)| length < ticks) {
            index += 1;
        }
        run(index).map_or(ticks, |(start, ..)| start + ticks - at)
    }
}

/// What of a line is text: without what makes it a part of a quotation or a list.
fn body(line: &str) -> &str {
    let mut rest = indentation(line).1;
    while let Some(inner) = inner(rest) {
        rest = indentation(inner).1;
    }
    rest
}

/// What is behind the mark of a quotation or a list with which a text begins.
pub(super) fn inner(text: &str) -> Option<&str> {
    text.strip_prefix('>').or_else(|| marker(text).and_then(|width| text.get(width..)))
}

/// Up to where no formula ends, of either kind, as was seen.
#[derive(Default)]
struct Hopeless {
    round: usize,
    square: usize,
}

/// The formula that begins at `start`, the dollar signs it shall have, and its length with its own signs.
fn formula<'a>(piece: &'a str, start: usize, hopeless: &mut Hopeless) -> Option<(&'a str, &'static str, usize)> {
    let text = &piece[start..];
    let bytes = text.as_bytes();
    let (closing, signs, hopeless) = match bytes.get(1)? {
        b'(' => (b')', "$", &mut hopeless.round),
        b'[' => (b']', "$$", &mut hopeless.square),
        _ => return None,
    };
    if start < *hopeless {
        return None;
    }
    let mut at = 2;
    loop {
        let ends = match bytes.get(at) {
            Some(b'\\') if bytes.get(at + 1) == Some(&closing) => break,
            Some(b'\n') => text[at + 1..].lines().next().is_none_or(|line| line.trim().is_empty()),
            byte => matches!(byte, None | Some(b'$' | b'`')),
        };
        if ends {
            *hopeless = start + at;
            return None;
        }
        at += if bytes[at] == b'\\' { 2 } else { 1 };
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
