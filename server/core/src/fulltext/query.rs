//! Parses search queries.

use super::{
    document::SHORTEST_PART,
    tokens::{Kind, tokens},
};

/// Maximum number of terms.
const MOST_TERMS: usize = 12;
/// Maximum number of words of a phrase, and of signs of a term.
const MOST_WORDS: usize = 32;
/// Maximum number of characters of a query; the rest is ignored.
const LONGEST: usize = 200;

/// A query: terms that a text must contain, and terms that it must not contain.
#[derive(Debug, PartialEq, Eq)]
pub struct Query {
    pub(super) terms: Vec<Term>,
    without: Vec<Term>,
}

/// A term: text between spaces, or in quotation marks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Term {
    /// Its words, which must follow each other.
    pub words: Vec<String>,
    /// Other spellings of the whole term.
    pub others: Vec<String>,
    /// Further tokens that a text must contain: words with signs, emoji.
    pub signs: Vec<String>,
    /// Whether the last word may be the beginning of a word.
    pub is_prefix: bool,
}

/// A part of the query.
struct Stretch<'a> {
    text: &'a str,
    is_excluded: bool,
    /// Whether it was in quotation marks that were closed.
    is_closed: bool,
}

impl Query {
    /// Parses a query. Returns `None` if it contains nothing that an index could contain.
    ///
    /// Spaces separate terms. Quotation marks join words to a phrase. `-` before a term excludes it, if there are other terms. `*` after
    /// a term makes it a prefix, as the last term is by default.
    pub fn parse(query: &str) -> Option<Self> {
        let end = query.char_indices().nth(LONGEST).map_or(query.len(), |(at, _)| at);
        let stretches = stretches(&query[..end]);
        let count = stretches.len();
        let (mut terms, mut without) = (Vec::new(), Vec::new());
        for (n, stretch) in stretches.into_iter().enumerate() {
            let mut term = Term::of(stretch.text);
            if term.words.is_empty() && term.signs.is_empty() {
                continue;
            }
            term.is_prefix = !stretch.is_closed && (n + 1 == count && !stretch.is_excluded || stretch.text.ends_with('*'));
            if stretch.is_excluded { &mut without } else { &mut terms }.push(term);
        }
        if terms.is_empty() {
            terms.append(&mut without);
        }
        terms.truncate(MOST_TERMS);
        without.truncate(MOST_TERMS);
        (!terms.is_empty()).then_some(Self { terms, without })
    }

    /// Returns the query in the syntax of FTS5, limited to texts of `owner`.
    pub fn words(&self, owner: &str) -> String {
        let all = joined(&self.terms, " AND ");
        let found = format!("owner : \"{owner}\" AND {{content extra}} : ({all})");
        match self.without.as_slice() {
            [] => found,
            without => format!("({found}) NOT {{content extra}} : ({})", joined(without, " OR ")),
        }
    }

    /// Returns the query for the index of word endings, which finds words that contain the terms. Returns `None` if the terms are too
    /// short for that.
    pub fn parts(&self, owner: &str) -> Option<String> {
        if !self.terms.iter().all(Term::can_be_part) {
            return None;
        }
        let words = self.terms.iter().flat_map(|term| &term.words);
        let all: Vec<String> = words.map(|word| format!("\"{word}\" *")).collect();
        let found = format!("\"{owner}\" AND {}", all.join(" AND "));
        let without: Vec<String> = self.without.iter().flat_map(|term| &term.words).map(|word| format!("\"{word}\"")).collect();
        Some(if without.is_empty() { found } else { format!("({found}) NOT ({})", without.join(" OR ")) })
    }
}

fn joined(terms: &[Term], with: &str) -> String {
    terms.iter().map(Term::expression).collect::<Vec<_>>().join(with)
}

impl Term {
    fn of(text: &str) -> Self {
        let mut term = Self::default();
        let (mut all, mut others) = (None::<std::ops::Range<usize>>, Vec::new());
        tokens(text, |token| match token.kind {
            Kind::Word => {
                let begin = all.as_ref().map_or(token.at.start, |all| all.start);
                all = Some(begin..token.at.end);
                term.words.push(token.text.to_owned());
            }
            Kind::Joined | Kind::Spelled => others.push((token.at, token.text.to_owned())),
            Kind::Signed | Kind::Sign => term.signs.push(token.text.to_owned()),
            Kind::Part => {}
        });
        term.words.truncate(MOST_WORDS);
        term.signs.truncate(MOST_WORDS);
        term.others = others.into_iter().filter(|(at, _)| all.as_ref() == Some(at)).map(|(_, text)| text).collect();
        term
    }

    fn can_be_part(&self) -> bool {
        matches!(self.words.as_slice(), [word] if self.signs.is_empty() && word.chars().count() >= SHORTEST_PART)
    }

    fn expression(&self) -> String {
        let end = if self.is_prefix { " *" } else { "" };
        let phrase = Some(self.words.join(" ")).filter(|phrase| !phrase.is_empty());
        let ways: Vec<String> = phrase.iter().chain(&self.others).map(|way| format!("\"{way}\"{end}")).collect();
        let ways = Some(ways.join(" OR ")).filter(|ways| !ways.is_empty()).map(|ways| format!("({ways})"));
        let signs = self.signs.iter().map(|sign| format!("\"{sign}\"{end}"));
        format!("({})", ways.into_iter().chain(signs).collect::<Vec<_>>().join(" AND "))
    }
}

