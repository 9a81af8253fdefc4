//! Splits a file into its conversations, each as raw JSON, with at most one of them in memory.
//!
//! It only looks for the ends of values. Their content is left to the readers, which refuse invalid JSON. So a conversation that is too
//! large or damaged does not affect the others.

use std::io::{self, BufRead};

/// Receives what is found.
pub(super) trait Sink {
    /// Called once for each value that turns out to be large: more than [`LARGE`] bytes of it are in memory.
    fn is_large(&mut self) -> Result<(), SplitError>;
    /// Receives one value, complete or cut off at the maximum length.
    fn value(&mut self, json: &[u8], is_cut: bool) -> Result<(), SplitError>;
    /// Called once for each list that has a comma after its last value, which JSON does not allow.
    fn stray_comma(&mut self);
}

/// Size from which on a value counts as large, bytes.
pub(super) const LARGE: usize = 4 * 1024 * 1024;
/// Maximum length of an object's key that is compared.
const LONGEST_KEY: usize = 64;

/// Why a file can't be read further.
#[derive(Debug, thiserror::Error)]
pub(super) enum SplitError {
    /// The file can't be read or decompressed.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// It is not JSON, or JSON of another form.
    #[error("{0}")]
    Form(&'static str),
    /// It is another kind of page.
    #[error("it is a web page without conversations that can be read")]
    Page,
    /// The sink wants no more.
    #[error("it was stopped")]
    Stopped,
}

/// Passes each value of a list to `sink`, or of the list `conversations` of an object; an object without such a list is passed as a
/// whole. A file may contain several of these, like JSON Lines. Of a value of more than `most` bytes, only the beginning is passed.
///
/// # Errors
/// The file ends early or is not JSON, or `sink` returned an error.
pub(super) fn split(input: &mut (impl BufRead + ?Sized), most: usize, sink: &mut impl Sink) -> Result<(), SplitError> {
    // Some editors put a byte order mark before a text.
    if input.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        input.consume(3);
    }
    let mut is_first = true;
    loop {
        match next(input)? {
            Some(b'[') => list(input, most, sink)?,
            Some(b'{') => object(input, most, sink)?,
            Some(b',') if !is_first => input.consume(1),
            None if !is_first => return Ok(()),
            None => return Err(SplitError::Form("it is empty")),
            Some(_) => return Err(SplitError::Form("it is no JSON")),
        }
        is_first = false;
    }
}

fn object(input: &mut (impl BufRead + ?Sized), most: usize, sink: &mut impl Sink) -> Result<(), SplitError> {
    input.consume(1);
    let mut whole = Some(Whole { json: b"{".to_vec(), length: 1, most });
    match fields(input, most, sink, &mut whole) {
        // What was read until then is passed as well.
        Err(error @ (SplitError::Form(_) | SplitError::Read(_))) => {
            if let Some(whole) = whole.as_ref().filter(|whole| whole.length > 1) {
                whole.give(true, sink)?;
            }
            Err(error)
        }
        Err(error) => Err(error),
        Ok(()) => whole.map_or(Ok(()), |mut whole| {
            whole.take(b"}", sink)?;
            whole.give(false, sink)
        }),
    }
}

/// An object that is passed as a whole.
struct Whole {
    json: Vec<u8>,
    length: usize,
    most: usize,
}

impl Whole {
    fn take(&mut self, bytes: &[u8], sink: &mut impl Sink) -> Result<(), SplitError> {
        let before = self.length;
        self.length += bytes.len();
        if before <= LARGE && self.length > LARGE {
            sink.is_large()?;
        }
        let room = self.most.saturating_sub(self.json.len());
        self.json.extend_from_slice(&bytes[..bytes.len().min(room)]);
        Ok(())
    }

    fn give(&self, is_cut: bool, sink: &mut impl Sink) -> Result<(), SplitError> {
        sink.value(&self.json, is_cut || self.length > self.most)
    }
}

