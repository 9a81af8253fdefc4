//! What is no plain text elsewhere, as Markdown.

/// A text as a block of code that it can't break out of.
pub(super) fn fenced(language: &str, text: &str) -> String {
    let longest = text.lines().map(|line| line.trim_start().bytes().take_while(|&byte| byte == b'`').count()).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let language = language.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '-'))).next().unwrap_or_default();
    format!("{fence}{language}\n{}\n{fence}", text.trim_end_matches('\n'))
}

/// Something that was beside a message, and did not come along.
pub(super) fn missing(name: &str) -> String {
    format!("*[attached: {}, which is not in this file]*", name_of(name))
}

/// A name on a line of its own.
pub(super) fn heading(name: &str) -> String {
    format!("**{}**", name_of(name))
}

fn name_of(name: &str) -> String {
    line(name, 200).replace('*', "\\*")
}

/// The beginning of a text, on one line: at most so many characters, none of them a control character.
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
}
