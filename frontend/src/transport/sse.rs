//! Splits the bytes of an event stream into events.

/// An item of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// The data of an event.
    Data(String),
    /// A comment or an unknown field, which shows that the stream is alive.
    Alive,
}

/// Splits bytes that may be cut anywhere.
///
/// By the HTML standard, "Interpreting an event stream": lines end with CR, LF or both, the `data` lines of an event are joined with LF,
/// and a blank line ends the event.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    line: Vec<u8>,
    data: Option<String>,
    after_cr: bool,
}

impl Splitter {
    /// Returns the items that these bytes complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Item> {
        let mut items = Vec::new();
        for &byte in bytes {
            let after_cr = std::mem::take(&mut self.after_cr);
            match byte {
                b'\n' if after_cr => {}
                b'\n' | b'\r' => {
                    self.after_cr = byte == b'\r';
                    let line = std::mem::take(&mut self.line);
                    items.extend(self.end_line(&line));
                }
                _ => self.line.push(byte),
            }
        }
        items
    }

    fn end_line(&mut self, line: &[u8]) -> Option<Item> {
        if line.is_empty() {
            return self.data.take().map(Item::Data);
        }
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        let Some(value) = line.strip_prefix(b"data").filter(|rest| rest.is_empty() || rest[0] == b':') else {
            return Some(Item::Alive);
        };
        let value = value.strip_prefix(b":").unwrap_or_default();
        let value = String::from_utf8_lossy(value.strip_prefix(b" ").unwrap_or(value));
        match &mut self.data {
            Some(data) => {
                data.push('\n');
                data.push_str(&value);
            }
            None => self.data = Some(value.into_owned()),
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
            let mut splitter = Splitter::default();
            let mut items = splitter.push(&bytes[..cut]);
            items.extend(splitter.push(&bytes[cut..]));
            assert_eq!(items, expected, "cut at {cut}");
        }
    }
}
