//! The format of a file: a head, and encrypted pieces.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
    sync::Arc,
};

use holdfast_core::{
    auth::file_sealing::{FileSealing, OVERHEAD},
    clock,
};
use holdfast_protocol::UserId;

/// Number of bytes in a piece, before encryption.
pub(crate) const PIECE: usize = 64 * 1024;
const SEALED: usize = PIECE + OVERHEAD;
/// Version of the format, at the start of each file.
const VERSION: &[u8; 4] = b"hfb1";
/// The head: the version, and a random number that all pieces of the file are bound to.
const HEAD: usize = VERSION.len() + 16;

/// An open file.
struct Sealed {
    file: File,
    sealing: Arc<FileSealing>,
    /// Owner, random number, and room for the number of the piece.
    context: [u8; 40],
}

impl Sealed {
    fn new(file: File, owner: UserId, random: [u8; 16], sealing: Arc<FileSealing>) -> Self {
        let mut context = [0; 40];
        context[..16].copy_from_slice(owner.0.as_bytes());
        context[16..32].copy_from_slice(&random);
        Self { file, sealing, context }
    }

    fn context(&self, piece: u64) -> [u8; 40] {
        let mut context = self.context;
        context[32..].copy_from_slice(&piece.to_le_bytes());
        context
    }

    /// Reads a piece. Returns nothing beyond the end, and `None` if the piece is damaged.
    fn read(&mut self, piece: u64) -> io::Result<Option<Vec<u8>>> {
        self.file.seek(SeekFrom::Start(place(piece)))?;
        let mut sealed = Vec::with_capacity(SEALED);
        (&mut self.file).take(SEALED as u64).read_to_end(&mut sealed)?;
        if sealed.is_empty() {
            return Ok(Some(Vec::new()));
        }
        Ok(self.sealing.open(&self.context(piece), &sealed))
    }

    fn write(&mut self, piece: u64, text: &[u8]) -> io::Result<()> {
        let sealed = self.sealing.seal(&self.context(piece), text).map_err(io::Error::other)?;
        self.file.seek(SeekFrom::Start(place(piece)))?;
        self.file.write_all(&sealed)
    }
}

/// Returns where a piece begins in the file.
fn place(piece: u64) -> u64 {
    HEAD as u64 + piece * SEALED as u64
}

/// Reads the head. Returns `None` if it is not whole.
fn random_of(file: &mut File) -> io::Result<Option<[u8; 16]>> {
    let mut head = Vec::with_capacity(HEAD);
    file.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head.strip_prefix(VERSION).and_then(|random| random.try_into().ok()))
}

/// Reads a file.
pub(crate) struct Reading(Sealed);

impl Reading {
    pub(crate) fn open(path: &Path, owner: UserId, sealing: Arc<FileSealing>) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let random = random_of(&mut file)?.ok_or_else(damaged)?;
        Ok(Self(Sealed::new(file, owner, random, sealing)))
    }

    /// Returns the bytes from `at` to the end of their piece; nothing at the end.
    pub(crate) fn read(&mut self, at: u64) -> io::Result<Vec<u8>> {
        let mut piece = self.0.read(at / PIECE as u64)?.ok_or_else(damaged)?;
        let skip = usize::try_from(at % PIECE as u64).unwrap_or(PIECE).min(piece.len());
        piece.drain(..skip);
        Ok(piece)
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the stored file is damaged, or was sealed with a secret that is not known any more")
}

/// Appends to a file.
pub(crate) struct Writing {
    sealed: Sealed,
    /// Number of whole pieces in the file.
    pieces: u64,
    /// The bytes after them.
    tail: Vec<u8>,
}

impl Writing {
    pub(crate) fn resume(path: &Path, owner: UserId, sealing: Arc<FileSealing>) -> io::Result<Self> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        let random = match random_of(&mut file)? {
            Some(random) => random,
            None => {
                let random = clock::secret_bytes();
                file.set_len(0)?;
                file.seek(SeekFrom::Start(0))?;
                file.write_all(&[&VERSION[..], &random].concat())?;
                random
            }
        };
        let mut pieces = file.metadata()?.len().saturating_sub(HEAD as u64) / SEALED as u64;
        let mut sealed = Sealed::new(file, owner, random, sealing);
        // What was not written whole is not there. Only the last pieces can be affected.
        let tail = loop {
            match (sealed.read(pieces)?, pieces) {
                (Some(tail), _) if tail.len() < PIECE => break tail,
                (_, 0) => break Vec::new(),
                _ => pieces -= 1,
            }
            if let Some(whole) = sealed.read(pieces)?.filter(|whole| whole.len() == PIECE) {
                drop(whole);
                pieces += 1;
                break Vec::new();
            }
        };
        Ok(Self { sealed, pieces, tail })
    }

    pub(crate) fn at(&self) -> u64 {
        self.pieces * PIECE as u64 + self.tail.len() as u64
    }

    pub(crate) fn append(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PIECE - self.tail.len()));
            self.tail.extend_from_slice(now);
            if self.tail.len() == PIECE {
                self.sealed.write(self.pieces, &self.tail)?;
                self.pieces += 1;
                self.tail.clear();
            }
            bytes = later;
        }
        Ok(())
    }

    pub(crate) fn truncate(&mut self, at: u64) -> io::Result<()> {
        let (piece, rest) = (at / PIECE as u64, usize::try_from(at % PIECE as u64).unwrap_or(0));
        if piece < self.pieces {
            self.tail = if rest == 0 { Vec::new() } else { self.sealed.read(piece)?.ok_or_else(damaged)? };
            self.pieces = piece;
        }
        self.tail.truncate(rest);
        self.flush()
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        if !self.tail.is_empty() {
            self.sealed.write(self.pieces, &self.tail)?;
        }
        let rest = if self.tail.is_empty() { 0 } else { self.tail.len() + OVERHEAD };
        self.sealed.file.set_len(place(self.pieces) + rest as u64)?;
        self.sealed.file.sync_data()
    }
}
