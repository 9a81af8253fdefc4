//! EPUB: chapters in the order of the book.

use std::collections::HashMap;

use holdfast_protocol::materials::ProblemReason;

use crate::{
    html,
    out::{Out, Stop},
    pptx::join,
    sections::Sections,
    xml::{self, Node},
    zipped::Archive,
};

pub(crate) fn read(archive: &mut Archive, out: &mut Out<'_>) -> Result<(), Stop> {
    // Fonts of a free book may be encrypted too; a book with copy protection has a file of rights.
    if archive.read("META-INF/rights.xml")?.is_some() || archive.read("META-INF/license.lcpl")?.is_some() {
        return Err(Stop::LOCKED);
    }
    let container = archive.need("META-INF/container.xml")?;
    let mut package = None;
    xml::each(&container, |node| {
        if let Node::Start(element) = node
            && element.name() == "rootfile"
        {
            package = package.take().or_else(|| element.attribute("full-path"));
        }
        Ok(())
    })?;
    let package = package.ok_or(Stop::DAMAGED)?;
    let folder = package.rsplit_once('/').map_or("", |(folder, _)| folder);
    let (mut files, mut spine) = (HashMap::new(), Vec::new());
    xml::each(&archive.need(&package)?, |node| {
        if let Node::Start(element) = node {
            match element.name() {
                "item" => {
                    if let (Some(id), Some(href)) = (element.attribute("id"), element.attribute("href")) {
                        files.insert(id, join(folder, &percent_decoded(&href)));
                    }
                }
                "itemref" => spine.extend(element.attribute("idref")),
                _ => {}
            }
        }
        Ok(())
    })?;
    out.opened(None)?;
    let mut sections = Sections::default();
    for path in spine.iter().filter_map(|id| files.get(id)) {
        if let Some(bytes) = archive.read(path)? {
            html::sections(&bytes, &mut sections, out)?;
            sections.flush(out)?;
        }
    }
    if out.has_pages() { Ok(()) } else { Err(Stop::Reason(ProblemReason::NoText)) }
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let code = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten().and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}
