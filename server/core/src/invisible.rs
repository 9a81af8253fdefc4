//! Classifies characters that are invisible, or that change the order in which text is displayed.

/// Returns whether a character ends a line, moves a cursor, or starts a terminal control sequence (Unicode's `Cc`, `Zl` and `Zp`).
pub fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Returns whether a character changes the direction of the text after it (UAX #9).
pub fn is_bidi(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns whether a character other than a space is invisible: Unicode's `Default_Ignorable_Code_Point`, and blank letters.
pub(crate) fn is_invisible(c: char) -> bool {
    is_bidi(c)
        || is_joiner(c)
        || is_variation(c)
        || is_tag(c)
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{206f}'
                | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Returns whether this is U+200C or U+200D, which are needed in scripts such as Persian and Hindi, and in emoji.
pub(crate) fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Returns whether this selects a variant of the character before it: of an emoji, a Chinese character or a Mongolian letter.
pub(crate) fn is_variation(c: char) -> bool {
    matches!(c, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Returns whether this spells the region of a flag, after U+1F3F4.
pub(crate) fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..='\u{e007f}')
}
