//! Splits a text into words and other searchable tokens, in one pass.

use std::ops::Range;

use super::folding::{Class, class, fold, is_flag_letter, joined, plain, second_spelling};

/// Maximum number of characters of a word. Nobody types more, and longer stretches are data.
const LONGEST: usize = 64;
/// Maximum number of parts of a word (`e-mail`, `1,000.50`) that are joined in every combination; longer words are joined only as a
/// whole.
const JOINED_ALL: usize = 4;
const JOINED_WHOLE: usize = 8;
/// Maximum number of bytes between two parts of a word.
const GAP: usize = 4;

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word; its position counts.
    Word,
    /// Several words joined to one: `dont` for `don't`, `email` for `e-mail`.
    Joined,
    /// Another spelling of a word: `mueller` for `Müller`.
    Spelled,
    /// A part of a name in mixed case: `repository` in `UserRepository`.
    Part,
    /// A word together with its signs: `c++`, `.net`, `50%`.
    Signed,
    /// A sign on its own: 🎉, €.
    Sign,
}

/// A token and its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// Its normalized form: letters, digits, marks and signs; no spaces.
    pub text: &'a str,
    /// The byte range in the text that it stands for.
    pub at: Range<usize>,
    /// Its kind.
    pub kind: Kind,
    /// Whether it belongs to a script without spaces.
    pub is_unspaced: bool,
}

/// Passes the tokens of a text to `take`, in order, except for tokens that stand for several words.
pub(super) fn tokens(text: &str, take: impl FnMut(Token<'_>)) {
    let mut tokenizer = Tokenizer {
        source: text,
        take,
        word: String::new(),
        letters: 0,
        at: 0..0,
        is_unspaced: false,
        second: String::new(),
        has_second: false,
        spelled: 0,
        upper: Vec::new(),
        was_lower: false,
        was_upper: false,
        flag: None,
        chain: Chain::default(),
    };
    for (at, c) in text.char_indices() {
        tokenizer.character(at, c);
    }
    tokenizer.end_word();
    tokenizer.end_chain();
}

struct Tokenizer<'a, T> {
    source: &'a str,
    take: T,
    word: String,
    letters: usize,
    at: Range<usize>,
    is_unspaced: bool,
    /// The word in its second spelling, if it has one.
    second: String,
    has_second: bool,
    /// Index of the letter whose spelling was replaced last; only the first of several accents counts.
    spelled: usize,
    /// Positions in the word where parts of a name in mixed case start.
    upper: Vec<usize>,
    was_lower: bool,
    was_upper: bool,
    /// The first half of a flag, and its position.
    flag: Option<(char, usize)>,
    chain: Chain,
}

/// Consecutive words that can be joined.
#[derive(Default)]
struct Chain {
    text: String,
    /// For each word, its end in `text` and its position in the source.
    words: Vec<(usize, Range<usize>)>,
    is_too_long: bool,
}

