//! Splits a page of Google Takeout (“My Activity.html”) into its activities, with at most one of them in memory.

use std::io::BufRead;

use super::{
    read,
    split::{LARGE, Sink, SplitError},
};

/// The start of each activity.
const BEGIN: &[u8] = b"<div class=\"outer-cell";

/// Passes each activity of a page to `sink`, in the form of the JSON that Takeout writes. Of an activity of more than `most` bytes, only
/// the beginning is passed. Examines each byte once.
///
/// # Errors
/// [`SplitError::Page`] if there is no activity; otherwise a read error, or the error of `sink`.
pub(super) fn cells(input: &mut (impl BufRead + ?Sized), most: usize, sink: &mut impl Sink) -> Result<(), SplitError> {
    // An activity ends where the next one starts. Before the first one, only bytes that may be the start of one are held.
    let mut held = Vec::new();
    let (mut is_in_cell, mut is_cut, mut is_large) = (false, false, false);
    loop {
        let bytes = input.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        let mut at = held.len().saturating_sub(BEGIN.len() - 1).max(if is_in_cell { BEGIN.len() } else { 0 });
        held.extend_from_slice(bytes);
        input.consume(length);
        let mut start = 0;
        while let Some(found) = held.get(at..).and_then(find).map(|found| at + found) {
            if is_in_cell {
                give(&held[start..found], is_cut, sink)?;
            }
            (start, at) = (found, found + BEGIN.len());
            (is_in_cell, is_cut, is_large) = (true, false, false);
        }
        held.drain(..start);
        let tail = held.len().saturating_sub(BEGIN.len() - 1);
        if !is_in_cell {
            held.drain(..tail);
        } else if tail > most {
            is_cut = true;
            held.drain(most..tail);
        } else if held.len() > LARGE && !is_large {
            is_large = true;
            sink.is_large()?;
        } else if held.capacity() > 2 * LARGE && held.len() < LARGE {
            held.shrink_to(LARGE); // the next one may be small again
        }
    }
    if is_in_cell { give(&held, is_cut, sink) } else { Err(SplitError::Page) }
}

fn find(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(further) = bytes[at..].iter().position(|byte| *byte == b'<') {
        at += further;
        if bytes[at..].starts_with(BEGIN) {
            return Some(at);
        }
        at += 1;
    }
    None
}

fn give(cell: &[u8], is_cut: bool, sink: &mut impl Sink) -> Result<(), SplitError> {
    sink.value(read::activity(&String::from_utf8_lossy(cell)).as_bytes(), is_cut)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::BufReader;

    use super::*;

    #[derive(Default)]
    struct Given(Vec<(String, bool)>);

    impl Sink for Given {
        fn is_large(&mut self) -> Result<(), SplitError> {
            Ok(())
        }

        fn value(&mut self, json: &[u8], is_cut: bool) -> Result<(), SplitError> {
            let value: serde_json::Value = serde_json::from_slice(json).unwrap();
            self.0.push((value["title"].as_str().unwrap().to_owned(), is_cut));
            Ok(())
        }

        fn stray_comma(&mut self) {}
    }

    fn found(page: &str, most: usize, capacity: usize) -> Vec<(String, bool)> {
        let mut given = Given::default();
        cells(&mut BufReader::with_capacity(capacity, page.as_bytes()), most, &mut given).unwrap();
        given.0
    }

    #[test]
    fn each_activity_is_found_however_the_bytes_come() {
        let cell = |text: &str| format!("<div class=\"outer-cell mdl-cell\">{text}</div>");
        let page = format!("<html><div class=\"outer\"><{}{}{}</html>", cell("one"), cell(&"x".repeat(200)), cell("x<"));
        for capacity in [1, 2, 21, 22, 23, 100, 4096] {
            let all = found(&page, 10_000, capacity);
            assert_eq!(all.iter().map(|(title, _)| title.len()).collect::<Vec<_>>(), [3, 200, 1], "{capacity}: {all:?}");
            let cut: Vec<bool> = found(&page, 100, capacity).into_iter().map(|(_, is_cut)| is_cut).collect();
            // What arrives in one piece is passed on in one piece.
            assert!(cut[1] || capacity > 200, "{capacity}");
            assert!(!cut[0] && !cut[2], "{capacity}");
        }
        assert!(matches!(cells(&mut &b"<html><body>hello"[..], 100, &mut Given::default()), Err(SplitError::Page)));
    }
}
