//! A tolerant JSON reader for files of other programs.
//!
//! A value is a part of the text; nothing is parsed into memory. An error such as an invalid number, an extra comma, half a surrogate
//! pair or a value that was cut off affects only its place. Each function examines each byte of its value once, without recursion, so
//! nesting costs nothing.

use std::borrow::Cow;

/// Maximum number of fields of an object that can be looked up by name.
pub(super) const MOST_FIELDS: usize = 256;

/// A value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Json<'a>(&'a str);

impl<'a> Json<'a> {
    /// Returns the first value of a text.
    pub(super) fn of(text: &'a str) -> Self {
        let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\n', '\r']);
        Self(&text[..end(text.as_bytes())])
    }

    /// Returns the text of the value.
    pub(super) fn raw(self) -> &'a str {
        self.0
    }

    pub(super) fn is_object(self) -> bool {
        self.0.starts_with('{')
    }

    pub(super) fn is_list(self) -> bool {
        self.0.starts_with('[')
    }

    pub(super) fn is_string(self) -> bool {
        self.0.starts_with('"')
    }

    /// Returns whether there is a value: not `null`, and not an invalid number.
    pub(super) fn is_there(self) -> bool {
        !matches!(self.0, "" | "null" | "NaN" | "undefined")
    }

    /// Returns the entries of an object, in order. Other values have none.
    pub(super) fn entries(self) -> Entries<'a> {
        Entries(Inside::of(self.0, b'{'))
    }

    /// Returns the elements of a list. Other values have none.
    pub(super) fn elements(self) -> Elements<'a> {
        Elements(Inside::of(self.0, b'['))
    }

    /// Returns the elements of a list, or the values of an object.
    pub(super) fn values(self) -> impl Iterator<Item = Self> {
        self.elements().chain(self.entries().map(|(_, value)| value))
    }

    /// Returns the fields of an object for lookup. Other values have none.
    pub(super) fn fields(self) -> Fields<'a> {
        Fields(self.entries().take(MOST_FIELDS).collect())
    }

    /// Returns a string.
    pub(super) fn string(self) -> Option<Cow<'a, str>> {
        self.is_string().then(|| unescaped(self.0))
    }

    /// Returns a string that is not blank.
    pub(super) fn words(self) -> Option<String> {
        self.string().filter(|text| !text.trim().is_empty()).map(Cow::into_owned)
    }

    /// Returns a string that is not blank, or a number as it is written, for use as an id.
    pub(super) fn name(self) -> Option<String> {
        let is_number = self.0.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        if is_number { Some(self.0.chars().take(64).collect()) } else { self.words() }
    }

    /// Returns a finite number; it may also be in a string.
    pub(super) fn number(self) -> Option<f64> {
        let text = self.string().unwrap_or(Cow::Borrowed(self.0));
        text.trim().parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// Returns whether the value is `true`, a number other than 0, or one of these in a string.
    pub(super) fn is_true(self) -> bool {
        self.string().as_deref().unwrap_or(self.0) == "true" || self.number().is_some_and(|number| number != 0.0)
    }
}

/// The fields of an object, up to the maximum number. Of fields with the same name, the last one counts.
#[derive(Debug, Default)]
pub(super) struct Fields<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

impl<'a> Fields<'a> {
    pub(super) fn new(fields: Vec<(Cow<'a, str>, Json<'a>)>) -> Self {
        Self(fields)
    }

    /// Returns a field. A missing field is an empty value.
    pub(super) fn get(&self, name: &str) -> Json<'a> {
        self.0.iter().rfind(|(key, _)| key == name).map_or(Json(""), |(_, value)| *value)
    }

    /// Returns the first of these fields that has a value.
    pub(super) fn first(&self, names: &[&str]) -> Json<'a> {
        names.iter().map(|name| self.get(name)).find(|value| value.is_there()).unwrap_or(Json(""))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }
}

/// Iterates over what is between two brackets.
struct Inside<'a> {
    rest: &'a str,
}

impl<'a> Inside<'a> {
    fn of(text: &'a str, bracket: u8) -> Self {
        Self { rest: if text.as_bytes().first() == Some(&bracket) { &text[1..] } else { "" } }
    }

    /// Returns the next value. Skips commas and characters that belong nowhere.
    fn next(&mut self) -> Option<&'a str> {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r', ',', ':']);
        if matches!(self.rest.as_bytes().first(), None | Some(b'}' | b']')) {
            self.rest = "";
            return None;
        }
        let (value, rest) = self.rest.split_at(end(self.rest.as_bytes()).max(1).min(self.rest.len()));
        self.rest = rest;
        Some(value)
    }
}

pub(super) struct Elements<'a>(Inside<'a>);

impl<'a> Iterator for Elements<'a> {
    type Item = Json<'a>;

    fn next(&mut self) -> Option<Json<'a>> {
        self.0.next().map(Json)
    }
}

pub(super) struct Entries<'a>(Inside<'a>);

impl<'a> Iterator for Entries<'a> {
    type Item = (Cow<'a, str>, Json<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let key = self.0.next()?;
        let key = if key.starts_with('"') { unescaped(key) } else { Cow::Borrowed(key) };
        // The value follows the colon, if there is any.
        let rest = self.0.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        let value = if let Some(rest) = rest.strip_prefix(':') {
            self.0.rest = rest.trim_start_matches([' ', '\t', '\n', '\r']);
            if self.0.rest.starts_with(',') { "" } else { self.0.next().unwrap_or_default() }
        } else {
            ""
        };
        Some((key, Json(value)))
    }
}

