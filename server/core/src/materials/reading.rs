//! The queue of contents that are to be read. Pages are stored as they arrive, so a file can be used while it is read, and reading goes
//! on behind the last stored page after a restart.

use std::{collections::HashMap, io, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::{StreamExt as _, stream::BoxStream};
use holdfast_protocol::{UserId, files::FileInfo};
use tokio::{
    io::{AsyncRead, AsyncWriteExt as _},
    task::JoinSet,
    time::{Instant, sleep, timeout_at},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{ContentId, Materials, NewPassage, Passage, Progress, Unread, passages};
use crate::fulltext::Document;
use crate::ports::{BlobStore, ContentHash, FileContent, FileToRead, ReadError, ReadEvent, Reader, StoreError};

/// Number of contents that are read at the same time.
const AT_ONCE: usize = 2;
/// What is read is stored and announced at least this often.
const STORE_EVERY: Duration = Duration::from_millis(500);
/// Number of pages that are stored together at most.
const STORE_TOGETHER: usize = 20;
/// Time after which a content whose reading failed because of this machine is tried again.
const AGAIN: Duration = Duration::from_secs(60);

/// Why a content is not read to its end now.
#[derive(Debug, thiserror::Error)]
enum Interrupted {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl Materials {
    /// Reads queued contents until `closing` is cancelled, a few at the same time.
    pub async fn read_queued(self: Arc<Self>, reader: Arc<dyn Reader>, closing: CancellationToken) {
        let mut tasks = JoinSet::new();
        let mut busy: HashMap<ContentId, UserId> = HashMap::new();
        loop {
            while busy.len() < AT_ONCE {
                match self.next_unread(&busy).await {
                    Ok(Some(unread)) => {
                        busy.insert(unread.id, unread.user);
                        let (materials, reader) = (self.clone(), reader.clone());
                        tasks.spawn(async move {
                            let (id, user) = (unread.id, unread.user);
                            if let Err(cause) = materials.read(&*reader, unread).await {
                                warn!(%cause, %user, content = id.0, "could not read a file; next attempt in a minute");
                                sleep(AGAIN).await;
                            }
                            id
                        });
                    }
                    Ok(None) => break,
                    Err(cause) => {
                        warn!(%cause, "could not look for files to read; next attempt in a minute");
                        break;
                    }
                }
            }
            tokio::select! {
                () = closing.cancelled() => return,
                () = self.queued.notified() => {}
                () = sleep(AGAIN) => {}
                Some(done) = tasks.join_next() => match done {
                    Ok(id) => {
                        busy.remove(&id);
                    }
                    Err(cause) => {
                        warn!(%cause, "reading a file failed");
                        busy.clear();
                        tasks.abort_all();
                    }
                },
            }
        }
    }

    /// Returns the content to read next: the oldest one, of a user for whom nothing is being read if there is one.
    async fn next_unread(&self, busy: &HashMap<ContentId, UserId>) -> Result<Option<Unread>, StoreError> {
        let ids: Vec<ContentId> = busy.keys().copied().collect();
        let waiting = self.store.unread(&ids).await?;
        Ok(waiting.into_iter().min_by_key(|unread| (busy.values().any(|user| *user == unread.user), unread.id)))
    }

    /// Reads a content from the page after the last stored one on.
    async fn read(&self, reader: &dyn Reader, unread: Unread) -> Result<(), Interrupted> {
        let files = self.store.begin_reading(unread.id).await?;
        if files.is_empty() {
            return Ok(());
        }
        self.announce_all(unread.user, &files);
        let content = Arc::new(Bytes { blobs: self.blobs.clone(), user: unread.user, hash: unread.hash, length: unread.bytes });
        let events = reader.read(FileToRead { content, name: unread.name.clone(), from_page: unread.from_page });
        if self.store_events(&unread, events).await? {
            let files = self.store.finish_reading(unread.id).await?;
            self.announce_all(unread.user, &files);
            if let Some(file) = files.first() {
                info!(user = %unread.user, file = %file.id, pages = file.pages, problems = file.problems.len(), state = file.state.as_str(), "file read");
            }
        }
        Ok(())
    }

    /// Stores what a reader gives. Returns false if the content was removed meanwhile.
    async fn store_events(
        &self,
        unread: &Unread,
        mut events: BoxStream<'static, Result<ReadEvent, ReadError>>,
    ) -> Result<bool, Interrupted> {
        let (mut progress, mut due) = (Progress::default(), Instant::now());
        loop {
            let event = match progress == Progress::default() {
                true => Ok(events.next().await),
                false => timeout_at(due, events.next()).await,
            };
            let is_over = matches!(event, Ok(None));
            if let Ok(Some(event)) = event {
                match event? {
                    ReadEvent::Opened { pages } => progress.pages = pages,
                    ReadEvent::Page(page) => progress.read.push(page),
                    ReadEvent::Problem(problem) => progress.problems.push(problem),
                }
            }
            let is_due = is_over || progress.read.len() >= STORE_TOGETHER || Instant::now() >= due;
            if is_due && progress != Progress::default() {
                progress = with_passages(progress, unread.name.clone()).await?;
                let files = self.store.add_progress(unread.id, &progress).await?;
                if files.is_empty() {
                    return Ok(false);
                }
                self.announce_all(unread.user, &files);
                progress = Progress::default();
                due = Instant::now() + STORE_EVERY;
            }
            if is_over {
                return Ok(true);
            }
        }
    }

    fn announce_all(&self, user: UserId, files: &[FileInfo]) {
        for file in files {
            self.announce(user, file);
        }
    }
}

/// Adds the passages of the pages. Long pages take a moment.
async fn with_passages(mut progress: Progress, title: String) -> Result<Progress, Interrupted> {
    let divided = tokio::task::spawn_blocking(move || {
        progress.passages = progress.read.iter().flat_map(|page| passages(&title, page)).map(new_passage).collect();
        progress
    });
    Ok(divided.await.map_err(|cause| StoreError::Failed(cause.into()))?)
}

fn new_passage(passage: Passage) -> NewPassage {
    let document = Document::of(&passage.with_prefix());
    let Passage { page, location, heading, text, boxes, .. } = passage;
    NewPassage { page, location: location.to_string(), heading, text, boxes, document }
}

/// The bytes of a content, for a reader.
struct Bytes {
    blobs: Arc<dyn BlobStore>,
    user: UserId,
    hash: ContentHash,
    length: u64,
}

/// Number of bytes that are ready before a reader takes them.
const AHEAD: usize = 128 * 1024;

#[async_trait]
impl FileContent for Bytes {
    fn len(&self) -> u64 {
        self.length
    }

    async fn open(&self) -> io::Result<Box<dyn AsyncRead + Send + Unpin>> {
        let mut blob = self.blobs.open(self.user, self.hash).await?;
        let (mut filled, taken) = tokio::io::duplex(AHEAD);
        tokio::spawn(async move {
            let mut at = 0;
            // If a piece can't be read, the reader finds the file cut; the cause is in the log.
            loop {
                match blob.read(at).await {
                    Ok(piece) if piece.is_empty() => return,
                    Ok(piece) => {
                        at += piece.len() as u64;
                        if filled.write_all(&piece).await.is_err() {
                            return;
                        }
                    }
                    Err(cause) => {
                        warn!(%cause, "could not read the bytes of a file");
                        return;
                    }
                }
            }
        });
        Ok(Box::new(taken))
    }
}
