//! Characters that nobody sees, or that change the order in which others are shown.

/// Whether it ends a line, moves a cursor, or begins a sequence that a terminal obeys (Unicode's `Cc`, `Zl` and `Zp`).
pub(crate) fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Whether it turns the direction of what follows (UAX #9).
pub(crate) fn is_bidi(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
