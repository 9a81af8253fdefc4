//! Finds the excerpt of a text that matches a query best, and marks the matches.

use std::ops::Range;

use super::{
    query::{Query, Term},
    tokens::{Kind, tokens},
};

/// The characters around a match.
const BEGIN: char = '\u{2}';
const END: char = '\u{3}';
/// Length of an excerpt: a word counts 5, a character that is a word counts 2.
const ROOM: usize = 120;
const OF_WORD: usize = 5;
const OF_UNSPACED: usize = 2;
/// Maximum number of characters of one stretch without spaces, and of an excerpt.
const LONGEST: usize = 300;
const LONGEST_PLACE: usize = 2_000;
/// Maximum number of marked matches in a text.
const MOST_MARKS: usize = 1_000;

/// A match.
struct Mark {
    at: Range<usize>,
    /// Index of the word at which it starts.
    word: usize,
    /// Index of the term.
    term: usize,
}

/// A text, and its matches.
#[derive(Default)]
struct Found {
    words: Vec<Range<usize>>,
    sizes: Vec<u8>,
    marks: Vec<Mark>,
}

/// Returns a whole text with its matches marked, between U+0002 and U+0003.
pub fn highlight(query: &Query, text: &str, within_words: bool) -> String {
    marked(text, 0..text.len(), &found(query, text, within_words).marks)
}

/// Returns the part of a text that contains most matches, with the matches marked. An ellipsis replaces what is left out.
pub fn snippet(query: &Query, text: &str, within_words: bool) -> String {
    let found = found(query, text, within_words);
    let (first, last) = window(&found);
    let begin = if first == 0 { 0 } else { found.words[first].start };
    let end = found.words.get(last).map_or(text.len(), |next| found.words[..last].last().map_or(next.start, |word| word.end));
    let mut shown = marked(text, begin..end, &found.marks);
    if begin > 0 {
        shown.insert(0, '…');
    }
    if end < text.len() {
        shown.push('…');
    }
    shown
}

fn found(query: &Query, text: &str, within_words: bool) -> Found {
    let mut found = Found::default();
    let mut phrases = Phrases::new(&query.terms);
    tokens(text, |token| {
        if token.kind == Kind::Word {
            found.words.push(token.at.clone());
            found.sizes.push(u8::try_from(if token.is_unspaced { OF_UNSPACED } else { OF_WORD }).unwrap_or(u8::MAX));
            phrases.word(token.text, found.words.len() - 1, |term, first, last| {
                let at = found.words[first].start..found.words[last].end;
                found.mark(Mark { at, word: first, term });
            });
        }
        let is_it = |term: &Term| {
            term.is(token.text)
                || (within_words && token.kind == Kind::Word && term.words.iter().any(|word| token.text.contains(word.as_str())))
        };
        if let Some(term) = query.terms.iter().position(is_it) {
            let word = found.words.partition_point(|word| word.start < token.at.start);
            found.mark(Mark { at: token.at, word, term });
        }
    });
    found.marks.sort_by_key(|mark| (mark.at.start, mark.at.end));
    found
}

impl Found {
    fn mark(&mut self, mark: Mark) {
        if self.marks.len() < MOST_MARKS {
            self.marks.push(mark);
        }
    }
}

impl Term {
    /// Returns whether a single token matches the term or one of its signs.
    fn is(&self, token: &str) -> bool {
        let word = match self.words.as_slice() {
            [word] if self.signs.is_empty() => Some(word),
            _ => None,
        };
        word.into_iter().chain(&self.others).chain(&self.signs).any(|wanted| equals(token, wanted, self.is_prefix))
    }
}

fn equals(token: &str, wanted: &str, is_prefix: bool) -> bool {
    if is_prefix { token.starts_with(wanted) } else { token == wanted }
}

