//! The first title of a conversation.

use holdfast_protocol::rules::title;

use crate::names;

/// Returns a title from a message, on one line, without Markdown and characters that no name may have.
pub(super) fn from_message(content: &str) -> String {
    let line = names::cleaned(&title::beginning(content));
    if line.is_empty() { "New conversation".into() } else { title::shortened(&line) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_one_short_line() {
        assert_eq!(from_message("  What is\n a  **fiber**?  "), "What is a fiber?");
        assert_eq!(from_message("\u{0}\n\u{200b}"), "New conversation");
        assert_eq!(from_message("Cafe\u{301} \u{202e}exe"), "Café exe");
    }
}
