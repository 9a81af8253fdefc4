//! Recognizes the format of an uploaded file.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
};

use holdfast_protocol::{ApiError, Reason};

/// The format of an uploaded file, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Zip,
    Json,
    Gzip,
    Page,
}

/// A file in a supported format.
#[derive(Debug)]
pub struct Upload {
    pub(super) file: File,
    pub(super) kind: Kind,
    pub(super) length: u64,
}

impl Upload {
    /// Examines the beginning of a file.
    ///
    /// # Errors
    /// The format is not supported; the error says what it is and what to send instead.
    pub fn look(mut file: File) -> Result<Self, ApiError> {
        let mut head = [0; 4096];
        let looked = file.seek(SeekFrom::End(0)).and_then(|length| {
            file.seek(SeekFrom::Start(0))?;
            let known = read_some(&mut file, &mut head)?;
            file.seek(SeekFrom::Start(0))?;
            Ok((length, known))
        });
        let (length, known) = looked.unwrap_or_default();
        match kind(&head[..known]) {
            Ok(kind) => Ok(Self { file, kind, length }),
            Err(reason) => Err(reason.into()),
        }
    }
}

/// Returns the format of a file with this beginning, or why it is not supported.
pub(super) fn kind(head: &[u8]) -> Result<Kind, Reason> {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    if head.starts_with(b"PK\x03\x04") {
        return Ok(Kind::Zip);
    }
    if first == Some(&b'<') {
        return Ok(Kind::Page);
    }
    if head.starts_with(b"\x1f\x8b\x08") {
        return Ok(Kind::Gzip);
    }
    if matches!(first, Some(b'{' | b'[')) || is_utf16(head).is_some() {
        return Ok(Kind::Json);
    }
    let text = String::from_utf8_lossy(text).to_lowercase();
    Err(match first {
        None => Reason::FileEmpty,
        _ if head.get(257..262) == Some(b"ustar") => Reason::FileTar,
        _ if head.starts_with(b"7z\xbc\xaf") || head.starts_with(b"Rar!") => Reason::FileOtherArchive,
        _ if head.starts_with(b"PK") => Reason::FileZipBroken,
        _ if head.starts_with(b"SQLite format 3") => Reason::FileDatabase,
        _ if text.lines().next().is_some_and(|line| line.contains(',') && !line.contains('{') && line.len() < 500) => Reason::FileTable,
        _ => Reason::FileUnknown,
    })
}

/// Fills `head` as far as the file goes, and returns the number of bytes.
pub(super) fn read_some(file: &mut impl Read, head: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < head.len() {
        match file.read(&mut head[length..])? {
            0 => break,
            more => length += more,
        }
    }
    Ok(length)
}

/// Returns whether a text starts like UTF-16, and if so, whether the low byte comes first.
fn is_utf16(head: &[u8]) -> Option<bool> {
    match head {
        [0xff, 0xfe, ..] | [b'{' | b'[', 0, ..] => Some(true),
        [0xfe, 0xff, ..] | [0, b'{' | b'[', ..] => Some(false),
        _ => None,
    }
}

/// Returns a reader of the text as UTF-8.
pub(super) fn as_utf8<'a>(file: impl Read + 'a) -> io::Result<Box<dyn BufRead + 'a>> {
    let mut file = BufReader::with_capacity(64 * 1024, file);
    Ok(match is_utf16(file.fill_buf()?) {
        Some(is_little) => Box::new(BufReader::new(Utf16 { file, is_little, unit: None, ready: Vec::new() })),
        None => Box::new(file),
    })
}

/// Converts UTF-16 to UTF-8. Half a surrogate pair becomes U+FFFD.
struct Utf16<R> {
    file: R,
    is_little: bool,
    /// A unit that was read and belongs to the next character.
    unit: Option<u16>,
    ready: Vec<u8>,
}

impl<R: BufRead> Utf16<R> {
    fn unit(&mut self) -> io::Result<Option<u16>> {
        if let Some(unit) = self.unit.take() {
            return Ok(Some(unit));
        }
        let mut bytes = [0; 2];
        match self.file.read_exact(&mut bytes) {
            Ok(()) => Ok(Some(if self.is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl<R: BufRead> Read for Utf16<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.ready.len() < into.len() {
            let Some(first) = self.unit()? else { break };
            let mut units = vec![first];
            if matches!(first, 0xd800..=0xdbff)
                && let Some(second) = self.unit()?
            {
                if matches!(second, 0xdc00..=0xdfff) { units.push(second) } else { self.unit = Some(second) }
            }
            self.ready.extend_from_slice(String::from_utf16_lossy(&units).as_bytes());
        }
        let length = self.ready.len().min(into.len());
        into[..length].copy_from_slice(&self.ready[..length]);
        self.ready.drain(..length);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn files_are_told_by_their_beginning() {
        for (head, reason) in [
            (&b""[..], Reason::FileEmpty),
            (b" \n", Reason::FileEmpty),
            (b"Rar!\x1a", Reason::FileOtherArchive),
            (b"SQLite format 3\0", Reason::FileDatabase),
            (b"Conversation,Time,Author\n1,2,3", Reason::FileTable),
            (b"plain text", Reason::FileUnknown),
        ] {
            assert_eq!(kind(head), Err(reason), "{head:?}");
        }
        for head in [&b"\xef\xbb\xbf [1]"[..], b"{", b"\xff\xfe[\0", b"\0["] {
            assert_eq!(kind(head), Ok(Kind::Json));
        }
        assert_eq!(kind(b"PK\x03\x04"), Ok(Kind::Zip));
        assert_eq!(kind(b"\x1f\x8b\x08"), Ok(Kind::Gzip));
        assert_eq!(kind(b"\n<!doctype html><title>My Activity</title>"), Ok(Kind::Page));
        let tar = [&b"conversations.json"[..], &[0; 239], b"ustar\x0000"].concat();
        assert_eq!(kind(&tar), Err(Reason::FileTar));
    }

    #[test]
    fn utf_16_is_read_in_either_order() {
        let text = "[\"ä 🦀\"]";
        for (mark, is_little) in [(true, true), (true, false), (false, true), (false, false)] {
            let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
            let bytes: Vec<u8> = units.flat_map(|unit: u16| if is_little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect();
            let mut read = String::new();
            as_utf8(&*bytes).unwrap().read_to_string(&mut read).unwrap();
            assert_eq!(read.trim_start_matches('\u{feff}'), text);
        }
        let mut read = String::new();
        as_utf8(&[0xff, 0xfe, b'[', 0, 0x3e, 0xd8, b'x', 0, 7][..]).unwrap().read_to_string(&mut read).unwrap();
        assert_eq!(read, "\u{feff}[\u{fffd}x", "half a character, and half a unit");
    }
}
