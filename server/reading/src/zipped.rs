//! Files that are ZIP archives: Office files, OpenDocument files and books.

use std::{
    io::{Cursor, Read},
    sync::Arc,
};

use holdfast_protocol::materials::ProblemReason;
use zip::{ZipArchive, result::ZipError};

use crate::{
    docx, epub, odf,
    out::{Out, Stop},
    pptx, xlsx,
};

/// Maximum number of files in an archive.
const MAX_FILES: usize = 20_000;

/// Maximum number of bytes of one file in an archive, and of all that are read, when unfolded.
const MAX_FILE: u64 = 64 * 1024 * 1024;
const MAX_ALL: u64 = 256 * 1024 * 1024;

pub(crate) fn read(content: Vec<u8>, out: &mut Out<'_>) -> Result<(), Stop> {
    let content: Arc<[u8]> = content.into();
    let mut archive = Archive::open(content.clone())?;
    let mimetype = archive.read("mimetype")?.unwrap_or_default();
    let has = |archive: &Archive, name: &str| archive.zip.index_for_name(name).is_some();
    match mimetype.trim_ascii() {
        b"application/epub+zip" => epub::read(&mut archive, out),
        b"application/vnd.oasis.opendocument.text" | b"application/vnd.oasis.opendocument.text-template" => odf::text(&mut archive, out),
        b"application/vnd.oasis.opendocument.presentation" => odf::presentation(&mut archive, out),
        b"application/vnd.oasis.opendocument.spreadsheet" => odf::spreadsheet(&mut archive, out),
        _ if has(&archive, "word/document.xml") => docx::read(&mut archive, out),
        _ if has(&archive, "ppt/presentation.xml") => pptx::read(&mut archive, out),
        _ if has(&archive, "xl/workbook.xml") => xlsx::read(&mut archive, content, out),
        _ if has(&archive, "META-INF/container.xml") => epub::read(&mut archive, out),
        _ => Err(Stop::Reason(ProblemReason::NoText)),
    }
}

/// An archive that unfolds at most a fixed number of bytes.
pub(crate) struct Archive {
    zip: ZipArchive<Cursor<Arc<[u8]>>>,
    left: u64,
}

impl Archive {
    fn open(content: Arc<[u8]>) -> Result<Self, Stop> {
        let zip = ZipArchive::new(Cursor::new(content)).map_err(|_| Stop::DAMAGED)?;
        if zip.len() > MAX_FILES { Err(Stop::TOO_LARGE) } else { Ok(Self { zip, left: MAX_ALL }) }
    }

    /// Reads a file. Returns `None` if there is none with this name.
    pub(crate) fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, Stop> {
        let file = match self.zip.by_name(name) {
            Ok(file) => file,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED)) => return Err(Stop::LOCKED),
            Err(_) => return Err(Stop::DAMAGED),
        };
        let most = MAX_FILE.min(self.left);
        let mut bytes = Vec::new();
        file.take(most + 1).read_to_end(&mut bytes).map_err(|_| Stop::DAMAGED)?;
        let len = bytes.len() as u64;
        if len > most {
            return Err(Stop::TOO_LARGE);
        }
        self.left -= len;
        Ok(Some(bytes))
    }

    /// Reads a file that must be there.
    pub(crate) fn need(&mut self, name: &str) -> Result<Vec<u8>, Stop> {
        self.read(name)?.ok_or(Stop::DAMAGED)
    }

    /// Checks that what a reader of its own unfolds is not too large, by what the archive says and by unfolding it.
    pub(crate) fn check_all(&mut self) -> Result<(), Stop> {
        let mut left = self.left;
        for index in 0..self.zip.len() {
            let file = self.zip.by_index(index).map_err(|error| match error {
                ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => Stop::LOCKED,
                _ => Stop::DAMAGED,
            })?;
            let len = std::io::copy(&mut file.take(left + 1), &mut std::io::sink()).map_err(|_| Stop::DAMAGED)?;
            left = left.checked_sub(len).ok_or(Stop::TOO_LARGE)?;
        }
        Ok(())
    }
}
