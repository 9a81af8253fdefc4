//! Rules for everything that is stored as a name: of users, conversations, invitations.
//!
//! A name is stored in Unicode's normalization form C, so that it does not depend on the system on which it was typed. Invisible
//! characters are not allowed: names that look alike must be equal, and no name may change the direction of the text around it.
//!
//! Source: UAX #15 (normalization), UTS #39 §3 and UAX #31 §2.3 (joiners), RFC 8265 (user names).

use holdfast_protocol::{ApiError, Reason};
use unicode_normalization::UnicodeNormalization as _;
use unicode_security::mixed_script::AugmentedScriptSet;

use crate::invisible::{is_control, is_invisible, is_joiner, is_tag, is_variation};

/// Maximum length of a user name, characters.
pub const LONGEST_SIGN_IN: usize = 64;

/// Returns a user name in the form in which it is stored.
///
/// # Errors
/// The name is not acceptable; the sentence says why.
pub fn sign_in_name(text: &str) -> Result<String, ApiError> {
    let name = in_one_line(text);
    // Checked before normalization, because a line break between words must be reported and not replaced by a space.
    if let Some(c) = text.trim().chars().find(|c| is_control(*c) || is_invisible(*c)) {
        return Err(hidden("name", c));
    }
    if name.is_empty() || name.chars().count() > LONGEST_SIGN_IN {
        return Err(Reason::NameLength.with("most", LONGEST_SIGN_IN));
    }
    if mixes_scripts(&name) {
        return Err(Reason::NameMixesScripts.into());
    }
    Ok(name)
}

/// Returns a text that is shown as a name (a title, a note), with at most `most` characters. `field` names it, as in a sentence. The text
/// may be empty.
///
/// # Errors
/// The text is not acceptable; the sentence says why.
pub fn display_name(field: &str, text: &str, most: usize) -> Result<String, ApiError> {
    let name: String = text.trim().nfc().collect();
    if let Some(c) = misplaced(&name) {
        return Err(hidden(field, c));
    }
    if name.chars().count() > most {
        return Err(Reason::TextTooLong.with("field", field).with("most", most));
    }
    Ok(name)
}

/// Returns a name from another source, changed where [`display_name`] would refuse it: in one line, without forbidden characters.
pub fn cleaned(text: &str) -> String {
    let mut name = in_one_line(text);
    if misplaced(&name).is_some() {
        let mut kept = String::with_capacity(name.len());
        let all: Vec<char> = name.chars().collect();
        for (at, c) in all.iter().enumerate() {
            if !is_misplaced(*c, kept.chars().next_back(), all.get(at + 1).copied()) {
                kept.push(*c);
            }
        }
        name = in_one_line(&kept);
    }
    name
}

/// Returns a user name from another source, changed where [`sign_in_name`] would refuse it.
pub fn cleaned_for_sign_in(text: &str) -> String {
    let visible: String = text.chars().map(|c| if is_control(c) { ' ' } else { c }).filter(|c| !is_invisible(*c)).collect();
    in_one_line(&visible).chars().take(LONGEST_SIGN_IN).collect::<String>().trim_end().to_owned()
}

/// Returns the key by which a name is looked up. Names that differ only in case, width or the way their accents are typed have the same
/// key.
pub fn key(name: &str) -> String {
    // Upper case first: as in full case folding (Unicode §3.13), ß and ſ then equal their other spellings.
    let folded: String = in_one_line(name).nfkc().collect::<String>().to_uppercase().to_lowercase();
    folded.nfkc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns whether a name mixes scripts that do not belong together: more than what UTS #39 §5.2 calls highly restrictive. Spaces, digits
/// and signs belong to all scripts.
fn mixes_scripts(name: &str) -> bool {
    let latin = AugmentedScriptSet::for_char('a');
    let (mut all, mut beside_latin) = (AugmentedScriptSet::default(), AugmentedScriptSet::default());
    for c in name.nfkc().filter(|c| c.is_alphabetic()) {
        let scripts = AugmentedScriptSet::for_char(c);
        all.intersect_with(scripts);
        let mut with_latin = scripts;
        with_latin.intersect_with(latin);
        if with_latin.is_empty() {
            beside_latin.intersect_with(scripts);
        }
    }
    all.is_empty() && !(beside_latin.kore || beside_latin.hanb || beside_latin.jpan)
}

/// Returns a text in form C, with one space between words.
fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").nfc().collect()
}

fn hidden(field: &str, c: char) -> ApiError {
    let reason = if is_control(c) { Reason::TextHasControls } else { Reason::TextHasInvisibles };
    reason.with("field", field).with("character", format!("{:04X}", u32::from(c)))
}

/// Returns the first character that is not allowed in a shown text.
fn misplaced(text: &str) -> Option<char> {
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if is_misplaced(c, before, rest.peek().copied()) {
            return Some(c);
        }
        before = Some(c);
    }
    None
}