fn is_quotation_mark(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '‟' | '«' | '»' | '＂' | '「' | '」' | '『' | '』')
}

fn stretches(query: &str) -> Vec<Stretch<'_>> {
    let mut stretches = Vec::new();
    let mut rest = query;
    let mut follows_space = true;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let is_excluded = follows_space && c == '-' && excludes(after);
        let body = if is_excluded { after } else { rest };
        let mut opened = body.char_indices().next().filter(|(_, c)| is_quotation_mark(*c));
        if let Some((_, mark)) = opened.take() {
            let inside = &body[mark.len_utf8()..];
            let end = inside.find(is_quotation_mark);
            let text = &inside[..end.unwrap_or(inside.len())];
            stretches.push(Stretch { text, is_excluded, is_closed: end.is_some() });
            rest = end.map_or("", |end| inside[end..].trim_start_matches(is_quotation_mark));
            follows_space = false;
        } else if is_separator(body, 0, c) && !is_excluded {
            rest = after;
            follows_space = true;
        } else {
            let end =
                body.char_indices().find(|(at, c)| is_quotation_mark(*c) || is_separator(body, *at, *c)).map_or(body.len(), |(at, _)| at);
            stretches.push(Stretch { text: &body[..end], is_excluded, is_closed: false });
            rest = &body[end..];
            follows_space = false;
        }
    }
    stretches
}

/// Returns whether a `-` before this text excludes it. It does not before a number or an option, or on its own.
fn excludes(text: &str) -> bool {
    let mut chars = text.chars();
    let (Some(first), second) = (chars.next(), chars.next()) else { return false };
    is_quotation_mark(first) || (first.is_alphabetic() && second.is_some_and(char::is_alphanumeric))
}

/// Returns whether a character separates terms: a space, or a comma outside a number.
fn is_separator(text: &str, at: usize, c: char) -> bool {
    let is_digit = |c: Option<char>| c.is_some_and(char::is_numeric);
    match c {
        ',' => !(is_digit(text[..at].chars().next_back()) && is_digit(text[at + 1..].chars().next())),
        ';' | '，' | '、' | '；' | '。' => true,
        _ => c.is_whitespace() || c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn words(query: &str) -> String {
        let words = Query::parse(query).unwrap().words("o");
        words.replacen("owner : \"o\" AND {content extra} : ", "", 1)
    }

    #[test]
    fn a_query_is_terms_and_nothing_else() {
        for (query, expected) in [
            ("Grüße, tide*", r#"((("grusse" OR "gruesse")) AND (("tide" *)))"#),
            ("sea tide", r#"((("sea")) AND (("tide" *)))"#),
            (r#"" OR owner:x NEAR("#, r#"((("or owner x near" *)))"#),
            ("漢字 GPTを", r#"((("漢 字")) AND (("gpt を" *)))"#),
            ("don’t", r#"((("don t" * OR "dont" *)))"#),
            ("C++ .NET", r#"((("c") AND "c++") AND (("net" *) AND ".net" *))"#),
            ("🎉 party", r#"(("🎉") AND (("party" *)))"#),
            ("1,000.50", r#"((("1 000 50" * OR "100050" *)))"#),
            ("std::vec foo@example.com", r#"((("std vec")) AND (("foo example com" *) AND "@example" * AND ".com" *))"#),
            ("\"quick brown\"", r#"((("quick brown")))"#),
            ("„quick brown", r#"((("quick brown" *)))"#),
            ("qui* fox", r#"((("qui" *)) AND (("fox" *)))"#),
            ("-brown", r#"((("brown")))"#),
            ("--no-verify", r#"((("no verify" * OR "noverify" *)))"#),
            ("ls -l", r#"((("ls")) AND (("l" *)))"#),
        ] {
            assert_eq!(words(query), expected, "{query}");
        }
        assert_eq!(
            Query::parse("quick -brown -\"two words\"").unwrap().words("o"),
            r#"(owner : "o" AND {content extra} : ((("quick")))) NOT {content extra} : ((("brown")) OR (("two words")))"#
        );
        for nothing in ["", " ", "\"", "***", "\u{0}", "(){}:^-+", "่", "???", "\"\"", "-\"", "--", "_"] {
            assert_eq!(Query::parse(nothing), None, "{nothing:?}");
        }
        for long in ["word ".repeat(2_000), "x".repeat(10_000), "a-".repeat(5_000), "漢".repeat(500), "-ab ".repeat(900)] {
            assert!(words(&long).len() < 1_500, "{long}");
        }
    }

    #[test]
    fn words_within_words_are_looked_for_where_they_are_long_enough() {
        let parts = |query: &str| Query::parse(query).unwrap().parts("o");
        assert_eq!(parts("tür schiff -rot").unwrap(), r#"("o" AND "tur" * AND "schiff" *) NOT ("rot")"#);
        for none in ["C++", "ab cdef", "机器", "🎉", "\"brown fox\""] {
            assert_eq!(parts(none), None, "{none}");
        }
    }
}
