//! Finds the words that an answer quotes on the pages of a file. A citation is verified only if they are found.

mod folded;
mod similar;

use std::ops::Range;

use holdfast_protocol::materials::Page;

use super::places::{line_boxes, word_starts, words_in};
use folded::Folded;

/// Minimum number of letters and digits of a quote, and of each part of one with an ellipsis. Less is found nearly everywhere.
const LEAST: usize = 3;

/// Maximum number of characters of a quote that are looked for.
const MOST: usize = 4_000;

/// A quote that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Citation {
    /// Number of the page, from 1.
    pub page: u32,
    /// Where the words are in the text of the page, in bytes: one range, or one for each part of a quote with an ellipsis.
    pub ranges: Vec<Range<usize>>,
    /// Where the words are on the page: a box for each line. Empty if the file has no fixed layout.
    pub boxes: Vec<[f32; 4]>,
}

/// Finds a quote on one of some pages, the first of which are the likeliest. Returns `None` if it stands on none of them: the citation is
/// unverified.
///
/// The words must be the same. Case, ligatures, punctuation, quotation marks, white space and hyphens at the ends of lines may differ. A
/// quote of at least eight words may also differ from the page by single letters in one word of ten, as after a wrong character
/// recognition, but never in a number, a short word, or the beginning or end of a word.
pub fn find_quote<'a>(quote: &str, pages: impl IntoIterator<Item = &'a Page> + Clone) -> Option<Citation> {
    let parts: Vec<Folded> = parts(quote).iter().map(|part| Folded::new(part)).collect();
    if parts.is_empty() || parts.iter().any(|part| part.letters() < LEAST) || quote.chars().count() > MOST {
        return None;
    }
    let exact = pages.clone().into_iter().find_map(|page| {
        let text = Folded::new(&page.text);
        let mut from = 0;
        let ranges: Option<Vec<Range<usize>>> = parts
            .iter()
            .map(|part| {
                let (range, next) = text.find(part, from)?;
                from = next;
                Some(range)
            })
            .collect();
        Some(citation(page, ranges?))
    });
    exact.or_else(|| {
        let [_] = parts.as_slice() else { return None };
        pages.into_iter().find_map(|page| Some(citation(page, vec![similar::find(quote, &page.text)?])))
    })
}

/// Divides a quote where something was left out.
fn parts(quote: &str) -> Vec<String> {
    let quote = quote.replace("[...]", "…").replace("[…]", "…").replace("(...)", "…").replace("...", "…");
    quote.split('…').filter(|part| part.chars().any(char::is_alphanumeric)).map(str::to_owned).collect()
}

fn citation(page: &Page, ranges: Vec<Range<usize>>) -> Citation {
    let starts = word_starts(page);
    let boxes = ranges.iter().flat_map(|range| line_boxes(&page.words[words_in(&starts, &page.words, range)])).collect();
    Citation { page: page.number, ranges, boxes }
}

#[cfg(test)]
mod tests;
