//! `quote` with the user's files: answers with sentences of them, and cites where they are.

use holdfast_core::materials::Evidence;
use holdfast_protocol::message::Source;

use super::rank::{Index, tokens};

/// Maximum number of sentences in an answer.
const MOST: usize = 3;
/// Maximum length of a sentence that is quoted whole, bytes.
const LONGEST: usize = 600;

/// Returns the answer to a question.
pub(super) fn answer(evidence: &Evidence, question: &str) -> String {
    let mut text = String::from("I am not a language model: I quote your documents.");
    let quotes = quotes(&evidence.sources, question);
    if quotes.is_empty() {
        text.push_str(" Nothing in them fits what you wrote.\n");
    } else {
        text.push_str(" This is what they say.\n");
    }
    for (source, sentence) in quotes {
        let location = source.location.as_ref().map(|location| format!(", {location}")).unwrap_or_default();
        text.push_str(&format!("\n- \u{201c}{sentence}\u{201d} [{}] ({}{location})\n", source.n, plain(&source.title)));
    }
    for partly in &evidence.partly {
        let pages = partly.pages.map(|pages| format!(" of {pages}")).unwrap_or_default();
        text.push_str(&format!("\n{} is still being read: this reaches to page {}{pages}.\n", plain(&partly.name), partly.page));
    }
    text
}

/// Returns a name that is not Markdown.
fn plain(name: &str) -> String {
    let special = |c: char| "\\`*_[]<>~|#".contains(c);
    name.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

/// Returns the sentence that fits best of each of the best passages.
fn quotes<'a>(sources: &'a [Source], question: &str) -> Vec<(&'a Source, &'a str)> {
    let index = Index::new(sources.iter().map(|source| (tokens(&source.excerpt), Vec::new())));
    let asked = tokens(question);
    let best = |(at, _): (usize, f32)| {
        let source = &sources[at];
        let fit = |sentence: &&str| tokens(sentence).iter().filter(|word| asked.contains(word)).count();
        // Of several that fit alike, the first.
        let sentence = sentences(&source.excerpt).into_iter().rev().max_by_key(fit)?;
        Some((source, sentence))
    };
    index.find(question, MOST).into_iter().filter_map(best).collect()
}

/// Returns the sentences of a passage. One that is too long is cut at a word.
fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = rest
            .char_indices()
            .find(|(at, c)| {
                let after = rest[at + c.len_utf8()..].chars().next();
                *c == '\n' || "。！？".contains(*c) || (".!?".contains(*c) && after.is_none_or(char::is_whitespace))
            })
            .map_or(rest.len(), |(at, c)| at + c.len_utf8());
        let (sentence, later) = rest.split_at(end);
        sentences.push(cut(sentence.trim()));
        rest = later.trim_start();
    }
    sentences.retain(|sentence| !sentence.is_empty() && !sentence.contains(['\u{201c}', '\u{201d}']));
    sentences
}

fn cut(sentence: &str) -> &str {
    if sentence.len() <= LONGEST {
        return sentence;
    }
    let end = (0..=LONGEST).rev().find(|at| sentence.is_char_boundary(*at)).unwrap_or(0);
    let end = sentence[..end].rfind(char::is_whitespace).unwrap_or(end);
    sentence[..end].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(texts: &[&str]) -> Evidence {
        let source = |(n, text): (u32, &&str)| Source {
            title: "Lecture_7.pdf".into(),
            location: Some(format!("page {n}")),
            excerpt: (*text).into(),
            n,
            ..Source::default()
        };
        Evidence { sources: (1..).zip(texts).map(source).collect(), partly: Vec::new(), has_files: true }
    }

    #[test]
    fn the_sentence_that_fits_is_quoted_and_cited() {
        let evidence = evidence(&[
            "The yeast enzyme is an octamer. It has two kinds of subunit.",
            "The product remains bound. Isocitrate dehydrogenase releases carbon dioxide and reduces NAD. Then the cycle goes on.",
        ]);
        let text = answer(&evidence, "Which step releases carbon dioxide?");
        assert!(
            text.contains(
                "\u{201c}Isocitrate dehydrogenase releases carbon dioxide and reduces NAD.\u{201d} [2] (Lecture\\_7.pdf, page 2)"
            ),
            "{text}"
        );
        assert!(!text.contains("yeast"), "{text}");
        let text = answer(&evidence, "When did L\u{fc}beck join the league?");
        assert!(text.contains("Nothing in them fits") && !text.contains('['), "{text}");
    }
}
