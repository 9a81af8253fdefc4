//! The bytes of uploaded files.

use std::io;

use async_trait::async_trait;
use holdfast_protocol::{FileId, UserId};

/// SHA-256 of a file's bytes.
pub type ContentHash = [u8; 32];

/// Where the bytes of files are kept. Each user has an own space there: unfinished uploads by their ids, and complete contents by their
/// hashes. What is written is encrypted.
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Opens an unfinished upload to append to it. A new upload is empty.
    async fn resume(&self, owner: UserId, upload: FileId) -> io::Result<Box<dyn BlobWriter>>;

    /// Returns the hash of what an upload holds.
    async fn hash(&self, owner: UserId, upload: FileId) -> io::Result<ContentHash>;

    /// Keeps an upload as the content with this hash. Replaces an equal content.
    async fn keep(&self, owner: UserId, upload: FileId, hash: ContentHash) -> io::Result<()>;

    /// Removes an unfinished upload, if it exists.
    async fn abandon(&self, owner: UserId, upload: FileId) -> io::Result<()>;

    /// Opens a content for reading.
    async fn open(&self, owner: UserId, hash: ContentHash) -> io::Result<Box<dyn BlobReader>>;

    /// Removes a content, if it exists.
    async fn remove(&self, owner: UserId, hash: ContentHash) -> io::Result<()>;

    /// Returns the users who have a space.
    async fn owners(&self) -> io::Result<Vec<UserId>>;

    /// Returns what a user's space holds.
    async fn list(&self, owner: UserId) -> io::Result<BlobList>;

    /// Removes a user's space with everything in it.
    async fn remove_owner(&self, owner: UserId) -> io::Result<()>;
}

/// What a user's space holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlobList {
    /// Unfinished uploads.
    pub uploads: Vec<FileId>,
    /// Complete contents.
    pub contents: Vec<ContentHash>,
}

/// Appends to an unfinished upload. Only one writer of an upload may exist at a time.
#[async_trait]
pub trait BlobWriter: Send {
    /// Returns the number of bytes that the upload holds.
    fn at(&self) -> u64;

    /// Appends bytes. They survive a crash only after [`BlobWriter::flush`].
    async fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Cuts the upload to its first `at` bytes.
    async fn truncate(&mut self, at: u64) -> io::Result<()>;

    /// Saves everything that was appended.
    async fn flush(&mut self) -> io::Result<()>;
}

/// Reads a content.
#[async_trait]
pub trait BlobReader: Send {
    /// Returns some bytes from `at` on, at most a few ten thousand; empty at the end.
    async fn read(&mut self, at: u64) -> io::Result<Vec<u8>>;
}