/// Returns the length of the value at the start of a text. It ends after an ASCII character, so never inside another character.
pub(super) fn end(text: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => {
                if depth == 0 && at > 0 {
                    return at;
                }
                at = string_end(text, at).unwrap_or(text.len());
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'{' | b'[' if depth == 0 && at > 0 => return at,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 1 => depth -= 1,
            b'}' | b']' if depth == 1 => return at + 1,
            b'}' | b']' | b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// Returns the position after the string that starts here, or `None` if it does not end.
fn string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    while let Some(further) = text.get(at..).and_then(|rest| rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))) {
        at += further;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
    None
}

/// Returns the decoded string. Invalid escapes and half surrogate pairs become U+FFFD.
fn unescaped(text: &str) -> Cow<'_, str> {
    let inside = text.strip_prefix('"').unwrap_or(text);
    let is_whole = string_end(text.as_bytes(), 0) == Some(text.len());
    let inside = if is_whole { &inside[..inside.len() - 1] } else { inside };
    if !inside.contains(['\\', '\0']) {
        return Cow::Borrowed(inside);
    }
    let (mut said, mut rest) = (String::with_capacity(inside.len()), inside);
    while let Some(at) = rest.find(['\\', '\0']) {
        said.push_str(&rest[..at]);
        if rest[at..].starts_with('\0') {
            said.push('\u{fffd}');
            rest = &rest[at + 1..];
            continue;
        }
        let mut after = rest[at + 1..].chars();
        match after.next() {
            Some('n') => said.push('\n'),
            Some('t') => said.push('\t'),
            Some('r') => said.push('\r'),
            Some('b') => said.push('\u{8}'),
            Some('f') => said.push('\u{c}'),
            Some('u') => {
                let (unit, behind) = code_unit(after.as_str());
                let low = behind.strip_prefix("\\u").map(code_unit).filter(|(low, _)| matches!(low, Some(0xdc00..=0xdfff)));
                let (character, behind) = match (unit, low) {
                    (Some(high @ 0xd800..=0xdbff), Some((Some(low), behind))) => {
                        (char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)), behind)
                    }
                    (unit, _) => (unit.and_then(char::from_u32).filter(|c| *c != '\0'), behind),
                };
                said.push(character.unwrap_or('\u{fffd}'));
                rest = behind;
                continue;
            }
            Some(other) => said.push(other),
            None => said.push('\u{fffd}'),
        }
        rest = after.as_str();
    }
    said.push_str(rest);
    Cow::Owned(said)
}

/// Returns the code unit of four hexadecimal digits, if there are four, and the rest of the text.
fn code_unit(text: &str) -> (Option<u32>, &str) {
    match text.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
        Some(unit) => (Some(unit), &text[4..]),
        None => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> Option<String> {
        Json::of(text).string().map(Cow::into_owned)
    }

    #[test]
    fn strings_say_what_they_can() {
        for (text, said) in [
            (r#""a\n\"\\\/ä""#, "a\n\"\\/ä"),
            (r#""\ud83e\udd80""#, "🦀"),
            (r#""a\ud83eb""#, "a\u{fffd}b"),
            (r#""\udd80\ud83e""#, "\u{fffd}\u{fffd}"),
            (r#""\u00""#, "\u{fffd}00"),
            (r#""\u0000x""#, "\u{fffd}x"),
            (r#""cut"#, "cut"),
            (r#""cut\"#, "cut\u{fffd}"),
            ("\"two\nlines\"", "two\nlines"),
            (r#""""#, ""),
            (r#"""#, ""),
            (r#""\""#, "\""),
        ] {
            assert_eq!(string(text).as_deref(), Some(said), "{text}");
        }
        assert_eq!(string("7"), None);
    }

    #[test]
    fn objects_and_lists_have_what_is_in_them() {
        let fields = Json::of(" {\"a\": [1, {\"b\": \"]\"}, ], \"n\": NaN, \"a\": 7, \"x\" : , \"last\": true,}").fields();
        assert_eq!(fields.get("a").raw(), "7", "the last one counts");
        assert!(!fields.get("n").is_there() && !fields.get("gone").is_there() && fields.get("last").is_true());
        let list: Vec<&str> = Json::of("[1,, \"a,\\\"\" {}, [[]] null]").elements().map(Json::raw).collect();
        assert_eq!(list, ["1", "\"a,\\\"\"", "{}", "[[]]", "null"]);
        assert_eq!(Json::of("{\"a\": {\"b\": 1").fields().get("a").fields().get("b").number(), Some(1.0), "cut off");
        assert_eq!(Json::of("[]").elements().count() + Json::of("7").elements().count() + Json::of("").entries().count(), 0);
        assert_eq!(Json::of("{\"a\" \"b\" 1}").entries().count(), 3);
    }

    #[test]
    fn numbers_are_finite() {
        assert_eq!([1e300, -5.0].map(|n| Json::of(&format!("{n:e}")).number()), [Some(1e300), Some(-5.0)]);
        assert_eq!(
            ["\"12.5\"", "NaN", "Infinity", "1e999", "null", "{}"].map(|text| Json::of(text).number()),
            [Some(12.5), None, None, None, None, None]
        );
        assert_eq!(Json::of("7").name().as_deref(), Some("7"));
    }

    #[test]
    fn a_million_levels_are_no_more_than_their_bytes() {
        let deep = format!("{{\"a\": {}{}, \"b\": 1}}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        assert_eq!(Json::of(&deep).fields().get("b").number(), Some(1.0));
        let open = "{\"a\":".repeat(500_000);
        assert!(Json::of(&open).fields().get("a").is_object());
    }
}
