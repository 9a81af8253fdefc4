//! Uploading, listing, renaming, reading and removing files.

use std::{io, sync::Arc};

use holdfast_protocol::{
    ApiError, FileId, Reason, ServerFrame, UserId,
    api::Role,
    files::{FileChange, FileInfo, FilePage, FilePatch, FileState},
    materials::Page,
    message::Source,
    storage::StorageInfo,
};
use tokio::sync::{Mutex, Notify};
use tracing::error;

use super::{NewFile, Passages, Removed, StoredFile, evidence, names, uploads::Turns, uploads::Upload};
use crate::{
    answers::Hub,
    auth::session_errors::session_revoked,
    clock::{self, Millis},
    disk::{self, Disk},
    limits::Limits,
    ports::{BlobReader, BlobStore, Repositories},
};

/// Time after which an unfinished upload is removed, from the last request on.
const UPLOAD_KEPT: Millis = 24 * 3_600_000;

/// Number of files that are searched if none are named, the newest ones.
const MOST_SEARCHED: u32 = 1_000;

/// Number of bytes that a form takes besides its file.
const FORM_LINES: u64 = 2_048;

/// Bounds of the materials.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Number of files on a page of the list.
    pub page: u32,
}

/// The files of all users.
pub struct Materials {
    pub(super) store: Arc<dyn Repositories>,
    pub(super) blobs: Arc<dyn BlobStore>,
    pub(super) hub: Arc<Hub>,
    limits: Arc<Limits>,
    disk: Arc<Disk>,
    bounds: Bounds,
    turns: Turns,
    /// Held while a content is kept or removed, so that bytes and database agree.
    pub(super) changing: Mutex<()>,
    /// Wakes the queue of files that are to be read.
    pub(super) queued: Notify,
}

impl Materials {
    /// Creates the service.
    pub fn new(
        store: Arc<dyn Repositories>,
        blobs: Arc<dyn BlobStore>,
        hub: Arc<Hub>,
        limits: Arc<Limits>,
        disk: Arc<Disk>,
        bounds: Bounds,
    ) -> Self {
        Self { store, blobs, hub, limits, disk, bounds, turns: Turns::default(), changing: Mutex::default(), queued: Notify::new() }
    }

    /// Returns the maximum length of a file of a user with this role, bytes.
    pub fn most_bytes(&self, role: Role) -> u64 {
        let quotas = self.limits.quotas();
        let quota = [quotas.of(role), quotas.server].into_iter().flatten().min();
        self.limits.file_bytes().min(quota.unwrap_or(u64::MAX))
    }

    /// Begins the upload of a file.
    ///
    /// # Errors
    /// The file is too large, the user has too many files, or there is no room.
    pub async fn begin(&self, user: UserId, name: &str, media_type: &str, bytes: u64) -> Result<StoredFile, ApiError> {
        let most = self.limits.file_bytes();
        if bytes > most {
            return Err(too_large(most));
        }
        self.disk.room()?;
        let now = clock::now();
        let new = NewFile {
            id: FileId(clock::id()),
            user,
            name: names::file_name(name),
            media_type: names::media_type(media_type),
            bytes,
            expires_at: now + UPLOAD_KEPT,
        };
        let most = self.limits.files();
        if !self.store.add_file(&new, most).await? {
            return Err(Reason::TooManyFiles.with("most", most));
        }
        let file = self.file(user, new.id).await?;
        self.announce(user, &file.info);
        Ok(file)
    }

    /// Opens a file to append to it. Another request that appends to it is stopped. Returns the file alone if all bytes have arrived.
    ///
    /// # Errors
    /// The user has no such file, or its bytes can't be read.
    pub async fn resume(&self, user: UserId, id: FileId) -> Result<(StoredFile, Option<Upload>), ApiError> {
        let file = self.file(user, id).await?;
        if file.hash.is_some() {
            return Ok((file, None));
        }
        let turn = self.turns.take(id).await?;
        // The request before may have completed it.
        let file = self.file(user, id).await?;
        if file.hash.is_some() {
            return Ok((file, None));
        }
        let writer = self.blobs.resume(user, id).await.map_err(not_written)?;
        let upload = Upload::new(writer, turn, file.info.bytes);
        if upload.at() == upload.length {
            // The process ended before it was completed.
            return Ok((self.complete(user, id, upload).await?, None));
        }
        Ok((file, Some(upload)))
    }

