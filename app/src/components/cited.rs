//! The passages that an answer cites: their words, document and place.

use std::ops::Range;

use holdfast_protocol::{Status, message::Source};
use leptos::prelude::*;

use crate::{
    first_load::erased::memo,
    markdown::words::Words,
    route::passage_anchor,
    state::{Head, MessageView},
    strings::Language,
    ui::state,
};

/// Length of what is shown before the cited words of a passage, bytes.
const LEAD: usize = 120;

/// The cited passages below an answer. Readers without scripts see them; with scripts they are the content of the card beside a citation.
#[component]
pub(crate) fn Cited(
    /// The answer.
    message: MessageView,
) -> impl IntoView {
    let (language, id) = (state().site.language, message.id);
    let head = message.head.clone();
    let sources = memo(move || cited(&head.read()));
    move || footnotes(&passage_anchor(id), &sources.read(), language)
}

/// Returns the passages that an answer cites; while it is being written, all that it may cite.
fn cited(head: &Head) -> Vec<Source> {
    let is_here = |source: &Source| source.n > 0 && (source.used || head.status == Status::Streaming);
    let mut sources = head.sources.to_vec();
    sources.retain(is_here);
    sources
}

/// Returns the passages of an answer on a page without scripts.
#[cfg(feature = "ssr")]
pub(crate) fn cited_by(answer: holdfast_protocol::MessageId, sources: &[Source], language: Language) -> AnyView {
    let used: Vec<Source> = sources.iter().filter(|source| source.n > 0 && source.used).cloned().collect();
    footnotes(&passage_anchor(answer), &used, language)
}

fn footnotes(anchor: &str, sources: &[Source], language: Language) -> AnyView {
    if sources.is_empty() {
        return ().into_any();
    }
    let footnote = |source: &Source| {
        view! {
            <li id=format!("{anchor}{}", source.n) value=source.n>
                <b>
                    <bdi>{source.title.clone()}</bdi>
                </b>
                {source.location.clone().map(|location| view! { <span class="location" dir="auto">{location}</span> })}
                <blockquote dir="auto">{excerpt(source)}</blockquote>
            </li>
        }
        .into_any()
    };
    view! {
        <ol class="footnotes" aria-label=language.conversation().cited_passages>
            {sources.iter().map(footnote).collect::<Vec<_>>()}
        </ol>
    }
    .into_any()
}

/// Returns the text of a passage, with the cited words marked.
pub(super) fn excerpt(source: &Source) -> AnyView {
    let ranges = source.quote.as_ref().map(|quote| Words::of(&source.excerpt).find_parts(quote)).unwrap_or_default();
    marked(&source.excerpt, ranges)
}

/// Returns the text of a passage from shortly before the cited words, which are marked.
pub(super) fn excerpt_at_quote(source: &Source) -> AnyView {
    let mut ranges = source.quote.as_ref().map(|quote| Words::of(&source.excerpt).find_parts(quote)).unwrap_or_default();
    let start = ranges.iter().map(|range| range.start).min().map_or(0, |first| lead(&source.excerpt, first));
    for range in &mut ranges {
        *range = range.start - start..range.end - start;
    }
    let before = (start > 0).then_some("… ");
    view! { {before} {marked(&source.excerpt[start..], ranges)} }.into_any()
}

/// Returns where a text begins if it is shortened before `first`, in bytes: at a word, or at its own beginning if that is near.
fn lead(text: &str, first: usize) -> usize {
    let Some(cut) = first.checked_sub(LEAD).filter(|cut| *cut > 0) else { return 0 };
    let cut = text.floor_char_boundary(cut);
    text[cut..first].find(' ').map_or(cut, |space| cut + space + 1)
}

/// Returns a text with some ranges marked, in bytes.
fn marked(text: &str, mut ranges: Vec<Range<usize>>) -> AnyView {
    ranges.sort_by_key(|range| range.start);
    let (mut pieces, mut at) = (Vec::new(), 0);
    for range in ranges {
        if range.start < at {
            continue;
        }
        pieces.push(text[at..range.start].to_owned().into_any());
        pieces.push(view! { <mark>{text[range.clone()].to_owned()}</mark> }.into_any());
        at = range.end;
    }
    pieces.push(text[at..].to_owned().into_any());
    pieces.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_begins_at_a_word_shortly_before_the_cited_words() {
        assert_eq!(lead("One two three", 4), 0);
        let text = format!("{}ä{} cited", "x".repeat(200), " é".repeat(61));
        let first = text.find("cited").unwrap_or_default();
        let start = lead(&text, first);
        assert!(text.is_char_boundary(start) && first - start <= LEAD, "{start}");
        assert!(text[start..].starts_with('é'), "{}", &text[start..]);
        let japanese = "水".repeat(100);
        assert!(japanese.is_char_boundary(lead(&japanese, 297)));
    }
}
