//! Files of users.

use async_trait::async_trait;
use holdfast_protocol::{FileId, UserId, files::FileInfo, materials::Page};

use super::{ContentHash, StoreError};
use crate::{
    clock::Millis,
    materials::{ContentId, FoundPassage, NewFile, Progress, Removed, StoredFile, Unread},
};

/// Files of users, their contents, and what was read from them. Equal contents of a user's files are one content.
#[async_trait]
pub trait Files: Send + Sync {
    /// Stores a file whose upload begins, unless the user has `most` files already. Returns false then.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if the file does not fit into the user's quota.
    async fn add_file(&self, new: &NewFile, most: usize) -> Result<bool, StoreError>;

    /// Returns a user's file.
    async fn file(&self, user: UserId, id: FileId) -> Result<Option<StoredFile>, StoreError>;

    /// Returns a user's files with smaller ids than `before`, newest first, at most `most`.
    async fn files(&self, user: UserId, before: Option<FileId>, most: u32) -> Result<Vec<FileInfo>, StoreError>;

    /// Renames a user's file. Returns false if the user has none with this id.
    async fn rename_file(&self, user: UserId, id: FileId, name: &str) -> Result<bool, StoreError>;

    /// Moves the time at which an unfinished upload is removed.
    async fn keep_upload(&self, user: UserId, id: FileId, expires_at: Millis) -> Result<(), StoreError>;

    /// Sets the length of an unfinished upload.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if the file does not fit into the user's quota.
    async fn set_file_bytes(&self, user: UserId, id: FileId, bytes: u64) -> Result<(), StoreError>;

    /// Records that all bytes of a file have arrived. If the user has no such content yet, it is queued for reading.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] if the user's quota would be exceeded.
    async fn complete_file(&self, user: UserId, id: FileId, hash: &ContentHash, now: Millis) -> Result<(), StoreError>;

    /// Removes a user's file. If no other file has its content, everything that was read from it is removed too. Returns `None` if the
    /// user has no such file.
    async fn remove_file(&self, user: UserId, id: FileId) -> Result<Option<Removed>, StoreError>;

    /// Returns whether a user has a content with this hash.
    async fn has_content(&self, user: UserId, hash: &ContentHash) -> Result<bool, StoreError>;

    /// Returns whether a user exists.
    async fn has_user(&self, user: UserId) -> Result<bool, StoreError>;

    /// Returns unfinished uploads whose time is over, at most `most`.
    async fn expired_uploads(&self, now: Millis, most: u32) -> Result<Vec<(UserId, FileId)>, StoreError>;

    /// Returns the oldest content of each user that waits until it is read or whose reading was interrupted, without those in `but`.
    async fn unread(&self, but: &[ContentId]) -> Result<Vec<Unread>, StoreError>;

    /// Records that a content is being read, and returns its files; none if it was removed.
    async fn begin_reading(&self, content: ContentId) -> Result<Vec<FileInfo>, StoreError>;

    /// Stores what was read of a content. Returns its files; none if it was removed.
    async fn add_progress(&self, content: ContentId, progress: &Progress) -> Result<Vec<FileInfo>, StoreError>;

    /// Records that a content was read to its end: it is ready if there is a page with text, else it failed. Returns its files; none if
    /// it was removed.
    async fn finish_reading(&self, content: ContentId) -> Result<Vec<FileInfo>, StoreError>;

    /// Returns passages that match a query in the syntax of FTS5 ([`any_word`](crate::fulltext::any_word)), best first, at most `most`. The
    /// scopes in the query are the numbers of contents; the caller must have looked up that they are the user's.
    async fn find_passages(&self, query: &str, most: u32) -> Result<Vec<FoundPassage>, StoreError>;

    /// Returns all passages of some contents in order, or `None` if they have more than `most_bytes` of text together.
    async fn all_passages(&self, contents: &[ContentId], most_bytes: usize) -> Result<Option<Vec<FoundPassage>>, StoreError>;

    /// Returns a page of a user's file, or `None` if there is no such file or the page was not read.
    async fn file_page(&self, user: UserId, id: FileId, page: u32) -> Result<Option<Page>, StoreError>;
}
