//! DOCX: paragraphs under headings. Its pages exist only in the program that shows it.

use std::collections::HashMap;

use holdfast_protocol::materials::ProblemReason;

use crate::{
    out::{Out, Stop},
    sections::Sections,
    xml::{self, Node},
    zipped::Archive,
};

pub(crate) fn read(archive: &mut Archive, out: &mut Out<'_>) -> Result<(), Stop> {
    let levels = match archive.read("word/styles.xml")? {
        Some(styles) => heading_styles(&styles).unwrap_or_default(),
        None => HashMap::new(),
    };
    let document = archive.need("word/document.xml")?;
    out.opened(None)?;
    let mut body =
        Body { levels, sections: Sections::default(), text: String::new(), level: None, fallbacks: 0, tables: 0, in_text: false };
    xml::each(&document, |node| body.node(node, out))?;
    let Body { sections, .. } = body;
    sections.finish(out)?;
    if out.has_pages() { Ok(()) } else { Err(Stop::Reason(ProblemReason::NoText)) }
}

/// Returns the level of each style that is a heading's.
fn heading_styles(styles: &[u8]) -> Result<HashMap<String, u8>, Stop> {
    let mut levels = HashMap::new();
    let mut id = String::new();
    xml::each(styles, |node| {
        if let Node::Start(element) = node {
            match element.name() {
                "style" => id = element.attribute("styleId").unwrap_or_default(),
                "name" => {
                    let name = element.attribute("val").unwrap_or_default().to_lowercase();
                    let level = match name.as_str() {
                        "title" => Some(1),
                        name => name.strip_prefix("heading ").and_then(|number| number.parse().ok()),
                    };
                    if let Some(level) = level {
                        levels.insert(id.clone(), level);
                    }
                }
                "outlineLvl" => {
                    if let Some(level) = element.attribute("val").and_then(|level| level.parse::<u8>().ok()).filter(|level| *level < 6) {
                        levels.entry(id.clone()).or_insert(level + 1);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    })?;
    Ok(levels)
}

struct Body {
    levels: HashMap<String, u8>,
    sections: Sections,
    text: String,
    level: Option<u8>,
    /// Number of open fallbacks: what they hold is there in another form too.
    fallbacks: u32,
    tables: u32,
    in_text: bool,
}

impl Body {
    fn node(&mut self, node: Node<'_>, out: &mut Out<'_>) -> Result<(), Stop> {
        match node {
            Node::Start(element) => match element.name() {
                "Fallback" => self.fallbacks += 1,
                "tbl" => self.tables += 1,
                "t" => self.in_text = true,
                "tab" => self.text.push('\t'),
                "br" | "cr" => self.text.push('\n'),
                "noBreakHyphen" => self.text.push('-'),
                "pStyle" => self.level = element.attribute("val").and_then(|style| self.levels.get(&style).copied()),
                "outlineLvl" => {
                    let level = element.attribute("val").and_then(|level| level.parse::<u8>().ok()).filter(|level| *level < 6);
                    self.level = level.map(|level| level + 1).or(self.level);
                }
                _ => {}
            },
            Node::Text(text) if self.in_text && self.fallbacks == 0 => self.text.push_str(&text),
            Node::Text(_) => {}
            Node::End(name) => match name.as_str() {
                "Fallback" => self.fallbacks = self.fallbacks.saturating_sub(1),
                "t" => self.in_text = false,
                "tbl" => self.tables = self.tables.saturating_sub(1),
                "tc" if self.tables > 0 => self.text.push_str(" | "),
                "tr" if self.tables > 0 => {
                    let row = std::mem::take(&mut self.text);
                    self.sections.paragraph(row.trim_end_matches([' ', '|']), out)?;
                }
                "p" if self.tables > 0 => self.text.push(' '),
                "p" => {
                    let text = std::mem::take(&mut self.text);
                    match self.level.take() {
                        Some(level) => self.sections.heading(level, &text, out)?,
                        None => self.sections.paragraph(&text, out)?,
                    }
                }
                _ => {}
            },
        }
        Ok(())
    }
}
