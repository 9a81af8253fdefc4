//! Texts as models write them, collected from public reports of rendering errors in chat pages, and how they must look.
//!
//! They are in `cases.json`: `expect` says it in words; `html` is the expected HTML without the parts that every link, figure and table
//! has.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Case {
    text: String,
    expect: String,
    html: String,
}

fn cases() -> BTreeMap<String, Case> {
    serde_json::from_str(include_str!("cases.json")).unwrap()
}

/// Returns HTML without the parts that are the same everywhere. Formulas are kept as LaTeX, whether they are rendered here or in the
/// browser.
fn brief(html: &str) -> String {
    let mut html = html.to_owned();
    for (same, short) in [
        (" target=\"_blank\" rel=\"noopener noreferrer nofollow\"", ""),
        ("<button type=\"button\" data-wrap aria-pressed=\"false\">Wrap</button>", ""),
        ("<button type=\"button\" data-preview aria-pressed=\"false\">Preview</button>", ""),
        ("<button type=\"button\" data-save>Save</button><button type=\"button\" data-copy>Copy</button>", ""),
        ("<figure class=\"data\">", ""),
        ("<button type=\"button\" data-copy-table data-confirms>Copy</button><button type=\"button\" data-csv>Save as CSV</button>", ""),
        ("<figcaption></figcaption></figure>", ""),
        (" tabindex=\"0\"", ""),
        ("<figcaption><span></span></figcaption>", ""),
    ] {
        html = html.replace(same, short);
    }
    for (opening, closing) in [("<math", "</math>"), ("<code data-formula>", "</code>")] {
        while let Some(start) = html.find(opening) {
            let end = start + html[start..].find(closing).unwrap() + closing.len();
            html.replace_range(start..end, "<FORMULA>");
        }
    }
    html
}

#[test]
fn what_models_write_is_seen_as_it_is_meant() {
    let mut wrong = Vec::new();
    for (name, case) in cases() {
        let html = brief(&Markdown::to_html(&case.text, Language::En));
        if html != case.html {
            wrong.push(format!("{name}: {}\n  expected {}\n  found    {html}", case.expect, case.html));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_comes_letter_by_letter_becomes_the_same() {
    for (name, case) in cases() {
        let mut markdown = Markdown::new("", Language::En);
        // Use large portions for long texts, because each look at a text costs as much as it is long.
        for (end, _) in case.text.char_indices().step_by(1 + case.text.len() / 2_000) {
            markdown.set(&case.text[..end], false);
            markdown.tail();
        }
        markdown.set(&case.text, true);
        let html: String = markdown.blocks().iter().map(|block| &*block.html).collect();
        assert_eq!(html, Markdown::to_html(&case.text, Language::En), "{name}");
    }
}
