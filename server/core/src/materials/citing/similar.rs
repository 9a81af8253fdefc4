//! Quotes of a page whose characters were not all recognized right.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;

/// Minimum number of words of a quote that may differ from the page.
const WORDS: usize = 8;

/// One of this number of words may differ.
const ONE_OF: usize = 10;

/// Minimum number of letters of a word that may differ.
const LETTERS: usize = 6;

struct Word {
    text: String,
    range: Range<usize>,
}

/// Finds a quote whose words stand in the text in the same order, all but a few of them exactly. Returns its range in bytes.
pub(super) fn find(quote: &str, text: &str) -> Option<Range<usize>> {
    let quote = words(quote);
    let page = words(text);
    if quote.len() < WORDS {
        return None;
    }
    let most = quote.len().div_ceil(ONE_OF);
    page.windows(quote.len()).find_map(|window| {
        let mut differ = 0;
        for (said, stands) in quote.iter().zip(window) {
            if said.text != stands.text {
                differ += 1;
                if differ > most || !is_similar(&said.text, &stands.text) {
                    return None;
                }
            }
        }
        Some(window.first()?.range.start..window.last()?.range.end)
    })
}

fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    // A word that is divided at the end of a line goes on in the next.
    let mut is_open = false;
    let mut at = 0;
    for part in text.split_inclusive(char::is_whitespace) {
        let range = at..at + part.trim_end().len();
        at += part.len();
        let text: String = part.nfkc().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect();
        if text.is_empty() {
            continue;
        }
        match words.last_mut() {
            Some(last) if is_open => {
                last.text.push_str(&text);
                last.range.end = range.end;
            }
            _ => words.push(Word { text, range }),
        }
        is_open = part.ends_with('\n') && part.trim_end().ends_with(['-', '\u{ad}', '\u{2010}']);
    }
    words
}

/// Returns whether two long words differ by one letter that is neither the first nor the last, and no digit.
fn is_similar(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    if short.len() < LETTERS || long.len() - short.len() > 1 || a.iter().chain(&b).any(|c| c.is_numeric()) {
        return false;
    }
    let same_start = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let same_end = short.iter().rev().zip(long.iter().rev()).take_while(|(a, b)| a == b).count();
    same_start >= 1 && same_end >= 1 && same_start + same_end >= long.len() - 1
}
