//! Passages: the pieces of a page that are searched and given to a model.

mod sentences;

use std::ops::Range;

use holdfast_protocol::materials::{Location, Page};

use super::places::{line_boxes, word_starts, words_in};
use sentences::{Unit, units};

/// Number of words from which a passage ends at a paragraph.
const ENOUGH: usize = 150;

/// Number of words from which a passage ends at a heading.
const ENOUGH_AT_HEADING: usize = 100;

/// Maximum number of words of a passage.
const MOST: usize = 250;

/// Maximum number of tokens of a passage with its prefix: embedding servers refuse longer texts.
pub const MAX_TOKENS: usize = 400;

/// Maximum number of tokens of the prefix.
const PREFIX: usize = 60;

/// Maximum number of words of the sentence that a passage repeats from the one before.
const OVERLAP: usize = 40;

/// Number of words below which the rest of a page is added to the passage before it, if it fits.
const REST: usize = 40;

/// A piece of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// Number of the page, from 1.
    pub page: u32,
    /// Where the passage is in the file.
    pub location: Location,
    /// The heading above it; `None` if there is none.
    pub heading: Option<String>,
    /// Title and headings, which say what the text is about: `"Guide › Install › Debian"`.
    pub prefix: String,
    /// The text: lines of a paragraph are joined, and so are words that are hyphenated at the end of a line.
    pub text: String,
    /// Where it is in the text of the page, in bytes.
    pub range: Range<usize>,
    /// Where it is on the page: a box for each line. Empty if the file has no fixed layout.
    pub boxes: Vec<[f32; 4]>,
}

impl Passage {
    /// Returns the text with its prefix, which is what is searched and embedded. It has at most [`MAX_TOKENS`] tokens.
    pub fn with_prefix(&self) -> String {
        if self.prefix.is_empty() { self.text.clone() } else { format!("{}\n\n{}", self.prefix, self.text) }
    }
}

/// Divides a page into passages of 150 to 250 words. They end at headings, paragraphs and sentences, and repeat the last sentence of the one
/// before. In a table each has the table's header.
pub fn passages(title: &str, page: &Page) -> Vec<Passage> {
    let is_table = matches!(page.location, Location::Rows { .. });
    let keeps_lines = is_table || matches!(page.location, Location::Lines { .. });
    let units = units(page, keeps_lines, (MAX_TOKENS - PREFIX) / if is_table { 2 } else { 1 });
    // The header is part of each passage of a table, and none of its rows.
    let header = if is_table && units.len() > 1 { units.first().cloned() } else { None };
    let rows = if header.is_some() { &units[1..] } else { &units[..] };
    let fixed = header.as_ref().map_or((0, 0), |header| (header.words, header.tokens));
    let starts = word_starts(page);
    groups(rows, fixed, is_table)
        .into_iter()
        .map(|group| passage(title, page, &starts, header.as_ref(), &rows[group], keeps_lines))
        .collect()
}

/// Returns which units belong together.
fn groups(units: &[Unit], fixed: (usize, usize), is_table: bool) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    let (mut start, mut words, mut tokens) = (0, fixed.0, fixed.1);
    let most_tokens = MAX_TOKENS - PREFIX;
    for (index, unit) in units.iter().enumerate() {
        let is_full = words + unit.words > MOST || tokens + unit.tokens > most_tokens;
        let is_border = (unit.heading.is_some() && words >= ENOUGH_AT_HEADING) || (unit.starts_paragraph && words >= ENOUGH);
        if index > start && (is_full || is_border) {
            groups.push(start..index);
            start = index;
            // A heading is the last unit of no passage.
            while start > 0 && units[start - 1].heading.is_some() && groups.last().is_some_and(|group| group.len() > 1) {
                start -= 1;
                if let Some(group) = groups.last_mut() {
                    group.end = start;
                }
            }
            let repeated = start.checked_sub(1).map(|before| &units[before]).filter(|before| {
                let fits = before.tokens + units[start..=index].iter().map(|unit| unit.tokens).sum::<usize>() + fixed.1 <= most_tokens;
                !is_table && fits && before.words <= OVERLAP && before.heading.is_none() && units[start].heading.is_none()
            });
            if repeated.is_some() && groups.last().is_some_and(|group| group.len() > 1) {
                start -= 1;
            }
            (words, tokens) = fixed;
            units[start..index].iter().for_each(|unit| {
                words += unit.words;
                tokens += unit.tokens;
            });
        }
        words += unit.words;
        tokens += unit.tokens;
    }
    if start < units.len() {
        groups.push(start..units.len());
    }
    join_rest(&mut groups, units, fixed);
    groups
}

