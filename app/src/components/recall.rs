//! Recalls earlier messages with ↑ and ↓, as in a shell.

/// The text that was recalled last, and how many messages back it is.
#[derive(Debug, Default)]
pub(crate) struct Recall(Option<(usize, String)>);

impl Recall {
    /// Returns the new content of the field after ↑ (`back`) or ↓, or `None` if the key should move the caret. Works only in an empty
    /// field, or if the field holds an unchanged recalled text, so it never replaces a draft. `sent` has the earlier messages, newest
    /// last; `caret` is counted in UTF-16 units, as browsers do.
    pub(crate) fn step(&mut self, back: bool, text: &str, caret: usize, sent: &[String]) -> Option<String> {
        let at = match self.0.as_ref().filter(|(_, brought)| !text.is_empty() && brought == text) {
            Some((at, _)) => Some(*at),
            None if text.is_empty() => None,
            None => return None,
        };
        let is_break = |unit: u16| unit == u16::from(b'\n');
        let units = text.encode_utf16();
        // Between lines of a text, the key moves the caret.
        let has_line = if back { units.take(caret).any(is_break) } else { units.skip(caret).any(is_break) };
        if has_line {
            return None;
        }
        let at = match (at, back) {
            (None, true) => 0,
            (None, false) => return None,
            (Some(at), true) => at + 1,
            (Some(0), false) => {
                self.0 = None;
                return Some(String::new());
            }
            (Some(at), false) => at - 1,
        };
        let found = sent.iter().rev().nth(at)?;
        self.0 = Some((at, found.clone()));
        Some(found.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent() -> Vec<String> {
        ["first", "two\nlines", "last"].map(str::to_owned).to_vec()
    }

    #[test]
    fn back_and_forth_and_to_nothing_again() {
        let (mut recall, sent) = (Recall::default(), sent());
        assert_eq!(recall.step(false, "", 0, &sent), None);
        assert_eq!(recall.step(true, "", 0, &sent).as_deref(), Some("last"));
        assert_eq!(recall.step(true, "last", 4, &sent).as_deref(), Some("two\nlines"));
        assert_eq!(recall.step(true, "two\nlines", 2, &sent).as_deref(), Some("first"));
        assert_eq!(recall.step(true, "first", 5, &sent), None);
        assert_eq!(recall.step(false, "first", 5, &sent).as_deref(), Some("two\nlines"));
        assert_eq!(recall.step(false, "two\nlines", 9, &sent).as_deref(), Some("last"));
        assert_eq!(recall.step(false, "last", 4, &sent).as_deref(), Some(""));
        assert_eq!(recall.step(true, "", 0, &sent).as_deref(), Some("last"));
    }

    #[test]
    fn a_draft_and_its_arrows_are_left_alone() {
        let (mut recall, sent) = (Recall::default(), sent());
        assert_eq!(recall.step(true, "draft", 0, &sent), None);
        recall.step(true, "", 0, &sent);
        assert_eq!(recall.step(true, "last, and more", 0, &sent), None);
        recall.step(true, "", 0, &sent);
        recall.step(true, "last", 4, &sent);
        // In a text of several lines, the arrows move between its lines.
        assert_eq!(recall.step(true, "two\nlines", 9, &sent), None);
        assert_eq!(recall.step(false, "two\nlines", 0, &sent), None);
        assert_eq!(recall.step(false, "two\nlines", 3, &sent), None);
        assert_eq!(recall.step(false, "two\nlines", 4, &sent).as_deref(), Some("last"));
    }

    #[test]
    fn the_caret_counts_as_browsers_do() {
        let sent = vec!["🦀é\nx".to_owned()];
        let mut recall = Recall::default();
        recall.step(true, "", 0, &sent);
        assert_eq!(recall.step(true, "🦀é\nx", 4, &sent), None, "on the second line");
        assert_eq!(recall.step(true, "🦀é\nx", 3, &sent), None, "there is nothing older");
        assert_eq!(recall.step(false, "🦀é\nx", 3, &sent), None, "on the first line");
        assert_eq!(recall.step(false, "🦀é\nx", 4, &sent).as_deref(), Some(""));
    }
}
