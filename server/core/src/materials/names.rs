//! Names and media types of files.

use holdfast_protocol::{ApiError, Reason, files::LONGEST_NAME};

use crate::names;

/// Name of a file that has none.
const NAMELESS: &str = "file";

/// Returns the name under which a file is stored, from the name that a client sent. Folders are left out, and so is what a name may not
/// contain. A name that is too long keeps its end, because that tells the kind of the file.
pub(super) fn file_name(text: &str) -> String {
    let name = names::cleaned(text.rsplit(['/', '\\']).next().unwrap_or_default());
    let length = name.chars().count();
    match name.as_str() {
        "" | "." | ".." => NAMELESS.to_owned(),
        _ if length <= LONGEST_NAME => name,
        _ => {
            let end = name.rsplit_once('.').map(|(_, end)| format!(".{end}")).filter(|end| end.chars().count() <= 20).unwrap_or_default();
            name.chars().take(LONGEST_NAME - end.chars().count()).collect::<String>() + &end
        }
    }
}

/// Returns a name that the user gives to a file.
///
/// # Errors
/// The name is not acceptable; the sentence says why.
pub(super) fn new_name(text: &str) -> Result<String, ApiError> {
    let name = names::display_name("name", text, LONGEST_NAME)?;
    if name.is_empty() { Err(Reason::FileNameEmpty.into()) } else { Ok(name) }
}

/// Returns the media type of a file: what the client sent if that is one, else `application/octet-stream`.
pub(super) fn media_type(text: &str) -> String {
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_token = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte));
    match essence.split_once('/') {
        Some((kind, of_kind)) if essence.len() <= 100 && is_token(kind) && is_token(of_kind) => essence,
        _ => "application/octet-stream".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned_and_keep_their_end() {
        for (sent, stored) in [
            ("Lecture 7.pdf", "Lecture 7.pdf"),
            (r"C:\Users\ada\notes.docx", "notes.docx"),
            ("../../etc/passwd", "passwd"),
            ("a\u{202e}fdp.exe", "afdp.exe"),
            ("one\ntwo", "one two"),
            ("/", "file"),
            ("..", "file"),
            ("", "file"),
        ] {
            assert_eq!(file_name(sent), stored, "{sent:?}");
        }
        let long = file_name(&format!("{}.pdf", "ä".repeat(300)));
        assert_eq!((long.chars().count(), long.ends_with("ä.pdf")), (LONGEST_NAME, true));
    }

    #[test]
    fn a_media_type_is_one_or_unknown() {
        assert_eq!(media_type("Text/Plain; charset=utf-8"), "text/plain");
        for bad in ["", "pdf", "text/", "text/html\r\nx: y", "<b>/x"] {
            assert_eq!(media_type(bad), "application/octet-stream", "{bad:?}");
        }
    }
}
