//! Removes Markdown marks from search results and titles.

/// Returns an excerpt on one line without Markdown marks. The characters around matches are kept.
pub fn strip_markdown(text: &str) -> String {
    let lines = text.lines().map(line).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ").replace("**", "").replace('`', "")
}

fn line(line: &str) -> String {
    // The rule below a table's head, and other rules.
    if line.chars().all(|c| matches!(c, '|' | ':' | '-' | '=' | ' ')) {
        return String::new();
    }
    let mut rest = line.trim();
    let is_row = rest.starts_with('|');
    loop {
        let before = rest;
        rest = rest.trim_start_matches(['>', '|', ' ']);
        for mark in ["- [ ] ", "- [x] ", "- ", "* ", "+ "] {
            rest = rest.strip_prefix(mark).unwrap_or(rest);
        }
        let heading = rest.trim_start_matches('#');
        if heading.starts_with(' ') {
            rest = heading;
        }
        if rest.len() == before.len() {
            break;
        }
    }
    if is_row { rest.trim_end_matches(['|', ' ']).replace(" | ", " · ") } else { rest.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_testing::{WORST, assert_linear};

    #[test]
    fn marks_go_and_words_stay() {
        for (text, read) in [
            ("plain", "plain"),
            ("…copy\nthe secret too:\n> > ```sh\n> sqlite3 `data`", "…copy the secret too: sh sqlite3 data"),
            ("## A **heading**\n\n- [x] one\n* two\n1. three", "A heading one two 1. three"),
            ("| a | b |\n|:--|--:|\n| 1 | 2 |", "a · b 1 · 2"),
            ("a | b, 2*3, snake_case, #tag, -1, a > b", "a | b, 2*3, snake_case, #tag, -1, a > b"),
            ("**\u{2}found\u{3}**", "\u{2}found\u{3}"),
            ("---\n", ""),
        ] {
            assert_eq!(strip_markdown(text), read, "{text:?}");
        }
    }

    #[test]
    fn marks_go_in_time_in_proportion_to_the_text() {
        for parts in WORST {
            assert_linear("a place without marks", parts, |text| assert!(strip_markdown(text).len() <= text.len()));
        }
    }
}
