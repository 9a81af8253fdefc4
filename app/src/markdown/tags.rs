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

/// A part of an HTML block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// `<details>`, and whether it is open at first.
    Open(bool),
    /// The text of a `summary` element.
    Summary(String),
    /// Any other text.
    Text(String),
    /// `</details>`
    Close,
}

/// Returns the parts of an HTML block that are shown. Returns `None` if the block must be shown as text.
///
/// Of a `details` element, these are the element, its summary and its text; of a comment, nothing is shown.
pub(super) fn block(text: &str) -> Option<Vec<Part>> {
    const FOLD: [&str; 4] = ["<summary", "</summary", "<details", "</details"];
    let trimmed = text.trim();
    let mut parts: Vec<Part> = Vec::new();
    if let Some(comment) = trimmed.strip_prefix("<!--") {
        parts.push(Part::Text(comment.split_once("-->")?.1.to_owned()));
    } else if FOLD.into_iter().any(|tag| begins(trimmed, tag)) {
        let (mut rest, mut is_summary) = (trimmed, false);
        while let Some(at) = rest.find('<') {
            let tag = &rest[at..];
            let end = tag.bytes().take(LONGEST).position(|byte| byte == b'>').map_or(1, |end| end + 1);
            let fold = FOLD.into_iter().position(|name| begins(tag, name));
            let is_shown = fold.is_none() && inline(&tag[..end]) == Inline::Other;
            add(&mut parts, &rest[..if is_shown { at + end } else { at }], is_summary);
            match fold {
                Some(2) => parts.push(Part::Open(tag[..end].eq_ignore_ascii_case("<details open>"))),
                Some(3) => parts.push(Part::Close),
                _ => {}
            }
            is_summary = fold.map_or(is_summary, |fold| fold == 0);
            rest = &tag[end..];
        }
        add(&mut parts, rest, is_summary);
    } else {
        return None;
    }
    parts.retain(|part| !matches!(part, Part::Summary(text) | Part::Text(text) if text.trim().is_empty()));
    Some(parts)
}

fn add(parts: &mut Vec<Part>, text: &str, is_summary: bool) {
    match parts.last_mut() {
        Some(Part::Summary(last)) if is_summary => last.push_str(text),
        Some(Part::Text(last)) if !is_summary => last.push_str(text),
        _ if is_summary => parts.push(Part::Summary(text.to_owned())),
        _ => parts.push(Part::Text(text.to_owned())),
    }
}

/// Returns how many `details` elements a line opens, less those that it closes.
pub(super) fn folds(line: &str) -> i32 {
    let mut folds = 0;
    let mut rest = line;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        folds += i32::from(begins(rest, "<details")) - i32::from(begins(rest, "</details"));
        rest = &rest[1..];
    }
    folds
}

fn begins(text: &str, tag: &str) -> bool {
    text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag)) && text[tag.len()..].starts_with(['>', ' ', '\n'])
}

/// Returns whether a line begins a `details` element.
pub(super) fn begins_fold(rest: &str) -> bool {
    begins(rest, "<details")
}
