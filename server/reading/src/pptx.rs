//! PPTX: a page for each slide, its title as the heading, its notes last.

use std::collections::HashMap;

use holdfast_protocol::materials::{Heading, Location, Page};

use crate::{
    out::{Out, Stop},
    xml::{self, Node},
    zipped::Archive,
};

pub(crate) fn read(archive: &mut Archive, out: &mut Out<'_>) -> Result<(), Stop> {
    let slides = slides(archive)?;
    out.opened(u32::try_from(slides.len()).ok())?;
    for (index, path) in slides.iter().enumerate() {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        if !out.wants(number) {
            continue;
        }
        let mut slide = Slide::default();
        let Some(bytes) = archive.read(path)? else {
            out.problem(number, holdfast_protocol::materials::ProblemReason::Damaged)?;
            continue;
        };
        if slide.read(&bytes).is_err() {
            out.problem(number, holdfast_protocol::materials::ProblemReason::Damaged)?;
            continue;
        }
        let notes = relations(archive, path)?.into_values().find(|target| target.contains("notesSlide"));
        if let Some(bytes) = notes.map(|path| archive.read(&path)).transpose()?.flatten() {
            let mut of_notes = Slide::default();
            if of_notes.read(&bytes).is_ok() {
                slide.paragraphs.extend(of_notes.paragraphs);
            }
        }
        out.page(slide_page(number, &slide.title, &slide.paragraphs))?;
    }
    if out.has_pages() { Ok(()) } else { Err(Stop::DAMAGED) }
}

/// Makes the page of a slide.
pub(crate) fn slide_page(number: u32, title: &str, paragraphs: &[String]) -> Page {
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut text = title.clone();
    for paragraph in paragraphs.iter().map(|paragraph| paragraph.trim()).filter(|paragraph| !paragraph.is_empty()) {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(paragraph);
    }
    let end = u32::try_from(title.len()).unwrap_or(u32::MAX);
    let headings = if title.is_empty() { Vec::new() } else { vec![Heading { start: 0, end, level: 1 }] };
    let heading = (!title.is_empty()).then_some(title);
    Page { number, text, heading, headings, location: Location::Slide { number }, ..Page::default() }
}

/// Returns the paths of the slides, in the order in which they are shown.
fn slides(archive: &mut Archive) -> Result<Vec<String>, Stop> {
    let presentation = archive.need("ppt/presentation.xml")?;
    let targets = relations(archive, "ppt/presentation.xml")?;
    let mut slides = Vec::new();
    xml::each(&presentation, |node| {
        if let Node::Start(element) = node
            && element.name() == "sldId"
            // The relation's id: the plain `id` is a number.
            && let Some(path) = element.attributes("id").iter().find_map(|id| targets.get(id))
        {
            slides.push(path.clone());
        }
        Ok(())
    })?;
    Ok(slides)
}

/// Returns the targets of a part's relations by their ids, as paths in the archive.
fn relations(archive: &mut Archive, path: &str) -> Result<HashMap<String, String>, Stop> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut targets = HashMap::new();
    let Some(bytes) = archive.read(&format!("{folder}/_rels/{name}.rels"))? else { return Ok(targets) };
    xml::each(&bytes, |node| {
        if let Node::Start(element) = node
            && element.name() == "Relationship"
            && let (Some(id), Some(target)) = (element.attribute("Id"), element.attribute("Target"))
        {
            targets.insert(id, join(folder, &target));
        }
        Ok(())
    })?;
    Ok(targets)
}

/// Returns the path of what a part in a folder refers to.
pub(crate) fn join(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[derive(Default)]
struct Slide {
    title: String,
    paragraphs: Vec<String>,
    is_title: bool,
    in_text: bool,
    text: String,
}

impl Slide {
    fn read(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        xml::each(bytes, |node| {
            match node {
                Node::Start(element) => match element.name() {
                    "sp" => self.is_title = false,
                    "ph" => self.is_title = matches!(element.attribute("type").as_deref(), Some("title" | "ctrTitle")),
                    "t" => self.in_text = true,
                    "br" => self.text.push('\n'),
                    _ => {}
                },
                Node::Text(text) if self.in_text => self.text.push_str(&text),
                Node::Text(_) => {}
                Node::End(name) => match name.as_str() {
                    "t" => self.in_text = false,
                    "sp" => self.is_title = false,
                    "p" => {
                        let text = std::mem::take(&mut self.text);
                        match self.is_title {
                            true => self.title.push_str(&format!(" {text}")),
                            false => self.paragraphs.push(text),
                        }
                    }
                    _ => {}
                },
            }
            Ok(())
        })
    }
}
