use holdfast_protocol::materials::{Location, Word};
use proptest::prelude::*;

use super::*;

fn page(number: u32, text: &str) -> Page {
    let mut words = Vec::new();
    for (row, line) in text.split('\n').enumerate() {
        let top = row as f32 * 14.0;
        let mut left = 0.0;
        for word in line.split_whitespace() {
            let width = word.chars().count() as f32 * 5.0;
            words.push(Word { text: word.to_owned(), bounds: [left, top, left + width, top + 12.0] });
            left += width + 3.0;
        }
    }
    Page { number, text: text.to_owned(), words, location: Location::Page { number }, ..Page::default() }
}

fn found(quote: &str, text: &str) -> Option<String> {
    let page = page(1, text);
    let citation = find_quote(quote, [&page])?;
    Some(citation.ranges.iter().map(|range| &page.text[range.clone()]).collect::<Vec<_>>().join(" … "))
}

#[test]
fn a_quote_is_found_with_its_boxes() {
    let pages = [page(11, "Nothing here."), page(12, "The quick brown\nfox jumps over\nthe lazy dog.")];
    let citation = find_quote("brown fox jumps over the", &pages).unwrap();
    assert_eq!((citation.page, citation.ranges.len(), citation.ranges[0].clone()), (12, 1, 10..34));
    assert_eq!(citation.boxes, [[46.0, 0.0, 71.0, 12.0], [0.0, 14.0, 66.0, 26.0], [0.0, 28.0, 15.0, 40.0]]);
    assert_eq!(find_quote("brown fox jumps under the", &pages), None);
}

#[test]
fn writing_may_differ() {
    let text = "He said: “The eﬃcient trans-\nformation — of state-of-the-art\u{a0}models — costs 1.5 % of GDP.”";
    for quote in [
        "the efficient transformation of state-of-the-art models costs 1.5 % of GDP",
        "\"The efficient transformation\"",
        "THE EFFICIENT TRANSFORMATION - of state‑of‑the‑art models",
        "costs 1.5% of GDP",
    ] {
        assert!(found(quote, text).is_some(), "{quote}");
    }
    assert_eq!(found("of state-of-the-art", text).as_deref(), Some("of state-of-the-art"));
}

#[test]
fn words_and_numbers_must_be_the_same() {
    let text = "The party lost 1.5 million votes in 3-5 years, and 1 5 seats; it did not win -7 points. A is larger than b.";
    for quote in [
        "party lost 15 million votes",
        "lost 1.5 million vote",
        "art lost 1.5 million",
        "in 35 years",
        "and 15 seats",
        "it did win",
        "win 7 points",
        "lost 1,5 million",
        "...",
        "a",
        "",
    ] {
        assert_eq!(found(quote, text), None, "{quote}");
    }
}

#[test]
fn an_ellipsis_leaves_out_words_of_one_page() {
    let text = "First we install it. Then we wait a while. At last we run it.";
    assert_eq!(found("First we install it … we run it.", text).as_deref(), Some("First we install it … we run it"));
    assert_eq!(found("First we install it [...] we run it.", text).as_deref(), Some("First we install it … we run it"));
    assert_eq!(found("we run it ... First we install it", text), None, "in this order");
}

#[test]
fn single_letters_of_long_quotes_may_differ() {
    let text = "After the recogniticn of characters a letter is some-\ntimes wrong in a long word.";
    let quote = "After the recognition of characters a letter is sometimes wrong in a long word";
    assert!(found(quote, text).is_some());
    assert_eq!(found("the recognition of characters", text), None, "too short");
    assert_eq!(found(&quote.replace("wrong", "wrung"), text), None, "a short word");
    assert_eq!(found(&quote.replace("letter", "digit"), text), None);
    let not = "It is possible that the treatment of hypertension does harm to older people in 1995";
    assert_eq!(found(&not.replace("possible", "impossible"), not), None);
    assert_eq!(found(&not.replace("hyper", "hypo"), not), None);
    assert_eq!(found(&not.replace("1995", "1996"), not), None);
    assert_eq!(found(&not.replace("does harm", "does no harm"), not), None);
}

#[test]
fn scripts_without_spaces_are_found_anywhere() {
    assert_eq!(found("日本語の文章", "これは日本語の\n文章です。").as_deref(), Some("日本語の\n文章"));
}

proptest! {
    /// Any words of a page are found where they stand, however they are written.
    #[test]
    fn what_stands_there_is_found(words in prop::collection::vec("[a-zäö]{2,9}|[0-9]{1,4}", 12..80), at in 0..1000_usize, len in 2..12_usize, breaks in any::<u64>()) {
        let at = at % (words.len() - len.min(words.len() - 1));
        let len = len.min(words.len() - at);
        let text: String = words.iter().enumerate().map(|(index, word)| {
            let middle = word.char_indices().nth(1).map_or(0, |(at, _)| at);
            let end = if breaks >> (index % 64) & 1 == 1 { "\n" } else { " " };
            match breaks >> (index * 7 % 64) & 3 == 3 && word.len() > 4 && !word.starts_with(|c: char| c.is_ascii_digit()) {
                true => format!("{}-\n{}{end}", &word[..middle], &word[middle..]),
                false => format!("{word}{end}"),
            }
        }).collect();
        let quoted = &words[at..at + len];
        prop_assume!(quoted.concat().chars().count() >= LEAST);
        let quote = format!("“{}.”", quoted.join("  ").to_uppercase());
        let page = page(4, text.trim_end());
        let citation = find_quote(&quote, [&page]);
        prop_assert!(citation.is_some(), "{quote} in {text}");
        let citation = citation.unwrap();
        let found = page.text[citation.ranges[0].clone()].replace("-\n", "").split_whitespace().collect::<Vec<_>>().join(" ");
        prop_assert_eq!(found, quoted.join(" "));
        prop_assert!(!citation.boxes.is_empty());
    }

    /// Words that do not stand on the page are not found.
    #[test]
    fn what_does_not_stand_there_is_not_found(words in prop::collection::vec("[a-z]{3,9}", 12..40), at in 0..1000_usize, other in "[A-Z]{12}") {
        let at = at % (words.len() - 9);
        let mut quote = words[at..at + 9].to_vec();
        quote[4] = other;
        prop_assert_eq!(find_quote(&quote.join(" "), [&page(1, &words.join(" "))]), None);
    }
}
