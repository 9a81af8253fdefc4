//! Finds words in a text, whatever stands between them.

use std::ops::Range;

/// A text as its letters and digits in lower case, with their places.
pub(crate) struct Words {
    /// Each letter or digit, and where it is in the text, in bytes.
    letters: Vec<(char, Range<usize>)>,
}

impl Words {
    /// Takes a text apart.
    pub(crate) fn of(text: &str) -> Self {
        let alphanumeric = text.char_indices().filter(|(_, c)| c.is_alphanumeric());
        let letters = alphanumeric.flat_map(|(at, c)| c.to_lowercase().map(move |lower| (lower, at..at + c.len_utf8()))).collect();
        Self { letters }
    }

    /// Returns where these words stand for the first time, in bytes: from the first to the last letter. Case, white space and punctuation may
    /// differ. Returns `None` if they are not in the text, or if there are no words.
    pub(crate) fn find(&self, words: &Words) -> Option<Range<usize>> {
        let length = words.letters.len();
        if length == 0 {
            return None;
        }
        let is_same = |here: &&[(char, Range<usize>)]| here.iter().zip(&words.letters).all(|((a, _), (b, _))| a == b);
        let here = self.letters.windows(length).find(is_same)?;
        Some(here.first()?.1.start..here.last()?.1.end)
    }

    /// Returns where these words stand, like [`Words::find`]. If a text in between was left out (`…`, `...`), there is one range for each part.
    pub(crate) fn find_parts(&self, quote: &str) -> Vec<Range<usize>> {
        let quote = quote.replace("[...]", "…").replace("[…]", "…").replace("...", "…");
        let parts = quote.split('…').map(Words::of).filter(|part| !part.letters.is_empty());
        parts.map_while(|part| self.find(&part)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whatever_stands_between_them() {
        let text = "One. The *first* step – of\nthe Cycle – releases CO₂.";
        let found = |words: &str| Words::of(text).find(&Words::of(words)).map(|range| &text[range]);
        assert_eq!(found("“the first step”"), Some("The *first* step"));
        assert_eq!(found("first step of the cycle"), Some("first* step – of\nthe Cycle"));
        assert_eq!(found("second step"), None);
        assert_eq!(found(" … "), None);
        let parts: Vec<&str> = Words::of(text).find_parts("The first step … releases CO₂").into_iter().map(|range| &text[range]).collect();
        assert_eq!(parts, ["The *first* step", "releases CO₂"]);
    }
}
