//! The tags around a model's reasoning, and a stored answer without it.

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
    // The channels of gpt-oss. What is not for the user comes first.
    ("<|channel|>analysis", "<|channel|>final<|message|>"),
    ("<|channel|>commentary", "<|channel|>final<|message|>"),
];
/// No tag is longer than this many bytes.
pub const LONGEST_TAG: usize = 32;

/// Returns a stored answer without the reasoning before it that was taken for text, because its first tag was missing: what follows the
/// closing tag. A text without such a tag is returned whole.
pub fn without_reasoning(text: &str) -> &str {
    // Alone in its line, as models write it; a text that speaks of tags seldom does so. In one pass: whole conversations go through here.
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

/// Whether a piece of a text is a closing tag alone: models write it as one word.
pub fn ends_reasoning(piece: &str) -> bool {
    let word = piece.trim();
    word.len() <= LONGEST_TAG && word.starts_with(['<', '[', '◁']) && TAGS.iter().any(|(_, end)| word.eq_ignore_ascii_case(end))
}

/// Whether a line begins or ends a block of code.
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