/// Reads the fields of an object. `whole` becomes `None` when a list of conversations is found.
fn fields(input: &mut (impl BufRead + ?Sized), most: usize, sink: &mut impl Sink, whole: &mut Option<Whole>) -> Result<(), SplitError> {
    loop {
        match next(input)? {
            Some(b'}') => {
                input.consume(1);
                return Ok(());
            }
            Some(b',') => input.consume(1),
            Some(b'"') => {
                let mut key = Vec::new();
                value(input, &mut |bytes| {
                    key.extend_from_slice(&bytes[..bytes.len().min(LONGEST_KEY.saturating_sub(key.len()))]);
                    whole.as_mut().map_or(Ok(()), |whole| whole.take(bytes, sink))
                })?;
                if next(input)? != Some(b':') {
                    return Err(SplitError::Form("a key without a value"));
                }
                input.consume(1);
                if key == br#""conversations""# && whole.is_some() && next(input)? == Some(b'[') {
                    *whole = None;
                    list(input, most, sink)?;
                    continue;
                }
                next(input)?;
                if let Some(whole) = whole {
                    whole.take(b":", sink)?;
                }
                value(input, &mut |bytes| whole.as_mut().map_or(Ok(()), |whole| whole.take(bytes, sink)))?;
                if let Some(whole) = whole {
                    whole.take(b",", sink)?;
                }
            }
            Some(_) => return Err(SplitError::Form("it is no JSON")),
            None => return Err(SplitError::Form("it ends early")),
        }
    }
}

fn list(input: &mut (impl BufRead + ?Sized), most: usize, sink: &mut impl Sink) -> Result<(), SplitError> {
    input.consume(1);
    let mut whole = Whole { json: Vec::new(), length: 0, most };
    let mut is_after_comma = false;
    loop {
        match next(input)? {
            Some(b']') => {
                input.consume(1);
                if is_after_comma {
                    sink.stray_comma();
                }
                return Ok(());
            }
            Some(b',') => {
                is_after_comma = true;
                input.consume(1);
            }
            Some(b'}' | b':') => return Err(SplitError::Form("it is no JSON")),
            Some(_) => {
                is_after_comma = false;
                value(input, &mut |bytes| whole.take(bytes, sink))?;
                whole.give(false, sink)?;
                if whole.json.capacity() > LARGE {
                    whole.json = Vec::new(); // the next one may be small again
                }
                whole.json.clear();
                whole.length = 0;
            }
            None => return Err(SplitError::Form("it ends early")),
        }
    }
}

/// Returns the next byte that is not white space, without consuming it. Returns `None` at the end.
fn next(input: &mut (impl BufRead + ?Sized)) -> Result<Option<u8>, SplitError> {
    loop {
        let bytes = input.fill_buf()?;
        if bytes.is_empty() {
            return Ok(None);
        }
        match bytes.iter().position(|byte| !byte.is_ascii_whitespace()) {
            Some(at) => {
                let byte = bytes[at];
                input.consume(at);
                return Ok(Some(byte));
            }
            None => {
                let length = bytes.len();
                input.consume(length);
            }
        }
    }
}

/// Skips one value, and passes it to `take` in pieces. Each byte is examined once.
fn value(input: &mut (impl BufRead + ?Sized), take: &mut dyn FnMut(&[u8]) -> Result<(), SplitError>) -> Result<(), SplitError> {
    let mut place = Place::default();
    loop {
        let bytes = input.fill_buf()?;
        if bytes.is_empty() {
            // A number may end at the end of the file.
            return if place.depth == 0 && !place.in_string && place.began { Ok(()) } else { Err(SplitError::Form("it ends early")) };
        }
        let (length, is_end) = place.pass(bytes);
        let taken = take(&bytes[..length]);
        input.consume(length);
        taken?;
        if is_end {
            return Ok(());
        }
    }
}

/// A position inside a value.
#[derive(Default)]
struct Place {
    began: bool,
    depth: u64,
    in_string: bool,
    is_escaped: bool,
}

impl Place {
    /// Returns how many of these bytes belong to the value, and whether it ends with them.
    fn pass(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if self.in_string {
                if self.is_escaped {
                    self.is_escaped = false;
                } else {
                    match bytes[at..].iter().position(|byte| matches!(byte, b'"' | b'\\')) {
                        None => return (bytes.len(), false),
                        Some(further) => at += further,
                    }
                    if bytes[at] == b'\\' {
                        self.is_escaped = true;
                    } else {
                        self.in_string = false;
                        if self.depth == 0 {
                            return (at + 1, true);
                        }
                    }
                }
            } else {
                match byte {
                    b'"' if self.depth > 0 || !self.began => self.in_string = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' if self.depth > 1 => self.depth -= 1,
                    b'}' | b']' if self.depth == 1 => return (at + 1, true),
                    b'}' | b']' | b',' | b':' | b'"' if self.depth == 0 => return (at, true),
                    space if self.depth == 0 && space.is_ascii_whitespace() => return (at, true),
                    _ => {}
                }
                self.began = true;
            }
            at += 1;
        }
        (bytes.len(), false)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::BufReader;

    use super::*;