    /// Records what was appended: completes the file if all bytes have arrived, else moves the time at which the upload is removed.
    ///
    /// # Errors
    /// The user's storage is full, or bytes or database can't be written.
    pub async fn settle(&self, user: UserId, id: FileId, upload: Upload) -> Result<StoredFile, ApiError> {
        if upload.at() == upload.length {
            return self.complete(user, id, upload).await;
        }
        self.store.keep_upload(user, id, clock::now() + UPLOAD_KEPT).await?;
        self.file(user, id).await
    }

    async fn complete(&self, user: UserId, id: FileId, upload: Upload) -> Result<StoredFile, ApiError> {
        let Upload { writer, turn, .. } = upload;
        drop(writer);
        let hash = self.blobs.hash(user, id).await.map_err(not_written)?;
        {
            let _one = self.changing.lock().await;
            if self.store.has_content(user, &hash).await? {
                self.blobs.abandon(user, id).await.map_err(not_written)?;
            } else {
                // Before the database says so, because a content without bytes must not exist.
                self.blobs.keep(user, id, hash).await.map_err(not_written)?;
            }
            self.store.complete_file(user, id, &hash, clock::now()).await?;
        }
        drop(turn);
        self.queued.notify_one();
        let file = self.file(user, id).await?;
        self.announce(user, &file.info);
        Ok(file)
    }

    /// Checks the length of a form with a file, if it is known.
    ///
    /// # Errors
    /// No file that is small enough is that long.
    pub fn check_form(&self, length: Option<u64>) -> Result<(), ApiError> {
        let most = self.limits.file_bytes();
        if length.is_some_and(|length| length > most.saturating_add(FORM_LINES)) { Err(too_large(most)) } else { Ok(()) }
    }

    /// Begins the upload of a file that arrives in one piece. Its length is known only at the end; `about` is a little more, if it is
    /// known.
    ///
    /// # Errors
    /// As those of [`Materials::begin`].
    pub async fn begin_whole(&self, user: UserId, name: &str, media_type: &str, about: Option<u64>) -> Result<(FileId, Upload), ApiError> {
        let most = self.limits.file_bytes();
        let id = self.begin(user, name, media_type, about.unwrap_or(0).saturating_sub(FORM_LINES)).await?.info.id;
        let turn = self.turns.take(id).await?;
        let writer = self.blobs.resume(user, id).await.map_err(not_written)?;
        Ok((id, Upload::new(writer, turn, most)))
    }

    /// Completes a file that arrived in one piece.
    ///
    /// # Errors
    /// The user's storage is full, or bytes or database can't be written. The file is removed then.
    pub async fn settle_whole(&self, user: UserId, id: FileId, mut upload: Upload) -> Result<StoredFile, ApiError> {
        let bytes = upload.at();
        let completed = async {
            upload.save(true).await?;
            self.store.set_file_bytes(user, id, bytes).await?;
            self.complete(user, id, upload).await
        };
        match completed.await {
            Ok(file) => Ok(file),
            Err(api_error) => {
                self.remove(user, id).await?;
                Err(api_error)
            }
        }
    }

    /// Returns a user's file.
    ///
    /// # Errors
    /// The user has no such file.
    pub async fn file(&self, user: UserId, id: FileId) -> Result<StoredFile, ApiError> {
        self.store.file(user, id).await?.ok_or_else(|| Reason::NotFound.into())
    }

    /// Returns a page of a user's files, newest first, from the file after `cursor` on.
    ///
    /// # Errors
    /// The user was removed.
    pub async fn list(&self, user: UserId, role: Role, cursor: Option<FileId>) -> Result<FilePage, ApiError> {
        let most = self.bounds.page;
        let mut files = self.store.files(user, cursor, most + 1).await?;
        let has_more = files.len() > most as usize;
        files.truncate(most as usize);
        let next = files.last().filter(|_| has_more).map(|file| file.id.to_string());
        let storage: StorageInfo = self.store.storage(user).await?.ok_or_else(session_revoked)?;
        Ok(FilePage { files, next, storage, most_bytes: self.most_bytes(role) })
    }

