//! Each kind of file becomes pages with text, headings and locations.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use holdfast_protocol::materials::{Location, Problem, ProblemReason};
use support::{Pdf, archive, pages, read, text_of};

const WORD: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";

#[test]
fn a_pdf_has_words_with_places() {
    let pages = pages(Pdf::new().page("BT /F1 12 Tf 72 700 Td (Hello brave) Tj 0 -14 Td (new world) Tj ET").bytes(), "pdf");
    assert_eq!(pages.len(), 1);
    let page = &pages[0];
    assert_eq!(page.text, "Hello brave\nnew world");
    assert_eq!((page.width, page.height), (612.0, 792.0));
    assert_eq!(page.location, Location::Page { number: 1 });
    let words: Vec<&str> = page.words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(words, ["Hello", "brave", "new", "world"]);
    let [left, top, right, bottom] = page.words[0].bounds;
    assert!((left - 72.0).abs() < 0.2 && (right - 99.3).abs() < 1.0, "{:?}", page.words[0]);
    assert!(top > 80.0 && top < 84.0 && bottom > 92.0 && bottom < 96.0, "{:?}", page.words[0]);
}

#[test]
fn columns_are_read_one_after_the_other_below_a_title() {
    let mut content = "BT /F1 20 Tf 72 740 Td (A title across both columns of it) Tj ET ".to_owned();
    for line in 0..8 {
        let y = 700 - 14 * line;
        content.push_str(&format!(
            "BT /F1 10 Tf 72 {y} Td (left words {line} in here) Tj ET BT /F1 10 Tf 320 {y} Td (right words {line} over there) Tj ET "
        ));
    }
    let pages = pages(Pdf::new().page(&content).bytes(), "pdf");
    let text = &pages[0].text;
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} in {text}"));
    assert!(at("A title") < at("left words 0") && at("left words 7") < at("right words 0"), "{text}");
    assert_eq!(pages[0].heading.as_deref(), Some("A title across both columns of it"));
    assert_eq!(pages[0].headings.len(), 1);
}

#[test]
fn a_table_is_read_row_by_row() {
    let mut content = String::new();
    for (row, name) in ["Name", "Oslo", "Rome", "Bern", "Kiew"].into_iter().enumerate() {
        let y = 700 - 14 * row;
        content.push_str(&format!(
            "BT /F1 10 Tf 72 {y} Td ({name}) Tj ET BT /F1 10 Tf 250 {y} Td (n{row}) Tj ET BT /F1 10 Tf 400 {y} Td (m{row}) Tj ET "
        ));
    }
    let pages = pages(Pdf::new().page(&content).bytes(), "pdf");
    assert_eq!(pages[0].text, "Name n0 m0\nOslo n1 m1\nRome n2 m2\nBern n3 m3\nKiew n4 m4");
}

#[test]
fn a_page_without_text_is_a_problem_and_the_others_are_read() {
    let bytes =
        Pdf::new().page("BT /F1 12 Tf 72 700 Td (one) Tj ET").page("0 0 10 10 re f").page("BT /F1 12 Tf 72 700 Td (three) Tj ET").bytes();
    let (count, pages, problems) = read(bytes.clone(), "pdf", 1);
    assert_eq!(count, Some(3));
    assert_eq!(pages.iter().map(|page| (page.number, page.text.as_str())).collect::<Vec<_>>(), [(1, "one"), (3, "three")]);
    assert_eq!(problems, [Problem { page: Some(2), reason: ProblemReason::NoText }]);
    let (_, pages, problems) = read(bytes, "pdf", 3);
    assert_eq!((pages.len(), pages[0].number, problems.len()), (1, 3, 0), "reading continues where it stopped");
}

#[test]
fn rotated_text_stands_after_the_rest_and_has_its_place() {
    let pages =
        pages(Pdf::new().page("BT /F1 12 Tf 0 1 -1 0 40 300 Tm (beside it) Tj ET BT /F1 12 Tf 72 700 Td (the text) Tj ET").bytes(), "pdf");
    assert_eq!(pages[0].text, "the text\n\nbeside it");
    let [left, top, right, bottom] = pages[0].words[2].bounds;
    assert!(left < 40.0 && right > 40.0 && bottom - top > 25.0 && bottom <= 492.5, "{:?}", pages[0].words[2]);
}

#[test]
fn a_text_has_lines() {
    let text = (1..=200).map(|line| format!("line {line}\n")).collect::<String>();
    let pages = pages(text.into_bytes(), "rs");
    assert_eq!(pages[0].location, Location::Lines { first: 1, last: 80 });
    assert_eq!(pages[2].location, Location::Lines { first: 161, last: 200 });
    assert!(pages[2].text.ends_with("line 200"));
}

