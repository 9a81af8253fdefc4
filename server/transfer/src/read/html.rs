//! Converts HTML to Markdown, as far as answers use it: paragraphs, headings, lists, code, links and emphasis. Of other elements, the
//! text is kept.

use super::form;

/// Converts HTML. Time and memory are proportional to the length of the text.
pub(super) fn markdown(html: &str) -> String {
    let mut out = Writer::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        out.text(&rest[..at]);
        rest = &rest[at..];
        let is_tag = rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
        // There is no tag inside a tag.
        let end = rest[1..].find(['<', '>']).map(|end| end + 1).filter(|end| is_tag && rest[*end..].starts_with('>'));
        match end {
            Some(end) => {
                out.tag(&rest[1..end]);
                rest = &rest[end + 1..];
            }
            None => {
                out.text("<");
                rest = &rest[1..];
            }
        }
    }
    out.text(rest);
    out.done()
}

#[derive(Default)]
struct Writer {
    text: String,
    /// The current code block and its language.
    code: Option<(String, String)>,
    /// The current numbers of the open lists; 0 for lists without numbers.
    lists: Vec<u32>,
    /// Where the text of the open link starts, and its target.
    link: Option<(usize, String)>,
    /// The element whose content is skipped.
    hidden: Option<String>,
}

impl Writer {
    fn text(&mut self, text: &str) {
        if self.hidden.is_some() || text.is_empty() {
            return;
        }
        let text = unescaped(text);
        if let Some((code, _)) = &mut self.code {
            code.push_str(&text);
            return;
        }
        // White space is reduced to one space.
        for (at, word) in text.split(char::is_whitespace).enumerate() {
            if at > 0 && !self.text.is_empty() && !self.text.ends_with([' ', '\n']) {
                self.text.push(' ');
            }
            self.text.push_str(word);
        }
    }

    fn tag(&mut self, tag: &str) {
        let (is_end, tag) = (tag.starts_with('/'), tag.trim_matches('/'));
        let name = tag.split(char::is_whitespace).next().unwrap_or_default().to_ascii_lowercase();
        if let Some(hidden) = &self.hidden {
            if is_end && *hidden == name {
                self.hidden = None;
            }
            return;
        }
        match (name.as_str(), is_end) {
            ("script" | "style" | "head", false) => self.hidden = Some(name),
            ("pre", false) => {
                self.block("\n\n");
                self.code = Some((String::new(), String::new()));
            }
            ("pre", true) => {
                if let Some((code, language)) = self.code.take() {
                    self.text.push_str(&form::fenced(&language, code.trim_start_matches('\n')));
                    self.block("\n\n");
                }
            }
            ("code", false) if self.code.is_some() => {
                if let (Some((_, language)), Some(class)) = (&mut self.code, attribute(tag, "class")) {
                    *language = class.split("language-").nth(1).unwrap_or_default().to_owned();
                }
            }
            _ if self.code.is_some() => {
                if name == "br"
                    && let Some((code, _)) = &mut self.code
                {
                    code.push('\n');
                }
            }
            ("code", _) => self.text.push('`'),
            ("b" | "strong", _) => self.text.push_str("**"),
            ("i" | "em", _) => self.text.push('*'),
            ("br", _) => self.block("\n"),
            ("hr", _) => {
                self.block("\n\n");
                self.text.push_str("---\n\n");
            }
            ("h1" | "h2" | "h3" | "h4" | "h5" | "h6", false) => {
                self.block("\n\n");
                self.text.push_str(&"#".repeat(name[1..].parse().unwrap_or(1)));
                self.text.push(' ');
            }
            ("ul" | "ol", false) => {
                self.block(if self.lists.is_empty() { "\n\n" } else { "\n" });
                self.lists.push(u32::from(name == "ol"));
            }
            ("ul" | "ol", true) => {
                self.lists.pop();
                self.block(if self.lists.is_empty() { "\n\n" } else { "\n" });
            }
            ("li", false) => {
                self.block("\n");
                let depth = self.lists.len().clamp(1, 20);
                self.text.push_str(&"   ".repeat(depth - 1));
                match self.lists.last_mut().filter(|number| **number > 0) {
                    Some(number) => {
                        self.text.push_str(&format!("{number}. "));
                        *number += 1;
                    }
                    None => self.text.push_str("- "),
                }
            }
            ("p", false) if self.text.ends_with("- ") || self.text.ends_with(". ") => {}
            ("p" | "div" | "blockquote" | "table" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6", _) => {
                self.block(if self.lists.is_empty() { "\n\n" } else { "\n" });
            }
            ("tr", false) => self.block("\n"),
            ("td" | "th", true) => self.text.push_str(" | "),
            ("a", false) => {
                let url = attribute(tag, "href").map(|url| unescaped(&url)).filter(|url| form::is_address(url));
                self.link = url.map(|url| (self.text.len(), url));
            }
            ("a", true) => {
                if let Some((from, url)) = self.link.take() {
                    let title = self.text.split_off(from.min(self.text.len()));
                    self.text.push_str(&form::link(&title, &url));
                }
            }
            ("img", _) => self.text.push_str(form::IMAGE),
            _ => {}
        }
    }

