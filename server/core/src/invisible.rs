//! Characters that nobody sees, or that change the order in which others are shown.

/// Whether it ends a line, moves a cursor, or begins a sequence that a terminal obeys (Unicode's `Cc`, `Zl` and `Zp`).
pub fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Whether it turns the direction of what follows (UAX #9).
pub fn is_bidi(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether nothing is seen of it, other than a space: Unicode's `Default_Ignorable_Code_Point`, and the letters that are blank.
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

/// U+200C and U+200D: scripts such as Persian and Hindi tell words apart by them, and emoji are put together.
pub(crate) fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Chooses the form of the character before: of emoji, of Chinese characters, of Mongolian letters.
pub(crate) fn is_variation(c: char) -> bool {
    matches!(c, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Spells the region of a flag, behind U+1F3F4.
pub(crate) fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..='\u{e007f}')
}
