//! Escapes text for HTML, and removes characters that should not be shown.

use std::borrow::Cow;

/// Returns whether a link target is allowed. A target without a scheme would lead into Holdfast itself.
pub(super) fn is_safe(url: &str) -> bool {
    let begins = |scheme: &str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    ["https://", "http://", "mailto:"].into_iter().any(begins)
}

/// Returns text escaped for HTML.
#[cfg(feature = "ssr")]
pub(crate) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    escape(&mut html, text);
    html
}

/// Appends text escaped for HTML.
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

/// Returns the length of a text when it is escaped for HTML.
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

/// Returns text without invisible codes: terminal colour codes, and citation marks of other programs, which would be shown as boxes.
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

/// Returns what follows a terminal control sequence (ECMA-48: parameters, then one letter).
fn behind_code(code: &str) -> &str {
    let parameters = code.bytes().take_while(|byte| (0x20..=0x3f).contains(byte)).count();
    let end = parameters + usize::from(code.as_bytes().get(parameters).is_some_and(|byte| (0x40..=0x7e).contains(byte)));
    &code[end..]
}

/// Returns what follows a terminal command such as one that sets the title: it ends with a BEL character on the same line.
fn behind_title(code: &str) -> &str {
    let end = code.bytes().take(CITATION).take_while(|byte| *byte != b'\n').position(|byte| byte == 7);
    end.map_or(code, |end| &code[end + 1..])
}

/// Maximum length of a terminal command or a citation mark, bytes.
const CITATION: usize = 400;

/// Returns what follows a citation mark: from U+E200 up to U+E201, on one line.
fn behind_citation(text: &str) -> &str {
    let end = text.char_indices().take_while(|(at, c)| *c != '\n' && *at < CITATION).find(|(_, c)| *c == '\u{e201}');
    let end = end.map_or('\u{e200}'.len_utf8(), |(at, c)| at + c.len_utf8());
    &text[end..]
}
