//! Ranks passages for a question: BM25 over stemmed words.

use std::collections::{HashMap, HashSet};

/// BM25 parameters: saturation of repeated words, and normalization by length; the usual values.
const K1: f32 = 1.2;
const B: f32 = 0.75;
/// Minimum share of the question's topic that a passage must cover.
const ENOUGH: f32 = 0.3;
/// Score of a passage whose heading is contained in the question.
const NAMED: f32 = 0.6;
/// Minimum score relative to the best passage.
const NEAR_BEST: f32 = 0.5;

/// Words that say nothing about a topic.
const STOP: &str = " a about all also am an and any are as at be been but by can could did do does doing don for from get give go had has \
    have hello help hey hi how i if in into is it its just know let like make may me might mine my need no not of off on or our out \
    please run say see shall she should show so some tell than thank thanks that the their them then there these they this those to too \
    up us use using very want was way we well were what when where which who why will with work would you your ";

/// An index of passages.
pub(super) struct Index {
    passages: Vec<Counted>,
    found_in: HashMap<String, usize>,
    mean: f32,
}

struct Counted {
    counts: HashMap<String, usize>,
    heading: HashSet<String>,
    length: f32,
}

impl Index {
    /// Creates an index from each passage's words and the words of its heading.
    pub(super) fn new(passages: impl IntoIterator<Item = (Vec<String>, Vec<String>)>) -> Self {
        let count = |(words, heading): (Vec<String>, Vec<String>)| {
            let length = words.len() as f32;
            let mut counts = HashMap::new();
            words.into_iter().for_each(|word| *counts.entry(word).or_insert(0) += 1);
            Counted { counts, heading: heading.into_iter().collect(), length }
        };
        let passages: Vec<Counted> = passages.into_iter().map(count).collect();
        let mut found_in = HashMap::new();
        for word in passages.iter().flat_map(|passage| passage.counts.keys()) {
            *found_in.entry(word.clone()).or_insert(0) += 1;
        }
        let mean = passages.iter().map(|passage| passage.length).sum::<f32>() / passages.len().max(1) as f32;
        Self { passages, found_in, mean: mean.max(1.0) }
    }

    /// Returns the passages that match, the best first by BM25. The score of the best one is the share of the question's topic that it
    /// covers, where rare words and words of the heading count more. The scores of the others are in proportion.
    pub(super) fn find(&self, question: &str, most: usize) -> Vec<(usize, f32)> {
        let mut words = tokens(question);
        words.sort_unstable();
        words.dedup();
        let weight: f32 = words.iter().map(|word| self.rarity(word)).sum();
        if weight <= 0.0 {
            return Vec::new();
        }
        let rate = |(at, passage): (usize, &Counted)| {
            let (mut bm25, mut about) = (0.0, 0.0);
            for word in words.iter().filter(|word| passage.counts.contains_key(*word)) {
                let count = passage.counts.get(word).copied().unwrap_or(0) as f32;
                let rarity = self.rarity(word);
                bm25 += rarity * count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * passage.length / self.mean));
                about += rarity * if passage.heading.contains(word) { 2.0 } else { 1.0 };
            }
            // A question that contains a heading asks for the text below it.
            let named = passage.heading.iter().filter(|word| words.contains(word)).count() as f32 / passage.heading.len().max(1) as f32;
            // Even if the rest of the question consists of words that the manual does not contain.
            let about = (about / weight).min(1.0).max(if named < 1.0 { 0.0 } else { NAMED });
            (at, bm25 * about * (1.0 + 2.0 * named), about)
        };
        let mut rated: Vec<(usize, f32, f32)> = self.passages.iter().enumerate().map(rate).filter(|rated| rated.2 >= ENOUGH).collect();
        rated.sort_by(|a, b| b.1.total_cmp(&a.1));
        let Some(&(_, best, about)) = rated.first() else { return Vec::new() };
        rated.into_iter().filter(|one| one.1 >= NEAR_BEST * best).take(most).map(|(at, rank, _)| (at, about * rank / best)).collect()
    }

    fn rarity(&self, word: &str) -> f32 {
        let (all, with) = (self.passages.len() as f32, self.found_in.get(word).copied().unwrap_or(0) as f32);
        (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
    }
}

/// Returns the meaningful words of a text, stemmed.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase);
    words.filter(|word| word.chars().count() > 1 && !STOP.contains(&format!(" {word} "))).map(|word| stem(&word)).collect()
}

/// A light stemmer for plurals and verb endings, so that `connecting`, `connects` and `connect` are the same word.
fn stem(word: &str) -> String {
    let cut = |word: &str, ending: &str, with: &str| {
        let rest = word.strip_suffix(ending)?;
        (rest.len() >= 3).then(|| format!("{rest}{with}"))
    };
    let plural = || {
        let keep = word.ends_with("ss") || word.ends_with("us") || word.ends_with("is");
        cut(word, "ies", "y").or_else(|| if keep { None } else { cut(word, "s", "") })
    };
    let word = plural().unwrap_or_else(|| word.to_owned());
    let verb = cut(&word, "ing", "").or_else(|| cut(&word, "ed", "")).or_else(|| cut(&word, "ion", ""));
    let word = verb.unwrap_or(word);
    cut(&word, "e", "").unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_are_one() {
        for forms in
            [["connect", "connects", "connecting"], ["use-case", "use-cases", "using-cases"], ["configure", "configured", "configuring"]]
        {
            let stems: HashSet<_> = forms.iter().map(|form| tokens(form)).collect();
            assert_eq!(stems.len(), 1, "{stems:?}");
        }
        assert_eq!(tokens("How do I set OPENAI_API_KEY, please?"), ["set", "openai", "api", "key"]);
        assert_eq!(tokens("llama.cpp"), ["llama", "cpp"]);
    }
}
