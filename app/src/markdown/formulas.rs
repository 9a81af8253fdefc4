//! Finds formulas in a text: `$ … $`, `$$ … $$`, `\( … \)`, `\[ … \]`, and `\begin{align} … \end{align}` without delimiters.
//!
//! A dollar sign before a price, a shell variable or words does not start a formula.

use super::split::{indentation, marker, opens};

/// A formula, and how it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Formula {
    /// The source with its delimiters.
    pub(super) written: String,
    /// The LaTeX between the delimiters.
    pub(super) source: String,
    /// Whether it is a display formula, on a line of its own.
    pub(super) is_display: bool,
}

/// LaTeX environments that are formulas if they start a line.
const ENVIRONMENTS: [&str; 23] = [
    "equation",
    "align",
    "gather",
    "multline",
    "eqnarray",
    "alignat",
    "flalign",
    "displaymath",
    "math",
    "aligned",
    "alignedat",
    "gathered",
    "split",
    "cases",
    "dcases",
    "rcases",
    "array",
    "matrix",
    "pmatrix",
    "bmatrix",
    "Bmatrix",
    "vmatrix",
    "Vmatrix",
];

/// Maximum number of dollar signs within `\text{…}` of one formula.
const INNER_SIGNS: usize = 8;

/// The opening delimiter of a formula, which also determines the closing one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign<'a> {
    Dollar,
    Dollars,
    /// `\(`
    Round,
    /// `\[`
    Square,
    /// `\begin{…}`, with its name.
    Environment(&'a str),
}

impl<'a> Sign<'a> {
    /// Returns the delimiter at the start of a text, and its length. An environment counts only if `begins_line`.
    pub(super) fn of(text: &'a str, begins_line: bool) -> Option<(Self, usize)> {
        if let Some(rest) = text.strip_prefix('\\') {
            return match rest.as_bytes().first()? {
                b'(' => Some((Self::Round, 2)),
                b'[' => Some((Self::Square, 2)),
                b'b' if begins_line => {
                    let name = rest.strip_prefix("begin{")?.split(['}', '\n']).next()?;
                    let is_known = ENVIRONMENTS.contains(&name.strip_suffix('*').unwrap_or(name));
                    (is_known && rest["begin{".len() + name.len()..].starts_with('}'))
                        .then_some((Self::Environment(name), "\\begin{}".len() + name.len()))
                }
                _ => None,
            };
        }
        match text.bytes().take_while(|&byte| byte == b'$').count() {
            1 => Some((Self::Dollar, 1)),
            2 => Some((Self::Dollars, 2)),
            _ => None,
        }
    }

    /// Returns the closing delimiter.
    pub(super) fn written_end(self) -> String {
        match self {
            Self::Dollar => "$".to_owned(),
            Self::Dollars => "$$".to_owned(),
            Self::Round => "\\)".to_owned(),
            Self::Square => "\\]".to_owned(),
            Self::Environment(name) => format!("\\end{{{name}}}"),
        }
    }

    /// Returns whether such a formula may contain blank lines if it starts a line.
    pub(super) fn is_block(self) -> bool {
        matches!(self, Self::Dollars | Self::Square | Self::Environment(_))
    }
}

/// The position of a formula.
pub(super) struct Position {
    /// Byte offset of its delimiter in the block.
    pub(super) at: usize,
    /// Whether only marks of quotations and lists precede it on its line.
    pub(super) begins_line: bool,
    /// Number of `>` before it.
    pub(super) quotes: usize,
    /// Whether it is in a table row.
    pub(super) in_row: bool,
}

/// Returns the formula that starts here.
pub(super) fn formula(piece: &str, position: &Position) -> Option<Formula> {
    let text = &piece[position.at..];
    if position.begins_line
        && let Some(formula) = in_brackets(text)
    {
        return Some(formula);
    }
    let (sign, length) = Sign::of(text, position.begins_line)?;
    let before = piece[..position.at].chars().next_back();
    if sign == Sign::Dollar && before.is_some_and(|c| c.is_ascii_alphanumeric())
        || length == 1 && text[1..].starts_with(char::is_whitespace)
    {
        return None;
    }
    let sign_of_end = sign.written_end();
    let end = end(text, sign, &sign_of_end, length, position)?;
    let content = &text[length..end];
    let behind = &text[end + sign_of_end.len()..];
    let trimmed = content.trim();
    let is_formula = !trimmed.is_empty()
        && match sign {
            Sign::Dollar => !content.ends_with(char::is_whitespace) && !is_no_formula(content, behind),
            // Text in escaped brackets that are meant as brackets consists of words or a number.
            Sign::Square => trimmed.contains(['\\', '=', '^', '_', '{', '+', '<', '>']) || content.contains('\n'),
            _ => true,
        };
    if !is_formula {
        return None;
    }
    let written = &text[..end + sign_of_end.len()];
    let source = if matches!(sign, Sign::Environment(_)) { written } else { trimmed };
    Some(Formula { written: written.to_owned(), source: plain(source, position), is_display: !matches!(sign, Sign::Dollar | Sign::Round) })
}

