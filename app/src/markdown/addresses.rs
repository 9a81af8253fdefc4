//! Turns web and mail addresses in a text into links. A link ends before the punctuation of the sentence.

use std::ops::Range;

use super::{
    cjk::{is_cjk, is_wide_punctuation},
    text::escape,
};

/// Prefix of web addresses without a scheme.
const WWW: &str = "www.";
/// Maximum length of the name before the `@`, and of the domain after it (RFC 5321, 4.5.3.1).
const LONGEST_NAME: usize = 64;
const LONGEST_DOMAIN: usize = 255;

/// Writes a text, with its addresses as links. If the text is still open, an address at its end stays text, because it may continue. Each
/// byte is examined at most as often as a mail address may be long.
pub(super) fn linkify(html: &mut String, text: &str, is_open: bool) {
    let open_from = if is_open { text.rfind(|c: char| c.is_whitespace() || is_wide_punctuation(c)).unwrap_or(0) } else { text.len() };
    let (mut written, mut at) = (0, 0);
    while let Some(further) = text.as_bytes()[at..].iter().position(|byte| matches!(byte, b'h' | b'w' | b'@')) {
        at += further;
        let found = match text.as_bytes()[at] {
            b'@' => mail(text, written, at).map(|range| ("mailto:", range)),
            _ => web(text, at),
        };
        let Some((scheme, range)) = found else {
            at += 1;
            continue;
        };
        at = range.end;
        if is_open && range.end > open_from {
            continue;
        }
        escape(html, &text[written..range.start]);
        html.push_str("<a href=\"");
        html.push_str(scheme);
        escape(html, &text[range.clone()]);
        html.push_str("\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">");
        escape(html, &text[range.clone()]);
        html.push_str("</a>");
        written = range.end;
    }
    escape(html, &text[written..]);
}

/// Returns the web address that starts here, and the scheme to add if it has none.
fn web(text: &str, at: usize) -> Option<(&'static str, Range<usize>)> {
    let is_without = text[at..].starts_with(WWW);
    let before = text[..at].chars().next_back();
    let is_within = |c: char| c.is_alphanumeric() && !is_cjk(c) || is_without && matches!(c, '/' | '.' | '@' | '-' | '_');
    let length = if before.is_some_and(is_within) { 0 } else { address(&text[at..]).len() };
    (length > 0).then_some((if is_without { "https://" } else { "" }, at..at + length))
}

/// Returns whether a text starts with a domain of at least two labels.
fn has_domain(text: &str) -> bool {
    let is_of_domain = |c: char| matches!(c, '-' | '.') || c.is_alphanumeric() && !is_cjk(c);
    let end = text.find(|c| !is_of_domain(c)).unwrap_or(text.len());
    text[..end].split_once('.').is_some_and(|(_, rest)| rest.starts_with(char::is_alphanumeric))
}

/// Returns the mail address around this `@`, starting at or after `from`: a name and a domain of ASCII letters, by the rules of GitHub's
/// Markdown. Similar texts with another meaning are not addresses: `git@example.org:a/b`, `react@18.2.0`, `//user@example.org/`.
fn mail(text: &str, from: usize, at: usize) -> Option<Range<usize>> {
    let is_of_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte);
    let name = text.as_bytes()[from..at].iter().rev().take(LONGEST_NAME + 1).take_while(is_of_name).count();
    let start = at - name + text[at - name..at].find(|c: char| c.is_ascii_alphanumeric())?;
    let is_of_domain = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-.".contains(byte);
    let length = text.as_bytes()[at + 1..].iter().take(LONGEST_DOMAIN + 1).take_while(is_of_domain).count();
    let domain = text[at + 1..at + 1 + length].trim_end_matches(['.', '-']);
    let (rest, last) = domain.rsplit_once('.')?;
    let is_label = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    let is_domain = rest.split('.').all(is_label) && last.len() >= 2 && last.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_letter = |c: char| c.is_alphanumeric() && !is_cjk(c);
    let is_cut = text[..start].chars().next_back().is_some_and(|c| is_letter(c) || matches!(c, '/' | '@'));
    let mut behind = text[at + 1 + length..].chars();
    let goes_on = match behind.next() {
        Some('/' | '@' | '_') => true,
        Some(':') => behind.next().is_some_and(char::is_alphanumeric),
        next => next.is_some_and(is_letter),
    };
    (name <= LONGEST_NAME && length <= LONGEST_DOMAIN && is_domain && !is_cut && !goes_on).then(|| start..at + 1 + domain.len())
}

