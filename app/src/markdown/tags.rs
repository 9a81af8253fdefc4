//! The HTML tags that are allowed in an answer, and those that are hidden.

/// Tags that only change the style of text.
const STRINGS: [&str; 14] = ["b", "i", "s", "u", "em", "del", "ins", "kbd", "sub", "sup", "code", "mark", "small", "strong"];

/// Maximum length of the tag of a `details` element, bytes.
const LONGEST: usize = 200;

/// A tag within a paragraph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inline {
    /// `<br>`
    Break,
    /// A comment, which is hidden.
    Comment,
    /// One of [`STRINGS`], without attributes.
    Open(&'static str),
    Close(&'static str),
    /// Any other tag, which is shown as text.
    Other,
}

/// Reads a tag.
pub(super) fn inline(tag: &str) -> Inline {
    if tag.starts_with("<!--") {
        return Inline::Comment;
    }
    let Some(name) = tag.strip_prefix('<').and_then(|tag| tag.strip_suffix('>')) else { return Inline::Other };
    let known = |name: &str| STRINGS.into_iter().find(|word| word.eq_ignore_ascii_case(name));
    match name.strip_prefix('/') {
        Some(name) => known(name.trim_end()).map_or(Inline::Other, Inline::Close),
        None if name.trim_end_matches([' ', '/']).eq_ignore_ascii_case("br") => Inline::Break,
        None => known(name).map_or(Inline::Other, Inline::Open),
    }
}

/// Returns the visible parts of an HTML block, each with whether it is a summary. Returns `None` if the block must be shown as text.
///
/// Of a `details` element, only the summary and the text are visible; of a comment, nothing is.
pub(super) fn block(text: &str) -> Option<Vec<(String, bool)>> {
    const FOLD: [&str; 4] = ["<summary", "</summary", "<details", "</details"];
    let trimmed = text.trim();
    let mut parts: Vec<(String, bool)> = Vec::new();
    if let Some(comment) = trimmed.strip_prefix("<!--") {
        parts.push((comment.split_once("-->")?.1.to_owned(), false));
    } else if FOLD.into_iter().any(|tag| begins(trimmed, tag)) {
        let (mut rest, mut is_summary) = (trimmed, false);
        while let Some(at) = rest.find('<') {
            let tag = &rest[at..];
            let end = tag.bytes().take(LONGEST).position(|byte| byte == b'>').map_or(1, |end| end + 1);
            let fold = FOLD.into_iter().position(|name| begins(tag, name));
            let is_shown = fold.is_none() && inline(&tag[..end]) == Inline::Other;
            add(&mut parts, &rest[..if is_shown { at + end } else { at }], is_summary);
            is_summary = fold.map_or(is_summary, |fold| fold == 0);
            rest = &tag[end..];
        }
        add(&mut parts, rest, is_summary);
    } else {
        return None;
    }
    parts.retain(|(part, _)| !part.trim().is_empty());
    Some(parts)
}

fn add(parts: &mut Vec<(String, bool)>, text: &str, is_summary: bool) {
    match parts.last_mut() {
        Some((last, was_summary)) if *was_summary == is_summary => last.push_str(text),
        _ => parts.push((text.to_owned(), is_summary)),
    }
}

fn begins(text: &str, tag: &str) -> bool {
    text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag)) && text[tag.len()..].starts_with(['>', ' ', '\n'])
}