/// Terms of several words, and how far each is matched. Each word is compared only once for each length of a partial match.
struct Phrases<'a> {
    terms: Vec<(usize, &'a Term)>,
    /// For each term, the word indexes at which a partial match starts.
    begun: Vec<Vec<usize>>,
}

impl<'a> Phrases<'a> {
    fn new(terms: &'a [Term]) -> Self {
        let terms: Vec<_> = terms.iter().enumerate().filter(|(_, term)| term.words.len() > 1).collect();
        Self { begun: vec![Vec::new(); terms.len()], terms }
    }

    fn word(&mut self, text: &str, number: usize, mut complete: impl FnMut(usize, usize, usize)) {
        for ((n, term), begun) in self.terms.iter().zip(&mut self.begun) {
            begun.push(number);
            begun.retain(|first| {
                let at = number - first;
                let is_last = at + 1 == term.words.len();
                let goes_on = equals(text, &term.words[at], is_last && term.is_prefix);
                if goes_on && is_last {
                    complete(*n, *first, number);
                }
                goes_on && !is_last
            });
        }
    }
}

/// Returns the range of words in the excerpt: around the most terms that are close to each other.
fn window(found: &Found) -> (usize, usize) {
    let count = found.words.len();
    let size = |n: usize| usize::from(found.sizes[n]);
    let (mut best, mut most) = (0..0, 0);
    let mut end = 0;
    for (n, mark) in found.marks.iter().enumerate() {
        end = end.max(n);
        while end < found.marks.len() && found.marks[end].word < mark.word + ROOM / OF_WORD {
            end += 1;
        }
        let near = &found.marks[n..end.min(n + 64)];
        let mut terms: Vec<usize> = near.iter().map(|mark| mark.term).collect();
        terms.sort_unstable();
        terms.dedup();
        if terms.len() > most {
            (best, most) = (mark.word..near.last().map_or(mark.word, |last| last.word) + 1, terms.len());
        }
        if most > 11 {
            break;
        }
    }
    let (mut first, mut last) = (best.start.min(count), best.start.min(count));
    let mut room = ROOM;
    while last < best.end.min(count) && room >= size(last) {
        room -= size(last);
        last += 1;
    }
    // Divide the remaining space between both sides.
    loop {
        let before = (first, last);
        if first > 0 && room >= size(first - 1) {
            first -= 1;
            room -= size(first);
        }
        if last < count && room >= size(last) {
            room -= size(last);
            last += 1;
        }
        if before == (first, last) {
            return (first, last);
        }
    }
}

fn marked(text: &str, range: Range<usize>, marks: &[Mark]) -> String {
    let mut shown = String::new();
    let mut at = range.start;
    for mark in marks {
        let (begin, end) = (mark.at.start.max(at), mark.at.end.min(range.end));
        if begin >= end {
            continue;
        }
        push(&mut shown, &text[at..begin]);
        // Overlapping or adjacent marks are merged.
        if begin == at && shown.ends_with(END) {
            shown.pop();
        } else {
            shown.push(BEGIN);
        }
        push(&mut shown, &text[begin..end]);
        shown.push(END);
        at = end;
    }
    push(&mut shown, &text[at..range.end]);
    shown
}

