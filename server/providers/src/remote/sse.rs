//! Splits the body of a reply: server-sent events, JSON documents instead of them, or a web page.
//!
//! The events do not depend on how the bytes were cut. Lines and fields are read as for our own event streams
//! ([`holdfast_protocol::event_stream`]). But many servers violate the standard, so this decoder accepts more; its memory is limited for
//! any input.

use holdfast_protocol::event_stream::{LineEnds, field};

use super::json::Documents;

/// Maximum size of a line, event or document, bytes.
pub(super) const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Maximum length of a run of letters and digits. Longer runs are data of images or sounds.
const MAX_RUN: usize = 64 * 1024;

/// A line, event or document is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// An event of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The data of an event, or a document.
    Data(String),
    /// The data of an event named `error`, or what follows `error:`.
    Error(String),
    /// A line that is not part of an event stream.
    Stray(String),
    /// The beginning of a web page.
    Page,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    /// Only white space has arrived.
    #[default]
    Unknown,
    Events,
    /// One document, one on each line, or one after the other.
    Documents,
    Page,
}

/// The decoder of one body.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    form: Form,
    documents: Documents,
    line: Line,
    data: String,
    has_data: bool,
    /// Whether the data can be one document, and is complete.
    may_be_whole: bool,
    is_whole: bool,
    is_error: bool,
    ends: LineEnds,
}

impl Decoder {
    /// Processes bytes, and appends the events that they complete. Do not call it again after an error.
    pub(super) fn push(&mut self, mut bytes: &[u8], events: &mut Vec<Event>) -> Result<(), TooLong> {
        while let Some(&first) = bytes.first() {
            let taken = match self.form {
                Form::Unknown => self.begin(first, events),
                Form::Events => self.events(bytes, events)?,
                Form::Documents => self.document(bytes, events)?,
                Form::Page => return Ok(()),
            };
            bytes = &bytes[taken..];
        }
        if self.form == Form::Events && self.line.is_empty() && self.is_whole {
            // Some servers do not end events with a blank line.
            self.dispatch(events);
        }
        Ok(())
    }

    /// Processes the end of the body. An event without its blank line counts, because some servers omit it.
    pub(super) fn finish(&mut self, events: &mut Vec<Event>) {
        if self.form == Form::Events {
            let line = self.line.take();
            if !line.is_empty() {
                self.line(&line, events);
            }
            self.dispatch(events);
        }
    }

    /// Determines the format by the first byte that is neither white space nor part of a byte order mark.
    fn begin(&mut self, first: u8, events: &mut Vec<Event>) -> usize {
        match first {
            b' ' | b'\t' | b'\r' | b'\n' | 0xef | 0xbb | 0xbf => return 1,
            b'{' | b'[' => self.form = Form::Documents,
            b'<' => {
                self.form = Form::Page;
                events.push(Event::Page);
            }
            _ => self.form = Form::Events,
        }
        0
    }

