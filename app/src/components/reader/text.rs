//! A page of a file without a fixed layout as readable text: headings, paragraphs, tables, with the cited words marked.

use std::ops::Range;

use holdfast_protocol::materials::{Location, Page};
use leptos::prelude::*;

/// A range of a page's text to mark, in bytes, and whether it is of the citation that is shown.
pub(super) type Mark = (Range<usize>, bool);

/// Returns the text of a page.
pub(super) fn readable(page: &Page, mut marks: Vec<Mark>) -> AnyView {
    marks.sort_by_key(|(range, _)| range.start);
    let text = &*page.text;
    if matches!(page.location, Location::Rows { .. }) {
        return table(text, &marks);
    }
    let mut parts = Vec::new();
    let mut at = 0;
    for heading in &page.headings {
        let [start, end] = [heading.start, heading.end].map(|at| usize::try_from(at).unwrap_or(usize::MAX));
        if start < at || end > text.len() || !text.is_char_boundary(start) || !text.is_char_boundary(end) {
            continue;
        }
        paragraphs(text, at..start, &marks, &mut parts);
        parts.push(heading_of(heading.level, pieces(text, start..end, &marks)));
        at = end;
    }
    paragraphs(text, at..text.len(), &marks, &mut parts);
    view! { <div class="text-page" dir="auto">{parts}</div> }.into_any()
}

fn heading_of(level: u8, pieces: Vec<AnyView>) -> AnyView {
    match level {
        0 | 1 => view! { <h3 dir="auto">{pieces}</h3> }.into_any(),
        2 => view! { <h4 dir="auto">{pieces}</h4> }.into_any(),
        _ => view! { <h5 dir="auto">{pieces}</h5> }.into_any(),
    }
}

/// Adds the paragraphs of a range: an empty line is between two of them.
fn paragraphs(text: &str, range: Range<usize>, marks: &[Mark], parts: &mut Vec<AnyView>) {
    let mut at = range.start;
    for paragraph in text[range].split("\n\n") {
        let begin = at + (paragraph.len() - paragraph.trim_start_matches('\n').len());
        let end = at + paragraph.trim_end().len();
        if end > begin {
            parts.push(view! { <p dir="auto">{pieces(text, begin..end, marks)}</p> }.into_any());
        }
        at += paragraph.len() + 2;
    }
}

/// The rows of a sheet. The first line is the header.
fn table(text: &str, marks: &[Mark]) -> AnyView {
    let mut at = 0;
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let mut cells = Vec::new();
        let mut from = at;
        for cell in line.split(" | ") {
            cells.push(from..from + cell.len());
            from += cell.len() + 3;
        }
        if !line.is_empty() {
            lines.push(cells);
        }
        at += line.len() + 1;
    }
    let mut lines = lines.into_iter();
    let head =
        lines.next().unwrap_or_default().into_iter().map(|cell| view! { <th dir="auto">{pieces(text, cell, marks)}</th> }.into_any());
    let head = head.collect::<Vec<_>>();
    let rows = lines.map(|cells| {
        let cells = cells.into_iter().map(|cell| view! { <td dir="auto">{pieces(text, cell, marks)}</td> }.into_any()).collect::<Vec<_>>();
        view! { <tr>{cells}</tr> }.into_any()
    });
    view! {
        <div class="text-page rows">
            <table>
                <thead>
                    <tr>{head}</tr>
                </thead>
                <tbody>{rows.collect::<Vec<_>>()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// Returns a range of a text, with what is marked in it.
fn pieces(text: &str, range: Range<usize>, marks: &[Mark]) -> Vec<AnyView> {
    let (mut pieces, mut at) = (Vec::new(), range.start);
    for (mark, is_own) in marks {
        let (start, end) = (mark.start.max(at), mark.end.min(range.end));
        if start >= end {
            continue;
        }
        if start > at {
            pieces.push(text[at..start].to_owned().into_any());
        }
        pieces.push(view! { <mark class:faint=!is_own>{text[start..end].to_owned()}</mark> }.into_any());
        at = end;
    }
    if at < range.end {
        pieces.push(text[at..range.end].to_owned().into_any());
    }
    pieces
}

#[cfg(test)]
mod tests {
    use holdfast_protocol::materials::Heading;

    use super::*;

    fn shown(page: &Page, marks: Vec<Mark>) -> String {
        let html = Owner::new().with(|| readable(page, marks).to_html());
        html.replace("<!>", "").replace(" dir=\"auto\"", "").replace(" class=\"\"", "")
    }

    #[test]
    fn a_page_has_its_headings_paragraphs_and_marks() {
        let text = "Intro\n\nThe Cycle\n\nOne step.\nTwo steps.\n\nEnd";
        let headings = vec![Heading { start: 7, end: 16, level: 2 }];
        let page = Page { text: text.into(), headings, location: Location::Section { headings: vec![], number: 1 }, ..Page::default() };
        assert_eq!(
            shown(&page, vec![(22..33, true), (40..43, false)]),
            "<div class=\"text-page\"><p>Intro</p><h4>The Cycle</h4><p>One <mark>step.\nTwo s</mark>teps.</p><p><mark class=\"faint\">End</mark></p></div>"
        );
    }

    #[test]
    fn rows_are_a_table_under_their_header() {
        let location = Location::Rows { sheet: "S".into(), first: 2, last: 3 };
        let page = Page { text: "Name | Age\nAda | 36\n\nBob".into(), location, ..Page::default() };
        let html = shown(&page, vec![(11..19, true)]);
        assert!(html.contains("<th>Name</th><th>Age</th>") && html.contains("<td><mark>Ada</mark></td><td><mark>36</mark></td>"), "{html}");
        assert!(html.contains("<tr><td>Bob</td></tr>"), "{html}");
    }
}