#[test]
fn markdown_is_divided_at_headings() {
    let long = "word ".repeat(400);
    let text = format!("Start\n\n# Guide\n\n{long}\n\nInstall\n-------\n\n```\n# no heading\n```\n\nSteps.\n");
    let pages = pages(text.into_bytes(), "md");
    assert_eq!(pages.len(), 2);
    assert_eq!(pages[1].location, Location::Section { headings: vec!["Guide".to_owned(), "Install".to_owned()], number: 2 });
    assert_eq!(pages[1].heading.as_deref(), Some("Install"));
    assert!(pages[1].text.contains("# no heading") && pages[1].text.ends_with("Steps."));
    let heading = pages[1].headings[0];
    assert_eq!(&pages[1].text[heading.start as usize..heading.end as usize], "Install");
}

#[test]
fn csv_repeats_its_header() {
    let mut text = "name;town\n".to_owned();
    (2..200).for_each(|row| text.push_str(&format!("\"person; {row}\";town {row}\n")));
    let pages = pages(text.into_bytes(), "csv");
    assert!(pages.len() > 3);
    for page in &pages {
        assert!(page.text.starts_with("name | town\n"), "{}", page.text);
        let Location::Rows { first, last, .. } = page.location.clone() else { panic!("{:?}", page.location) };
        let lines: Vec<&str> = page.text.lines().collect();
        assert_eq!(lines[1], format!("person; {first} | town {first}"));
        assert_eq!(*lines.last().unwrap(), format!("person; {last} | town {last}"));
    }
}

#[test]
fn html_has_headings_and_no_scripts() {
    let html = b"<!DOCTYPE html><title>t</title><style>p{}</style><h1>Guide</h1><p>Some <b>bold</b> text &amp; <a href=x>a link</a>.<script>bad()</script><h2>Install</h2><ul><li>one<li>two</ul>";
    let pages = pages(html.to_vec(), "txt");
    assert_eq!(pages[0].text, "Guide\n\nSome bold text & a link.\n\nInstall\n\n• one\n• two");
    assert_eq!(pages[0].headings.len(), 2);
}

