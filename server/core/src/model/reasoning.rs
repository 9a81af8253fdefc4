//! Removes a model's reasoning from a stored answer, and lists the tags around it.

/// Pairs of tags that models put around their reasoning, in lower case.
pub const TAGS: [(&str, &str); 14] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<thoughts>", "</thoughts>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("[think]", "[/think]"),
    ("◁think▷", "◁/think▷"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|start_thinking|>", "<|end_thinking|>"),
    ("<|channel>thought", "<channel|>"),
    ("<unused94>thought", "<unused95>"),
    // The channels of gpt-oss. The part before the last tag is not for the user.
    ("<|channel|>analysis", "<|channel|>final<|message|>"),
    ("<|channel|>commentary", "<|channel|>final<|message|>"),
];
/// Maximum length of a tag, bytes.
pub const LONGEST_TAG: usize = 32;

/// Returns a stored answer without the reasoning before it that was taken for text, because its first tag was missing: what follows the
/// closing tag. A text without such a tag is returned whole.
pub fn without_reasoning(text: &str) -> &str {
    // Models write such a tag alone on its line; a text about tags seldom does. One pass, because whole conversations are processed.
    let (mut end, mut in_fence) = (0, false);
    for line in text.split_inclusive('\n') {
        let start = end;
        end += line.len();
        in_fence ^= is_fence(line);
        if start > 0 && !in_fence && line.ends_with('\n') && ends_reasoning(line) {
            return text[end..].trim_start();
        }
    }
    text
}

/// Returns whether a piece of text is a closing tag on its own, which models write as one token.
pub fn ends_reasoning(piece: &str) -> bool {
    let word = piece.trim();
    word.len() <= LONGEST_TAG && word.starts_with(['<', '[', '◁']) && TAGS.iter().any(|(_, end)| word.eq_ignore_ascii_case(end))
}

/// Returns whether a line starts or ends a code block.
pub fn is_fence(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("```") || line.starts_with("~~~")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_answer_is_sent_back_without_what_stands_before_an_unopened_end() {
        assert_eq!(without_reasoning("Seven is prime.\n</think>\n\nYes."), "Yes.");
        for text in ["It ends with </think>.", "```\n</think>\n```\n", "Plain."] {
            assert_eq!(without_reasoning(text), text);
        }
    }
}