    #[derive(Default)]
    struct Found {
        /// Values that were cut off end with `…`.
        values: Vec<String>,
        large: usize,
        commas: usize,
    }

    impl Sink for Found {
        fn is_large(&mut self) -> Result<(), SplitError> {
            self.large += 1;
            Ok(())
        }

        fn value(&mut self, json: &[u8], is_cut: bool) -> Result<(), SplitError> {
            let text = str::from_utf8(json).unwrap();
            self.values.push(if is_cut { format!("{text}…") } else { text.to_owned() });
            Ok(())
        }

        fn stray_comma(&mut self) {
            self.commas += 1;
        }
    }

    /// Checks that the result does not depend on how the bytes are split.
    fn found(text: &str, most: usize) -> (Vec<String>, Option<String>) {
        let read = |capacity| {
            let mut found = Found::default();
            let done = split(&mut BufReader::with_capacity(capacity, text.as_bytes()), most, &mut found);
            (found.values, done.err().map(|error| error.to_string()))
        };
        let whole = read(4096);
        for capacity in [3, 4, 7] {
            assert_eq!(read(capacity), whole, "{text}");
        }
        whole
    }

    fn some(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn each_value_of_the_list_is_found() {
        let list = "\u{feff} [ {\"a\": [1, {\"b\": \"]}\\\"\\\\\"}]} , 7,\"x,]\", null,[[]],{}\n]";
        let values = some(&["{\"a\": [1, {\"b\": \"]}\\\"\\\\\"}]}", "7", "\"x,]\"", "null", "[[]]", "{}"]);
        assert_eq!(found(list, 1000), (values.clone(), None));
        let inside = format!(
            "{{\"about\": {{\"conversations\": [1]}}, \"n\": 5, \"s\":\"conversations\", \"conversations\" : {}, \"more\": [2]}}",
            &list[4..]
        );
        assert_eq!(found(&inside, 1000), (values, None));
        assert_eq!(found("[]", 10), (vec![], None));
    }

    #[test]
    fn an_object_without_such_a_list_is_one_value_and_lines_are_several() {
        assert_eq!(found("{\"a\": [1], \"conversations\": 7}", 100), (some(&["{\"a\":[1],\"conversations\":7,}"]), None));
        assert_eq!(found("{\"a\":1}\n{\"b\":2}\n\n[3]\n", 100), (some(&["{\"a\":1,}", "{\"b\":2,}", "3"]), None));
        assert_eq!(found("{\"a\": \"long\"} [1]", 6), (some(&["{\"a\":\"…", "1"]), None));
        assert_eq!(found("{\"a\": [1, 2", 100), (some(&["{\"a\":[1, 2…"]), Some("it ends early".to_owned())));
    }

    #[test]
    fn of_one_that_is_too_large_the_beginning_is_given_and_the_next_one_found() {
        let large = format!("[1, {{\"x\": \"{}\"}}, 2]", "y".repeat(100));
        assert_eq!(found(&large, 10), (some(&["1", "{\"x\": \"yyy…", "2"]), None));
        let text = format!("[\"{}\", 1]", "y".repeat(LARGE));
        let mut counted = Found::default();
        split(&mut text.as_bytes(), 3 * LARGE, &mut counted).unwrap();
        assert_eq!((counted.values.len(), counted.large), (2, 1));
    }

    #[test]
    fn a_comma_too_many_is_told() {
        for (text, commas) in [("[1, 2]", 0), ("[1, 2,]", 1), ("{\"conversations\": [1,,]}", 1)] {
            let mut counted = Found::default();
            split(&mut text.as_bytes(), 100, &mut counted).unwrap();
            assert_eq!(counted.commas, commas, "{text}");
        }
    }

    #[test]
    fn what_is_no_list_is_told() {
        for (text, why) in [
            ("", "empty"),
            ("[1, {\"a\"", "ends early"),
            ("[1", "ends early"),
            ("{\"conversations\": [1]", "ends early"),
            ("{\"a\" 1}", "without a value"),
            ("{1}", "no JSON"),
            ("[}", "no JSON"),
            ("[1] x", "no JSON"),
        ] {
            let (_, error) = found(text, 100);
            assert!(error.as_ref().is_some_and(|error| error.contains(why)), "{text}: {error:?}");
        }
    }

    #[test]
    fn deep_ones_take_no_stack() {
        let deep = format!("[{}{}]", "[".repeat(1_000_000), "]".repeat(1_000_000));
        let mut counted = Found::default();
        split(&mut deep.as_bytes(), usize::MAX, &mut counted).unwrap();
        assert_eq!(counted.values.len(), 1);
    }
}
