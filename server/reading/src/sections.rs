//! Documents without pages: divided into sections, each under its headings.

use holdfast_protocol::materials::{Heading, Location, Page};

use crate::{
    out::{Out, Stop},
    text::pieces,
};

/// Number of bytes from which the next heading starts another section.
const ENOUGH: usize = 1_500;

/// Number of bytes after which a section ends at the next paragraph.
const MOST: usize = 6_000;

/// Number of characters of a heading that are kept.
const HEADING: usize = 300;

/// Builds pages from headings and paragraphs.
#[derive(Default)]
pub(crate) struct Sections {
    path: Vec<(u8, String)>,
    text: String,
    headings: Vec<Heading>,
    /// The headings under which the section starts.
    above: Vec<String>,
    number: u32,
}

impl Sections {
    pub(crate) fn heading(&mut self, level: u8, text: &str, out: &mut Out<'_>) -> Result<(), Stop> {
        let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(HEADING).collect();
        if text.is_empty() {
            return Ok(());
        }
        if self.text.len() >= ENOUGH {
            self.flush(out)?;
        }
        self.path.retain(|(above, _)| *above < level);
        self.path.push((level, text.clone()));
        self.begin();
        let start = self.text.len();
        self.text.push_str(&text);
        let of = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.headings.push(Heading { start: of(start), end: of(self.text.len()), level });
        Ok(())
    }

    pub(crate) fn paragraph(&mut self, text: &str, out: &mut Out<'_>) -> Result<(), Stop> {
        for piece in pieces(text.trim_end(), MOST) {
            if piece.trim().is_empty() {
                continue;
            }
            if self.text.len() + piece.len() > MOST {
                self.flush(out)?;
            }
            self.begin();
            self.text.push_str(piece);
        }
        Ok(())
    }

    /// Reports the last section.
    pub(crate) fn finish(mut self, out: &mut Out<'_>) -> Result<(), Stop> {
        self.flush(out)
    }

    /// Reports the section, if it has a text.
    pub(crate) fn flush(&mut self, out: &mut Out<'_>) -> Result<(), Stop> {
        if self.text.is_empty() {
            return Ok(());
        }
        self.number += 1;
        let headings = std::mem::take(&mut self.above);
        out.page(Page {
            number: self.number,
            text: std::mem::take(&mut self.text),
            heading: headings.last().cloned(),
            location: Location::Section { headings, number: self.number },
            headings: std::mem::take(&mut self.headings),
            ..Page::default()
        })
    }

    fn begin(&mut self) {
        if self.text.is_empty() {
            self.above = self.path.iter().map(|(_, text)| text.clone()).collect();
        } else {
            self.text.push_str("\n\n");
        }
    }
}
