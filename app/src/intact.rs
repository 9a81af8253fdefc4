//! Protects a document against proxies that rewrite it, and detects when one did.

/// Elements whose content is not parsed as markup.
const RAW: [&str; 3] = ["script", "style", "noscript"];
/// Elements that are counted, in addition to comments. The HTML parser neither inserts nor removes these on its own.
const COUNTED: [&str; 5] = ["button", "div", "li", "section", "svg"];

/// Returns the document with `@` escaped wherever a text looks like an e-mail address, because some proxies replace such addresses.
/// Browsers parse both forms the same. Scripts stay as they are: see [`json`].
pub fn without_addresses(html: &str) -> String {
    let mut safe = String::with_capacity(html.len() + 64);
    let mut rest = html;
    while let Some(at) = rest.find('@') {
        // In a script, a character reference would not be decoded.
        let begun = rest[..at].rfind("<script");
        let within = begun.filter(|begun| !rest[*begun..at].contains("</script"));
        let Some(begun) = within else {
            safe.push_str(&rest[..at]);
            safe.push_str("&#64;");
            rest = &rest[at + 1..];
            continue;
        };
        let end = rest[begun..].find("</script").map_or(rest.len(), |end| begun + end);
        safe.push_str(&rest[..end]);
        rest = &rest[end..];
    }
    safe.push_str(rest);
    safe
}

/// The start of the first element after the part that Leptos hydrates.
const END: &str = "<div id=\"altered\"";

/// Counts the comments and some kinds of elements in the part of the body that Leptos hydrates. Leptos finds its position by comments, so
/// a changed count means that hydration would fail.
pub fn nodes(html: &str) -> usize {
    let mut count = 0;
    let html = html.find(END).map_or(html, |end| &html[..end]);
    let mut rest = html.find("<body").map_or("", |begin| &html[begin + 1..]);
    while let Some(begin) = rest.find('<') {
        rest = &rest[begin + 1..];
        if let Some(comment) = rest.strip_prefix('!') {
            count += 1;
            let end = if comment.starts_with("--") { "-->" } else { ">" };
            rest = after(comment, end);
            continue;
        }
        let length = rest.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '-').unwrap_or(rest.len());
        let name = &rest[..length];
        count += usize::from(COUNTED.contains(&name));
        rest = after_tag(&rest[length..]);
        if RAW.contains(&name) {
            let end = format!("</{name}");
            rest = after(rest, &end);
        }
    }
    count
}

fn after<'a>(text: &'a str, what: &str) -> &'a str {
    text.find(what).map_or("", |at| &text[at + what.len()..])
}

/// Returns what follows the end of a tag. Quoted attribute values may contain anything.
fn after_tag(mut rest: &str) -> &str {
    while let Some(at) = rest.find(['"', '\'', '>']) {
        let sign = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        match sign {
            b'"' => rest = after(rest, "\""),
            b'\'' => rest = after(rest, "'"),
            _ => return rest,
        }
    }
    ""
}

/// Returns a value as JSON for use in a script element. Characters are escaped so that proxies which remove comments, addresses, tags or
/// whitespace do not change it.
pub fn json(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string(value).expect("maps with text keys and no failing serializer");
    let mut safe = String::with_capacity(text.len() + text.len() / 32);
    let mut before = ' ';
    for sign in text.chars() {
        match sign {
            // These characters occur only inside JSON strings.
            '<' | '>' | '&' | '@' | '\u{2028}' | '\u{2029}' => safe.push_str(&format!("\\u{:04x}", u32::from(sign))),
            '/' | '*' if matches!(before, '/' | '*') => safe.push_str(&format!("\\u{:04x}", u32::from(sign))),
            ' ' if before == ' ' => safe.push_str("\\u0020"),
            _ => safe.push(sign),
        }
        before = sign;
    }
    safe
}

/// Returns a script without comment lines, so that it still works if a proxy joins its lines.
pub fn script(source: &str) -> String {
    let is_comment = |line: &str| ["//", "/*", "*"].iter().any(|begin| line.starts_with(begin));
    let lines = source.lines().map(str::trim).filter(|line| !line.is_empty() && !is_comment(line));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn nothing_looks_like_an_address_but_in_scripts() {
        let html = r#"<p title="a@b.c">a@b.c</p><script>"x@y"</script>@<script>1</script>@"#;
        assert_eq!(without_addresses(html), r#"<p title="a&#64;b.c">a&#64;b.c</p><script>"x@y"</script>&#64;<script>1</script>&#64;"#);
        assert_eq!(without_addresses("no such thing"), "no such thing");
        assert_eq!(without_addresses("<script>never@ended"), "<script>never@ended");
    }

    #[test]
    fn comments_and_elements_of_the_body_are_counted() {
        let html = "<!DOCTYPE html><head><!--no--><div></div></head><body class=\"a>b\"><!><!-- > --><div title='<div>'>\
                    <svg/><noscript><div></div></noscript><script>\"<div>\"</script><divider></divider><p></p></div></body>";
        assert_eq!(nodes(html), 4);
        assert_eq!(nodes(&format!("<body><!>{END}><!></div>")), 1, "to its end");
        assert_eq!(nodes("<p>"), 0);
        assert_eq!(nodes("<body><div"), 1);
    }

    #[test]
    fn json_says_the_same_and_holds_nothing_that_is_taken_out() {
        let text = "a@b.c https://x/*y*/ <!-- z --> \\/ &amp;  \u{2028}\t   ;\u{65e5}";
        let written = json(&(text, 1.5, [true]));
        for taken in ["@", "//", "/*", "<", ">", "&", "  ", "--\u{3e}", "\u{2028}"] {
            assert!(!written.contains(taken), "{taken} in {written}");
        }
        let read: (String, f64, [bool; 1]) = serde_json::from_str(&written).unwrap();
        assert_eq!(read, (text.to_owned(), 1.5, [true]));
    }

    #[test]
    fn a_script_has_no_comments() {
        assert_eq!(script("// a\n{\n  // b\n  /** c */\n  /**\n   * d\n   */\n  x('//c');\n\n}\n"), "{\nx('//c');\n}");
    }

    /// A comment after code would comment out the rest of the script if a proxy joined its lines.
    #[test]
    fn the_scripts_in_the_page_have_comments_on_lines_of_their_own_alone() {
        for source in [include_str!("../../browser/inline/early.js"), include_str!("../../browser/inline/register-worker.js")] {
            let sent = script(source);
            assert!(!sent.contains("//") && !sent.contains("/*") && !sent.contains('@'), "{sent}");
            assert!(sent.lines().all(|line| line.ends_with([';', '{', '}', ',', '(', ')', '>', '|', '&', '?', ':', '='])), "{sent}");
        }
    }
}
