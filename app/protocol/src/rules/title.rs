//! The first title of a conversation: the beginning of its first message, without Markdown.
//!
//! The server stores it; a client shows it until then.

use super::strip_markdown::strip_markdown;

/// Maximum length of a title, characters, without the sign that it was cut.
pub const LONGEST: usize = 60;

/// Bytes of a message that are read: more than any title needs, so that a long message costs no more than a short one.
const READ: usize = 4096;

/// Returns the title of a conversation that begins with this message: one line of at most [`LONGEST`] characters, cut between words.
/// Returns an empty text if the message has only white space.
pub fn title(message: &str) -> String {
    shortened(&beginning(message))
}

/// Returns the beginning of a message on one line, without Markdown. A message with nothing but marks is returned as it is.
pub fn beginning(message: &str) -> String {
    let message = message.trim_start();
    let message = &message[..message.floor_char_boundary(READ.min(message.len()))];
    let text = without_emphasis(&without_links(&strip_markdown(&without_fences(message))));
    let text = if text.trim().is_empty() { message } else { &text };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Cuts a line to the length of a title.
pub fn shortened(line: &str) -> String {
    let Some((end, _)) = line.char_indices().nth(LONGEST) else { return line.to_owned() };
    let cut = &line[..end];
    let half = cut.char_indices().nth(LONGEST / 2).map_or(0, |(at, _)| at);
    let at_word = cut.rfind(' ').filter(|&at| at > half).map_or(cut, |at| &cut[..at]);
    format!("{}…", at_word.trim_end_matches([',', '.', ';', ':', ' ']))
}

/// Removes the lines that begin and end code blocks, and the beginning of a block at the end of a line of text.
fn without_fences(text: &str) -> String {
    let lines = text.lines().map(|line| {
        for mark in ["```", "~~~"] {
            // A mark that is followed by another is inline code.
            if let Some(at) = line.find(mark)
                && let info = line[at..].trim_start_matches(&mark[..1])
                && !info.contains(mark)
                && (line[..at].trim().is_empty() || !info.trim().contains(' '))
            {
                return &line[..at];
            }
        }
        line
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Replaces links and images by their texts.
fn without_links(text: &str) -> String {
    let mut read = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("](") {
        let Some(end) = rest[at..].find([')', ' ']).map(|end| at + end) else { break };
        let close = if rest.as_bytes()[end] == b')' { end } else { rest[end..].find(')').map_or(rest.len(), |close| end + close) };
        match rest[..at].rfind('[') {
            Some(open) if close < rest.len() => {
                read.push_str(rest[..open].strip_suffix('!').unwrap_or(&rest[..open]));
                read.push_str(&rest[open + 1..at]);
                rest = &rest[close + 1..];
            }
            _ => {
                read.push_str(&rest[..at + 2]);
                rest = &rest[at + 2..];
            }
        }
    }
    read + rest
}

/// Removes the marks of emphasis that stand in pairs around words. `2 * 3` and `snake_case` keep theirs.
fn without_emphasis(text: &str) -> String {
    /// A run of equal marks.
    struct Run {
        start: usize,
        end: usize,
        mark: char,
        is_removed: bool,
    }
    let mut runs: Vec<Run> = Vec::new();
    // The last run of each kind that may begin emphasis.
    let mut open: Vec<usize> = Vec::new();
    let mut chars = text.char_indices().peekable();
    let mut before = ' ';
    while let Some((start, mark)) = chars.next() {
        if !matches!(mark, '*' | '_' | '~') {
            before = mark;
            continue;
        }
        let mut end = start + 1;
        while chars.next_if(|(_, next)| *next == mark).is_some() {
            end += 1;
        }
        let after = chars.peek().map_or(' ', |(_, next)| *next);
        let begins = !after.is_whitespace() && !before.is_alphanumeric();
        let ends = !before.is_whitespace() && !after.is_alphanumeric();
        let fits = |run: &Run| run.mark == mark && run.end - run.start == end - start;
        let begun = open.iter().rposition(|&at| fits(&runs[at])).filter(|_| ends);
        let mut run = Run { start, end, mark, is_removed: false };
        if let Some(begun) = begun {
            runs[open[begun]].is_removed = true;
            open.truncate(begun);
            run.is_removed = true;
        } else if begins {
            open.retain(|&at| !fits(&runs[at]));
            open.push(runs.len());
        }
        runs.push(run);
        before = mark;
    }
    let mut read = String::with_capacity(text.len());
    let mut at = 0;
    for run in runs.iter().filter(|run| run.is_removed) {
        read.push_str(&text[at..run.start]);
        at = run.end;
    }
    read + &text[at..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_has_no_markdown() {
        for (message, read) in [
            ("  What is\n a  fiber?  ", "What is a fiber?"),
            ("**Bold** and *soft* and ~~gone~~", "Bold and soft and gone"),
            ("Fix this: ```js\nconst a = 1;\n```", "Fix this: const a = 1;"),
            ("Fix this:\n\n```js title=\"a b\"\nconst a = 1;\n```\nPlease", "Fix this: const a = 1; Please"),
            ("Fix this:\n~~~rust\nlet x;\n~~~", "Fix this: let x;"),
            ("What does `a` do?", "What does a do?"),
            ("# Plan\n\n- [ ] one\n* two", "Plan one two"),
            ("> quoted\n\nWhy?", "quoted Why?"),
            ("Read [the page](https://a.example/x \"t\") and ![a cat](cat.png)!", "Read the page and a cat!"),
            ("_soft_ and snake_case", "soft and snake_case"),
            ("2 * 3 * 4, 2*3, f(*a)", "2 * 3 * 4, 2*3, f(*a)"),
            ("[ ] a](b", "[ ] a](b"),
            ("```", "```"),
            ("", ""),
        ] {
            assert_eq!(title(message), read, "{message:?}");
        }
    }

    #[test]
    fn a_long_title_is_cut_between_words() {
        let long = title("Which steps release carbon dioxide, and where does my lecture say that NADH is made?");
        assert_eq!(long, "Which steps release carbon dioxide, and where does my…");
        assert_eq!(title(&"漢".repeat(5_000)).chars().count(), LONGEST + 1);
        assert_eq!(title(&"a".repeat(LONGEST)).len(), LONGEST);
    }
}
