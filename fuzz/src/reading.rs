//! Files of users.

use std::{
    io::{Cursor, Write as _},
    ops::ControlFlow,
};

use holdfast_core::{
    materials::{find_quote, passages},
    ports::ReadEvent,
};
use holdfast_protocol::materials::Page;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// Checks PDF files.
pub fn pdf(data: &[u8]) {
    read([b"%PDF-1.7\n", data].concat(), "pdf");
}

/// Checks Office files, OpenDocument files and books: the first byte chooses the kind, the rest is its main part. Sheets of Excel and
/// chapters of books come with what they need besides.
pub fn office(data: &[u8]) {
    const PACKAGE: &[u8] = br#"<package><manifest><item id="a" href="a.xhtml"/></manifest><spine><itemref idref="a"/></spine></package>"#;
    const CONTAINER: &[u8] = br#"<container><rootfile full-path="p.opf"/></container>"#;
    const SHEETS: &[u8] = br#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>"#;
    const ROOT: &[u8] = br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    const RELATIONS: &[u8] = br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/s.xml"/></Relationships>"#;
    const SHOW: &[u8] = br#"<p:presentation><p:sldId id="1" r:id="a"/></p:presentation>"#;
    const SLIDES: &[u8] = br#"<Relationships><Relationship Id="a" Target="slides/s.xml"/></Relationships>"#;

    let Some((kind, main)) = data.split_first() else { return };
    let files: &[(&str, &[u8])] = match kind % 9 {
        0 => &[("word/document.xml", main)],
        1 => &[("word/styles.xml", main), ("word/document.xml", main)],
        2 => &[("ppt/presentation.xml", SHOW), ("ppt/_rels/presentation.xml.rels", SLIDES), ("ppt/slides/s.xml", main)],
        3 => &[("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", main)],
        4 => &[("mimetype", b"application/vnd.oasis.opendocument.presentation"), ("content.xml", main)],
        5 => &[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", main)],
        6 => {
            &[("_rels/.rels", ROOT), ("xl/workbook.xml", SHEETS), ("xl/_rels/workbook.xml.rels", RELATIONS), ("xl/worksheets/s.xml", main)]
        }
        7 => &[("mimetype", b"application/epub+zip"), ("META-INF/container.xml", CONTAINER), ("p.opf", PACKAGE), ("a.xhtml", main)],
        _ => return read([b"PK\x03\x04", main].concat(), "zip"),
    };
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, content) in files {
        zip.start_file(*name, options).expect("the names differ");
        zip.write_all(content).expect("memory is written to");
    }
    read(zip.finish().expect("memory is written to").into_inner(), "");
}

/// Checks plain text, Markdown, CSV and HTML: the first byte chooses the extension.
pub fn texts(data: &[u8]) {
    let Some((kind, text)) = data.split_first() else { return };
    read(text.to_vec(), ["txt", "md", "csv", "html"][usize::from(kind % 4)]);
}

/// Reads a file, and does with its pages what the server does. What holds for all pages must hold.
fn read(content: Vec<u8>, extension: &str) {
    let mut events = Vec::new();
    holdfast_reading::read(content, extension, 1, &mut |event| {
        events.push(event);
        if events.len() < 20 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    let mut last = 0;
    for event in events {
        let number = match event {
            ReadEvent::Opened { .. } => continue,
            ReadEvent::Page(page) => {
                check(&page);
                page.number
            }
            ReadEvent::Problem(problem) => problem.page.unwrap_or(last + 1),
        };
        assert!(number > last, "page {number} after page {last}");
        last = number;
    }
}

fn check(page: &Page) {
    let mut rest = page.text.as_str();
    for word in &page.words {
        rest = rest.trim_start().strip_prefix(word.text.as_str()).expect("words stand in the text with white space between them");
        assert!(word.bounds.iter().all(|edge| edge.is_finite()), "{word:?}");
    }
    assert!(page.words.is_empty() || rest.trim().is_empty(), "{rest:?}");
    for heading in &page.headings {
        assert!(page.text.get(heading.start as usize..heading.end as usize).is_some_and(|text| !text.trim().is_empty()));
    }
    for passage in passages("title", page) {
        assert!(page.text.get(passage.range.clone()).is_some() && !passage.text.is_empty());
    }
    if page.text.len() < 2_000
        && let Some(citation) = find_quote(&page.text, [page])
    {
        assert!(citation.ranges.iter().all(|range| page.text.get(range.clone()).is_some()));
    }
}