    fn document(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<usize, TooLong> {
        if self.line.is_empty() {
            match bytes[0] {
                b' ' | b'\t' | b'\r' | b'\n' | b',' => return Ok(1),
                b'{' | b'[' => {}
                _ => {
                    self.form = Form::Events;
                    return Ok(0);
                }
            }
        }
        let (taken, is_whole) = self.documents.take(bytes);
        self.line.extend(&bytes[..taken])?;
        if is_whole {
            events.push(Event::Data(lossy(&self.line.take())));
        }
        Ok(taken)
    }

    /// Processes a line, or the part of it that has arrived.
    fn events(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<usize, TooLong> {
        let piece = self.ends.next(bytes);
        self.line.extend(piece.line)?;
        if !piece.is_end {
            return Ok(piece.taken);
        }
        let line = self.line.take();
        self.line(&line, events);
        self.line.reuse(line);
        if self.data.len() > MAX_BYTES { Err(TooLong) } else { Ok(piece.taken) }
    }

    fn line(&mut self, line: &[u8], events: &mut Vec<Event>) {
        if line.is_empty() {
            self.dispatch(events);
            self.is_error = false;
            return;
        }
        let line = String::from_utf8_lossy(line);
        let (name, value) = field(&line);
        match name {
            "" | "id" | "retry" => {} // the first of them is a comment
            "event" => self.is_error = value.trim().eq_ignore_ascii_case("error"),
            "data" => {
                // Some servers do not separate events by a blank line.
                if self.is_whole {
                    self.dispatch(events);
                }
                self.add(value);
            }
            "error" => events.push(Event::Error(value.to_owned())),
            _ => match line.trim_start().as_bytes() {
                [b'<', ..] => events.push(Event::Page),
                [b'{' | b'[', ..] if Documents::is_whole(&line) => events.push(Event::Data(line.into_owned())),
                // The standard ignores unknown fields.
                _ if line.contains(':') && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) => {}
                _ => events.push(Event::Stray(line.into_owned())),
            },
        }
    }

    /// Adds a line to the event's data.
    fn add(&mut self, value: &str) {
        if self.has_data {
            self.data.push('\n');
        } else {
            self.documents = Documents::default();
            self.may_be_whole = value.trim_start().starts_with(['{', '[']);
        }
        self.data.push_str(value);
        self.has_data = true;
        if self.may_be_whole {
            let value = value.trim_end();
            let (taken, ends) = self.documents.take(value.as_bytes());
            self.may_be_whole = !ends;
            self.is_whole = ends && taken == value.len();
        }
    }

    fn dispatch(&mut self, events: &mut Vec<Event>) {
        self.is_whole = false;
        if std::mem::take(&mut self.has_data) {
            let data = std::mem::take(&mut self.data);
            events.push(if self.is_error { Event::Error(data) } else { Event::Data(data) });
        }
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A line that arrives in pieces. Image data is reduced to its size.
#[derive(Debug, Default)]
struct Line {
    bytes: Vec<u8>,
    /// Length of the run at its end, if the line is long enough to matter.
    run: Option<usize>,
    /// How much of the run was left out.
    left_out: usize,
    /// A backslash that may be part of the run, because some servers write `\/`.
    escape: bool,
}

impl Line {
    fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.left_out == 0 && !self.escape
    }

    fn extend(&mut self, piece: &[u8]) -> Result<(), TooLong> {
        if self.run.is_none() && self.bytes.len() + piece.len() <= MAX_RUN {
            self.bytes.extend_from_slice(piece);
            return Ok(());
        }
        if self.run.is_none() {
            self.run = Some(0);
            for byte in std::mem::take(&mut self.bytes) {
                self.add(byte);
            }
        }
        for byte in piece {
            self.add(*byte);
        }
        if self.bytes.len() > MAX_BYTES { Err(TooLong) } else { Ok(()) }
    }

    fn add(&mut self, byte: u8) {
        let is_escaped = std::mem::take(&mut self.escape);
        if !is_escaped && byte == b'\\' {
            self.escape = true;
            return;
        }
        let is_run = match byte {
            b'/' => true,
            b'+' | b'-' | b'_' | b'=' => !is_escaped,
            _ => !is_escaped && byte.is_ascii_alphanumeric(),
        };
        if !is_run {
            self.end_run();
        }
        let added = if is_escaped { 2 } else { 1 };
        let run = self.run.get_or_insert(0);
        if is_run {
            *run += added;
            if self.left_out > 0 || *run > MAX_RUN {
                if self.left_out == 0 {
                    self.bytes.truncate(self.bytes.len() + added - *run);
                }
                self.left_out = *run;
                return;
            }
        }
        if is_escaped {
            self.bytes.push(b'\\');
        }
        self.bytes.push(byte);
    }

    /// Records what was left out of a run.
    fn end_run(&mut self) {
        if std::mem::take(&mut self.left_out) > 0 {
            // Each base64 character stands for six bits.
            let bytes = self.run.unwrap_or_default() / 4 * 3;
            self.bytes.extend_from_slice(format!("… ({:.1} MB left out)", bytes as f64 / 1e6).as_bytes());
        }
        self.run = Some(0);
    }

    fn take(&mut self) -> Vec<u8> {
        if self.run.is_some() {
            self.end_run();
            if std::mem::take(&mut self.escape) {
                self.bytes.push(b'\\');
            }
        }
        self.run = None;
        std::mem::take(&mut self.bytes)
    }

    /// Reuses the memory of a processed line.
    fn reuse(&mut self, mut line: Vec<u8>) {
        if line.capacity() <= MAX_RUN {
            line.clear();
            self.bytes = line;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Event>, TooLong> {
        let (mut decoder, mut events) = (Decoder::default(), Vec::new());
        for piece in pieces {
            decoder.push(piece, &mut events)?;
        }
        decoder.finish(&mut events);
        Ok(events)
    }

    fn data(text: &str) -> Event {
        Event::Data(text.into())
    }

    #[track_caller]
    fn however_cut(body: &[u8], events: &[Event]) {
        let shown = String::from_utf8_lossy(body);
        assert_eq!(decode([body]).as_deref(), Ok(events), "{shown}");
        for size in 1..body.len() {
            assert_eq!(decode(body.chunks(size)).as_deref(), Ok(events), "in chunks of {size}: {shown}");
        }
        for at in 0..body.len() {
            assert_eq!(decode([&body[..at], &body[at..]]).as_deref(), Ok(events), "cut at {at}: {shown}");
        }
    }

    #[test]
    fn every_way_of_cutting_gives_the_same_events() {
        let stream =
            "\u{feff}: hello\r\n\r\nevent: x\ndata: één\r\n\r\ndata:漢\rdata: 字\r\r\n\nid: 1\nretry: 5\nx-own: y\n\ndata\n\ndata:  🦀";
        however_cut(stream.as_bytes(), &[data("één"), data("漢\n字"), data(""), data(" 🦀")]);
    }

    #[test]
    fn events_without_blank_lines_are_told_apart() {
        however_cut(b"data: {\"a\":1}\ndata: [2]\ndata: [DONE]\n", &[data("{\"a\":1}"), data("[2]"), data("[DONE]")]);
        however_cut(b"data: {\"a\":\ndata: 1}\n\n", &[data("{\"a\":\n1}")]);
        however_cut(b"data: \n\ndata: {}\n\n", &[data(""), data("{}")]);
    }

    #[test]
    fn errors_pages_and_documents_are_told_for_what_they_are() {
        however_cut(b"event: error\ndata: {\"a\":1}\n\ndata: {}\n\n", &[Event::Error("{\"a\":1}".into()), data("{}")]);
        however_cut(b"data: {}\n\nerror: {\"a\":1}\n\n", &[data("{}"), Event::Error("{\"a\":1}".into())]);
        however_cut(b"\n <!doctype html>\n<p>\n", &[Event::Page]);
        however_cut(b"data: {}\n\n<html>\n", &[data("{}"), Event::Page]);
        however_cut(b"{\n \"a\": \"}\\\"\",\n \"b\": [1]\n}\n", &[data("{\n \"a\": \"}\\\"\",\n \"b\": [1]\n}")]);
        however_cut(b"{\"a\":1}\n{\"b\":2}\r\n", &[data("{\"a\":1}"), data("{\"b\":2}")]);
        however_cut(b"{\"a\":1}\ndata: {}\n\n", &[data("{\"a\":1}"), data("{}")]);
        however_cut(b"data: {}\n\n{\"error\":1}\n", &[data("{}"), data("{\"error\":1}")]);
        however_cut(b"Internal Server Error", &[Event::Stray("Internal Server Error".into())]);
        however_cut(b"{\"a\":", &[]);
        however_cut(b"data: a\xff\xe6\xbc\n\n", &[data("a\u{fffd}\u{fffd}")]);
    }

    #[test]
    fn of_a_picture_the_size_is_kept() {
        let picture = "A\\/b+".repeat(300_000);
        let body = format!("data: {{\"a\":\"![p](data:image/png;base64,{picture}==) é\",\"b\":\"{}\\\\\"}}\n\n", "x y".repeat(30_000));
        let whole = decode([body.as_bytes()]).unwrap();
        let Event::Data(kept) = &whole[0] else { panic!("{whole:?}") };
        assert!(kept.starts_with("{\"a\":\"![p](data:image/png;base64,… (1.1 MB left out)) é\",\"b\":\"x y"), "{}", &kept[..100]);
        assert!(kept.ends_with("x y\\\\\"}"));
        for size in [7, 4096, 65_536, 1_000_003] {
            assert_eq!(decode(body.as_bytes().chunks(size)).unwrap(), whole, "in chunks of {size}");
        }
        let document = format!("{{\"b64_json\":\"{}\"}}", "A".repeat(8_000_000));
        assert_eq!(decode(document.as_bytes().chunks(9999)).unwrap(), [data("{\"b64_json\":\"… (6.0 MB left out)\"}")]);
    }

    #[test]
    fn neither_a_line_nor_an_event_grows_without_bound() {
        let fed = |piece: &str| {
            let mut decoder = Decoder::default();
            let fed = (0..5_000).take_while(|_| decoder.push(piece.as_bytes(), &mut Vec::new()).is_ok()).count() * piece.len();
            assert!(decoder.line.bytes.capacity() <= 3 * MAX_BYTES && decoder.data.capacity() <= 3 * MAX_BYTES);
            fed
        };
        assert!(fed(&"x ".repeat(2000)) <= MAX_BYTES);
        assert!(fed(&format!("data: {}\n", "y ".repeat(500))) <= 2 * MAX_BYTES);
        assert!(fed(&format!("[{}", "1 ,".repeat(500))) <= MAX_BYTES);
        // Endless letters are taken for an image, and nothing of them is kept.
        assert_eq!(fed(&"x".repeat(4096)), 5_000 * 4096);
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_events(
            body in r#"(data|event|error|:| |\{|\}|"|\\|\n|\r|\[DONE\]|<|é|a){0,24}"#,
            size in 1_usize..9,
        ) {
            prop_assert_eq!(decode(body.as_bytes().chunks(size)), decode([body.as_bytes()]));
        }
    }
}
