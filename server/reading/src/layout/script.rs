//! Scripts that run from right to left, and scripts without spaces.

use super::Run;

/// Puts the runs of a line, which come from left to right, into reading order.
pub(super) fn order(runs: &mut [Run]) {
    let (mut right_to_left, mut others) = (0, 0);
    for run in runs.iter_mut() {
        if run.text.chars().any(is_right_to_left) {
            reverse(run);
            right_to_left += run.text.len();
        } else if run.text.chars().any(char::is_alphabetic) {
            others += run.text.len();
        }
    }
    if right_to_left > others {
        runs.reverse();
    }
}

fn reverse(run: &mut Run) {
    let mut start = 0;
    let mut signs: Vec<(String, f32, f32)> = Vec::new();
    for (end, left, right) in &run.glyphs {
        signs.push((run.text[start..*end].to_owned(), *left, *right));
        start = *end;
    }
    signs.sort_by(|a, b| b.1.total_cmp(&a.1));
    run.text.clear();
    run.glyphs.clear();
    for (text, left, right) in signs {
        run.text.push_str(&text);
        run.glyphs.push((run.text.len(), left, right));
    }
}

fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

/// Returns whether a character is written without spaces between words, so that it is a word of its own.
pub(super) fn is_alone(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{2fff}' | '\u{3001}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff01}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}
