//! One upload at a time, and its checksum.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use holdfast_protocol::{ApiError, FileId, Reason};
use tokio::{sync::OwnedMutexGuard, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::ports::BlobWriter;

/// How long a request waits until another one that writes the same upload has stopped.
const HAND_OVER: Duration = Duration::from_secs(10);

/// The uploads that requests are working on. A connection that was cut may still look open to the server; so a new request for an upload
/// stops the one before, instead of being refused.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<FileId, Entry>>);

#[derive(Clone, Debug, Default)]
struct Entry {
    lock: Arc<tokio::sync::Mutex<()>>,
    stop: CancellationToken,
}

/// The right to work on an upload. End soon after `stop` is cancelled.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) stop: CancellationToken,
    _held: OwnedMutexGuard<()>,
}

impl Turns {
    /// Stops the request that works on an upload, and waits for it.
    ///
    /// # Errors
    /// It does not stop.
    pub(super) async fn take(&self, upload: FileId) -> Result<Turn, ApiError> {
        let stop = CancellationToken::new();
        let lock = {
            let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Those that nobody works on any more.
            entries.retain(|id, entry| *id == upload || Arc::strong_count(&entry.lock) > 1);
            let entry = entries.entry(upload).or_default();
            entry.stop.cancel();
            entry.stop = stop.clone();
            entry.lock.clone()
        };
        let held = timeout(HAND_OVER, lock.lock_owned()).await.map_err(|_| Reason::UploadBusy.error().retry_after(1_000))?;
        Ok(Turn { stop, _held: held })
    }
}

/// The checksum of a piece of an upload, as in the header `Upload-Checksum`.
#[derive(Clone, Debug)]
pub struct Checksum {
    algorithm: &'static digest::Algorithm,
    expected: Vec<u8>,
}

/// The checksum can't be read, or its algorithm is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Upload-Checksum is sha1 or sha256, a space, and the checksum in Base64")]
pub struct ChecksumError;

impl Checksum {
    /// The algorithms, as in the header `Tus-Checksum-Algorithm`.
    pub const ALGORITHMS: &str = "sha1,sha256";

    /// Reads the header.
    ///
    /// # Errors
    /// The algorithm is not supported, or the digest is not base64.
    pub fn parse(header: &str) -> Result<Self, ChecksumError> {
        let (name, text) = header.trim().split_once(' ').ok_or(ChecksumError)?;
        let algorithm = match name {
            "sha1" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            "sha256" => &digest::SHA256,
            _ => return Err(ChecksumError),
        };
        Ok(Self { algorithm, expected: STANDARD.decode(text.trim()).map_err(|_| ChecksumError)? })
    }
}

/// An upload that a request works on.
pub struct Upload {
    pub(super) writer: Box<dyn BlobWriter>,
    pub(super) turn: Turn,
    /// Its whole length, bytes.
    pub(super) length: u64,
    /// Where this request began.
    began: u64,
    checksum: Option<(Checksum, digest::Context)>,
}

impl Upload {
    pub(super) fn new(writer: Box<dyn BlobWriter>, turn: Turn, length: u64) -> Self {
        let began = writer.at();
        Self { writer, turn, length, began, checksum: None }
    }

    /// Returns the number of bytes that have arrived.
    pub fn at(&self) -> u64 {
        self.writer.at()
    }

    /// Sets the checksum of what is appended from now on.
    pub fn expect(&mut self, checksum: Checksum) {
        let context = digest::Context::new(checksum.algorithm);
        self.checksum = Some((checksum, context));
    }

    /// Returns a token that is cancelled when another request takes over.
    pub fn stop(&self) -> CancellationToken {
        self.turn.stop.clone()
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// They are more than were announced, or can't be written.
    pub async fn append(&mut self, bytes: &[u8]) -> Result<(), ApiError> {
        if bytes.len() as u64 > self.length - self.at().min(self.length) {
            return Err(Reason::UploadTooLong.with("bytes", self.length));
        }
        if let Some((_, context)) = &mut self.checksum {
            context.update(bytes);
        }
        self.writer.append(bytes).await.map_err(super::service::not_written)
    }

    /// Saves what was appended. If it has a checksum and did not arrive whole, or does not match it, it is dropped.
    ///
    /// # Errors
    /// The checksum is another one, or the bytes can't be written.
    pub async fn save(&mut self, is_whole: bool) -> Result<(), ApiError> {
        let matches = match self.checksum.take() {
            Some((checksum, context)) => is_whole && context.finish().as_ref() == checksum.expected,
            None => true,
        };
        let saved = if matches { self.writer.flush().await } else { self.writer.truncate(self.began).await };
        saved.map_err(super::service::not_written)?;
        if matches || !is_whole { Ok(()) } else { Err(Reason::UploadChecksumWrong.into()) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_new_request_stops_the_one_before() {
        let turns = Turns::default();
        let id = FileId(crate::clock::id());
        let first = turns.take(id).await.unwrap();
        let (stop, taken) = (first.stop.clone(), turns.take(id));
        let holder = async {
            stop.cancelled().await;
            drop(first);
        };
        let (second, ()) = tokio::join!(taken, holder);
        let second = second.unwrap();
        assert!(!second.stop.is_cancelled());
        drop(turns.take(FileId(crate::clock::id())).await.unwrap());
        assert!(!second.stop.is_cancelled(), "another upload is another turn");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_does_not_stop_is_not_waited_for_long() {
        let turns = Turns::default();
        let id = FileId(crate::clock::id());
        let _held = turns.take(id).await.unwrap();
        assert!(turns.take(id).await.unwrap_err().is(Reason::UploadBusy));
    }

    #[test]
    fn checksums_are_read() {
        assert!(Checksum::parse("sha1 Lve95gjOVATpfV8EL5X4nxwjKHE=").is_ok());
        assert!(Checksum::parse("sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=").is_ok());
        for bad in ["", "sha1", "md5 abcd", "sha1 -"] {
            assert_eq!(Checksum::parse(bad).unwrap_err(), ChecksumError, "{bad:?}");
        }
    }
}
