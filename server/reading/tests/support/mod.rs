//! Makes files and reads them in this process.
#![allow(unreachable_pub)]

use std::{
    io::{Cursor, Write as _},
    ops::ControlFlow,
};

use holdfast_core::ports::ReadEvent;
use holdfast_protocol::materials::{Page, Problem};
use zip::{ZipWriter, write::SimpleFileOptions};

/// Reads a file: the number of pages, the pages, and the problems.
pub fn read(content: Vec<u8>, extension: &str, from: u32) -> (Option<u32>, Vec<Page>, Vec<Problem>) {
    let (mut count, mut pages, mut problems) = (None, Vec::new(), Vec::new());
    holdfast_reading::read(content, extension, from, &mut |event| {
        match event {
            ReadEvent::Opened { pages } => count = pages,
            ReadEvent::Page(page) => pages.push(page),
            ReadEvent::Problem(problem) => problems.push(problem),
        }
        ControlFlow::Continue(())
    });
    pages.iter().for_each(check);
    (count, pages, problems)
}

/// Reads a file without problems.
pub fn pages(content: Vec<u8>, extension: &str) -> Vec<Page> {
    let (_, pages, problems) = read(content, extension, 1);
    assert_eq!(problems, []);
    pages
}

/// The texts of pages.
pub fn text_of(pages: &[Page]) -> Vec<String> {
    pages.iter().map(|page| page.text.clone()).collect()
}

/// What holds for every page.
pub fn check(page: &Page) {
    let mut rest = page.text.as_str();
    for word in &page.words {
        assert!(!word.text.is_empty() && !word.text.contains(char::is_whitespace), "{word:?}");
        rest = rest.trim_start().strip_prefix(word.text.as_str()).unwrap_or_else(|| panic!("{:?} before {rest:?}", word.text));
        let [left, top, right, bottom] = word.bounds;
        assert!(left <= right && top <= bottom, "{word:?}");
    }
    assert!(page.words.is_empty() || rest.trim().is_empty(), "{rest:?}");
    for heading in &page.headings {
        assert!(!page.text[heading.start as usize..heading.end as usize].trim().is_empty());
    }
}

/// Makes an archive of texts.
pub fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Makes a workbook with a sheet named Data.
pub fn xlsx(sheet: &str) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    archive(&[
        ("[Content_Types].xml", "<Types/>"),
        (
            "_rels/.rels",
            &format!(
                r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/workbook.xml",
            &format!(
                r#"<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>"#
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            &format!(
                r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
            ),
        ),
        ("xl/worksheets/sheet1.xml", &format!(r#"<worksheet xmlns="{MAIN}">{sheet}</worksheet>"#)),
    ])
}

/// A PDF that is being made.
#[derive(Default)]
pub struct Pdf {
    pages: Vec<(String, Vec<u8>)>,
}

impl Pdf {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a page with this content.
    pub fn page(self, content: &str) -> Self {
        self.stream("", content.as_bytes())
    }

    /// Adds a page whose content stream has further entries in its dictionary.
    pub fn stream(mut self, entries: &str, content: &[u8]) -> Self {
        self.pages.push((entries.to_owned(), content.to_vec()));
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let kids: String = (0..self.pages.len()).map(|index| format!("{} 0 R ", 4 + 2 * index)).collect();
        let mut objects: Vec<Vec<u8>> = vec![
            b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
            format!("<</Type/Pages/Count {}/Kids[{kids}]>>", self.pages.len()).into_bytes(),
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_vec(),
        ];
        for (index, (entries, content)) in self.pages.iter().enumerate() {
            let stream = 5 + 2 * index;
            objects.push(
                format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 3 0 R>>>>/Contents {stream} 0 R>>")
                    .into_bytes(),
            );
            let mut object = format!("<<{entries}/Length {}>>stream\n", content.len()).into_bytes();
            object.extend(content);
            object.extend(b"\nendstream");
            objects.push(object);
        }
        let (mut bytes, mut places) = (b"%PDF-1.5\n".to_vec(), Vec::new());
        for (index, object) in objects.iter().enumerate() {
            places.push(bytes.len());
            bytes.extend(format!("{} 0 obj\n", index + 1).bytes());
            bytes.extend(object);
            bytes.extend(b"\nendobj\n");
        }
        let start = bytes.len();
        bytes.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
        places.iter().for_each(|place| bytes.extend(format!("{place:010} 00000 n \n").bytes()));
        bytes.extend(format!("trailer<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1).bytes());
        bytes
    }
}