/// Returns the formula of a line `[ … ]` that contains LaTeX: a program removed the backslashes of `\[ … \]`.
fn in_brackets(text: &str) -> Option<Formula> {
    let line = text.lines().next()?.trim_end();
    let source = line.strip_prefix("[ ")?.strip_suffix(" ]")?;
    let is_latex = source.as_bytes().windows(2).any(|pair| pair[0] == b'\\' && pair[1].is_ascii_alphabetic());
    (is_latex && !source.contains(['[', ']', '`', '$'])).then(|| Formula {
        written: line.to_owned(),
        source: source.trim().to_owned(),
        is_display: true,
    })
}

/// Returns where the formula at the start of a text ends: at its closing delimiter.
///
/// The search stops where another formula of the same kind starts, so that all searches together read each character only a few times.
fn end(text: &str, sign: Sign<'_>, sign_of_end: &str, from: usize, position: &Position) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut inner) = (from, 0usize, 0);
    // Nesting depth of braces in `\text{…}`.
    let mut text_at = None;
    let may_be_blank = position.begins_line && sign.is_block();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => {
                if text[at..].starts_with(sign_of_end) {
                    return Some(at);
                }
                if Sign::of(&text[at..], true).is_some_and(|(other, _)| other == sign) {
                    return None;
                }
                let name = text[at + 1..].bytes().take_while(u8::is_ascii_alphabetic).count();
                let is_text = text[at + 1..].starts_with("text") || text[at + 1..].starts_with("mbox");
                if is_text && bytes.get(at + 1 + name) == Some(&b'{') && text_at.is_none() {
                    text_at = Some(depth + 1);
                }
                at += 1 + if name > 0 { name } else { text[at + 1..].chars().next().map_or(0, char::len_utf8) };
                continue;
            }
            b'{' => depth += 1,
            b'}' => {
                if text_at == Some(depth) {
                    text_at = None;
                }
                depth = depth.saturating_sub(1);
            }
            b'$' if text_at.is_some() && inner < INNER_SIGNS => inner += 1,
            b'$' => return text[at..].starts_with(sign_of_end).then_some(at),
            b'`' => return None,
            b'\n' => {
                let next = text[at + 1..].lines().next().unwrap_or_default();
                let (indent, next) = indentation(next);
                let is_item = indent <= 3 && marker(next).is_some();
                let is_other = next.is_empty() || is_item || next.starts_with(['|', '#']);
                let is_other = is_other && !may_be_blank || opens(next).is_some();
                if is_other {
                    return None;
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Returns LaTeX without characters that belong to the surrounding text: marks of quotations, and escapes of a table row.
fn plain(source: &str, position: &Position) -> String {
    let source = if position.in_row { source.replace("\\|", "|") } else { source.to_owned() };
    if position.quotes == 0 || !source.contains('\n') {
        return source;
    }
    let lines = source.lines().enumerate().map(|(n, line)| {
        let mut line = line;
        for _ in 0..if n > 0 { position.quotes } else { 0 } {
            line = line.trim_start().strip_prefix('>').unwrap_or(line);
        }
        line
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns whether the text between two dollar signs is a price, a shell variable or words.
fn is_no_formula(between: &str, behind: &str) -> bool {
    let is_amount = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let is_latex = between.contains(['\\', '^', '_', '{', '=']);
    let words = || between.split_whitespace().map(|word| word.trim_matches(['(', ')', ',', '.', ';', ':', '?', '!', '*', '~']));
    let is_word = |word: &str| word.chars().nth(1).is_some() && word.chars().all(char::is_alphabetic);
    let is_marked = ["**", "~~"].into_iter().any(|mark| between.contains(mark));
    let is_joined = between.ends_with(['/', ':', '.', ',', '-', '@']) && behind.starts_with(|c: char| c.is_ascii_alphabetic() || c == '{');
    is_amount(behind)
        || is_marked
        || is_joined
        || between.starts_with('{') && behind.starts_with('{')
        || is_amount(between) && (words().any(is_word) || between.contains("]("))
        || !is_latex && words().filter(|word| is_word(word)).count() > 1
}