#[test]
fn docx_has_headings_and_tables() {
    let styles = format!(
        r#"<w:styles xmlns:w="{WORD}"><w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style><w:style w:styleId="Own"><w:name w:val="Own"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style></w:styles>"#
    );
    let paragraph =
        |style: &str, text: &str| format!(r#"<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"#);
    let document = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="{WORD}"><w:body>{}{}{}<w:p><w:r><w:t xml:space="preserve">Fish </w:t></w:r><w:r><w:t>&amp; chips</w:t><w:tab/><w:t>&#8364;9</w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>"#,
        paragraph("berschrift1", "Menu"),
        paragraph("Own", "Today"),
        paragraph("Normal", "Hello.")
    );
    let bytes = archive(&[("[Content_Types].xml", "<Types/>"), ("word/styles.xml", &styles), ("word/document.xml", &document)]);
    let pages = pages(bytes, "docx");
    assert_eq!(pages[0].text, "Menu\n\nToday\n\nHello.\n\nFish & chips\t€9\n\na  | b");
    assert_eq!(pages[0].headings.iter().map(|heading| heading.level).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn pptx_has_slides_in_the_order_of_the_show() {
    let slide = |title: &str, text: &str| {
        format!(
            r#"<p:sld xmlns:p="p" xmlns:a="a"><p:sp><p:nvSpPr><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>{title}</a:t></a:r></a:p></p:txBody></p:sp><p:sp><p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp></p:sld>"#
        )
    };
    let bytes = archive(&[
        (
            "ppt/presentation.xml",
            r#"<p:presentation xmlns:p="p" xmlns:r="r"><p:sldIdLst><p:sldId id="256" r:id="rId7"/><p:sldId id="257" r:id="rId3"/></p:sldIdLst></p:presentation>"#,
        ),
        (
            "ppt/_rels/presentation.xml.rels",
            r#"<Relationships><Relationship Id="rId3" Target="slides/slide1.xml"/><Relationship Id="rId7" Target="/ppt/slides/slide2.xml"/></Relationships>"#,
        ),
        ("ppt/slides/slide1.xml", &slide("Last", "end")),
        ("ppt/slides/slide2.xml", &slide("First", "begin")),
        (
            "ppt/slides/_rels/slide2.xml.rels",
            r#"<Relationships><Relationship Id="a" Target="../notesSlides/notesSlide1.xml"/></Relationships>"#,
        ),
        ("ppt/notesSlides/notesSlide1.xml", &slide("", "a note")),
    ]);
    let pages = pages(bytes, "pptx");
    assert_eq!(text_of(&pages), ["First\n\nbegin\n\na note", "Last\n\nend"]);
    assert_eq!((pages[1].heading.as_deref(), pages[1].location.to_string()), (Some("Last"), "slide 2".to_owned()));
}

#[test]
fn opendocument_texts_presentations_and_sheets() {
    let of = |kind: &str, body: &str| {
        let content = format!(
            "<office:document-content xmlns:office='o' xmlns:text='t' xmlns:table='b' xmlns:draw='d' xmlns:presentation='p'>{body}</office:document-content>"
        );
        archive(&[("mimetype", &format!("application/vnd.oasis.opendocument.{kind}")), ("content.xml", &content)])
    };
    let text = of("text", "<text:h text:outline-level='2'>Part</text:h><text:p>a<text:s text:c='2'/>b<text:span>c</text:span></text:p>");
    let read = pages(text, "odt");
    assert_eq!((read[0].text.as_str(), read[0].headings[0].level), ("Part\n\na  bc", 2));

    let show = of(
        "presentation",
        "<draw:page><draw:frame presentation:class='title'><text:p>Top</text:p></draw:frame><draw:frame><text:p>below</text:p></draw:frame></draw:page><draw:page><draw:frame><text:p>two</text:p></draw:frame></draw:page>",
    );
    assert_eq!(text_of(&pages(show, "odp")), ["Top\n\nbelow", "two"]);

    let sheet = of(
        "spreadsheet",
        "<table:table table:name='Sums'><table:table-row><table:table-cell><text:p>h1</text:p></table:table-cell><table:table-cell><text:p>h2</text:p></table:table-cell><table:table-cell table:number-columns-repeated='16382'/></table:table-row><table:table-row table:number-rows-repeated='3'><table:table-cell/></table:table-row><table:table-row><table:table-cell table:number-columns-repeated='2'><text:p>x</text:p></table:table-cell></table:table-row><table:table-row table:number-rows-repeated='1048571'><table:table-cell table:number-columns-repeated='16384'/></table:table-row></table:table>",
    );
    let read = pages(sheet, "ods");
    assert_eq!((text_of(&read), read[0].location.to_string()), (vec!["h1 | h2\nx | x".to_owned()], "Sums, row 5".to_owned()));
}

#[test]
fn xlsx_has_rows_of_sheets() {
    let bytes = support::xlsx(
        r#"<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c><c r="B1" t="inlineStr"><is><t>sum</t></is></c></row><row r="40"><c r="A40" t="inlineStr"><is><t>Ada</t></is></c><c r="B40"><v>1.5</v></c></row></sheetData>"#,
    );
    let pages = pages(bytes, "xlsx");
    assert_eq!((pages[0].text.as_str(), pages[0].location.to_string()), ("name | sum\nAda | 1.5", "Data, row 40".to_owned()));
}

#[test]
fn epub_chapters_follow_the_spine() {
    let bytes = archive(&[
        ("mimetype", "application/epub+zip"),
        ("META-INF/container.xml", r#"<container><rootfiles><rootfile full-path="book/package.opf"/></rootfiles></container>"#),
        (
            "book/package.opf",
            r#"<package><manifest><item id="a" href="a.xhtml"/><item id="b" href="sub/b%20c.xhtml"/></manifest><spine><itemref idref="b"/><itemref idref="a"/></spine></package>"#,
        ),
        ("book/a.xhtml", "<html><head><title/></head><body><h1>Two</h1><p>end</p></body></html>"),
        ("book/sub/b c.xhtml", "<html><body><h1>One</h1><p>begin</p></body></html>"),
    ]);
    assert_eq!(text_of(&pages(bytes, "epub")), ["One\n\nbegin", "Two\n\nend"]);
}

#[test]
fn what_has_no_text_or_a_lock_says_so() {
    let why = |bytes: Vec<u8>, extension: &str| {
        let (_, pages, problems) = read(bytes, extension, 1);
        assert!(pages.is_empty());
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].page, None);
        problems[0].reason
    };
    let locked = "<manifest:manifest><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>";
    let odt = archive(&[("mimetype", "application/vnd.oasis.opendocument.text"), ("META-INF/manifest.xml", locked), ("content.xml", "x")]);
    assert_eq!(why(odt, "odt"), ProblemReason::Locked);
    assert_eq!(why(Vec::new(), "pdf"), ProblemReason::NoText);
    assert_eq!(why(archive(&[("a.txt", "a")]), "zip"), ProblemReason::NoText);
    assert_eq!(why(b"PK\x03\x04 and no more".to_vec(), "docx"), ProblemReason::Damaged);
    assert_eq!(why(b"%PDF-1.7 and no more".to_vec(), "pdf"), ProblemReason::Damaged);
    assert_eq!(why(b" \n\t\n".to_vec(), "txt"), ProblemReason::NoText);
}
