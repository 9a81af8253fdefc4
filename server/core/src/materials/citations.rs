//! Finds the citations in an answer, and verifies their quotes. A highlight is shown only where the quoted words were found on the page.

use std::collections::HashMap;

use holdfast_protocol::{FileId, UserId, materials::Page, message::Source};

use super::find_quote;
use crate::ports::{Repositories, StoreError};

/// Quotation marks: opening and closing.
const QUOTES: [(char, char); 6] = [('“', '”'), ('„', '“'), ('„', '”'), ('«', '»'), ('»', '«'), ('"', '"')];
/// Maximum length of a quote, bytes.
const LONGEST: usize = 2_000;

/// A citation in an answer.
#[derive(Debug, PartialEq, Eq)]
struct Cited<'a> {
    /// The number of the passage.
    n: u32,
    /// The words in quotation marks before it; `None` if there are none.
    quote: Option<&'a str>,
}

/// Returns the citations of a text: `[n]`, and the quote that stands directly before it.
fn cited(text: &str) -> Vec<Cited<'_>> {
    let (mut cited, mut from) = (Vec::new(), 0);
    while let Some(open) = text[from..].find('[').map(|at| from + at) {
        from = open + 1;
        let Some(close) = text[from..].find(']').map(|at| from + at) else { break };
        let numbers: Vec<u32> = text[from..close].split(',').filter_map(|number| number.trim().parse().ok()).collect();
        if numbers.is_empty() || numbers.len() != text[from..close].split(',').count() {
            continue;
        }
        let quote = quote_before(&text[..open]);
        cited.extend(numbers.into_iter().map(|n| Cited { n, quote }));
        from = close + 1;
    }
    cited
}

/// Returns the words in quotation marks at the end of a text. White space, punctuation and other citations may follow them.
fn quote_before(text: &str) -> Option<&str> {
    let mut text = text;
    loop {
        let shorter = text.trim_end_matches(|c: char| c.is_whitespace() || ".,;:!?*_".contains(c));
        let without = shorter.strip_suffix(']').and_then(|rest| {
            let open = rest.rfind('[')?;
            rest[open + 1..].chars().all(|c| c.is_ascii_digit() || c == ',' || c == ' ').then(|| &rest[..open])
        });
        match without {
            Some(without) => text = without,
            None => {
                text = shorter;
                break;
            }
        }
    }
    let close = text.chars().next_back()?;
    let inside = &text[..text.len() - close.len_utf8()];
    let opens =
        QUOTES.iter().filter(|(_, end)| *end == close).filter_map(|(begin, _)| inside.rfind(*begin).map(|at| at + begin.len_utf8()));
    let quote = inside[opens.max()?..].trim();
    (!quote.is_empty() && quote.len() <= LONGEST).then_some(quote)
}

/// Marks the passages that an answer cites as used, and stores the quotes that were found on their pages with the places of their words.
/// What was not found has no quote.
///
/// # Errors
/// The database failed.
pub async fn verified(store: &dyn Repositories, user: UserId, mut sources: Vec<Source>, text: &str) -> Result<Vec<Source>, StoreError> {
    let mut pages: HashMap<(FileId, u32), Option<Page>> = HashMap::new();
    for Cited { n, quote } in cited(text) {
        let Some(source) = sources.iter_mut().find(|source| source.n == n) else { continue };
        source.used = true;
        let (Some(file), Some(number), Some(quote)) = (source.file_id, source.page, quote) else { continue };
        if let std::collections::hash_map::Entry::Vacant(entry) = pages.entry((file, number)) {
            entry.insert(store.file_page(user, file, number).await?);
        }
        let Some(page) = pages.get(&(file, number)).and_then(Option::as_ref) else { continue };
        let Some(citation) = find_quote(quote, [page]) else { continue };
        match &source.quote {
            None => {
                source.quote = Some(quote.to_owned());
                source.boxes = citation.boxes;
            }
            Some(known) if known != quote => source.boxes.extend(citation.boxes),
            Some(_) => {}
        }
    }
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn citations_are_found_with_the_quote_before_them() {
        let of = |text: &'static str| cited(text).into_iter().map(|cited| (cited.n, cited.quote)).collect::<Vec<_>>();
        assert_eq!(of("It is “the first step” [1]."), [(1, Some("the first step"))]);
        assert_eq!(of("Es ist „der erste Schritt“ [2], und mehr [3]"), [(2, Some("der erste Schritt")), (3, None)]);
        assert_eq!(of("\"a b c\". [1][4]"), [(1, Some("a b c")), (4, Some("a b c"))]);
        assert_eq!(of("\"x\" said, \"a b\" [1, 2]"), [(1, Some("a b")), (2, Some("a b"))]);
        assert_eq!(of("a[i] and [link](x) and []"), []);
        assert_eq!(of("“never closed [1"), []);
        assert_eq!(of("[1] first"), [(1, None)]);
    }
}
