//! What is read from a user's file: pages with their words, and what could not be read.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A page of a file. A file without pages, such as a DOCX, is divided into sections, slides or rows, which count as pages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page {
    /// Number of the page, from 1.
    pub number: u32,
    /// The text in reading order. A line ends with `\n`, a paragraph with an empty line.
    pub text: String,
    /// The words with their places on the page, in the order of the text. Only white space stands between them. In scripts without
    /// spaces each character is a word. Empty if the file has no fixed layout.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
    /// Width in points; 0 if the file has no fixed layout.
    #[serde(default)]
    pub width: f32,
    /// Height in points; 0 if the file has no fixed layout.
    #[serde(default)]
    pub height: f32,
    /// The heading under which the page starts; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heading: Option<String>,
    /// Where the page is in the file, as people say it.
    pub location: Location,
    /// The headings in the text, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headings: Vec<Heading>,
}

/// A word on a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Word {
    /// The word, without white space.
    pub text: String,
    /// Left, upper, right and lower edge in points. The origin is the upper left corner of the page.
    #[serde(rename = "box")]
    pub bounds: [f32; 4],
}

/// A heading in the text of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Heading {
    /// Where the heading starts in the text, in bytes.
    pub start: u32,
    /// Where the heading ends in the text, in bytes.
    pub end: u32,
    /// Level from 1, the highest, to 6.
    pub level: u8,
}

/// Where a page is in its file. [`fmt::Display`] gives it as people say it, in English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Location {
    /// A page of a document.
    Page {
        /// Number of the page, from 1.
        number: u32,
    },
    /// A slide of a presentation.
    Slide {
        /// Number of the slide, from 1.
        number: u32,
    },
    /// Rows of a sheet.
    Rows {
        /// Name of the sheet; empty if the file has only one, which has no name.
        sheet: String,
        /// The first row, from 1.
        first: u32,
        /// The last row.
        last: u32,
    },
    /// Lines of a text.
    Lines {
        /// The first line, from 1.
        first: u32,
        /// The last line.
        last: u32,
    },
    /// A section of a document without pages.
    Section {
        /// The headings above it, the highest first; empty at the start of a document.
        headings: Vec<String>,
        /// Number of the section, from 1.
        number: u32,
    },
}

impl Default for Location {
    fn default() -> Self {
        Self::Page { number: 1 }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = |f: &mut fmt::Formatter<'_>, one: &str, first: &u32, last: &u32| match first == last {
            true => write!(f, "{one} {first}"),
            false => write!(f, "{one}s {first}–{last}"),
        };
        match self {
            Self::Page { number } => write!(f, "page {number}"),
            Self::Slide { number } => write!(f, "slide {number}"),
            Self::Rows { sheet, first, last } => {
                if !sheet.is_empty() {
                    write!(f, "{sheet}, ")?;
                }
                span(f, "row", first, last)
            }
            Self::Lines { first, last } => span(f, "line", first, last),
            Self::Section { headings, number } if headings.is_empty() => write!(f, "section {number}"),
            Self::Section { headings, .. } => f.write_str(&headings.join(" › ")),
        }
    }
}

/// What could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Number of the page, from 1; absent if it concerns the rest of the file after the last page that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// Why it could not be read.
    pub reason: ProblemReason,
}

/// Why something could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProblemReason {
    /// There is no text: the page is a picture, or it is empty, or the file is of a kind that has no text.
    NoText,
    /// The file is protected with a password.
    Locked,
    /// The file breaks the rules of its format.
    Damaged,
    /// Reading needs more memory or more pages than allowed.
    TooLarge,
    /// Reading takes more time than allowed.
    TooSlow,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_what_people_say() {
        let rows = |sheet: &str, first, last| Location::Rows { sheet: sheet.to_owned(), first, last }.to_string();
        assert_eq!(Location::Page { number: 12 }.to_string(), "page 12");
        assert_eq!(Location::Slide { number: 3 }.to_string(), "slide 3");
        assert_eq!(rows("Sheet1", 40, 40), "Sheet1, row 40");
        assert_eq!(rows("", 2, 40), "rows 2–40");
        assert_eq!(Location::Lines { first: 1, last: 9 }.to_string(), "lines 1–9");
        assert_eq!(
            Location::Section { headings: vec!["Guide".to_owned(), "Install".to_owned()], number: 4 }.to_string(),
            "Guide › Install"
        );
        assert_eq!(Location::Section { headings: Vec::new(), number: 1 }.to_string(), "section 1");
    }

    #[test]
    fn a_page_is_sent_as_the_contract_says() {
        let page = Page {
            number: 2,
            text: "one".to_owned(),
            words: vec![Word { text: "one".to_owned(), bounds: [1.0, 2.5, 3.0, 4.0] }],
            width: 612.0,
            height: 792.0,
            heading: None,
            location: Location::Page { number: 2 },
            headings: Vec::new(),
        };
        let json = serde_json::to_string(&page).expect("a page is JSON");
        assert_eq!(
            json,
            r#"{"number":2,"text":"one","words":[{"text":"one","box":[1.0,2.5,3.0,4.0]}],"width":612.0,"height":792.0,"location":{"kind":"page","number":2}}"#
        );
        assert_eq!(serde_json::from_str::<Page>(&json).expect("it is read back"), page);
        assert_eq!(
            serde_json::to_string(&Problem { page: None, reason: ProblemReason::TooLarge }).expect("JSON"),
            r#"{"reason":"too_large"}"#
        );
    }
}
