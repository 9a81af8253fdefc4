//! What kind a file is of, from its content.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// A kind of file.
#[derive(Debug, PartialEq)]
pub(crate) enum Kind {
    Empty,
    Pdf,
    /// An Office or OpenDocument file, or a book.
    Zip,
    /// An Office file with a password.
    Locked,
    Html,
    Markdown(String),
    Csv(String),
    Text(String),
    /// A kind that has no text, or none that is read here.
    Other,
}

impl Kind {
    /// Recognizes a file. The extension, in lower case, only distinguishes kinds of plain text.
    pub(crate) fn of(content: &[u8], extension: &str) -> Self {
        let head = &content[..content.len().min(1024)];
        if content.is_empty() {
            Self::Empty
        } else if find(head, b"%PDF-").is_some() {
            Self::Pdf
        } else if content.starts_with(b"PK\x03\x04") || content.starts_with(b"PK\x05\x06") {
            Self::Zip
        } else if content.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
            // The container of old Office files. A new one with a password is in it too, in a stream of this name in UTF-16.
            let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
            if find(content, &name).is_some() { Self::Locked } else { Self::Other }
        } else if content.starts_with(b"{\\rtf") {
            Self::Other
        } else if is_html(head) {
            Self::Html
        } else {
            match decode(content) {
                None => Self::Other,
                Some(text) => match extension {
                    "html" | "htm" | "xhtml" => Self::Html,
                    "md" | "markdown" => Self::Markdown(text),
                    "csv" | "tsv" => Self::Csv(text),
                    _ => Self::Text(text),
                },
            }
        }
    }
}

/// Returns where bytes are found in others.
pub(crate) fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

fn is_html(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head).trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    text.starts_with("<!doctype html") || text.starts_with("<html")
}

/// Decodes a text: by its byte order mark, else as UTF-8, else as Windows-1252, which is what old texts of western Europe are in. Returns
/// `None` if it is no text.
pub(crate) fn decode(content: &[u8]) -> Option<String> {
    let text = match Encoding::for_bom(content) {
        Some((encoding, _)) => encoding.decode(content).0.into_owned(),
        None => match str::from_utf8(content) {
            Ok(text) => text.to_owned(),
            Err(_) if content.contains(&0) => return None,
            Err(_) => {
                // A few broken bytes in a long text in UTF-8 do not make it another encoding.
                let (lossy, broken) = UTF_8.decode_without_bom_handling(content);
                let marks = lossy.matches(char::REPLACEMENT_CHARACTER).count();
                let letters = lossy.chars().filter(|c| !c.is_ascii() && *c != char::REPLACEMENT_CHARACTER).count();
                if broken && letters > marks {
                    lossy.into_owned()
                } else {
                    WINDOWS_1252.decode_without_bom_handling(content).0.into_owned()
                }
            }
        },
    };
    let controls = text.chars().filter(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}' | '\u{1b}')).count();
    (controls * 50 <= text.chars().count()).then(|| text.replace("\r\n", "\n").replace(['\r', '\u{c}'], "\n").replace('\0', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_recognized_from_the_content() {
        assert_eq!(Kind::of(b"", "pdf"), Kind::Empty);
        assert_eq!(Kind::of(b"\n%PDF-1.7\n", "txt"), Kind::Pdf);
        assert_eq!(Kind::of(b"PK\x03\x04rest", "pdf"), Kind::Zip);
        assert_eq!(Kind::of(b"hello", "pdf"), Kind::Text("hello".to_owned()));
        assert_eq!(Kind::of(b"# hello", "md"), Kind::Markdown("# hello".to_owned()));
        assert_eq!(Kind::of(b" <!DOCTYPE html><p>", "txt"), Kind::Html);
        assert_eq!(Kind::of(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\xff\xfe", "txt"), Kind::Other);
        let mut ole = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
        assert_eq!(Kind::of(&ole, "doc"), Kind::Other);
        ole.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(Kind::of(&ole, "docx"), Kind::Locked);
    }

    #[test]
    fn texts_come_in_several_encodings() {
        assert_eq!(decode(b"\xef\xbb\xbfna\xc3\xafve").as_deref(), Some("naïve"));
        assert_eq!(decode(b"Gr\xfc\xdfe").as_deref(), Some("Grüße"));
        assert_eq!(decode(b"\xff\xfeh\0i\0").as_deref(), Some("hi"));
        assert_eq!(decode(b"a\r\nb\rc").as_deref(), Some("a\nb\nc"));
        assert_eq!(decode(&[0, 159, 146, 150]), None);
    }
}
