//! Normalizes characters: removes case, accents and width, and splits ligatures.

use unicode_normalization::char::{compose, decompose_compatible, is_combining_mark};

use crate::invisible::{is_control, is_invisible};

/// The role of a character when a text is split into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Part of a word.
    Word,
    /// A word on its own, in a script without spaces between words.
    Unspaced,
    /// A mark on the letter before it that belongs to the word.
    Mark,
    /// A mark on the letter before it that is removed: an accent or a vowel point.
    Accent,
    /// A sign that users search for: emoji, currencies, arrows, mathematics.
    Sign,
    /// Invisible, and does not separate words.
    Nothing,
    /// Separates words.
    Gap,
}

/// Returns the role of a character that [`fold`] returned.
pub(super) fn class(c: char) -> Class {
    if c.is_ascii() {
        return if c.is_ascii_alphanumeric() { Class::Word } else { Class::Gap };
    }
    if is_zero_width_space(c) || is_control(c) {
        Class::Gap
    } else if is_accent(c) {
        Class::Accent
    } else if is_invisible(c) || is_skin_tone(c) || c == '\u{640}' {
        Class::Nothing
    } else if is_combining_mark(c) {
        Class::Mark
    } else if c.is_alphanumeric() {
        if is_unspaced(c) { Class::Unspaced } else { Class::Word }
    } else if is_sign(c) {
        Class::Sign
    } else {
        Class::Gap
    }
}

/// Passes the normalized form of a character to `take`, one character at a time. The caller looks up the role of each.
pub(super) fn fold(c: char, mut take: impl FnMut(char)) {
    if c.is_ascii() {
        return take(c.to_ascii_lowercase());
    }
    // Signs are not split, so that the letters of "™" do not become part of a word.
    if stays(c) {
        return take(c);
    }
    decompose_compatible(c, |part| match spelled(part) {
        Some(letters) => letters.chars().for_each(&mut take),
        None => part.to_lowercase().for_each(|lower| match spelled(lower) {
            Some(letters) => letters.chars().for_each(&mut take),
            None => take(lower),
        }),
    });
}

/// Returns the ASCII form of a full-width character or a typographic apostrophe or hyphen; other characters are returned unchanged.
pub(super) fn plain(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => u8::try_from(u32::from(c) - 0xfee0).map_or(c, char::from),
        '‘' | '’' | '‛' | 'ʼ' | 'ʻ' | 'ʹ' | '´' | '՚' | '׳' => '\'',
        '‐' | '‑' | '־' => '-',
        _ => c,
    }
}

/// Returns the ASCII letters for a letter that Unicode does not decompose.
fn spelled(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' | 'ẞ' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ø' | 'Ø' => "o",
        'ł' | 'Ł' => "l",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'þ' | 'Þ' => "th",
        'ħ' | 'Ħ' => "h",
        'ŧ' | 'Ŧ' => "t",
        'ı' => "i",
        'ȷ' => "j",
        'ƀ' | 'Ƀ' => "b",
        'ɨ' | 'Ɨ' => "i",
        'ŋ' | 'Ŋ' => "ng",
        'ƶ' | 'Ƶ' => "z",
        'ς' => "σ",
        // Arabic letters that are typed in several ways.
        'ى' | 'ی' => "ي",
        'ة' | 'ہ' => "ه",
        'ک' => "ك",
        _ => return None,
    })
}

/// Returns the second spelling of an accented letter if it has one: oe for ö.
pub(super) fn second_spelling(base: char, accent: char) -> Option<&'static str> {
    Some(match (base, accent) {
        ('a', '\u{308}') => "ae",
        ('o', '\u{308}') => "oe",
        ('u', '\u{308}') => "ue",
        ('a', '\u{30a}') => "aa",
        _ => return None,
    })
}

/// Returns a letter and the mark after it as one character if together they are another letter: й, ガ, 한.
pub(super) fn joined(before: char, mark: char) -> Option<char> {
    let is_one = match mark {
        '\u{306}' => before == 'и',
        '\u{3099}' | '\u{309a}' | '\u{1161}'..='\u{11ff}' => true,
        _ => false,
    };
    if is_one { compose(before, mark) } else { None }
}

