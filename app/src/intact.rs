//! What a document needs to arrive as it was sent, and to find out where it did not.

/// Elements that hold text as it is: nothing in it is markup.
const RAW: [&str; 3] = ["script", "style", "noscript"];
/// What is counted, beside comments. The parser makes none of these of its own, and takes none away.
const COUNTED: [&str; 5] = ["button", "div", "li", "section", "svg"];

/// A document in which nothing looks like an e-mail address, for some proxies replace these. A browser reads the same from it.
/// Scripts stay as they are: see [`json`].
pub fn without_addresses(html: &str) -> String {
    let mut safe = String::with_capacity(html.len() + 64);
    let mut rest = html;
    while let Some(at) = rest.find('@') {
        // The last script that was begun before it: within, a reference would be text.
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

/// Where what Leptos takes over ends, and something else of the page's begins.
const END: &str = "<div id=\"altered\"";

/// How many comments and elements of some kinds are in the part of a document's body that is taken over: Leptos finds its place by
/// comments.
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

/// What follows a tag's end. In quotes there may be anything.
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

/// A value as JSON that can stand inside a script element, and that is read the same where something on the way takes what looks like
/// a comment, an address, a tag, or space that seems to be too much.
pub fn json(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string(value).expect("maps with text keys and no failing serializer");
    let mut safe = String::with_capacity(text.len() + text.len() / 32);
    let mut before = ' ';
    for sign in text.chars() {
        match sign {
            // Outside of texts there is none of these.
            '<' | '>' | '&' | '@' | '\u{2028}' | '\u{2029}' => safe.push_str(&format!("\\u{:04x}", u32::from(sign))),
            '/' | '*' if matches!(before, '/' | '*') => safe.push_str(&format!("\\u{:04x}", u32::from(sign))),
            ' ' if before == ' ' => safe.push_str("\\u0020"),
            _ => safe.push(sign),
        }
        before = sign;
    }
    safe
}

/// A script as it is sent: without lines of comment, so that it is the same on one line.
pub fn script(source: &str) -> String {
    let lines = source.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
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
        assert_eq!(script("// a\n{\n  // b\n  x('//c');\n\n}\n"), "{\nx('//c');\n}");
    }

    /// On one line, a comment beside code would take the rest with it.
    #[test]
    fn the_scripts_in_the_page_have_comments_on_lines_of_their_own_alone() {
        for source in [include_str!("early.js"), include_str!("cached.js")] {
            let sent = script(source);
            assert!(!sent.contains("//") && !sent.contains("/*") && !sent.contains('@'), "{sent}");
            assert!(sent.lines().all(|line| line.ends_with([';', '{', '}', ',', '(', ')', '>', '|', '&', '?', ':'])), "{sent}");
        }
    }
}
