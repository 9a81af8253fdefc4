//! OpenDocument: texts, presentations and spreadsheets.

use holdfast_protocol::materials::ProblemReason;

use crate::{
    out::{Out, Stop},
    pptx::slide_page,
    rows::Rows,
    sections::Sections,
    xml::{self, Element, Node},
    zipped::Archive,
};

/// Maximum number of cells of a row that are read.
const CELLS: usize = 2_000;

/// Reads the content, unless it is encrypted.
fn content(archive: &mut Archive) -> Result<Vec<u8>, Stop> {
    let manifest = archive.read("META-INF/manifest.xml")?.unwrap_or_default();
    if crate::kind::find(&manifest, b"encryption-data").is_some() {
        return Err(Stop::LOCKED);
    }
    archive.need("content.xml")
}

/// Text that is being collected, without what is not shown.
#[derive(Default)]
struct Collected {
    text: String,
    hidden: u32,
    /// Number of open paragraphs. White space between them is none of the text.
    open: u32,
}

impl Collected {
    fn is_hidden(name: &str) -> bool {
        matches!(name, "tracked-changes" | "annotation" | "note-citation" | "notes")
    }

    fn start(&mut self, element: &Element<'_>) {
        match element.name() {
            name if Self::is_hidden(name) => self.hidden += 1,
            "p" | "h" => self.open += 1,
            "s" => {
                let count = element.attribute("c").and_then(|count| count.parse().ok()).unwrap_or(1_usize);
                self.text.extend(std::iter::repeat_n(' ', count.min(100)));
            }
            "tab" => self.text.push('\t'),
            "line-break" => self.text.push('\n'),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.hidden == 0 && self.open > 0 {
            self.text.push_str(text);
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            name if Self::is_hidden(name) => self.hidden = self.hidden.saturating_sub(1),
            "p" | "h" => self.open = self.open.saturating_sub(1),
            _ => {}
        }
    }

    fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }
}

pub(crate) fn text(archive: &mut Archive, out: &mut Out<'_>) -> Result<(), Stop> {
    let content = content(archive)?;
    out.opened(None)?;
    let (mut sections, mut collected, mut level, mut tables) = (Sections::default(), Collected::default(), 1, 0_u32);
    xml::each(&content, |node| {
        match node {
            Node::Start(element) => {
                collected.start(&element);
                match element.name() {
                    "h" => level = element.attribute("outline-level").and_then(|level| level.parse().ok()).unwrap_or(1).clamp(1, 6),
                    "table" => tables += 1,
                    _ => {}
                }
            }
            Node::Text(text) => collected.text(&text),
            Node::End(name) => {
                collected.end(&name);
                match name.as_str() {
                    "h" => sections.heading(level, &collected.take(), out)?,
                    "p" if tables > 0 => collected.text.push(' '),
                    "p" if collected.open == 0 => sections.paragraph(&collected.take(), out)?,
                    "p" => collected.text.push(' '), // of a note inside a paragraph
                    "table-cell" => collected.text.push_str("| "),
                    "table-row" => sections.paragraph(collected.take().trim_end_matches([' ', '|']), out)?,
                    "table" => tables = tables.saturating_sub(1),
                    _ => {}
                }
            }
        }
        Ok(())
    })?;
    sections.finish(out)?;
    if out.has_pages() { Ok(()) } else { Err(Stop::Reason(ProblemReason::NoText)) }
}

pub(crate) fn presentation(archive: &mut Archive, out: &mut Out<'_>) -> Result<(), Stop> {
    let content = content(archive)?;
    out.opened(None)?;
    let (mut number, mut title, mut paragraphs, mut is_title) = (0, String::new(), Vec::new(), false);
    let mut collected = Collected::default();
    xml::each(&content, |node| {
        match node {
            Node::Start(element) => {
                collected.start(&element);
                if element.name() == "frame" {
                    is_title = element.attribute("class").as_deref() == Some("title");
                }
            }
            Node::Text(text) => collected.text(&text),
            Node::End(name) => {
                collected.end(&name);
                match name.as_str() {
                    "p" | "h" if is_title && title.is_empty() => title = collected.take(),
                    "p" | "h" => paragraphs.push(collected.take()),
                    "frame" => is_title = false,
                    "page" => {
                        number += 1;
                        out.page(slide_page(number, &std::mem::take(&mut title), &std::mem::take(&mut paragraphs)))?;
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    })?;
    if out.has_pages() { Ok(()) } else { Err(Stop::Reason(ProblemReason::NoText)) }
}

pub(crate) fn spreadsheet(archive: &mut Archive, out: &mut Out<'_>) -> Result<(), Stop> {
    let content = content(archive)?;
    out.opened(None)?;
    let (mut rows, mut row, mut cells, mut collected) = (Rows::default(), 0_u32, Vec::<String>::new(), Collected::default());
    let (mut rows_alike, mut cells_alike) = (1_u32, 1_usize);
    let count = |element: &Element<'_>, name: &str| element.attribute(name).and_then(|count| count.parse::<u32>().ok()).unwrap_or(1);
    xml::each(&content, |node| {
        match node {
            Node::Start(element) => {
                collected.start(&element);
                match element.name() {
                    "table" => {
                        rows.sheet(&element.attribute("name").unwrap_or_default(), out)?;
                        row = 0;
                    }
                    "table-row" => rows_alike = count(&element, "number-rows-repeated"),
                    "table-cell" | "covered-table-cell" => {
                        collected.take();
                        cells_alike = count(&element, "number-columns-repeated") as usize;
                    }
                    _ => {}
                }
            }
            Node::Text(text) => collected.text(&text),
            Node::End(name) => {
                collected.end(&name);
                match name.as_str() {
                    "p" => collected.text.push(' '),
                    "table-cell" | "covered-table-cell" => {
                        let cell = collected.take();
                        let alike = cells_alike.min(CELLS.saturating_sub(cells.len()));
                        cells.extend(std::iter::repeat_n(cell.trim().to_owned(), alike));
                    }
                    "table-row" => {
                        while cells.last().is_some_and(String::is_empty) {
                            cells.pop();
                        }
                        // An empty row often stands for all that follow, up to the last that a sheet can have.
                        let last = row.saturating_add(rows_alike);
                        if !cells.is_empty() {
                            for number in row.saturating_add(1)..=last {
                                rows.row(number, &cells, out)?;
                            }
                            cells.clear();
                        }
                        row = last;
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    })?;
    rows.flush(out)?;
    if out.has_pages() { Ok(()) } else { Err(Stop::Reason(ProblemReason::NoText)) }
}
