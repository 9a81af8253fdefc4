//! Tables: pages of some rows, each under the table's header.

use holdfast_protocol::materials::{Location, Page};

use crate::out::{MAX_PAGE_TEXT, Out, Stop};

/// Number of bytes after which a page ends: about as much as a passage holds, so that each passage has the header.
const BYTES: usize = 1_000;

/// Number of empty rows that are kept, so that the lines of a page are the rows of the table.
const GAP: u32 = 5;

/// Builds pages from rows.
#[derive(Default)]
pub(crate) struct Rows {
    sheet: String,
    header: String,
    text: String,
    first: u32,
    last: u32,
    number: u32,
}

impl Rows {
    /// Starts another sheet.
    pub(crate) fn sheet(&mut self, name: &str, out: &mut Out<'_>) -> Result<(), Stop> {
        self.flush(out)?;
        self.header.clear();
        name.clone_into(&mut self.sheet);
        Ok(())
    }

    /// Adds a row, from 1. Rows come in order; empty ones may be left out. The first row is the header.
    pub(crate) fn row(&mut self, row: u32, cells: &[String], out: &mut Out<'_>) -> Result<(), Stop> {
        let mut line = String::new();
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                line.push_str(" | ");
            }
            for (index, word) in cell.split_whitespace().enumerate() {
                if index > 0 {
                    line.push(' ');
                }
                line.push_str(word);
            }
            if line.len() > MAX_PAGE_TEXT {
                return Err(Stop::TOO_LARGE);
            }
        }
        let line = line.trim_end_matches([' ', '|']);
        if line.is_empty() {
            return Ok(());
        }
        if self.header.is_empty() {
            line.clone_into(&mut self.header);
            (self.first, self.last) = (row, row);
            return Ok(());
        }
        let is_far = row.saturating_sub(self.last) > GAP;
        if !self.text.is_empty() && (is_far || self.text.len() + line.len() > BYTES) {
            self.flush(out)?;
        }
        if self.text.is_empty() {
            self.first = row;
        } else {
            (self.last + 1..row).for_each(|_| self.text.push('\n'));
        }
        self.text.push('\n');
        self.text.push_str(line);
        self.last = row;
        Ok(())
    }

    /// Reports the rows so far. A table of one row is its header.
    pub(crate) fn flush(&mut self, out: &mut Out<'_>) -> Result<(), Stop> {
        let is_only_header = self.text.is_empty();
        if self.header.is_empty() || (is_only_header && self.first == 0) {
            return Ok(());
        }
        self.number += 1;
        let text = format!("{}{}", self.header, std::mem::take(&mut self.text));
        let location = Location::Rows { sheet: self.sheet.clone(), first: self.first, last: self.last };
        let heading = (!self.sheet.is_empty()).then(|| self.sheet.clone());
        self.first = 0;
        out.page(Page { number: self.number, text, heading, location, ..Page::default() })
    }
}