/// Adds a short rest to the passage before it.
fn join_rest(groups: &mut Vec<Range<usize>>, units: &[Unit], fixed: (usize, usize)) {
    let [.., before, rest] = groups.as_slice() else { return };
    let joined = before.start..rest.end;
    let sum = |range: &Range<usize>, of: fn(&Unit) -> usize| units[range.clone()].iter().map(of).sum::<usize>();
    let is_short = sum(rest, |unit| unit.words) < REST;
    let fits = sum(&joined, |unit| unit.words) + fixed.0 <= MOST && sum(&joined, |unit| unit.tokens) + fixed.1 <= MAX_TOKENS - PREFIX;
    if is_short && fits {
        groups.truncate(groups.len() - 2);
        groups.push(joined);
    }
}

fn passage(title: &str, page: &Page, starts: &[usize], header: Option<&Unit>, units: &[Unit], keeps_lines: bool) -> Passage {
    let range = units.first().map_or(0, |unit| unit.range.start)..units.last().map_or(0, |unit| unit.range.end);
    // A heading at the start of the passage is above its text.
    let body = units.iter().find(|unit| unit.heading.is_none()).or(units.first()).map_or(range.start, |unit| unit.range.start);
    let path = path_at(page, body);
    let mut text = header.map(|header| format!("{}\n", &page.text[header.range.clone()])).unwrap_or_default();
    match keeps_lines {
        true => text.push_str(page.text[range.clone()].trim_end()),
        false => text.push_str(&joined_lines(&page.text[range.clone()])),
    }
    let words = words_in(starts, &page.words, &range);
    Passage {
        page: page.number,
        location: location(page, &range, &path),
        heading: path.last().cloned(),
        prefix: prefix(title, &path),
        text,
        range,
        boxes: line_boxes(&page.words[words]),
    }
}

/// Returns the headings above a place in the text, the highest first.
fn path_at(page: &Page, at: usize) -> Vec<String> {
    let mut path: Vec<(u8, String)> = match &page.location {
        // Deeper ones than those above the page are in the page.
        Location::Section { headings, .. } => (0..).zip(headings.iter().cloned()).collect(),
        _ => page.heading.iter().map(|heading| (0, heading.clone())).collect(),
    };
    let above = path.len();
    for heading in page.headings.iter().filter(|heading| (heading.end as usize) <= at) {
        let text = page.text[heading.start as usize..heading.end as usize].replace('\n', " ");
        if path.iter().take(above).any(|(_, known)| *known == text) {
            continue;
        }
        // Levels above the page are not known as numbers: one more heading of the page replaces the last of them only where it is
        // higher than those before it in the page.
        while path.len() > above && path.last().is_some_and(|(level, _)| *level >= heading.level) {
            path.pop();
        }
        if !matches!(page.location, Location::Section { .. }) {
            path.retain(|(level, _)| *level > 0);
        }
        path.push((heading.level, text));
    }
    path.into_iter().map(|(_, text)| text).collect()
}

fn location(page: &Page, range: &Range<usize>, path: &[String]) -> Location {
    let line = |at: usize| u32::try_from(page.text[..at].matches('\n').count()).unwrap_or(u32::MAX);
    match &page.location {
        Location::Rows { sheet, first, .. } => {
            // The first line is the header, which the page repeats.
            let row = |at: usize| first + line(at).saturating_sub(1);
            Location::Rows { sheet: sheet.clone(), first: row(range.start), last: row(range.end) }
        }
        Location::Lines { first, .. } => Location::Lines { first: first + line(range.start), last: first + line(range.end) },
        Location::Section { number, .. } => Location::Section { headings: path.to_vec(), number: *number },
        other @ (Location::Page { .. } | Location::Slide { .. }) => other.clone(),
    }
}

fn prefix(title: &str, path: &[String]) -> String {
    let mut left = PREFIX - 2;
    let mut parts: Vec<String> = Vec::new();
    // The nearest headings say most.
    for part in [title].into_iter().chain(path.last().map(String::as_str)).chain(path.iter().rev().skip(1).map(String::as_str)) {
        let mut kept = String::new();
        for word in part.split_whitespace() {
            let tokens = sentences::tokens(word) + 1;
            if tokens > left {
                break;
            }
            left -= tokens;
            if !kept.is_empty() {
                kept.push(' ');
            }
            kept.push_str(word);
        }
        if !kept.is_empty() {
            // Title first, then from the highest heading to the nearest.
            parts.insert(parts.len().min(1), kept);
        }
    }
    parts.join(" › ")
}

/// Joins the lines of each paragraph, and words that are divided at the end of a line.
fn joined_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, paragraph) in text.split("\n\n").enumerate() {
        if index > 0 {
            out.push_str("\n\n");
        }
        for (index, line) in paragraph.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
            if index > 0 {
                let is_divided = out.ends_with(['-', '\u{2010}'])
                    && line.starts_with(char::is_lowercase)
                    && out.trim_end_matches(['-', '\u{2010}']).ends_with(char::is_lowercase);
                if is_divided {
                    out.pop();
                } else {
                    out.push(' ');
                }
            }
            out.push_str(line);
        }
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests;