/// Returns the web address at the start of a text, with a scheme or `www.`, without the punctuation that follows it.
///
/// It ends before full-width punctuation. CJK letters belong to it only within a path or query; after a letter of another script or after
/// the host name, they belong to the sentence.
pub(super) fn address(text: &str) -> &str {
    let schemes = ["https://", "http://", WWW];
    let Some((scheme, host)) = schemes.iter().find_map(|scheme| Some((*scheme, text.strip_prefix(scheme)?))) else { return "" };
    if !host.starts_with(|c: char| c.is_alphanumeric() && !is_cjk(c) || c == '[') || scheme == WWW && !has_domain(host) {
        return "";
    }
    let begin = text.len() - host.len();
    let (mut before, mut slashes) = ('/', 0);
    let ends = |c: char| c.is_whitespace() || c.is_control() || is_wide_punctuation(c) || matches!(c, '<' | '>' | '"' | '`');
    let end = host.find(|c: char| {
        let is_words = is_cjk(c) && !is_cjk(before) && (before.is_alphanumeric() || slashes == 0 || slashes == 1 && before == '/');
        slashes += usize::from(c == '/');
        before = c;
        ends(c) || is_words
    });
    let mut url = &text[..begin + end.unwrap_or(host.len())];
    // Returns how many closing brackets of this kind have no opening one.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the text with its links in brackets.
    fn linked(text: &str, is_open: bool) -> String {
        let mut html = String::new();
        linkify(&mut html, text, is_open);
        let mut shown = html.replace("\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">", "|").replace("</a>", "]");
        shown = shown.replace("<a href=\"", "[");
        shown
    }

    #[test]
    fn addresses_without_a_scheme_are_links() {
        for (text, expected) in [
            ("see www.example.org.", "see [https://www.example.org|www.example.org]."),
            ("(www.example.org/a_b_(c)?d=e),", "([https://www.example.org/a_b_(c)?d=e|www.example.org/a_b_(c)?d=e]),"),
            (
                "看www.example.org，或www.example.org/a/文。",
                "看[https://www.example.org|www.example.org]，或[https://www.example.org/a/文|www.example.org/a/文]。",
            ),
            ("www.example.org的", "[https://www.example.org|www.example.org]的"),
            ("https://www.example.org", "[https://www.example.org|https://www.example.org]"),
            ("awww.example.org ftp://www.example.org a.www.b.c", "awww.example.org ftp://www.example.org a.www.b.c"),
            ("www. www.example www..com www.example. www", "www. www.example www..com www.example. www"),
        ] {
            assert_eq!(linked(text, false), expected, "{text}");
        }
    }

    #[test]
    fn mail_addresses_are_links() {
        let me = "[mailto:me@example.org|me@example.org]";
        for (text, expected) in [
            ("Ask me@example.org.", format!("Ask {me}.")),
            ("请联系me@example.org。（me@example.org）", format!("请联系{me}。（{me}）")),
            ("<me@example.org>, \"me@example.org\"; mailto:me@example.org?", format!("&lt;{me}&gt;, &quot;{me}&quot;; mailto:{me}?")),
            ("-me@example.org-: me@example.org", format!("-{me}-: {me}")),
            (
                "first_last+tag@mail.example-site.co.uk",
                "[mailto:first_last+tag@mail.example-site.co.uk|first_last+tag@mail.example-site.co.uk]".to_owned(),
            ),
        ] {
            assert_eq!(linked(text, false), expected, "{text}");
        }
        for text in [
            "react@18.2.0 @scope/pkg a@b me@localhost @me me@ @@ a@@b.org",
            "git@example.org:a/b me@example.org/x me@example.org@example.org émé@example.org me@example.orgü",
            "me@-example.org me@example-.org me@example..org me@example.o me@example.c0m",
            &format!("{}@example.org", "x".repeat(65)),
            &format!("x@{}.org", "y.".repeat(200)),
        ] {
            assert_eq!(linked(text, false), text, "{text}");
        }
    }

    #[test]
    fn half_an_address_is_text() {
        for text in ["a www.example.org", "me@example.or", "看，me@example.org"] {
            assert_eq!(linked(text, true), text);
            assert!(linked(&format!("{text} "), true).contains('['), "{text}");
        }
    }
}