impl<T: FnMut(Token<'_>)> Tokenizer<'_, T> {
    fn character(&mut self, at: usize, c: char) {
        let end = at + c.len_utf8();
        // An apostrophe that Unicode classifies as a letter.
        if plain(c) == '\'' {
            return self.end_word();
        }
        if c.is_uppercase() {
            let begins_part = self.was_lower || (self.was_upper && self.next_is_lower(end));
            if begins_part && !self.word.is_empty() && self.upper.len() < JOINED_WHOLE {
                self.upper.push(self.word.len());
            }
        }
        fold(c, |folded| self.folded(folded, at..end));
        (self.was_lower, self.was_upper) = (c.is_lowercase(), c.is_uppercase());
    }

    fn next_is_lower(&self, at: usize) -> bool {
        self.source[at..].chars().next().is_some_and(char::is_lowercase)
    }

    fn folded(&mut self, c: char, at: Range<usize>) {
        if !self.word.is_empty()
            && let Some(last) = self.word.chars().next_back()
            && let Some(one) = joined(last, c)
        {
            self.word.pop();
            self.word.push(one);
            self.at.end = at.end;
            return;
        }
        match class(c) {
            Class::Word => {
                if self.is_unspaced {
                    self.end_word();
                }
                self.begin_or_go_on(c, at);
            }
            Class::Unspaced => {
                self.end_word();
                self.is_unspaced = true;
                self.begin_or_go_on(c, at);
            }
            Class::Mark if self.word.is_empty() => {}
            Class::Mark => self.begin_or_go_on(c, at),
            Class::Accent => {
                if let Some(base) = self.word.chars().next_back() {
                    if let Some(spelling) = second_spelling(base, c).filter(|_| self.spelled != self.letters) {
                        self.spelled = self.letters;
                        self.second.pop();
                        self.second.push_str(spelling);
                        self.has_second = true;
                    }
                    self.at.end = at.end;
                }
            }
            Class::Nothing => {}
            Class::Gap => self.end_word(),
            Class::Sign => {
                self.end_word();
                self.sign(c, at);
            }
        }
    }

    fn begin_or_go_on(&mut self, c: char, at: Range<usize>) {
        if self.word.is_empty() {
            if !self.chain.words.is_empty() && !self.goes_on(at.start, c) {
                self.end_chain();
            }
            (self.at, self.letters, self.spelled) = (at.clone(), 0, 0);
        }
        self.at.end = at.end;
        if self.letters < LONGEST {
            self.letters += 1;
            self.word.push(c);
            // ø has a second spelling, although Unicode does not decompose it.
            if matches!(self.source[at].chars().next(), Some('ø' | 'Ø')) {
                self.second.push_str("oe");
                self.has_second = true;
            } else {
                self.second.push(c);
            }
        }
    }

    /// Returns whether the word that starts here continues the one before: `e-mail`, `don't`, `**bold**text`, `1,000`.
    fn goes_on(&self, at: usize, first: char) -> bool {
        let Some((end, before)) = self.chain.words.last() else { return false };
        // There is no gap between two words from one character (½).
        let Some(gap) = self.source.get(before.end..at) else { return false };
        if gap.len() > GAP || self.is_unspaced {
            return false;
        }
        let plain: String = gap.chars().filter(|c| class(*c) != Class::Nothing).map(plain).collect();
        let last_is_digit = self.chain.text[..*end].ends_with(|c: char| c.is_numeric());
        match plain.as_str() {
            "-" | "'" | "_" | "__" | "." | "*" | "**" | "***" | "~~" | "·" => true,
            "," | "\u{a0}" | "\u{202f}" | "\u{2009}" => last_is_digit && first.is_numeric(),
            _ => false,
        }
    }

    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let (word, second) = (std::mem::take(&mut self.word), std::mem::take(&mut self.second));
        let (at, is_unspaced) = (self.at.clone(), std::mem::take(&mut self.is_unspaced));
        self.give(&word, at.clone(), Kind::Word, is_unspaced);
        if std::mem::take(&mut self.has_second) {
            self.give(&second, at.clone(), Kind::Spelled, false);
        }
        if is_unspaced {
            self.end_chain();
        } else {
            self.parts(&word, &at);
            self.signed(&word, &at);
            self.chain.add(&word, at);
        }
        self.upper.clear();
        (self.was_lower, self.was_upper) = (false, false);
        // Reuse their memory.
        (self.word, self.second) = (word, second);
        self.word.clear();
        self.second.clear();
    }

    fn parts(&mut self, word: &str, at: &Range<usize>) {
        if self.upper.is_empty() {
            return;
        }
        let mut bounds = std::mem::take(&mut self.upper);
        bounds.push(word.len());
        let mut begin = 0;
        for end in bounds.drain(..) {
            if let Some(part) = word.get(begin..end).filter(|part| part.chars().nth(1).is_some()) {
                self.give(part, at.clone(), Kind::Part, false);
            }
            begin = end;
        }
        self.upper = bounds;
    }

    /// Emits the word together with the signs before or after it.
    fn signed(&mut self, word: &str, at: &Range<usize>) {
        let mut before = self.source[..at.start].chars().rev().map(plain);
        let (sign, earlier) = (before.next(), before.next());
        let follows_word = earlier.is_some_and(char::is_alphanumeric);
        let is_number = word.starts_with(|c: char| c.is_numeric());
        let leads = match sign {
            Some('.') => earlier != Some('.') && !is_number,
            Some('@') => true,
            Some('#' | '$') => !follows_word && earlier != sign,
            _ => false,
        };
        if let Some(sign) = sign.filter(|_| leads) {
            self.give(&format!("{sign}{word}"), at.start - self.sign_len(at.start)..at.end, Kind::Signed, false);
        }
        let run: Vec<char> = self.source[at.end..].chars().take(4).take_while(|c| matches!(plain(*c), '+' | '#' | '%')).collect();
        let Some(first) = run.first().copied().map(plain) else { return };
        let end = at.end + run.iter().map(|c| c.len_utf8()).sum::<usize>();
        let next_is_word = self.source[end..].chars().next().is_some_and(char::is_alphanumeric);
        let trails = run.len() <= 3
            && run.iter().all(|c| plain(*c) == first)
            && match first {
                '%' => run.len() == 1 && word.ends_with(|c: char| c.is_numeric()),
                '+' => run.len() > 1 || !next_is_word,
                _ => !next_is_word,
            };
        if trails {
            let signs: String = run.into_iter().map(plain).collect();
            self.give(&format!("{word}{signs}"), at.start..end, Kind::Signed, false);
        }
    }

    fn sign_len(&self, end: usize) -> usize {
        self.source[..end].chars().next_back().map_or(0, char::len_utf8)
    }

    fn sign(&mut self, c: char, at: Range<usize>) {
        let mut text = [0; 8];
        if !is_flag_letter(c) {
            return self.give(c.encode_utf8(&mut text), at, Kind::Sign, false);
        }
        match self.flag.take() {
            Some((first, begin)) if begin + first.len_utf8() == at.start => {
                let flag: String = [first, c].into_iter().collect();
                self.give(&flag, begin..at.end, Kind::Sign, false);
            }
            _ => self.flag = Some((c, at.start)),
        }
    }

    fn end_chain(&mut self) {
        let chain = std::mem::take(&mut self.chain);
        let count = chain.words.len();
        if count > 1 && !chain.is_too_long {
            for first in 0..count {
                for last in first + 1..count {
                    if count <= JOINED_ALL || (first, last) == (0, count - 1) {
                        let begin = if first == 0 { 0 } else { chain.words[first - 1].0 };
                        let at = chain.words[first].1.start..chain.words[last].1.end;
                        self.give(&chain.text[begin..chain.words[last].0], at, Kind::Joined, false);
                    }
                }
            }
        }
        self.chain = chain;
        self.chain.clear();
    }

    fn give(&mut self, text: &str, at: Range<usize>, kind: Kind, is_unspaced: bool) {
        (self.take)(Token { text, at, kind, is_unspaced });
    }
}

