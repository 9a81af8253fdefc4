use holdfast_protocol::materials::{Heading, Word};
use proptest::prelude::*;

use super::*;

/// A page of a text, each word of which is 10 points wide, ten words a line.
fn page(text: &str) -> Page {
    let words = text.split_whitespace().enumerate().map(|(index, word)| {
        let (left, top) = ((index % 10) as f32 * 12.0, (index / 10) as f32 * 14.0);
        Word { text: word.to_owned(), bounds: [left, top, left + 10.0, top + 12.0] }
    });
    Page { number: 3, text: text.to_owned(), words: words.collect(), location: Location::Page { number: 3 }, ..Page::default() }
}

fn sentence(number: usize) -> String {
    format!("Sentence number {number} has exactly nine words in it.")
}

#[test]
fn passages_end_with_sentences_and_repeat_one() {
    let text = (0..60).map(sentence).collect::<Vec<_>>().join(" ");
    let passages = passages("Guide", &page(&text));
    assert!(passages.len() >= 3);
    for two in passages.windows(2) {
        assert!(two[0].text.ends_with("in it.") && two[1].text.starts_with("Sentence"), "{two:?}");
        let last = &two[0].text[two[0].text.rfind("Sentence").unwrap()..];
        assert!(two[1].text.starts_with(last), "{last} begins {}", two[1].text);
    }
    for passage in &passages[..passages.len() - 1] {
        let words = passage.text.split_whitespace().count();
        assert!((150..=250).contains(&words), "{words}");
    }
    assert_eq!((passages[0].page, passages[0].prefix.as_str()), (3, "Guide"));
    assert_eq!(passages[0].boxes.len(), passages[0].text.split_whitespace().count().div_ceil(10));
    assert_eq!(passages[0].boxes[0], [0.0, 0.0, 118.0, 12.0]);
}

#[test]
fn a_heading_starts_a_passage_and_stands_in_the_prefix() {
    let part = (0..20).map(sentence).collect::<Vec<_>>().join(" ");
    let text = format!("Install\n\n{part}\n\nRemove\n\n{part}");
    let remove = u32::try_from(text.find("Remove").unwrap()).unwrap();
    let mut page = page(&text);
    page.headings = vec![Heading { start: 0, end: 7, level: 1 }, Heading { start: remove, end: remove + 6, level: 1 }];
    page.heading = Some("Install".to_owned());
    let passages = passages("Guide", &page);
    assert_eq!(passages.len(), 2);
    assert!(passages[1].text.starts_with("Remove\n\nSentence number 0"), "{}", passages[1].text);
    assert_eq!(passages.iter().map(|passage| passage.prefix.as_str()).collect::<Vec<_>>(), ["Guide › Install", "Guide › Remove"]);
    assert_eq!(passages[1].heading.as_deref(), Some("Remove"));
}

#[test]
fn lines_are_joined_and_so_are_divided_words() {
    let passages = passages("", &page("The exam-\nple shows a well-\nKnown\nthing.\n\nNext."));
    assert_eq!(passages[0].text, "The example shows a well- Known thing.\n\nNext.");
    assert_eq!(passages[0].with_prefix(), passages[0].text);
}

#[test]
fn each_passage_of_a_table_has_its_header_and_its_rows() {
    let rows: String = (0..100).map(|row| format!("\nname {row} | a somewhat longer cell {row}")).collect();
    let page = Page {
        text: format!("name | cell{rows}"),
        location: Location::Rows { sheet: "S".to_owned(), first: 40, last: 139 },
        ..Page::default()
    };
    let passages = passages("Table", &page);
    assert!(passages.len() > 1);
    let mut next = 40;
    for passage in &passages {
        assert!(passage.text.starts_with("name | cell\nname "), "{}", passage.text);
        let Location::Rows { first, last, .. } = passage.location.clone() else { panic!("{passage:?}") };
        assert_eq!(first, next);
        assert!(passage.text.contains(&format!("name {} |", first - 40)) && passage.text.ends_with(&format!("cell {}", last - 40)));
        next = last + 1;
    }
    assert_eq!(next, 140);
}

#[test]
fn sections_have_their_path() {
    let page = Page {
        text: "Debian\n\nRun apt.".to_owned(),
        headings: vec![Heading { start: 0, end: 6, level: 3 }],
        location: Location::Section { headings: vec!["Guide".to_owned(), "Install".to_owned(), "Debian".to_owned()], number: 2 },
        ..Page::default()
    };
    let passages = passages("book.epub", &page);
    assert_eq!(passages[0].prefix, "book.epub › Guide › Install › Debian");
    assert_eq!(passages[0].location.to_string(), "Guide › Install › Debian");
}

#[test]
fn scripts_without_spaces_are_divided() {
    let text = "日本語の文章です。".repeat(200);
    let passages = passages("題", &Page { text: text.clone(), ..Page::default() });
    assert!(passages.len() > 3);
    assert!(passages.iter().all(|passage| passage.text.ends_with('。')));
}

proptest! {
    /// Whatever the text: every word is in a passage, passages come in order, and none is too long.
    #[test]
    fn nothing_is_lost(parts in prop::collection::vec("[a-zA-Zäß日本0-9.,!? -]{0,300}(\n|\n\n| )", 0..20), is_table: bool) {
        let text = parts.concat();
        let mut page = page(&text);
        if is_table {
            page.location = Location::Rows { sheet: String::new(), first: 2, last: 9 };
            page.words.clear();
        }
        let passages = passages(&"a long title ".repeat(20), &page);
        let mut covered = 0;
        for passage in &passages {
            prop_assert!(passage.range.start <= passage.range.end && passage.range.end <= text.len());
            prop_assert!(is_table || text[covered.min(passage.range.start)..passage.range.start].trim().is_empty() || covered >= passage.range.start);
            covered = covered.max(passage.range.end);
            let tokens: usize = passage.with_prefix().split_whitespace().map(sentences::tokens).sum();
            prop_assert!(tokens <= MAX_TOKENS + 2 || is_table, "{tokens} tokens");
        }
        prop_assert!(text[covered..].trim().is_empty());
    }
}
