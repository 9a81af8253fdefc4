//! HTML: html2text reads it as a browser does. Headings are marked, so that they are found in its text.

use holdfast_protocol::materials::ProblemReason;
use html2text::{config, render::TextDecorator};

use crate::{
    out::{Out, Stop},
    sections::Sections,
};

/// Stands before each line of a heading, followed by its level.
const MARK: char = '\u{1}';

/// Width of a line in characters.
const WIDTH: usize = 200;

pub(crate) fn read(content: &[u8], out: &mut Out<'_>) -> Result<(), Stop> {
    out.opened(None)?;
    let mut sections = Sections::default();
    self::sections(content, &mut sections, out)?;
    sections.finish(out)?;
    if out.has_pages() { Ok(()) } else { Err(Stop::Reason(ProblemReason::NoText)) }
}

/// Adds a document to sections.
pub(crate) fn sections(content: &[u8], sections: &mut Sections, out: &mut Out<'_>) -> Result<(), Stop> {
    let text = crate::kind::decode(content).ok_or(Stop::DAMAGED)?.replace(MARK, "");
    // In XHTML this is a title without a text; in HTML all that follows would be the title.
    let text = text.replace("<title/>", "").replace("<title />", "");
    let rendered = config::with_decorator(Marks)
        .no_table_borders()
        .allow_width_overflow()
        .string_from_read(text.as_bytes(), WIDTH)
        .map_err(|_| Stop::DAMAGED)?;
    let (mut heading, mut paragraph) = ((0, String::new()), String::new());
    for line in rendered.lines().chain([""]) {
        let marked = line.trim_start().strip_prefix(MARK).and_then(|rest| Some((rest.get(..1)?.parse::<u8>().ok()?, rest.get(1..)?)));
        if let Some((level, text)) = marked {
            sections.paragraph(&std::mem::take(&mut paragraph), out)?;
            if heading.0 != level {
                sections.heading(heading.0, &heading.1, out)?;
                heading = (level, String::new());
            }
            heading.1.push(' ');
            heading.1.push_str(text);
            continue;
        }
        sections.heading(heading.0, &std::mem::take(&mut heading.1), out)?;
        if line.trim().is_empty() {
            sections.paragraph(&std::mem::take(&mut paragraph), out)?;
        } else {
            paragraph.push_str(line.trim_end());
            paragraph.push('\n');
        }
    }
    Ok(())
}

/// Marks headings and nothing else.
#[derive(Clone)]
struct Marks;

impl TextDecorator for Marks {
    type Annotation = ();

    fn decorate_link_start(&mut self, _: &str) -> (String, ()) {
        (String::new(), ())
    }
    fn decorate_link_end(&mut self) -> String {
        String::new()
    }
    fn decorate_em_start(&self) -> (String, ()) {
        (String::new(), ())
    }
    fn decorate_em_end(&self) -> String {
        String::new()
    }
    fn decorate_strong_start(&self) -> (String, ()) {
        (String::new(), ())
    }
    fn decorate_strong_end(&self) -> String {
        String::new()
    }
    fn decorate_strikeout_start(&self) -> (String, ()) {
        (String::new(), ())
    }
    fn decorate_strikeout_end(&self) -> String {
        String::new()
    }
    fn decorate_code_start(&self) -> (String, ()) {
        (String::new(), ())
    }
    fn decorate_code_end(&self) -> String {
        String::new()
    }
    fn decorate_preformat_first(&self) {}
    fn decorate_preformat_cont(&self) {}
    fn decorate_image(&mut self, _: &str, title: &str) -> (String, ()) {
        (title.to_owned(), ())
    }
    fn header_prefix(&self, level: usize) -> String {
        format!("{MARK}{}", level.clamp(1, 6))
    }
    fn quote_prefix(&self) -> String {
        String::new()
    }
    fn unordered_item_prefix(&self) -> String {
        "• ".to_owned()
    }
    fn ordered_item_prefix(&self, number: i64) -> String {
        format!("{number}. ")
    }
    fn make_subblock_decorator(&self) -> Self {
        self.clone()
    }
}
