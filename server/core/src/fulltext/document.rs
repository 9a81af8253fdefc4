//! The index entries of a text.

use std::collections::HashSet;

use super::tokens::{Kind, tokens};

/// Words whose endings are indexed have at least this many letters; an ending starts after at least this many letters.
const LONG: usize = 6;
const BEFORE: usize = 3;
/// Minimum length of an indexed ending, letters.
pub(super) const SHORTEST_PART: usize = 3;
/// Longer words are not indexed.
const LONGEST: usize = 40;

/// The index entries of a text: words, separated by spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// The words of the text, in order.
    pub content: String,
    /// Additional forms under which the text is found, without duplicates.
    pub extra: String,
    /// All words, without duplicates, and the endings of the longer ones.
    pub parts: String,
}

impl Document {
    /// Returns the index entries of `text`.
    pub fn of(text: &str) -> Self {
        let mut document = Self { content: String::with_capacity(text.len()), ..Self::default() };
        let (mut extra, mut parts) = (HashSet::new(), HashSet::new());
        tokens(text, |token| {
            if token.kind == Kind::Word {
                push(&mut document.content, token.text);
            } else if !extra.contains(token.text) {
                extra.insert(token.text.to_owned());
                push(&mut document.extra, token.text);
            }
            if matches!(token.kind, Kind::Word | Kind::Joined | Kind::Spelled) && !token.is_unspaced && !parts.contains(token.text) {
                parts.insert(token.text.to_owned());
                add_parts(&mut document.parts, token.text);
            }
        });
        document
    }
}

fn add_parts(parts: &mut String, word: &str) {
    let letters = word.chars().count();
    if letters >= SHORTEST_PART {
        push(parts, word);
    }
    if !(LONG..=LONGEST).contains(&letters) || word.contains(|c: char| c.is_numeric()) {
        return;
    }
    for (at, _) in word.char_indices().skip(BEFORE).take(letters - BEFORE - SHORTEST_PART + 1) {
        push(parts, &word[at..]);
    }
}

fn push(words: &mut String, word: &str) {
    if !words.is_empty() {
        words.push(' ');
    }
    words.push_str(word);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_words_and_what_they_are_found_by() {
        let document = Document::of("Die Haustür: don't use C++, C++!");
        assert_eq!(document.content, "die haustur don t use c c");
        assert_eq!(document.extra, "haustuer dont c++");
        assert_eq!(document.parts, "die haustur stur tur haustuer stuer tuer uer don dont use");
    }
}