    /// Changes a user's file.
    ///
    /// # Errors
    /// The user has no such file, or the name is not acceptable.
    pub async fn change(&self, user: UserId, id: FileId, patch: &FilePatch) -> Result<FileInfo, ApiError> {
        if let Some(name) = &patch.name {
            // First, so that the answer to a foreign id does not depend on the name.
            self.file(user, id).await?;
            if !self.store.rename_file(user, id, &names::new_name(name)?).await? {
                return Err(Reason::NotFound.into());
            }
        }
        let file = self.file(user, id).await?;
        self.announce(user, &file.info);
        Ok(file.info)
    }

    /// Removes a user's file with its bytes and everything that was read from it.
    ///
    /// # Errors
    /// The user has no such file.
    pub async fn remove(&self, user: UserId, id: FileId) -> Result<(), ApiError> {
        self.file(user, id).await?;
        let turn = self.turns.take(id).await?;
        {
            let _one = self.changing.lock().await;
            let removed = self.store.remove_file(user, id).await?.ok_or(Reason::NotFound)?;
            let done = match removed {
                Removed::Upload => self.blobs.abandon(user, id).await,
                Removed::Content(hash) => self.blobs.remove(user, hash).await,
                Removed::Nothing => Ok(()),
            };
            if let Err(cause) = done {
                error!(%cause, %user, file = %id, "could not remove the bytes of a file; the next start tries again");
            }
        }
        drop(turn);
        self.hub.list_changed(user, ServerFrame::File(FileChange::removed(id)));
        Ok(())
    }

    /// Opens the bytes of a user's file. Returns them with the file.
    ///
    /// # Errors
    /// The user has no such file, or not all of its bytes have arrived.
    pub async fn content(&self, user: UserId, id: FileId) -> Result<(FileInfo, Box<dyn BlobReader>), ApiError> {
        let file = self.file(user, id).await?;
        let hash = file.hash.ok_or(Reason::FileNotComplete)?;
        let reader = self.blobs.open(user, hash).await.map_err(not_read)?;
        Ok((file.info, reader))
    }

    /// Returns a page of a user's file.
    ///
    /// # Errors
    /// There is no such file or page, or it is not read yet.
    pub async fn page(&self, user: UserId, id: FileId, page: u32) -> Result<Page, ApiError> {
        if let Some(page) = self.store.file_page(user, id, page).await? {
            return Ok(page);
        }
        let file = self.file(user, id).await?.info;
        let is_coming = matches!(file.state, FileState::Uploading | FileState::Queued | FileState::Reading)
            && page > file.page.unwrap_or(0)
            && file.pages.is_none_or(|pages| page <= pages);
        Err(if is_coming { Reason::PageNotReadYet.error().retry_after(1_000) } else { Reason::PageNotFound.into() })
    }

    /// Returns passages of a user's files that contain any word of a question, best first. `files` limits them to some files.
    ///
    /// # Errors
    /// The database failed.
    pub async fn search(&self, user: UserId, question: &str, files: Option<&[FileId]>) -> Result<Vec<Source>, ApiError> {
        let all = match files {
            Some(files) => files.to_vec(),
            None => self.store.files(user, None, MOST_SEARCHED).await?.iter().map(|file| file.id).collect(),
        };
        let found = evidence(&*self.store, user, &all, question, Passages::Ranked, &[]).await?;
        Ok(found.sources)
    }

    pub(super) fn announce(&self, user: UserId, file: &FileInfo) {
        self.hub.list_changed(user, ServerFrame::File(FileChange::from(file)));
    }
}

/// Returns the error for a file that is larger than `most` bytes.
fn too_large(most: u64) -> ApiError {
    Reason::UploadTooLarge.with("mib", most / holdfast_protocol::storage::MIB)
}

/// Logs why bytes could not be written, and returns what the client is told.
pub(super) fn not_written(cause: io::Error) -> ApiError {
    if matches!(cause.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        return disk::full();
    }
    error!(%cause, "could not write the bytes of a file");
    Reason::FileNotStored.error().retry_after(1_000)
}

/// Logs why bytes could not be read, and returns what the client is told.
fn not_read(cause: io::Error) -> ApiError {
    error!(%cause, "could not read the bytes of a file");
    Reason::FileNotStored.error().retry_after(1_000)
}
