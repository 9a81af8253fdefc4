//! Punctuation of Chinese, Japanese and Korean (CJK), and emphasis beside it.
//!
//! By CommonMark's rules, `**` beside punctuation can end emphasis only if a space or more punctuation follows. Scripts without spaces
//! have neither. This module follows the proposal "CommonMark CJK-friendly emphasis": beside a CJK character, punctuation counts as a
//! letter.

/// A character that is inserted beside a mark of emphasis, for the parser to read as a letter. It is never shown. It is a Unicode
/// noncharacter, which no text may contain.
pub(super) const LETTER: char = '\u{fdd1}';

/// Returns whether this is a CJK letter or punctuation mark.
pub(super) fn is_cjk(c: char) -> bool {
    matches!(u32::from(c),
        0x1100..=0x11ff | 0x2e80..=0x2fff | 0x3000..=0xa4cf | 0xa960..=0xa97f | 0xac00..=0xd7ff | 0xf900..=0xfaff | 0xfe30..=0xfe4f
        | 0xff01..=0xffef | 0x1b000..=0x1b2ff | 0x20000..=0x3ffff)
}

/// Returns whether this is CJK or full-width punctuation, or a quotation mark, dash or ellipsis that is written without a space beside
/// it.
pub(super) fn is_wide_punctuation(c: char) -> bool {
    matches!(u32::from(c),
        0x3000..=0x303f | 0x30fb | 0xfe30..=0xfe4f | 0xff01..=0xff0f | 0xff1a..=0xff20 | 0xff3b..=0xff40 | 0xff5b..=0xff65
        | 0x2018..=0x201f | 0x2026 | 0x2014 | 0x2015 | 0x00ab | 0x00bb | 0x2039 | 0x203a)
}

/// Returns whether a run of emphasis marks between these characters needs a [`LETTER`] before and after it.
pub(super) fn letters(before: Option<char>, behind: Option<char>) -> (bool, bool) {
    let (Some(before), Some(behind)) = (before, behind) else { return (false, false) };
    let is_mark = |c: char| !c.is_alphanumeric() && !c.is_whitespace();
    let is_letter = |c: char| c.is_alphanumeric();
    let is_beside_cjk = is_cjk(before) || is_cjk(behind);
    (is_beside_cjk && is_mark(before) && is_letter(behind), is_beside_cjk && is_letter(before) && is_mark(behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_beside_cjk_counts_as_a_letter() {
        for (before, behind, expected) in [
            ('：', '请', (true, false)),
            ('说', '「', (false, true)),
            (')', '는', (true, false)),
            ('：', 'n', (true, false)),
            ('n', '「', (false, true)),
            ('文', '测', (false, false)),
            ('.', 'a', (false, false)),
            ('」', '。', (false, false)),
        ] {
            assert_eq!(letters(Some(before), Some(behind)), expected, "{before}**{behind}");
        }
        assert_eq!(letters(None, Some('「')), (false, false));
    }
}