impl Chain {
    fn add(&mut self, word: &str, at: Range<usize>) {
        if self.words.len() == JOINED_WHOLE || self.text.len() + word.len() > 2 * LONGEST {
            self.is_too_long = true;
            // The last word tells whether the next one continues it.
            self.clear_words();
        }
        self.text.push_str(word);
        self.words.push((self.text.len(), at));
    }

    fn clear_words(&mut self) {
        self.text.clear();
        self.words.clear();
    }

    fn clear(&mut self) {
        self.clear_words();
        self.is_too_long = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, kinds: &[Kind]) -> String {
        let mut found = Vec::new();
        tokens(text, |token| {
            assert!(text.get(token.at.clone()).is_some(), "{text}: {token:?}");
            if kinds.contains(&token.kind) {
                found.push(token.text.to_owned());
            }
        });
        found.join(" ")
    }

    #[test]
    fn words() {
        for (text, words) in [
            ("Don't panic: it's the user’s", "don t panic it s the user s"),
            ("我们学习GPT模型", "我 们 学 习 gpt 模 型"),
            ("ที่นี่", "ที่ นี่"),
            ("한국어 \u{1112}\u{1161}\u{11ab}", "한 국 어 한"),
            ("ｶﾞﾗｽ ガラス カ\u{3099}", "ガ ラ ス ガ ラ ス ガ"),
            ("hy\u{ad}phen zero\u{200b}width", "hyphen zero width"),
            ("мой и\u{306}од", "мой йод"),
            ("a½b 1,000.50", "a1 2b 1 000 50"),
            ("ʻOkina ﷺ", "okina ﷺ"),
            ("", ""),
            ("\u{301}\u{64b} -- ???", ""),
        ] {
            assert_eq!(all(text, &[Kind::Word]), words, "{text}");
        }
        assert_eq!(all(&"x".repeat(1_000), &[Kind::Word]).len(), LONGEST);
    }

