//! Reading of files.

use std::{io, sync::Arc};

use async_trait::async_trait;
use futures::stream::BoxStream;
use holdfast_protocol::materials::{Page, Problem};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncRead;

/// Reads files into pages. The server's reader does so in another process with limits, because a hostile file can crash or occupy what
/// parses it.
pub trait Reader: Send + Sync {
    /// Reads a file. The stream ends when the file is read; dropping it stops the reading. Files wait until fewer than the allowed number
    /// are being read. What can't be read is a [`Problem`] in the stream; pages that can be read follow all the same.
    fn read(&self, file: FileToRead) -> BoxStream<'static, Result<ReadEvent, ReadError>>;
}

/// A file that is to be read.
#[derive(Clone)]
pub struct FileToRead {
    /// The bytes.
    pub content: Arc<dyn FileContent>,
    /// The user's name for the file. It only distinguishes kinds of plain text (Markdown, CSV, code); other kinds are recognized from
    /// the content.
    pub name: String,
    /// The first page to read, from 1. To continue where reading stopped, give the number after the last page that was stored.
    pub from_page: u32,
}

/// The bytes of a file. The reader opens them again when its process has died on a page and it continues with the next.
#[async_trait]
pub trait FileContent: Send + Sync {
    /// Returns the number of bytes.
    fn len(&self) -> u64;

    /// Returns whether there are no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Opens the file at its start.
    ///
    /// # Errors
    /// The storage does not give the file.
    async fn open(&self) -> io::Result<Box<dyn AsyncRead + Send + Unpin>>;
}

/// Something that was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadEvent {
    /// The file was opened. It is the first event, unless the file can't be opened at all.
    Opened {
        /// Number of pages; `None` if it is not known before everything is read.
        pages: Option<u32>,
    },
    /// A page. Pages come in order, each at most once.
    Page(Page),
    /// What could not be read. A problem without a page is the last event.
    Problem(Problem),
}

/// The file was not read because of this machine; the file itself may be good. Reading can be tried again.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file's bytes could not be had.
    #[error("the file's content could not be opened: {0}")]
    Content(io::Error),
    /// The process that reads could not be started, or its pipes failed.
    #[error("the process that reads files did not work: {0}")]
    Process(io::Error),
}
