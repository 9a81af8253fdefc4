//! The text of a page with the places of its words, and its headings.

use std::collections::HashMap;

use holdfast_protocol::materials::{Heading, Word};

use super::{Direction, Glyph, lines, lines::Segment, order, script::is_alone, words};

/// The text of a page.
#[derive(Debug, Default)]
pub(crate) struct Laid {
    pub(crate) text: String,
    pub(crate) words: Vec<Word>,
    pub(crate) headings: Vec<Heading>,
}

/// Number of characters up to which larger text is a heading.
const HEADING: usize = 200;

/// Puts the glyphs of a page into reading order.
pub(crate) fn lay_out(glyphs: &[Glyph]) -> Laid {
    let mut laid = Laid::default();
    let body = body_size(glyphs);
    for ((_, direction), runs) in words::runs(glyphs) {
        let segments = lines::segments(runs);
        let order = order::reading_order(&segments);
        Writer { laid: &mut laid, direction, body, pitch: pitch(&segments), paragraph: None }.write(&segments, &order);
    }
    laid
}

/// Returns the size in which most characters of the page are.
fn body_size(glyphs: &[Glyph]) -> f32 {
    let mut sizes: HashMap<u32, usize> = HashMap::new();
    for glyph in glyphs.iter().filter(|glyph| !glyph.text.is_white_space()) {
        *sizes.entry((glyph.size * 4.0).round() as u32).or_default() += 1;
    }
    sizes.into_iter().max_by_key(|(size, count)| (*count, *size)).map_or(0.0, |(size, _)| size as f32 / 4.0)
}

/// Returns the usual distance of lines as a multiple of the size.
fn pitch(segments: &[Segment]) -> f32 {
    let mut distances: Vec<f32> = segments
        .windows(2)
        .filter(|two| two[1].line == two[0].line + 1)
        .map(|two| (two[1].base - two[0].base) / two[0].size.max(1.0))
        .filter(|distance| (0.8..3.0).contains(distance))
        .collect();
    distances.sort_by(f32::total_cmp);
    distances.get(distances.len() / 3).copied().unwrap_or(1.2)
}

struct Writer<'a> {
    laid: &'a mut Laid,
    direction: Direction,
    body: f32,
    pitch: f32,
    /// Start of the paragraph, and the smallest size in it.
    paragraph: Option<(usize, f32)>,
}

impl Writer<'_> {
    fn write(mut self, segments: &[Segment], order: &[usize]) {
        let mut last: Option<&Segment> = None;
        for index in order {
            let segment = &segments[*index];
            let break_before = match last {
                _ if self.laid.text.is_empty() => "",
                None => "\n\n",
                Some(last) if last.line == segment.line && segment.left >= last.right - last.size => " ",
                Some(last) => self.line_break(last, segment),
            };
            if break_before == "\n\n" {
                self.end_paragraph();
            }
            self.laid.text.push_str(break_before);
            let (start, size) = self.paragraph.unwrap_or((self.laid.text.len(), f32::MAX));
            self.paragraph = Some((start, size.min(segment.size)));
            for (index, run) in segment.runs.iter().enumerate() {
                if index > 0 {
                    self.laid.text.push(' ');
                }
                self.write_run(run);
            }
            last = Some(segment);
        }
        self.end_paragraph();
    }

    fn line_break(&self, last: &Segment, next: &Segment) -> &'static str {
        let distance = next.base - last.base;
        let is_other_size = next.size > 1.15 * last.size || last.size > 1.15 * next.size;
        if distance > 0.0 {
            let is_far = distance > 1.35 * self.pitch * last.size.max(next.size);
            return if is_far || is_other_size { "\n\n" } else { "\n" };
        }
        // At the top of another column: the same paragraph if the sentence goes on.
        let goes_on = next.runs.first().and_then(|run| run.text.chars().next()).is_some_and(char::is_lowercase);
        if goes_on && !is_other_size && !self.laid.text.ends_with(['.', ':', '!', '?']) { "\n" } else { "\n\n" }
    }

    /// Notes a heading if the paragraph that ends here was one.
    fn end_paragraph(&mut self) {
        let Some((start, size)) = self.paragraph.take() else { return };
        let text = &self.laid.text[start..];
        let ratio = size / self.body.max(1.0);
        if self.direction != Direction::Right || ratio < 1.12 || text.chars().count() > HEADING || !text.chars().any(char::is_alphabetic) {
            return;
        }
        let level = if ratio >= 1.6 {
            1
        } else if ratio >= 1.3 {
            2
        } else {
            3
        };
        let of = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.laid.headings.push(Heading { start: of(start), end: of(self.laid.text.len()), level });
    }

    /// Writes a run as a word, or as one for each character that is written without spaces.
    fn write_run(&mut self, run: &super::Run) {
        let (mut start, mut left, mut right, mut at) = (0, run.left, run.left, 0);
        let mut words: Vec<(usize, usize, f32, f32)> = Vec::new();
        let mut is_open = false;
        for (end, from, to) in &run.glyphs {
            if run.text[at..*end].chars().any(is_alone) {
                if is_open {
                    words.push((start, at, left, right));
                }
                words.push((at, *end, *from, *to));
                is_open = false;
            } else {
                if !is_open {
                    (start, left, right, is_open) = (at, *from, *to, true);
                }
                (left, right) = (left.min(*from), right.max(*to));
            }
            at = *end;
        }
        if is_open {
            words.push((start, at, left, right));
        }
        let (top, bottom) = (run.base - 0.8 * run.size, run.base + 0.22 * run.size);
        for (start, end, left, right) in words {
            let bounds = self.direction.turn_back([left, top, right, bottom]).map(|edge| (edge * 10.0).round() / 10.0);
            // What a glyph stands for can have a space in it.
            for (index, part) in run.text[start..end].split_whitespace().enumerate() {
                if index > 0 {
                    self.laid.text.push(' ');
                }
                self.laid.text.push_str(part);
                self.laid.words.push(Word { text: part.to_owned(), bounds });
            }
        }
    }
}
