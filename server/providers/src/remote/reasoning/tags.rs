//! Finds the tags around reasoning, and texts that look like them.

use holdfast_core::model::reasoning::{TAGS, is_fence};

/// Tags that models put around an answer after their reasoning: opening and closing.
pub(super) const FRAMES: [(&str, &str); 3] = [
    ("<|channel|>final<|message|>", "<|return|>"),
    ("<|start_response|>", "<|end_response|>"),
    ("<|begin_of_solution|>", "<|end_of_solution|>"),
];
/// May precede either.
const SPEAKER: &str = "<|start|>assistant";

/// What the beginning of a text is.
pub(super) enum Beginning {
    /// More text is needed.
    Open,
    /// Reasoning that ends with this tag; the number is the length of the opening tag.
    Reasoning(usize, &'static str),
    /// A frame around the answer that ends with this tag; the number is the length of the opening tag.
    Frame(usize, &'static str),
    /// Words about the user, as in reasoning.
    LikeReasoning,
    /// Anything else.
    Text,
}

pub(super) fn beginning(text: &str) -> Beginning {
    let trimmed = text.trim_start();
    let skipped = text.len() - trimmed.len();
    let (rest, skipped) = match strip(trimmed, SPEAKER) {
        Some(rest) => (rest, skipped + SPEAKER.len()),
        None => (trimmed, skipped),
    };
    if rest.is_empty() {
        return Beginning::Open;
    }
    let mut may_be = may_become(rest, SPEAKER);
    for (begin, end) in FRAMES {
        if strip(rest, begin).is_some() {
            return Beginning::Frame(skipped + begin.len(), end);
        }
        may_be |= may_become(rest, begin);
    }
    for (begin, end) in TAGS {
        if strip(rest, begin).is_some() {
            return Beginning::Reasoning(skipped + begin.len(), end);
        }
        may_be |= may_become(rest, begin);
    }
    match speaks_of_the_user(rest) {
        _ if may_be => Beginning::Open,
        None => Beginning::Open,
        Some(true) => Beginning::LikeReasoning,
        Some(false) => Beginning::Text,
    }
}

/// Returns whether a text starts like reasoning, with words about the user in the third person. Returns `None` if more text is needed.
fn speaks_of_the_user(text: &str) -> Option<bool> {
    const FIRST: [&str; 12] = ["the", "okay", "ok", "alright", "hmm", "hm", "so", "well", "now", "first", "wait", "right"];
    const USER: [&str; 2] = ["user", "user's"];
    const VERBS: [&str; 30] = [
        "is",
        "was",
        "has",
        "had",
        "asks",
        "asked",
        "wants",
        "wanted",
        "says",
        "said",
        "just",
        "might",
        "may",
        "seems",
        "needs",
        "gave",
        "greets",
        "greeted",
        "mentioned",
        "sent",
        "wrote",
        "writes",
        "would",
        "probably",
        "likely",
        "requests",
        "requested",
        "provided",
        "typed",
        "wishes",
    ];
    const CHINESE: [&str; 5] = ["用户", "好的，用户", "好，用户", "嗯，用户", "首先，用户"];
    if CHINESE.iter().any(|begin| text.starts_with(begin)) {
        return Some(true);
    }
    if CHINESE.iter().any(|begin| begin.starts_with(text)) {
        return None;
    }
    let (mut rest, mut may_come) = (text, &FIRST[..]);
    loop {
        let Some(end) = rest.find(|c: char| !c.is_alphanumeric() && c != '\'') else {
            return if may_come.iter().any(|word| may_become(rest, word) || strip(rest, word).is_some()) { None } else { Some(false) };
        };
        let word = rest[..end].to_ascii_lowercase();
        if !may_come.contains(&word.as_str()) {
            return Some(false);
        }
        match word.as_str() {
            "the" => may_come = &USER,
            "user" => may_come = &VERBS,
            _ if may_come.len() != FIRST.len() => return Some(true),
            _ => {}
        }
        rest = rest[end..].trim_start_matches([' ', ',', '.', '…', '!']);
    }
}

/// Returns the position and length of the first closing tag without an opening one that is neither in code nor quoted.
pub(super) fn unopened_end(text: &str, from: usize) -> Option<(usize, usize)> {
    let mut ends: Vec<(usize, usize)> = TAGS
        .iter()
        .filter(|(begin, _)| !begin.contains("channel"))
        .flat_map(|(_, end)| finds(text, end, from).map(|at| (at, end.len())))
        .collect();
    ends.sort_unstable();
    ends.into_iter().find(|(at, _)| !is_quoted(&text[..*at]))
}

/// Returns whether what follows `before` is in code or in quotation marks.
fn is_quoted(before: &str) -> bool {
    let in_fence = before.lines().filter(|line| is_fence(line)).count() % 2 == 1;
    let line = before.rsplit('\n').next().unwrap_or_default();
    in_fence || line.matches('`').count() % 2 == 1 || line.ends_with(['"', '“', '\''])
}

/// Returns the positions of `tag` in `text`, starting at a byte.
pub(super) fn finds<'a>(text: &'a str, tag: &'a str, from: usize) -> impl Iterator<Item = usize> + 'a {
    let last = (text.len() + 1).saturating_sub(tag.len());
    (from..last).filter(move |at| text.as_bytes()[*at..at + tag.len()].eq_ignore_ascii_case(tag.as_bytes()))
}

/// Returns what follows `tag` at the start of `text`.
fn strip<'a>(text: &'a str, tag: &str) -> Option<&'a str> {
    text.as_bytes().get(..tag.len())?.eq_ignore_ascii_case(tag.as_bytes()).then(|| &text[tag.len()..])
}

/// Returns whether `text` is a proper prefix of `tag`.
fn may_become(text: &str, tag: &str) -> bool {
    text.len() < tag.len() && tag.as_bytes()[..text.len()].eq_ignore_ascii_case(text.as_bytes())
}

/// Returns how many bytes at the end of `text` may become `tag`.
pub(super) fn tail(text: &str, tag: &str) -> usize {
    let most = text.len().min(tag.len().saturating_sub(1));
    (1..=most).rev().find(|bytes| text.is_char_boundary(text.len() - bytes) && may_become(&text[text.len() - bytes..], tag)).unwrap_or(0)
}
