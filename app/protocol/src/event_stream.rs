//! The format of event streams (`text/event-stream`), in which the server sends frames and most model servers send answers.
//!
//! By the HTML standard, "Interpreting an event stream": lines end with CR, LF or both, a line is a field name and a value, the `data` lines
//! of an event are joined with LF, and a blank line ends the event. Readers of streams that violate the standard use [`LineEnds`] and
//! [`field`] alone.

/// Finds the ends of lines in bytes that may be cut anywhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct LineEnds {
    after_cr: bool,
}

/// The beginning of some bytes, up to the end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// What belongs to the line, without its end.
    pub line: &'a [u8],
    /// Whether the line ends here. If not, the next bytes continue it.
    pub is_end: bool,
    /// Number of bytes up to the end of the line, including it.
    pub taken: usize,
}

impl LineEnds {
    /// Returns the first piece of these bytes. The next call needs the bytes after it.
    pub fn next<'a>(&mut self, bytes: &'a [u8]) -> Piece<'a> {
        if std::mem::take(&mut self.after_cr) && bytes.first() == Some(&b'\n') {
            return Piece { line: &[], is_end: false, taken: 1 };
        }
        match bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            Some(end) => {
                self.after_cr = bytes[end] == b'\r';
                Piece { line: &bytes[..end], is_end: true, taken: end + 1 }
            }
            None => Piece { line: bytes, is_end: false, taken: bytes.len() },
        }
    }
}

/// Splits a line into the name of its field and its value, without the space before the value. The name of a comment is empty.
pub fn field(line: &str) -> (&str, &str) {
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    (name, value.strip_prefix(' ').unwrap_or(value))
}

/// An item of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// The data of an event.
    Data(String),
    /// A comment or a field other than `data`, which shows that the stream is alive.
    Alive,
}

/// Decodes the stream of a server that observes the standard. An event that the end of the stream cuts off does not count.
#[derive(Debug, Default)]
pub struct Decoder {
    ends: LineEnds,
    line: Vec<u8>,
    data: Option<String>,
}

impl Decoder {
    /// Returns the items that these bytes complete.
    pub fn push(&mut self, mut bytes: &[u8]) -> Vec<Item> {
        let mut items = Vec::new();
        while !bytes.is_empty() {
            let piece = self.ends.next(bytes);
            self.line.extend_from_slice(piece.line);
            if piece.is_end {
                let line = std::mem::take(&mut self.line);
                items.extend(self.end_line(&line));
            }
            bytes = &bytes[piece.taken..];
        }
        items
    }

    fn end_line(&mut self, line: &[u8]) -> Option<Item> {
        if line.is_empty() {
            return self.data.take().map(Item::Data);
        }
        let line = String::from_utf8_lossy(line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line));
        let ("data", value) = field(&line) else { return Some(Item::Alive) };
        match &mut self.data {
            Some(data) => {
                data.push('\n');
                data.push_str(value);
            }
            None => self.data = Some(value.to_owned()),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str =
        "\u{feff}: hello\n\ndata: {\"a\":\"é\"}\n\ndata:one\ndata\ndata:  two\r\n\r\nevent: x\rdata: y\r\rid: 1\n\ndata: unfinished";

    #[test]
    fn cut_anywhere_it_says_the_same() {
        let data = |text: &str| Item::Data(text.to_owned());
        let expected = [Item::Alive, data("{\"a\":\"é\"}"), data("one\n\n two"), Item::Alive, data("y"), Item::Alive];
        let bytes = STREAM.as_bytes();
        for cut in 0..bytes.len() {
            let mut decoder = Decoder::default();
            let mut items = decoder.push(&bytes[..cut]);
            items.extend(decoder.push(&bytes[cut..]));
            assert_eq!(items, expected, "cut at {cut}");
        }
    }
}
