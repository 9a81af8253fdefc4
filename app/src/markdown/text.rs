//! Text as HTML, and what of it is shown.

use std::borrow::Cow;

/// The only places a link may lead to. What has no scheme would lead into Holdfast itself.
pub(super) fn is_safe(url: &str) -> bool {
    let begins = |scheme: &str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    ["https://", "http://", "mailto:"].into_iter().any(begins)
}

/// Text as HTML.
#[cfg(feature = "ssr")]
pub(crate) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    escape(&mut html, text);
    html
}

/// The same, behind what there is.
pub(super) fn escape(html: &mut String, text: &str) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let replacement = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            0 => "\u{fffd}",
            _ => continue,
        };
        html.push_str(&text[from..at]);
        html.push_str(replacement);
        from = at + 1;
    }
    html.push_str(&text[from..]);
}

/// How long a text is as HTML.
pub(super) fn escaped_length(text: &str) -> usize {
    let added = text.bytes().map(|byte| match byte {
        b'&' | b'\'' => 4,
        b'<' | b'>' => 3,
        b'"' => 5,
        0 => 2,
        _ => 0,
    });
    text.len() + added.sum::<usize>()
}

/// Text without what is not for eyes: a terminal's codes for colours, and the marks of citations that another program put there, which
/// would be shown as boxes.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(['\u{1b}', '\u{e200}']) {
        return Cow::Borrowed(text);
    }
    let mut seen = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\u{1b}', '\u{e200}']) {
        seen.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = match rest.strip_prefix('\u{1b}') {
            Some(code) if code.starts_with('[') => behind_code(&code[1..]),
            Some(code) if code.starts_with(']') => behind_title(code),
            Some(code) => code,
            None => behind_citation(rest),
        };
    }
    seen.push_str(rest);
    Cow::Owned(seen)
}

/// What is behind a terminal's code (ECMA-48: parameters, then one letter).
fn behind_code(code: &str) -> &str {
    let parameters = code.bytes().take_while(|byte| (0x20..=0x3f).contains(byte)).count();
    let end = parameters + usize::from(code.as_bytes().get(parameters).is_some_and(|byte| (0x40..=0x7e).contains(byte)));
    &code[end..]
}

/// What is behind a command to the terminal, as for its title: it ends with a bell, in the same line.
fn behind_title(code: &str) -> &str {
    let end = code.bytes().take(CITATION).take_while(|byte| *byte != b'\n').position(|byte| byte == 7);
    end.map_or(code, |end| &code[end + 1..])
}

/// Bytes that a command to a terminal or the mark of a citation may have.
const CITATION: usize = 400;

/// What is behind a citation's mark: from U+E200 up to U+E201, in one line.
fn behind_citation(text: &str) -> &str {
    let end = text.char_indices().take_while(|(at, c)| *c != '\n' && *at < CITATION).find(|(_, c)| *c == '\u{e201}');
    let end = end.map_or('\u{e200}'.len_utf8(), |(at, c)| at + c.len_utf8());
    &text[end..]
}
