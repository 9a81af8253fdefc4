use async_trait::async_trait;
use holdfast_core::{
    clock::Millis,
    materials::{ContentId, FoundPassage, NewFile, Progress, Removed, StoredFile, Unread},
    ports::{ContentHash, Files, StoreError},
};
use holdfast_protocol::{FileId, UserId, files::FileInfo, materials::Page};

use crate::Store;

#[async_trait]
impl Files for Store {
    async fn add_file(&self, new: &NewFile, most: usize) -> Result<bool, StoreError> {
        Ok(Self::add_file(self, new, most).await?)
    }

    async fn file(&self, user: UserId, id: FileId) -> Result<Option<StoredFile>, StoreError> {
        Ok(Self::file(self, user, id).await?)
    }

    async fn files(&self, user: UserId, before: Option<FileId>, most: u32) -> Result<Vec<FileInfo>, StoreError> {
        Ok(Self::files(self, user, before, most).await?)
    }

    async fn rename_file(&self, user: UserId, id: FileId, name: &str) -> Result<bool, StoreError> {
        Ok(Self::rename_file(self, user, id, name).await?)
    }

    async fn keep_upload(&self, user: UserId, id: FileId, expires_at: Millis) -> Result<(), StoreError> {
        Ok(Self::keep_upload(self, user, id, expires_at).await?)
    }

    async fn set_file_bytes(&self, user: UserId, id: FileId, bytes: u64) -> Result<(), StoreError> {
        Ok(Self::set_file_bytes(self, user, id, bytes).await?)
    }

    async fn complete_file(&self, user: UserId, id: FileId, hash: &ContentHash, now: Millis) -> Result<(), StoreError> {
        Ok(Self::complete_file(self, user, id, hash, now).await?)
    }

    async fn remove_file(&self, user: UserId, id: FileId) -> Result<Option<Removed>, StoreError> {
        Ok(Self::remove_file(self, user, id).await?)
    }

    async fn has_content(&self, user: UserId, hash: &ContentHash) -> Result<bool, StoreError> {
        Ok(Self::has_content(self, user, hash).await?)
    }

    async fn has_user(&self, user: UserId) -> Result<bool, StoreError> {
        Ok(Self::has_user(self, user).await?)
    }

    async fn expired_uploads(&self, now: Millis, most: u32) -> Result<Vec<(UserId, FileId)>, StoreError> {
        Ok(Self::expired_uploads(self, now, most).await?)
    }

    async fn unread(&self, but: &[ContentId]) -> Result<Vec<Unread>, StoreError> {
        Ok(Self::unread(self, but).await?)
    }

    async fn begin_reading(&self, content: ContentId) -> Result<Vec<FileInfo>, StoreError> {
        Ok(Self::begin_reading(self, content).await?)
    }

    async fn add_progress(&self, content: ContentId, progress: &Progress) -> Result<Vec<FileInfo>, StoreError> {
        Ok(Self::add_progress(self, content, progress).await?)
    }

    async fn finish_reading(&self, content: ContentId) -> Result<Vec<FileInfo>, StoreError> {
        Ok(Self::finish_reading(self, content).await?)
    }

    async fn find_passages(&self, query: &str, most: u32) -> Result<Vec<FoundPassage>, StoreError> {
        Ok(Self::find_passages(self, query, most).await?)
    }

    async fn all_passages(&self, contents: &[ContentId], most_bytes: usize) -> Result<Option<Vec<FoundPassage>>, StoreError> {
        Ok(Self::all_passages(self, contents, most_bytes).await?)
    }

    async fn file_page(&self, user: UserId, id: FileId, page: u32) -> Result<Option<Page>, StoreError> {
        Ok(Self::file_page(self, user, id, page).await?)
    }
}
