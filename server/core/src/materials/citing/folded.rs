//! A text without what may differ between a quote and its source.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;

/// The characters of a text that count, each with its place in the text.
pub(super) struct Folded {
    chars: Vec<char>,
    /// The range of bytes that a character comes from.
    places: Vec<(u32, u32)>,
    /// Whether a word can start before the character, and end after it.
    starts: Vec<bool>,
    ends: Vec<bool>,
}

impl Folded {
    pub(super) fn new(text: &str) -> Self {
        let mut folded = Self { chars: Vec::new(), places: Vec::new(), starts: Vec::new(), ends: Vec::new() };
        // Whether white space was between this character and the last that counts; the last one of the text.
        let (mut is_apart, mut before) = (true, ' ');
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map_or(' ', |(_, c)| *c);
            let kept = match c {
                c if c.is_alphanumeric() || is_mark(c) => true,
                c if c.is_whitespace() => false,
                // A decimal sign, a sign before a number, and what stands between two numbers.
                '.' | ',' | ':' | '/' => before.is_ascii_digit() && next.is_ascii_digit(),
                c if is_dash(c) => next.is_ascii_digit() && !before.is_alphabetic(),
                '"' | '\'' | '`' | '´' | '(' | ')' | '[' | ']' | '{' | '}' | '!' | '?' | ';' | '*' | '_' | '|' | '\\' => false,
                c => !is_punctuation(c),
            };
            if kept {
                let is_digit_again = is_apart && c.is_ascii_digit() && folded.chars.last().is_some_and(char::is_ascii_digit);
                let place = (to_u32(at), to_u32(at + c.len_utf8()));
                if is_digit_again {
                    folded.push(' ', place, false); // 1 5 is not 15
                }
                let is_start = is_apart || !before.is_alphanumeric() || is_alone(c) || is_alone(before);
                let end = !next.is_alphanumeric() || is_alone(next) || is_alone(c);
                let c = if is_dash(c) { '-' } else { c };
                let first = folded.chars.len();
                for c in std::iter::once(c).nfkc().flat_map(char::to_lowercase).filter(|c| !c.is_whitespace()) {
                    folded.push(c, place, false);
                }
                if let Some(start) = folded.starts.get_mut(first) {
                    *start = is_start;
                }
                if folded.chars.len() > first
                    && let Some(last) = folded.ends.last_mut()
                {
                    *last = end;
                }
                is_apart = false;
            } else {
                is_apart |= c.is_whitespace();
            }
            before = c;
        }
        folded
    }

    fn push(&mut self, c: char, place: (u32, u32), is_border: bool) {
        self.chars.push(c);
        self.places.push(place);
        self.starts.push(is_border);
        self.ends.push(is_border);
    }

    /// Number of letters and digits. A character that is a word counts twice.
    pub(super) fn letters(&self) -> usize {
        self.chars.iter().filter(|c| c.is_alphanumeric()).map(|c| if is_alone(*c) { 2 } else { 1 }).sum()
    }

    /// Finds another text in this one, as whole words, from a position on. Returns its range in bytes and the position after it.
    pub(super) fn find(&self, part: &Self, from: usize) -> Option<(Range<usize>, usize)> {
        let len = part.chars.len();
        let first = *part.chars.first()?;
        (from..(self.chars.len() + 1).checked_sub(len)?).find_map(|at| {
            let is_here =
                self.chars[at] == first && self.starts[at] && self.ends[at + len - 1] && self.chars[at..at + len] == part.chars[..];
            is_here.then(|| (self.places[at].0 as usize..self.places[at + len - 1].1 as usize, at + len))
        })
    }
}

fn to_u32(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// An accent that is a character of its own.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn is_punctuation(c: char) -> bool {
    matches!(c, '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{3003}' | '\u{3008}'..='\u{301f}' | '\u{fe30}'..='\u{fe4f}' | '«' | '»' | '·' | '¡' | '¿' | '！' | '，' | '．' | '：' | '；' | '？' | '（' | '）' | '\u{25a0}'..='\u{25ff}' | '\u{feff}')
        || is_dash(c)
}

/// Returns whether a character is written without spaces between words.
fn is_alone(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}
