//! The first title of a conversation: the beginning of its first message.

use crate::names;

const LONGEST: usize = 60;

/// Returns a title from a message, on one line, cut between words.
pub(super) fn from_message(content: &str) -> String {
    // More than any title needs, so that a long message costs no more than a short one.
    let beginning: String = content.split_whitespace().flat_map(|word| word.chars().chain([' '])).take(20 * LONGEST).collect();
    let line = names::cleaned(&beginning);
    if line.chars().count() <= LONGEST {
        return if line.is_empty() { "New conversation".into() } else { line };
    }
    let cut: String = line.chars().take(LONGEST).collect();
    let at_word = cut.rfind(' ').filter(|&at| at > LONGEST / 2).map_or(cut.as_str(), |at| &cut[..at]);
    format!("{}…", at_word.trim_end_matches([',', '.', ';', ':', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_one_short_line() {
        assert_eq!(from_message("  What is\n a  fiber?  "), "What is a fiber?");
        assert_eq!(from_message("\u{0}\n\u{200b}"), "New conversation");
        assert_eq!(from_message("Cafe\u{301} \u{202e}exe"), "Café exe");
        let long = from_message("Which steps release carbon dioxide, and where does my lecture say that NADH is made?");
        assert_eq!(long, "Which steps release carbon dioxide, and where does my…");
        assert!(from_message(&"漢".repeat(500)).chars().count() <= LONGEST + 1);
    }
}