/// Returns whether a character is not decomposed, because it would lose its meaning or become a phrase.
fn stays(c: char) -> bool {
    matches!(u32::from(c), 0x3041..=0x30ff | 0xac00..=0xd7a3 | 0xfdf0..=0xfdff) || matches!(c, '™' | '℠' | '©' | '®' | '…' | '№')
}

/// Returns whether this is a mark in a script whose words are searched without marks. Marks of Indic scripts are part of the word.
fn is_accent(c: char) -> bool {
    matches!(u32::from(c),
        0x0300..=0x036f | 0x0483..=0x0489 | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe20..=0xfe2f // Latin, Greek, Cyrillic
        | 0x0591..=0x05bd | 0x05bf..=0x05c7 // Hebrew
        | 0x0610..=0x061a | 0x064b..=0x065f | 0x0670 | 0x06d6..=0x06dc | 0x06df..=0x06e4 | 0x06e7..=0x06e8 | 0x06ea..=0x06ed // Arabic
        | 0x0711 | 0x0730..=0x074a) // Syriac
}

fn is_skin_tone(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

fn is_zero_width_space(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{2028}' | '\u{2029}')
}

/// Frames, bars and Braille patterns are drawings, not signs.
fn is_sign(c: char) -> bool {
    matches!(u32::from(c),
        0xa2..=0xa7 | 0xa9 | 0xac | 0xae | 0xb0 | 0xb1 | 0xb6 | 0xd7 | 0xf7 | 0x203c | 0x2049 | 0x20a0..=0x20cf | 0x2100..=0x24ff
        | 0x25a0..=0x27ff | 0x2900..=0x2bff | 0x3030 | 0x303d | 0x1f000..=0x1faff)
}

/// Returns whether a letter belongs to a script without spaces between words.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0e00..=0x0eff // Thai, Lao
        | 0x1000..=0x109f | 0xaa60..=0xaa7f // Burmese
        | 0x1780..=0x17ff // Khmer
        | 0x1100..=0x11ff | 0x3130..=0x318f | 0xa960..=0xa97f | 0xac00..=0xd7ff // Korean
        | 0x2e80..=0x312f | 0x3190..=0xa4cf | 0xf900..=0xfaff | 0xff66..=0xffdc | 0x1b000..=0x1b16f | 0x20000..=0x3ffff) // Chinese, Japanese
}

/// Returns whether this is one of the two letters of a flag emoji.
pub(super) fn is_flag_letter(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        let mut folded = String::new();
        for c in text.chars() {
            fold(c, |c| {
                if matches!(class(c), Class::Word | Class::Mark | Class::Unspaced) {
                    folded.push(c);
                }
            });
        }
        folded
    }

    #[test]
    fn one_word_has_one_form() {
        for (written, form) in [
            ("Straße STRASSE ẞ", "strassestrassess"),
            ("ŒUVRE œuvre Æon", "oeuvreoeuvreaeon"),
            ("été e\u{301}te\u{301}", "eteete"),
            ("İstanbul ışık IŞIK", "istanbulisikisik"),
            ("Łódź Đường Søren Þór", "lodzduongsorenthor"),
            ("Ёлка елка", "елкаелка"),
            ("ΑΘΉΝΑΣ αθήνας", "αθηνασαθηνασ"),
            ("ＡＢＣ１２３", "abc123"),
            ("ﬁrst oﬃce x² H₂O 𝐁old", "firstofficex2h2obold"),
            ("مُحَمَّدٌ محـمد", "محمدمحمد"),
            ("أحمد إحمد آحمد", "احمداحمداحمد"),
            ("שָׁלוֹם", "שלום"),
            ("हिन्दी", "हिन्दी"),
            ("so\u{ad}ft", "soft"),
            ("Foo™", "foo"),
        ] {
            assert_eq!(folded(written), form, "{written}");
        }
    }
}
