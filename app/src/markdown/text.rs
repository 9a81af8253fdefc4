//! Text as HTML, and the web addresses in it as links.

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

/// Text in which bare web addresses become links.
pub(super) fn linkify(html: &mut String, text: &str) {
    let mut rest = text;
    let mut before = None;
    while let Some(at) = rest.find("http") {
        let starts_word = rest[..at].chars().next_back().or(before).is_none_or(|c| !c.is_alphanumeric());
        let url = if starts_word { address(&rest[at..]) } else { "" };
        let until = at + url.len().max(4);
        escape(html, &rest[..at]);
        if url.is_empty() {
            html.push_str("http");
        } else {
            html.push_str("<a href=\"");
            escape(html, url);
            html.push_str("\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">");
            escape(html, url);
            html.push_str("</a>");
        }
        before = rest[..until].chars().next_back();
        rest = &rest[until..];
    }
    escape(html, rest);
}

/// The web address that a text begins with, without the sentence's punctuation behind it.
fn address(text: &str) -> &str {
    let Some(host) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else { return "" };
    if !host.starts_with(|c: char| c.is_alphanumeric() || c == '[') {
        return "";
    }
    let end = text.find(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`')).unwrap_or(text.len());
    let mut url = &text[..end];
    // How many brackets of a kind close what was not opened.
    let surplus = |open, close| url.matches(close).count().saturating_sub(url.matches(open).count());
    let (mut round, mut square) = (surplus('(', ')'), surplus('[', ']'));
    let closes = |surplus: &mut usize| {
        let closes = *surplus > 0;
        *surplus = surplus.saturating_sub(1);
        closes
    };
    while let Some(last) = url.chars().next_back() {
        let drop = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' => true,
            ')' => closes(&mut round),
            ']' => closes(&mut square),
            _ => false,
        };
        if !drop {
            break;
        }
        url = &url[..url.len() - last.len_utf8()];
    }
    url
}