/// Returns whether a character is not allowed between these two.
fn is_misplaced(c: char, before: Option<char>, after: Option<char>) -> bool {
    if is_control(c) {
        return true;
    }
    if !is_invisible(c) {
        return false;
    }
    // Scripts and emoji that need these characters are beyond ASCII, except for the digits of keycap emoji.
    let stands = |c: char| !c.is_ascii() && !c.is_whitespace() && (is_variation(c) || !is_invisible(c));
    let begins_keycap = |c: char| c.is_ascii_digit() || c == '#' || c == '*';
    match before {
        Some(before) if is_joiner(c) => !(stands(before) && after.is_some_and(|after| stands(after) && !is_variation(after))),
        Some(before) if is_variation(c) => {
            !(stands(before) && !is_variation(before) || begins_keycap(before) && matches!(c, '\u{fe0e}' | '\u{fe0f}'))
        }
        Some(before) if is_tag(c) => !(before == '\u{1f3f4}' || is_tag(before)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_sign_in_name_is_kept_in_one_form_and_shows_all_of_itself() {
        assert_eq!(sign_in_name("  Zoe\u{308}  Müller ").unwrap(), "Zoë Müller");
        assert_eq!(sign_in_name("山田 太郎").unwrap(), "山田 太郎");
        for wrong in [
            "A\u{200b}da",
            "\u{202e}adA",
            "Ada\u{200d}",
            "A\u{ad}da",
            "\u{feff}Ada",
            "Ada\u{2066}",
            "Ad\u{3164}a",
            "a\u{fe0f}",
            "a\u{7}b",
            "\u{e0041}da",
            "\u{2800}",
            "می\u{200c}خواهم",
        ] {
            let api_error = sign_in_name(wrong).unwrap_err();
            assert!(
                api_error.code == holdfast_protocol::Code::BadFrame && api_error.error.contains("U+"),
                "{wrong:?}: {}",
                api_error.error
            );
        }
        for wrong in ["", " \u{3000} ", &"x".repeat(65)] {
            assert!(sign_in_name(wrong).unwrap_err().error.contains("1 to 64"), "{wrong:?}");
        }
    }

    #[test]
    fn a_name_is_of_one_script_or_of_such_as_go_together() {
        for good in [
            "Ada",
            "Иван Петров",
            "Ελένη",
            "山田 太郎 Taro",
            "カタカナひらがな漢字ABC",
            "김 철수 Kim",
            "ㄅㄆ漢Li",
            "मोहन",
            "محمد",
            "שרה 2",
            "Ａｄａ",
            "José ❤ 7",
            "O’Brien-Łoś",
            "Թագուհի",
            "Ꭰ",
            "ー",
            "12",
        ] {
            assert!(sign_in_name(good).is_ok(), "{good}");
        }
        for wrong in ["аdmin", "Admin Αdmin", "pаypal", "Ηolger", "Ꭺda", "Иvan", "ひらがなабв", "김ひ", "Ada מ", "ѕcope", "օsman"]
        {
            assert!(sign_in_name(wrong).unwrap_err().error.contains("one script"), "{wrong}");
        }
    }

    #[test]
    fn names_that_differ_in_case_or_form_are_one() {
        for (one, other) in [
            ("Zoë", "ZOE\u{308}"),
            ("Straße", "STRASSE"),
            ("ΣΑΣ", "σασ"),
            ("ada", "Ａｄａ"),
            ("ﬁona", "Fiona"),
            ("Ada Lovelace", " ada\u{a0} lovelace"),
            ("Å", "\u{212b}"),
            ("ſam", "Sam"),
        ] {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        assert_ne!(key("Ada"), key("Ida"));
        for name in ["Straße", "İstanbul", "ﬀ", "ΐ", "Ǆ"] {
            assert_eq!(key(&key(name)), key(name), "{name}");
        }
    }

    #[test]
    fn what_scripts_and_emoji_need_is_shown_and_nothing_else_that_is_hidden() {
        let family = "👨\u{200d}👩\u{200d}👧";
        for good in [
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            family,
            "❤\u{fe0f}\u{200d}🔥",
            "1\u{fe0f}\u{20e3}",
            "🏴\u{e0067}\u{e0062}\u{e007f}",
            "葛\u{e0100}",
            "👍🏽",
            "",
        ] {
            assert_eq!(display_name("title", good, 200).unwrap(), good.nfc().collect::<String>(), "{good:?}");
            assert_eq!(cleaned(good), good.nfc().collect::<String>());
        }
        for (wrong, clean) in [
            ("a\u{200d}b", "ab"),
            ("\u{200d}👩", "👩"),
            ("👩\u{200d}", "👩"),
            ("evil\u{202e}txt.exe", "eviltxt.exe"),
            ("a\u{fe0f}", "a"),
            ("x\u{e0041}\u{e0042}", "x"),
            ("می\u{200c}\u{200c}خواهم", "می\u{200c}خواهم"),
            ("two\nlines", "two lines"),
            ("a\u{1b}[31mb", "a[31mb"),
            ("葛\u{e0100}\u{e0101}", "葛\u{e0100}"),
        ] {
            assert!(display_name("title", wrong, 200).unwrap_err().error.starts_with("The title has no "), "{wrong:?}");
            assert_eq!(cleaned(wrong), clean, "{wrong:?}");
        }
        assert_eq!(cleaned_for_sign_in(" A\u{200b}da\u{7}Lovelace\u{202e}"), "Ada Lovelace");
    }
}
