//! Citations: `[n]` in a text is a link to the passage that it cites.

use holdfast_protocol::{message::Source, sources::Sources};

use super::{
    text::{escape, escaped_length},
    words::Words,
};
use crate::strings::Language;

/// Quotation marks: opening and closing.
const QUOTES: [(char, char); 6] = [('“', '”'), ('„', '“'), ('„', '”'), ('«', '»'), ('»', '«'), ('"', '"')];

/// Maximum length of a quote and of what follows it, bytes.
const LONGEST: usize = 2_500;

/// The passages that a text may cite.
#[derive(Clone, Debug, Default)]
pub(super) struct Citable {
    /// What precedes the number of a passage in the id of its footnote.
    anchor: String,
    /// The passages, as they came.
    known: Sources,
    /// Those that have a number.
    sources: Vec<Source>,
    /// Whether the text is complete, so that it is known which quotes were found.
    is_checked: bool,
    language: Language,
}

impl Citable {
    pub(super) fn new(anchor: &str, known: &Sources, is_checked: bool, language: Language) -> Self {
        let mut sources = known.to_vec();
        sources.retain(|source| source.n > 0);
        Self { anchor: anchor.to_owned(), known: known.clone(), sources, is_checked, language }
    }

    /// Returns whether it has these passages.
    pub(super) fn is(&self, sources: &Sources, is_checked: bool) -> bool {
        self.is_checked == is_checked && self.known == *sources
    }

    /// Returns whether a text can have citations.
    pub(super) fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// Returns the passages that a text cites where it begins with `[`, and the length of the citation.
    pub(super) fn at_start(&self, text: &str) -> Option<(Vec<&Source>, usize)> {
        let inside = text.strip_prefix('[')?;
        let end = inside.find(|c: char| !c.is_ascii_digit() && c != ',' && c != ' ')?;
        if !inside[end..].starts_with(']') {
            return None;
        }
        let source = |number: &str| {
            let n: u32 = number.trim().parse().ok()?;
            self.sources.iter().find(|source| source.n == n)
        };
        Some((inside[..end].split(',').map(source).collect::<Option<_>>()?, end + 2))
    }

    /// Returns about how many bytes of HTML a citation adds.
    pub(super) fn length(&self, source: &Source) -> usize {
        escaped_length(&source.title) + escaped_length(source.location.as_deref().unwrap_or_default()) + self.anchor.len() + 100
    }

    /// Writes a citation. `said` is what stands before it in its paragraph.
    pub(super) fn write(&self, html: &mut String, source: &Source, said: &str) {
        let texts = self.language.conversation();
        let is_unverified = self.is_checked && quote_before(said).is_some_and(|quote| !is_in(source, quote));
        let name = (texts.cited)(source.n, &source.title, source.location.as_deref().unwrap_or_default());
        html.push_str(if is_unverified { "<a class=\"cite unverified\" href=\"#" } else { "<a class=\"cite\" href=\"#" });
        html.push_str(&format!("{}{}\" aria-label=\"", self.anchor, source.n));
        escape(html, &name);
        if is_unverified {
            html.push_str(". ");
            escape(html, texts.why_unverified);
        }
        html.push_str(&format!("\">{}", source.n));
        if is_unverified {
            html.push_str("<span>");
            escape(html, texts.unverified);
            html.push_str("</span>");
        }
        html.push_str("</a>");
    }
}

/// Returns whether a passage has these words. What the server has verified counts; it knows the whole page.
fn is_in(source: &Source, quote: &str) -> bool {
    let quote = Words::of(quote);
    source.quote.iter().chain([&source.excerpt]).any(|text| Words::of(text).find(&quote).is_some())
}

/// Returns the words in quotation marks at the end of a text. White space, punctuation and other citations may follow them. The server finds
/// quotes by the same rule (`server/core/src/materials/citations.rs`).
fn quote_before(text: &str) -> Option<&str> {
    let mut text = &text[text.ceil_char_boundary(text.len().saturating_sub(LONGEST))..];
    loop {
        text = text.trim_end_matches(|c: char| c.is_whitespace() || ".,;:!?*_".contains(c));
        let without = text.strip_suffix(']').and_then(|rest| {
            let open = rest.rfind('[')?;
            rest[open + 1..].chars().all(|c| c.is_ascii_digit() || c == ',' || c == ' ').then(|| &rest[..open])
        });
        match without {
            Some(without) => text = without,
            None => break,
        }
    }
    let close = text.chars().next_back()?;
    let inside = &text[..text.len() - close.len_utf8()];
    let opens =
        QUOTES.iter().filter(|(_, end)| *end == close).filter_map(|(begin, _)| inside.rfind(*begin).map(|at| at + begin.len_utf8()));
    let quote = inside[opens.max()?..].trim();
    (!quote.is_empty()).then_some(quote)
}