    #[test]
    fn words_that_are_also_written_as_one() {
        for (text, joined) in [
            ("don't re-sync, O’Brien", "dont resync obrien"),
            ("**Bold**text un**believ**able", "boldtext unbeliev unbelievable believable"),
            ("1,000.50 and 2, 3", "1000 100050 00050"),
            ("10\u{202f}000 a\u{a0}b", "10000"),
            ("Node.js. Next", "nodejs"),
            ("我-们 a-我", ""),
            ("a-b-c-d-e", "abcde"),
            ("a-b-c-d-e-f-g-h-i-j-k", ""),
            ("one - two", ""),
        ] {
            assert_eq!(all(text, &[Kind::Joined]), joined, "{text}");
        }
    }

    #[test]
    fn what_signs_make_of_words() {
        for (text, signed) in [
            ("C++ and C#, F#; .NET", "c++ c# f# .net"),
            ("Ｃ＃ C++17 a+b page#part", "c# c++"),
            ("## Title ## #tag #7", "#tag #7"),
            ("$HOME 50% 3.14 ...so notes.txt a@b.com", "$home 50% .txt @b .com"),
            ("C+", "c+"),
        ] {
            assert_eq!(all(text, &[Kind::Signed]), signed, "{text}");
        }
        assert_eq!(all("🎉 👍🏽 👨‍👩‍👧 🇩🇪🇫🇷 ❤️ €5 ™ ┃█", &[Kind::Sign]), "🎉 👍 👨 👩 👧 🇩🇪 🇫🇷 ❤ € ™");
    }

    #[test]
    fn names_in_mixed_case_and_second_spellings() {
        for (text, parts) in
            [("UserRepository HTTPServerError", "user repository http server error"), ("iPhone getID Plain LOUD", "phone get id")]
        {
            assert_eq!(all(text, &[Kind::Part]), parts, "{text}");
        }
        assert_eq!(all("Müller mu\u{308}de Søren Århus été", &[Kind::Spelled]), "mueller muede soeren aarhus");
        assert_eq!(all("a\u{308}\u{308}b\u{308}o\u{308} a\u{30a}\u{30a}\u{308}", &[Kind::Spelled]), "aeboe aa");
    }

    #[test]
    fn what_a_text_may_cost() {
        for piece in ["a-", "a.b", "A", "aB", "'", "**a", "🇩", "\u{308}", "ﷺ", "1,", "+#", "é"] {
            let text = piece.repeat(200_000 / piece.len());
            let mut bytes = 0;
            tokens(&text, |token| bytes += token.text.len());
            assert!(bytes < text.len() * 8, "{piece}: {bytes}");
        }
    }
}
