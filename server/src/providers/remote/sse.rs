//! Server-sent events: the decoder of `text/event-stream`, strict and bounded.
//!
//! Bytes go in as they come, whole events come out. A line is decoded when it is complete, so a character may lie across
//! any number of chunks, and so may the two halves of CRLF.

/// Largest line, and largest event, in bytes.
pub(super) const MAX_BYTES: usize = 1024 * 1024;

/// Why a stream is no event stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotEvents {
    /// A line or an event without end.
    TooLong,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// A line that is no field: HTML, say.
    NotAField,
}

/// The decoder of one stream.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    line: Vec<u8>,
    data: String,
    has_data: bool,
    after_cr: bool,
    begun: bool,
}

impl Decoder {
    /// Takes bytes; appends the data of each event that they complete. After an error nothing more makes sense.
    pub(super) fn push(&mut self, mut bytes: &[u8], events: &mut Vec<String>) -> Result<(), NotEvents> {
        while let Some(&first) = bytes.first() {
            if std::mem::take(&mut self.after_cr) && first == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let part = &bytes[..end.unwrap_or(bytes.len())];
            if self.line.len() + part.len() > MAX_BYTES {
                return Err(NotEvents::TooLong);
            }
            self.line.extend_from_slice(part);
            let Some(end) = end else { return Ok(()) };
            self.after_cr = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            let line = std::mem::take(&mut self.line);
            self.line(&line, events)?;
            self.line = line;
            self.line.clear();
        }
        Ok(())
    }

    /// The stream ended. An event whose blank line is missing counts: servers forget it.
    pub(super) fn finish(&mut self, events: &mut Vec<String>) -> Result<(), NotEvents> {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.line(&line, events)?;
        }
        self.dispatch(events);
        Ok(())
    }

    fn line(&mut self, line: &[u8], events: &mut Vec<String>) -> Result<(), NotEvents> {
        let line = std::str::from_utf8(line).map_err(|_| NotEvents::NotUtf8)?;
        let line = if std::mem::replace(&mut self.begun, true) { line } else { line.strip_prefix('\u{feff}').unwrap_or(line) };
        if line.is_empty() {
            self.dispatch(events);
            return Ok(());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        match field {
            "" => {} // a comment
            "data" => {
                let value = value.strip_prefix(' ').unwrap_or(value);
                if self.data.len() + value.len() >= MAX_BYTES {
                    return Err(NotEvents::TooLong);
                }
                if self.has_data {
                    self.data.push('\n');
                }
                self.data.push_str(value);
                self.has_data = true;
            }
            "event" | "id" | "retry" => {}
            // The standard ignores unknown fields. What can't be a field at all shows that this is something else.
            _ if line.contains(':') && field.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) => {}
            _ => return Err(NotEvents::NotAField),
        }
        Ok(())
    }

    fn dispatch(&mut self, events: &mut Vec<String>) {
        if std::mem::take(&mut self.has_data) {
            events.push(std::mem::take(&mut self.data));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<String>, NotEvents> {
        let (mut decoder, mut events) = (Decoder::default(), Vec::new());
        for piece in pieces {
            decoder.push(piece, &mut events)?;
        }
        decoder.finish(&mut events)?;
        Ok(events)
    }

    const STREAM: &str =
        "\u{feff}: hello\r\n\r\nevent: x\ndata: één\r\n\r\ndata:漢\rdata: 字\r\r\n\nid: 1\nretry: 5\nx-own: y\n\ndata\n\ndata:  🦀";

    #[test]
    fn every_way_of_cutting_gives_the_same_events() {
        let whole = ["één", "漢\n字", "", " 🦀"].map(str::to_owned).to_vec();
        let bytes = STREAM.as_bytes();
        assert_eq!(decode([bytes]), Ok(whole.clone()));
        for size in 1..bytes.len() {
            assert_eq!(decode(bytes.chunks(size)), Ok(whole.clone()), "in chunks of {size}");
        }
        for at in 0..bytes.len() {
            assert_eq!(decode([&bytes[..at], &bytes[at..]]), Ok(whole.clone()), "cut at {at}");
        }
    }

    #[test]
    fn what_is_no_event_stream_is_told() {
        assert_eq!(decode([b"<!doctype html>\n".as_slice()]), Err(NotEvents::NotAField));
        assert_eq!(decode([b"{\"error\":\"x\"}\n".as_slice()]), Err(NotEvents::NotAField));
        assert_eq!(decode([b"data: \xff\n".as_slice()]), Err(NotEvents::NotUtf8));
    }

    #[test]
    fn neither_a_line_nor_an_event_grows_without_bound() {
        let piece = [b'x'; 4096];
        let mut decoder = Decoder::default();
        let fed = (0..2560).take_while(|_| decoder.push(&piece, &mut Vec::new()).is_ok()).count() * piece.len();
        assert_eq!(fed, MAX_BYTES);
        assert!(decoder.line.capacity() <= 2 * MAX_BYTES);

        let line = format!("data: {}\n", "y".repeat(1000));
        let mut decoder = Decoder::default();
        let fed = (0..10_000).take_while(|_| decoder.push(line.as_bytes(), &mut Vec::new()).is_ok()).count() * 1000;
        assert!(fed <= MAX_BYTES);
    }
}
