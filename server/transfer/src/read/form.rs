//! Formats content other than plain text as Markdown.

/// Formats a text as a code block, with a fence that the text does not contain.
pub(super) fn fenced(language: &str, text: &str) -> String {
    let longest = text.lines().map(|line| line.trim_start().bytes().take_while(|&byte| byte == b'`').count()).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let language = language.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '-'))).next().unwrap_or_default();
    format!("{fence}{language}\n{}\n{fence}", text.trim_end_matches('\n'))
}

/// Placeholder for an image.
pub(super) const IMAGE: &str = "*[an image, which is not in this file]*";
/// Placeholder for a recording.
pub(super) const RECORDING: &str = "*[a recording, which is not in this file]*";

/// Returns a placeholder for an attachment that is not in the file.
pub(super) fn missing(name: &str) -> String {
    format!("*[attached: {}, which is not in this file]*", name_of(name))
}

/// A text that is built from parts, with blank lines between them.
#[derive(Default)]
pub(super) struct Text(String);

impl Text {
    /// Length from which on nothing is added to a text, bytes: it is longer than a message may be, and is cut later.
    const ENOUGH: usize = 2 * 1024 * 1024;

    /// Adds a part, unless it is blank.
    pub(super) fn push(&mut self, part: &str) {
        if part.trim().is_empty() || self.0.len() > Self::ENOUGH {
            return;
        }
        if !self.0.is_empty() {
            self.0.push_str("\n\n");
        }
        self.0.push_str(part);
    }

    /// Adds parts until the text is long enough.
    pub(super) fn extend(&mut self, parts: impl IntoIterator<Item = String>) {
        for part in parts {
            if self.0.len() > Self::ENOUGH {
                break;
            }
            self.push(&part);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn done(self) -> String {
        self.0
    }
}

/// Formats a name as a heading.
pub(super) fn heading(name: &str) -> String {
    format!("**{}**", name_of(name))
}

fn name_of(name: &str) -> String {
    line(name, 200).replace('*', "\\*")
}

/// Formats a document beside the conversation, under its name. `kind` is a media type, a language or a file extension.
pub(super) fn document(name: Option<&str>, kind: &str, text: &str) -> String {
    let kind = kind.rsplit(['/', '.']).next().unwrap_or_default();
    let body = if matches!(kind, "markdown" | "md" | "document") { text.to_owned() } else { fenced(kind, text) };
    match name.filter(|name| !name.trim().is_empty()) {
        Some(name) => format!("{}\n\n{body}", heading(name)),
        None => body,
    }
}

/// Returns whether this can be the address of a page.
pub(super) fn is_address(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://")) && !url.contains(char::is_whitespace) && url.len() <= 2_000
}

/// Formats a link. Without a title, it shows the host.
pub(super) fn link(title: &str, url: &str) -> String {
    let host = url.split("//").nth(1).and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or(url);
    let title = line(title, 200);
    let title = if title.is_empty() { host } else { &title }.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]");
    let url = url.replace('(', "%28").replace(')', "%29").replace('<', "%3C").replace('>', "%3E");
    format!("[{title}]({url})")
}

/// Removes everything from `begin` to `end`, including both. Text after a `begin` without an `end` is kept.
pub(super) fn without(text: &str, begin: &str, end: &str) -> String {
    let (mut kept, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once(begin) {
        let Some((_, behind)) = after.split_once(end) else { break };
        kept.push_str(before);
        rest = behind;
    }
    kept.push_str(rest);
    kept
}

/// Splits an answer into the reasoning in `<think>` tags at its beginning, which is empty if there is none, and the rest.
pub(super) fn split_thought(text: &str) -> (&str, &str) {
    let from = text.trim_start();
    let tags = [("<think>", "</think>"), ("<thinking>", "</thinking>"), (":::thinking", "\n:::")];
    let inside = tags.iter().find_map(|(begin, end)| Some((from.strip_prefix(begin)?, end)));
    match inside.and_then(|(inside, end)| inside.split_once(end)) {
        Some((thought, answer)) => (thought.trim(), answer.trim_start()),
        None => ("", text),
    }
}

/// Returns the parts of a text from `begin` to `end`, without both.
pub(super) fn inside<'a>(text: &'a str, begin: &str, end: &str) -> Vec<&'a str> {
    text.split(begin).skip(1).filter_map(|part| Some(part.split_once(end)?.0)).collect()
}

/// Returns the beginning of a text on one line: at most `most` characters, without control characters.
pub(super) fn line(text: &str, most: usize) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().filter(|c| !c.is_control()).take(most));
        if line.chars().count() >= most {
            break;
        }
    }
    line.chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_longer_than_those_in_the_text() {
        assert_eq!(fenced("rust", "fn main() {}\n"), "```rust\nfn main() {}\n```");
        assert_eq!(fenced("a`b c", "  ````\nx"), "`````a\n  ````\nx\n`````");
    }

    #[test]
    fn documents_and_links_are_markdown() {
        assert_eq!(document(Some("a.md"), "text/markdown", "# x"), "**a.md**\n\n# x");
        assert_eq!(document(Some("a.py"), "a.py", "x"), "**a.py**\n\n```py\nx\n```");
        assert_eq!(link("", "https://e.com/x(1)"), "[e.com](https://e.com/x%281%29)");
        assert!(!is_address("javascript:alert(1)") && !is_address("https://a b"));
    }

    #[test]
    fn thoughts_are_split_off_and_nothing_else() {
        assert_eq!(split_thought("<think>hm</think>\n\nYes"), ("hm", "Yes"));
        assert_eq!(split_thought(":::thinking\nhm\n:::\nYes"), ("hm", "Yes"));
        assert_eq!(split_thought("Use <think> tags"), ("", "Use <think> tags"));
        assert_eq!(inside("a<x>b</x>c<x>d", "<x>", "</x>"), ["b"]);
        assert_eq!(without("a<x>b</x>c<x>d", "<x>", "</x>"), "ac<x>d");
    }
}
