//! Finds the numbers in a refusal of a prompt that is too long.

use holdfast_core::model::Overflow;

/// Reads the numbers from the words of a refusal about the context window.
pub(super) fn read(words: &str) -> Overflow {
    let found = numbers(words);
    let all: Vec<u32> = found.iter().map(|(n, _)| *n).collect();
    // “190000 + 16384 > 200000”: the tokens reserved for the answer count too.
    for three in found.windows(3) {
        if let [(prompt, after), (answer, then), (limit, _)] = three
            && after.trim() == "+"
            && then.trim() == ">"
        {
            return Overflow { asked: Some(*prompt), window: Some(limit.saturating_sub(*answer)) };
        }
    }
    // “[1, 30720]”
    if let [(1, between), (most, _)] = found[..]
        && between.trim() == ","
    {
        return Overflow { asked: None, window: Some(most) };
    }
    // A refused prompt is longer than the window, and both are larger than any other number.
    let mut largest = all;
    largest.sort_unstable_by(|a, b| b.cmp(a));
    largest.dedup();
    match largest[..] {
        [] => Overflow::default(),
        [only] => Overflow { asked: None, window: Some(only) },
        [asked, 0, ..] => Overflow { asked: None, window: Some(asked) },
        [asked, window, ..] => Overflow { asked: Some(asked), window: Some(window) },
    }
}

/// Returns the whole numbers in a text, each with the text up to the next one. Numbers within names and versions do not count.
fn numbers(text: &str) -> Vec<(u32, &str)> {
    let bytes = text.as_bytes();
    let mut found: Vec<(u32, usize, usize)> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let begin = at;
        // “8,192”
        while at < bytes.len() && (bytes[at].is_ascii_digit() || is_separator(bytes, at)) {
            at += 1;
        }
        let part_of_a_name = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"-_/@$".contains(byte));
        let before = begin.checked_sub(1).and_then(|index| bytes.get(index));
        let fraction = |dot: Option<&u8>, digit: Option<&u8>| dot == Some(&b'.') && digit.is_some_and(u8::is_ascii_digit);
        let in_a_name = part_of_a_name(before)
            || part_of_a_name(bytes.get(at))
            || fraction(bytes.get(at), bytes.get(at + 1))
            || (before == Some(&b'.') && begin.checked_sub(2).and_then(|index| bytes.get(index)).is_some_and(u8::is_ascii_digit));
        let digits: String = text[begin..at].chars().filter(char::is_ascii_digit).collect();
        if let (false, Ok(number)) = (in_a_name, digits.parse()) {
            found.push((number, begin, at));
        }
    }
    let next = |index: usize| found.get(index + 1).map_or(text.len(), |(_, begin, _)| *begin);
    found.iter().enumerate().map(|(index, (number, _, end))| (*number, &text[*end..next(index)])).collect()
}

/// Returns whether this is a comma between a digit and three more.
fn is_separator(bytes: &[u8], at: usize) -> bool {
    let group = bytes.get(at + 1..at + 4).is_some_and(|group| group.iter().all(u8::is_ascii_digit));
    bytes[at] == b',' && group && !bytes.get(at + 4).is_some_and(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_read_in_all_phrasings() {
        for (words, asked, window) in [
            ("This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.", Some(9_000), 8_192),
            (
                "This model's maximum context length is 4097 tokens, however you requested 5000 tokens (4000 in your prompt; 1000 for the completion).",
                Some(5_000),
                4_097,
            ),
            ("This model's maximum context length is 40 tokens. However, your messages resulted in 55 tokens.", Some(55), 40),
            ("prompt is too long: 210266 tokens > 200000 maximum", Some(210_266), 200_000),
            ("input length and `max_tokens` exceed context limit: 190000 + 16384 > 200000, decrease input length", Some(190_000), 183_616),
            ("request (9000 tokens) exceeds the available context size (8192 tokens), try increasing it", Some(9_000), 8_192),
            ("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", Some(1_200_000), 1_048_576),
            ("This model's maximum prompt length is 131072 but the request contains 537812 tokens.", Some(537_812), 131_072),
            (
                "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
                Some(40_000),
                32_768,
            ),
            ("`inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens and 20 `max_new_tokens`", Some(9_000), 8_193),
            ("Your request exceeded model token limit: 8,192 (requested: 9,000)", Some(9_000), 8_192),
            ("Range of input length should be [1, 30720]", None, 30_720),
            ("total number of tokens in the prompt cannot exceed 4081", None, 4_081),
            (
                "Request too large for model `llama-3.1-8b-instant` on tokens per minute (TPM): Limit 6000, Requested 9000",
                Some(9_000),
                6_000,
            ),
            ("Request body too large for gpt-4o-2024-11-20 model. Max size: 8000 tokens.", None, 8_000),
        ] {
            let overflow = Overflow { asked, window: Some(window) };
            assert_eq!(read(words), overflow, "{words}");
        }
        assert_eq!(read("Input is too long for requested model."), Overflow::default());
    }
}
