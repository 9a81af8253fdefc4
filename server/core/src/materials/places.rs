//! From a range of a page's text to the places of its words.

use std::ops::Range;

use holdfast_protocol::materials::{Page, Word};

/// Returns where each word of a page starts in its text, in bytes. The words stand in the text in order.
pub(super) fn word_starts(page: &Page) -> Vec<usize> {
    let mut at = 0;
    let mut starts = Vec::with_capacity(page.words.len());
    for word in &page.words {
        // A page that says otherwise has no words from there on.
        let Some(found) = page.text.get(at..).and_then(|rest| rest.find(word.text.as_str())) else { break };
        starts.push(at + found);
        at += found + word.text.len();
    }
    starts
}

/// Returns the indexes of the words that are in a range of the text, also in part.
pub(super) fn words_in(starts: &[usize], words: &[Word], range: &Range<usize>) -> Range<usize> {
    let first = starts.iter().zip(words).position(|(start, word)| start + word.text.len() > range.start).unwrap_or(starts.len());
    let last = starts.iter().take_while(|start| **start < range.end).count();
    first..last.max(first)
}

/// Returns a box for each line of some words, which is what is highlighted.
pub(super) fn line_boxes(words: &[Word]) -> Vec<[f32; 4]> {
    let mut boxes: Vec<[f32; 4]> = Vec::new();
    for Word { bounds: [left, top, right, bottom], .. } in words {
        match boxes.last_mut() {
            Some([_, above, end, below]) if is_same_line((*above, *below), (*top, *bottom)) && *left >= *end - (bottom - top) => {
                (*above, *end, *below) = (above.min(*top), end.max(*right), below.max(*bottom));
            }
            _ => boxes.push([*left, *top, *right, *bottom]),
        }
    }
    boxes
}

fn is_same_line(a: (f32, f32), b: (f32, f32)) -> bool {
    let shared = a.1.min(b.1) - a.0.max(b.0);
    shared > 0.5 * (a.1 - a.0).min(b.1 - b.0)
}
