//! What the indexes hold of one text.

use std::collections::HashSet;

use super::tokens::{Kind, tokens};

/// Words whose ends are found too have so many letters at least, of which so many come before the end.
const LONG: usize = 6;
const BEFORE: usize = 3;
/// Letters that an end has at least.
pub(super) const SHORTEST_PART: usize = 3;
/// What is longer is no word.
const LONGEST: usize = 40;

/// A text as the indexes hold it: words with spaces between them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// Its words, in order.
    pub content: String,
    /// What is found besides them, each once.
    pub extra: String,
    /// All words, each once, and the ends of the longer ones.
    pub parts: String,
}

impl Document {
    /// What the indexes hold of `text`.
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
