//! Sentences, headings and lines: what a passage is made of.

use std::ops::Range;

use holdfast_protocol::materials::Page;

/// What is not divided.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub(super) range: Range<usize>,
    pub(super) words: usize,
    pub(super) tokens: usize,
    /// Its level, if it is a heading.
    pub(super) heading: Option<u8>,
    pub(super) starts_paragraph: bool,
}

/// Divides the text of a page. A unit has at most `most` tokens.
pub(super) fn units(page: &Page, by_lines: bool, most: usize) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut add = |range: Range<usize>, heading, mut starts_paragraph| {
        for range in pieces(&page.text, range, most) {
            let text = &page.text[range.clone()];
            units.push(Unit { range, words: count(text), tokens: text.split_whitespace().map(tokens).sum(), heading, starts_paragraph });
            starts_paragraph = false;
        }
    };
    if by_lines {
        let mut at = 0;
        for line in page.text.split('\n') {
            if !line.trim().is_empty() {
                add(at..at + line.len(), None, at > 0 && page.text[..at].ends_with("\n\n"));
            }
            at += line.len() + 1;
        }
        return units;
    }
    let mut at = 0;
    for paragraph in page.text.split("\n\n") {
        let range = at..at + paragraph.len();
        at = range.end + 2;
        let heading = page.headings.iter().find(|heading| (heading.start as usize) < range.end && (heading.end as usize) > range.start);
        if paragraph.trim().is_empty() {
            continue;
        }
        match heading {
            Some(heading) => add(range, Some(heading.level), true),
            None => {
                for (index, sentence) in sentences(&page.text, range).into_iter().enumerate() {
                    add(sentence, None, index == 0);
                }
            }
        }
    }
    units
}

/// Divides a paragraph after the ends of sentences.
fn sentences(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let (mut start, mut word) = (range.start, range.start);
    for (at, c) in text[range.clone()].char_indices() {
        let after = range.start + at + c.len_utf8();
        if c.is_whitespace() {
            word = after;
            continue;
        }
        let is_end = match c {
            '。' | '！' | '？' => true,
            '.' | '!' | '?' | '…' => {
                let mut rest = text[after..range.end].chars();
                rest.next().is_some_and(char::is_whitespace)
                    && rest.find(|c| !c.is_whitespace()).is_none_or(|next| !next.is_lowercase())
                    && !(c == '.' && is_abbreviation(&text[word..after - 1]))
            }
            _ => false,
        };
        if is_end {
            sentences.push(start..after);
            start = after + text[after..range.end].chars().take_while(|c| c.is_whitespace()).map(char::len_utf8).sum::<usize>();
        }
    }
    if start < range.end {
        sentences.push(start..range.end);
    }
    sentences
}

fn is_abbreviation(word: &str) -> bool {
    let word = word.trim_start_matches(['(', '[', '"', '„', '“']);
    word.chars().count() == 1
        || word.contains('.')
        || matches!(
            word.to_lowercase().as_str(),
            "dr" | "mr"
                | "mrs"
                | "ms"
                | "prof"
                | "st"
                | "vs"
                | "cf"
                | "fig"
                | "no"
                | "nr"
                | "bzw"
                | "ca"
                | "vgl"
                | "abb"
                | "usw"
                | "sog"
                | "bsp"
        )
}

/// Divides what has too many tokens, between words where that is possible.
fn pieces(text: &str, range: Range<usize>, most: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let (mut start, mut end, mut sum) = (range.start, range.start, 0);
    let mut at = range.start;
    for part in text[range.clone()].split_inclusive(char::is_whitespace) {
        for piece in word_pieces(part, most) {
            let tokens = tokens(piece.trim_end());
            if sum + tokens > most && end > start {
                pieces.push(start..end);
                (start, sum) = (at, 0);
            }
            sum += tokens;
            if !piece.trim_end().is_empty() {
                end = at + piece.trim_end().len();
            }
            at += piece.len();
        }
    }
    if end > start {
        pieces.push(start..end);
    }
    pieces
}

/// Divides a word, such as a line of Chinese, that alone has too many tokens.
fn word_pieces(word: &str, most: usize) -> Vec<&str> {
    if tokens(word.trim_end()) <= most {
        return vec![word];
    }
    let mut pieces = Vec::new();
    let mut rest = word;
    while !rest.is_empty() {
        let end = rest.char_indices().nth(most / 2).map_or(rest.len(), |(at, _)| at);
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// Counts words. Two characters of a script without spaces count as one word.
fn count(text: &str) -> usize {
    text.split_whitespace().map(|word| word.chars().filter(|c| is_alone(*c)).count().div_ceil(2).max(1)).sum()
}

/// Estimates the tokens of a word, rather too many: models divide long words, foreign scripts and signs.
pub(super) fn tokens(word: &str) -> usize {
    let (mut ascii, mut other, mut single) = (0_usize, 0_usize, 0_usize);
    for c in word.chars() {
        match c {
            c if c.is_ascii_alphabetic() => ascii += 1,
            c if is_alone(c) || c.is_ascii_digit() || !c.is_alphabetic() => single += 1,
            _ => other += 1,
        }
    }
    ascii.div_ceil(5) + other.div_ceil(3) + single
}

fn is_alone(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff01}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}