/// Appends a part of a text, without the marking characters, and with very long stretches shortened.
fn push(shown: &mut String, piece: &str) {
    let (mut run, mut all) = (0, shown.chars().count());
    for c in piece.chars().filter(|c| !matches!(*c, BEGIN | END)) {
        run = if c.is_whitespace() { 0 } else { run + 1 };
        all += 1;
        match run {
            _ if all > LONGEST_PLACE => break,
            0..LONGEST => shown.push(c),
            LONGEST => shown.push('…'),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use holdfast_testing::{WORST, assert_linear};

    use super::*;
    use crate::fulltext::Document;

    fn shown(query: &str, text: &str) -> String {
        snippet(&Query::parse(query).unwrap(), text, false).replace(BEGIN, "[").replace(END, "]")
    }

    #[test]
    fn what_was_found_is_marked_in_the_text_itself() {
        for (query, text, expected) in [
            ("tides", "How do the TIDES work?", "How do the [TIDES] work?"),
            ("cafe", "Le cafe\u{301} est là", "Le [cafe\u{301}] est là"),
            ("学习", "关于机器学习的书", "关于机器[学习]的书"),
            ("书 学习", "借几本书学习", "借几本[书学习]"),
            ("ดี", "อากาศดีมาก", "อากาศ[ดี]มาก"),
            ("strasse", "Die Straße.", "Die [Straße]."),
            ("dont", "Don’t panic", "[Don’t] panic"),
            ("c++", "C and C++.", "C and [C++]."),
            ("🎉", "a 🎉!", "a [🎉]!"),
            ("🎉", "🎉", "[🎉]"),
            ("\"b c\"", "b a b c b", "b a [b c] b"),
            ("repository", "the UserRepository", "the [UserRepository]"),
            ("email", "an e-mail", "an [e-mail]"),
            ("x -y", "x z", "[x] z"),
            ("zz", "nothing", "nothing"),
        ] {
            assert_eq!(shown(query, text), expected, "{query} in {text}");
        }
        let query = Query::parse("tür").unwrap();
        assert_eq!(highlight(&query, "die Haustür", true), "die \u{2}Haustür\u{3}");
    }

    #[test]
    fn the_place_with_most_of_it_is_shown() {
        let text = format!("moon {} the moon and the water {}", "word ".repeat(50), "more ".repeat(50));
        let place = shown("moon water", &text);
        assert!(place.starts_with("…word") && place.contains("the [moon] and the [water]") && place.ends_with("more…"), "{place}");
        assert_eq!(place.split_whitespace().count(), 24);
        assert_eq!(shown("的", &"的".repeat(500)).chars().count(), 63);
    }

    #[test]
    fn a_place_takes_no_longer_and_is_no_longer_than_it_has_to() {
        for (query, text) in [
            ("x", "x".repeat(250_000)),
            ("x*", "x ".repeat(100_000)),
            ("\"x x x x x x x x x x x\"", "x ".repeat(100_000)),
            ("的的的的", "的".repeat(100_000)),
            ("🎉", "🎉".repeat(50_000)),
            ("🎉", "🎉 ".repeat(50_000)),
            ("a b", format!("a{}b", " ".repeat(100_000))),
            ("a b c d e f g h i j k l", "a b c d e f ".repeat(20_000)),
        ] {
            let place = shown(query, &text);
            assert!(place.len() < 12_000, "{query}: {}", place.len());
        }
    }

    #[test]
    fn a_place_takes_time_in_proportion_to_its_text() {
        let queries = ["x", "\"x x x x x x x x x x x x\"", "a b c 的的 🎉 c++ don't äöü*"];
        for query in queries.map(|query| Query::parse(query).unwrap()) {
            for parts in WORST {
                assert_linear("a snippet", parts, |text| assert!(snippet(&query, text, false).len() < 16_000));
            }
        }
    }

    #[test]
    fn all_words_and_their_marks_take_time_in_proportion_to_the_text() {
        let query = Query::parse("haus").unwrap();
        for parts in WORST {
            assert_linear("all marks", parts, |text| assert!(highlight(&query, text, true).len() < 16_000));
            assert_linear("a document", parts, |text| {
                let document = Document::of(text);
                let bytes = document.content.len() + document.extra.len() + document.parts.len();
                assert!(bytes < 32 * text.len() + 1_000, "{parts:?}: {bytes} of {}", text.len());
                assert!(longest_word(&document) <= 1_000, "{parts:?}: {}", longest_word(&document));
            });
        }
    }

    fn longest_word(document: &Document) -> usize {
        [&document.content, &document.extra, &document.parts]
            .iter()
            .flat_map(|words| words.split(' '))
            .map(str::len)
            .max()
            .unwrap_or_default()
    }
}