    /// Starts a new line or paragraph.
    fn block(&mut self, lines: &str) {
        self.text.truncate(self.text.trim_end_matches(' ').len());
        let has = self.text.len() - self.text.trim_end_matches('\n').len();
        if !self.text.is_empty() && has < lines.len() {
            self.text.push_str(&lines[has..]);
        }
    }

    fn done(mut self) -> String {
        if let Some((code, language)) = self.code.take() {
            self.text.push_str(&form::fenced(&language, &code));
        }
        self.text.trim().to_owned()
    }
}

/// Returns the value of a tag's attribute.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}="))?;
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    let value = match quote {
        Some(quote) => rest[1..].split(quote).next(),
        None => rest.split(char::is_whitespace).next(),
    };
    value.map(str::to_owned)
}

/// Decodes character references.
pub(super) fn unescaped(text: &str) -> String {
    let (mut said, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('&') {
        said.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(12).position(|byte| byte == b';');
        let character = end.and_then(|end| match &rest[1..end] {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "nbsp" => Some(' '),
            number => {
                let number = number.strip_prefix('#')?;
                let hex = number.strip_prefix(['x', 'X']).map(|hex| u32::from_str_radix(hex, 16));
                char::from_u32(hex.unwrap_or_else(|| number.parse()).ok()?).filter(|c| *c != '\0')
            }
        });
        match (character, end) {
            (Some(character), Some(end)) => {
                said.push(character);
                rest = &rest[end + 1..];
            }
            _ => {
                said.push('&');
                rest = &rest[1..];
            }
        }
    }
    said.push_str(rest);
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_keep_their_form() {
        for (html, text) in [
            ("<p>A fjord is an inlet.</p>", "A fjord is an inlet."),
            ("<h2>Two</h2><p>one\n two &amp; &#39;three&#x27;</p><p>four</p>", "## Two\n\none two & 'three'\n\nfour"),
            ("<ul><li>a</li><li><p>b <b>c</b></p><ol><li>d</li><li>e</li></ol></li></ul>x", "- a\n- b **c**\n   1. d\n   2. e\n\nx"),
            ("<pre><code class=\"language-rust\">a &lt; b\n\n  c</code></pre>", "```rust\na < b\n\n  c\n```"),
            (
                "see <a href=\"https://e.com/?a=1&amp;b=2\">this</a>, <a href='javascript:x'>that</a>",
                "see [this](https://e.com/?a=1&b=2), that",
            ),
            ("a<br>b<script>alert(1)</script><style>x</style>", "a\nb"),
            ("1 < 2 and <3 & &unknown; &#0;", "1 < 2 and <3 & &unknown; &#0;"),
            ("<pre>open", "```\nopen\n```"),
            ("<p", "<p"),
        ] {
            assert_eq!(markdown(html), text, "{html}");
        }
    }

    #[test]
    fn a_hundred_thousand_tags_are_no_more_than_their_bytes() {
        for piece in ["<p>", "<", "<a href=\"x\">", "</a>", "&", "<ul><li>", "<pre>", "<b>x"] {
            assert!(markdown(&piece.repeat(100_000)).len() < 100 * 100_000, "{piece}");
        }
    }
}
