//! Hostile files end with a reason, within the limits, and what else is in the file is read.

use std::{
    fs,
    io::{Cursor, Write as _},
    path::Path,
    time::Duration,
};

use flate2::{Compress, Compression, FlushCompress, write::ZlibEncoder};
use holdfast_protocol::materials::{Problem, ProblemReason};
use holdfast_reading::Limits;
use tokio::time::Instant;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{ONE, TWO, file, limits, pdf, read, reader, why_not};

fn case(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/materials").join(name)).unwrap()
}

/// Returns a stream that unfolds to `mebibytes` of zeros. The same compressed MiB stands in it again and again.
fn zeros(mebibytes: usize) -> Vec<u8> {
    let mut compress = Compress::new(Compression::best(), true);
    let zeros = vec![0; 1 << 20];
    let mut part = |flush| {
        let mut out = Vec::with_capacity(1 << 16);
        compress.compress_vec(&zeros, &mut out, flush).unwrap();
        out
    };
    let first = part(FlushCompress::Full);
    let again = part(FlushCompress::Full);
    let mut all = first;
    (1..mebibytes).for_each(|_| all.extend(&again));
    all.extend([0x03, 0x00, 0, 0, 0, 0]); // the last block; nobody gets as far as its checksum
    all
}

fn unfolds_to(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, SimpleFileOptions::default().compression_level(Some(1))).unwrap();
        zip.write_all(text).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[tokio::test]
async fn small_hostile_files() {
    let reader = reader(limits());
    let problem = |page, reason| vec![Problem { page, reason }];
    for (name, texts, problems) in [
        ("ok.pdf", vec!["hello world"], vec![]),
        ("text.pdf", vec!["hello"], vec![]),
        ("form-rec.pdf", vec!["hello world"], vec![]),
        ("count-lie.pdf", vec![], problem(None, ProblemReason::Damaged)),
        ("pages-loop.pdf", vec![], problem(None, ProblemReason::Damaged)),
    ] {
        let read = read(&reader, file(case(name), name, 1)).await;
        assert_eq!(read.problems, problems, "{name}");
        // A form that draws itself draws the words several times.
        let found: Vec<&str> = read.pages.iter().map(|page| page.text.as_str()).collect();
        assert_eq!(found.len(), texts.len(), "{name}: {found:?}");
        assert!(found.iter().zip(&texts).all(|(found, text)| found.starts_with(text)), "{name}: {found:?}");
    }
    assert_eq!(why_not(&reader, Vec::new(), "empty.pdf").await, ProblemReason::NoText);
}

#[tokio::test]
async fn forms_that_draw_each_other_without_end_take_too_long() {
    let reader = reader(Limits { page: Duration::from_secs(3), ..limits() });
    let began = Instant::now();
    let read = read(&reader, file(case("form-exp.pdf"), "form-exp.pdf", 1)).await;
    assert!(
        read.problems == [Problem { page: Some(1), reason: ProblemReason::TooSlow }]
            || read.problems == [Problem { page: Some(1), reason: ProblemReason::TooLarge }],
        "{:?}",
        read.problems
    );
    assert!(began.elapsed() < Duration::from_secs(15));
}

#[tokio::test]
async fn a_page_that_unfolds_to_four_gibibytes_is_too_large_and_the_others_are_read() {
    let bomb = zeros(4096);
    let content = pdf(&[ONE, ("/Filter/FlateDecode", &bomb), TWO]);
    let read = read(&reader(limits()), file(content, "bomb.pdf", 1)).await;
    assert_eq!(read.pages.iter().map(|page| (page.number, page.text.as_str())).collect::<Vec<_>>(), [(1, "page one"), (3, "page two")]);
    assert_eq!(read.problems.len(), 1, "{:?}", read.problems);
    assert_eq!(read.problems[0].page, Some(2));
    // A debug build unfolds slowly.
    assert!(matches!(read.problems[0].reason, ProblemReason::TooLarge | ProblemReason::TooSlow), "{:?}", read.problems);
}

