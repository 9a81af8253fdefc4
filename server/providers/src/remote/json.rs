//! Parses JSON as model servers write it, including common violations of the standard.

use std::borrow::Cow;

use serde_json::Value;

/// Parses a document. Common errors are corrected: half a surrogate pair becomes U+FFFD, raw control characters are accepted, and `NaN`,
/// `Infinity` and numbers out of range become null.
pub(super) fn read(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().or_else(|| match fixed(text) {
        Cow::Owned(fixed) => serde_json::from_str(&fixed).ok(),
        Cow::Borrowed(_) => None,
    })
}

fn fixed(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut rest = text;
    let mut is_string = false;
    let mut changed = false;
    while let Some(c) = rest.chars().next() {
        let (taken, fixed) = if is_string { within_string(rest, c) } else { between(rest, c) };
        is_string ^= c == '"';
        changed |= fixed.is_some();
        match fixed {
            Some(fixed) => out.push_str(&fixed),
            None => out.push_str(&rest[..taken]),
        }
        rest = &rest[taken..];
    }
    if changed { Cow::Owned(out) } else { Cow::Borrowed(text) }
}

/// Returns how many bytes of a string to process, and their replacement.
fn within_string(rest: &str, first: char) -> (usize, Option<Cow<'static, str>>) {
    if first < ' ' {
        return (1, Some(format!("\\u{:04x}", u32::from(first)).into()));
    }
    if first != '\\' {
        return (first.len_utf8(), None);
    }
    match unit(rest) {
        Some(0xd800..=0xdbff) if matches!(rest.get(6..).and_then(unit), Some(0xdc00..=0xdfff)) => (12, None),
        Some(0xd800..=0xdfff) => (6, Some(r"\ufffd".into())),
        Some(_) => (6, None),
        // Two characters, of which the second may be a quotation mark.
        None => (1 + rest[1..].chars().next().map_or(0, char::len_utf8), None),
    }
}

/// Returns the code unit of an escape at the start of `text`.
fn unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

/// Returns how many bytes between strings to process, and their replacement.
fn between(rest: &str, first: char) -> (usize, Option<Cow<'static, str>>) {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
    if !is_part(first) {
        return (first.len_utf8(), None);
    }
    let word = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
    let is_good = serde_json::from_str::<Value>(word).is_ok();
    let stands_for = match word {
        "True" => "true",
        "False" => "false",
        "None" => "null",
        "undefined" => "null",
        _ if word.trim_start_matches(['+', '-']).to_ascii_lowercase().starts_with("inf") || word.eq_ignore_ascii_case("nan") => "null",
        // A number out of range.
        _ if word.parse::<f64>().is_ok() => "null",
        _ => return (word.len(), None),
    };
    (word.len(), (!is_good).then_some(stands_for.into()))
}

/// Finds the ends of JSON documents that arrive in pieces: one document, one on each line, or one after the other.
#[derive(Debug, Default)]
pub(super) struct Documents {
    depth: usize,
    is_string: bool,
    is_escaped: bool,
}

impl Documents {
    /// Returns how many of these bytes belong to the current document, and whether it ends there. Only objects and arrays count.
    pub(super) fn take(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (at, byte) in bytes.iter().enumerate() {
            if self.is_string {
                match byte {
                    _ if self.is_escaped => self.is_escaped = false,
                    b'\\' => self.is_escaped = true,
                    b'"' => self.is_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.is_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return (at + 1, true);
                    }
                }
                _ => {}
            }
        }
        (bytes.len(), false)
    }

    /// Returns whether a text is exactly one object or array.
    pub(super) fn is_whole(text: &str) -> bool {
        let text = text.trim();
        text.starts_with(['{', '[']) && Self::default().take(text.as_bytes()) == (text.len(), true)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_nearly_json_is_read() {
        for (text, value) in [
            (r#"{"a":"\ud83d"}"#, json!({"a": "\u{fffd}"})),
            (r#"{"a":"\ude00 and \ud83d\ude00"}"#, json!({"a": "\u{fffd} and 😀"})),
            (r#"{"a":"\ud83dé\\\"\ud83d\u0041"}"#, json!({"a": "\u{fffd}é\\\"\u{fffd}A"})),
            (
                r#"{"a":NaN,"b":[Infinity,-Infinity,-inf],"c":1e999,"d":"NaN \ud83d"}"#,
                json!({"a": null, "b": [null, null, null], "c": null, "d": "NaN \u{fffd}"}),
            ),
            ("{\"a\":\"one\ntwo\t\0\"}", json!({"a": "one\ntwo\t\0"})),
            (r#"{"a":None,"b":True,"c":false}"#, json!({"a": null, "b": true, "c": false})),
            (r#"{"a":"\u00e9"}"#, json!({"a": "é"})),
        ] {
            assert_eq!(read(text), Some(value), "{text}");
        }
        for text in ["", "{", r#"{"a":"\ud83d}"#, r#"{"a":"\u12"}"#, "<html>", "not json", r#"{"a":"\"#] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not_without_harm(text in r#"[\\u"dD83{}\[\]:,0-9a-fN\n é😀-]{0,40}"#) {
            let _ = read(&text);
        }

        #[test]
        fn what_is_right_stays_as_it_is(text in ".{0,40}", number in any::<f64>()) {
            let value = json!({"text": text, "list": [1, true, null, number], "in": {"a\"b": "\\"}});
            let written = value.to_string();
            prop_assert!(matches!(fixed(&written), Cow::Borrowed(_)));
        }

        #[test]
        fn any_cut_finds_the_same_end(text in r#"[\["\\\]{} a]{0,30}"#, at in 0_usize..40) {
            let whole = Documents::default().take(text.as_bytes());
            let mut documents = Documents::default();
            let (first, rest) = text.as_bytes().split_at(at.min(text.len()));
            let cut = match documents.take(first) {
                (taken, true) => (taken, true),
                (taken, false) => { let (more, ends) = documents.take(rest); (taken + more, ends) }
            };
            prop_assert_eq!(cut, whole);
        }
    }
}