#[tokio::test]
async fn two_million_nested_arrays_and_three_million_operators() {
    let reader = reader(limits());
    let nested = vec![b'['; 2_000_000];
    let read_nested = read(&reader, file(pdf(&[ONE, ("", &nested), TWO]), "nested.pdf", 1)).await;
    assert_eq!(read_nested.pages.iter().map(|page| page.number).collect::<Vec<_>>(), [1, 3], "{:?}", read_nested.problems);
    assert_eq!(read_nested.problems.len(), 1, "{:?}", read_nested.problems);

    let operators = unfolds_to(["BT /F1 12 Tf ", &"1 0 Td (a) Tj ".repeat(3_000_000), "ET"].concat().as_bytes());
    let read_many = read(&reader, file(pdf(&[("/Filter/FlateDecode", &operators), TWO]), "operators.pdf", 1)).await;
    assert_eq!(read_many.pages.iter().map(|page| page.number).collect::<Vec<_>>(), [2], "{:?}", read_many.problems);
    assert_eq!(read_many.problems.len(), 1, "{:?}", read_many.problems);
    assert!(matches!(read_many.problems[0].reason, ProblemReason::TooLarge | ProblemReason::TooSlow));

    let same_place = unfolds_to("BT /F1 12 Tf 72 700 Td (hello world) Tj ET\n".repeat(1_000_000).as_bytes());
    let read_same = read(&reader, file(pdf(&[("/Filter/FlateDecode", &same_place)]), "many-tj.pdf", 1)).await;
    assert!(read_same.pages.is_empty());
    assert!(matches!(read_same.problems[..], [Problem { page: Some(1), reason: ProblemReason::TooLarge | ProblemReason::TooSlow }]));
}

#[tokio::test]
async fn archives_that_unfold_without_end_and_entities_that_multiply() {
    let reader = reader(limits());
    let types: (&str, &[u8]) = ("[Content_Types].xml", b"<Types/>");
    let paragraphs = ["<w:document>", &"<w:p/>".repeat(12_000_000)].concat();
    let bomb = archive(&[types, ("word/document.xml", paragraphs.as_bytes())]);
    assert_eq!(why_not(&reader, bomb, "bomb.docx").await, ProblemReason::TooLarge);

    let mut entities = String::from(r#"<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">"#);
    for (name, before) in ('b'..='j').zip('a'..) {
        entities.push_str(&format!(r#"<!ENTITY {name} "{}">"#, format!("&{before};").repeat(10)));
    }
    entities.push_str("]><w:document><w:body><w:p><w:r><w:t>&j;</w:t></w:r></w:p></w:body></w:document>");
    assert_eq!(
        why_not(&reader, archive(&[types, ("word/document.xml", entities.as_bytes())]), "entities.docx").await,
        ProblemReason::Damaged
    );

    let deep = ["<w:p>".repeat(1_000_000), "</w:p>".repeat(1_000_000)].concat();
    assert_eq!(why_not(&reader, archive(&[types, ("word/document.xml", deep.as_bytes())]), "deep.docx").await, ProblemReason::Damaged);
}

#[tokio::test]
async fn sheets_that_claim_or_repeat_every_cell() {
    let reader = reader(limits());
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let workbook =
        format!(r#"<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>"#);
    let relations = format!(
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
    );
    let sheet = format!(
        r#"<worksheet xmlns="{main}"><dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>first</t></is></c></row><row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>last</t></is></c></row></sheetData></worksheet>"#
    );
    let root = format!(
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
    );
    let xlsx = archive(&[
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ]);
    let read_xlsx = read(&reader, file(xlsx, "claims.xlsx", 1)).await;
    assert_eq!(
        read_xlsx.pages.iter().map(|page| page.location.to_string()).collect::<Vec<_>>(),
        ["Data, row 1048576"],
        "{:?}",
        read_xlsx.problems
    );

    let content = "<office:document-content><table:table table:name='S'><table:table-row table:number-rows-repeated='1048576'><table:table-cell table:number-columns-repeated='16384'><text:p>x</text:p></table:table-cell></table:table-row></table:table></office:document-content>";
    let ods = archive(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", content.as_bytes())]);
    let read_ods = read(&reader, file(ods, "repeats.ods", 1)).await;
    assert!(
        matches!(read_ods.problems.last(), Some(Problem { page: None, reason: ProblemReason::TooLarge | ProblemReason::TooSlow })),
        "{:?}",
        read_ods.problems.last()
    );
}

#[tokio::test]
async fn a_file_of_more_pages_than_allowed_is_read_up_to_the_limit() {
    let pages = vec![ONE; 5_001];
    let read = read(&reader(limits()), file(pdf(&pages), "long.pdf", 4_999)).await;
    assert_eq!(read.pages.iter().map(|page| page.number).collect::<Vec<_>>(), [4_999, 5_000]);
    assert_eq!(read.problems, [Problem { page: None, reason: ProblemReason::TooLarge }]);
}

#[tokio::test]
async fn nested_html_is_no_danger() {
    let html = ["<!DOCTYPE html>", &"<div>".repeat(200_000), "deep"].concat();
    let read = read(&reader(Limits { page: Duration::from_secs(3), ..limits() }), file(html.into_bytes(), "deep.html", 1)).await;
    assert_eq!(read.pages.len() + read.problems.len(), 1, "{:?}", read.problems);
}
