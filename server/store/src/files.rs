//! Files of users.

use holdfast_core::{
    clock::Millis,
    materials::{ContentId, NewFile, Removed, StoredFile},
    ports::ContentHash,
};
use holdfast_protocol::{
    FileId, UserId,
    files::{FileInfo, FileState},
    materials::{Page, Problem},
};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{SqliteError, Store, to_i64, to_u64};

/// The columns of a file; `{where}` follows.
const FILE: &str = "SELECT files.id, files.name, files.media_type, files.bytes, files.expires_at, file_contents.id AS content_id,
        file_contents.hash, coalesce(file_contents.state, 'uploading') AS state, file_contents.page, file_contents.pages,
        file_contents.problems
    FROM files LEFT JOIN file_contents ON file_contents.id = files.content_id";

impl Store {
    /// See [`holdfast_core::ports::Files::add_file`].
    pub async fn add_file(&self, new: &NewFile, most: usize) -> Result<bool, SqliteError> {
        let mut tx = self.write_more(new.user).await?;
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM files WHERE user_id = ?").bind(new.user.0).fetch_one(&mut *tx).await?;
        if to_u64(count) >= most as u64 {
            tx.rollback().await?;
            return Ok(false);
        }
        sqlx::query("INSERT INTO files (id, user_id, name, media_type, bytes, expires_at) VALUES (?, ?, ?, ?, ?, ?)")
            .bind(new.id.0)
            .bind(new.user.0)
            .bind(&new.name)
            .bind(&new.media_type)
            .bind(to_i64(new.bytes))
            .bind(to_i64(new.expires_at))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Returns a user's file.
    pub async fn file(&self, user: UserId, id: FileId) -> Result<Option<StoredFile>, SqliteError> {
        let sql = sqlx::AssertSqlSafe(format!("{FILE} WHERE files.id = ? AND files.user_id = ?"));
        let row = sqlx::query(sql).bind(id.0).bind(user.0).fetch_optional(&self.readers).await?;
        row.as_ref().map(stored).transpose()
    }

    /// Returns a user's files with smaller ids than `before`, newest first.
    pub async fn files(&self, user: UserId, before: Option<FileId>, most: u32) -> Result<Vec<FileInfo>, SqliteError> {
        let sql = sqlx::AssertSqlSafe(format!(
            "{FILE} WHERE files.user_id = ?1 AND (?2 IS NULL OR files.id < ?2) ORDER BY files.id DESC LIMIT ?3"
        ));
        let rows = sqlx::query(sql).bind(user.0).bind(before.map(|id| id.0)).bind(most).fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok(stored(row)?.info)).collect()
    }

    /// Renames a user's file. Returns false if the user has none with this id.
    pub async fn rename_file(&self, user: UserId, id: FileId, name: &str) -> Result<bool, SqliteError> {
        let rename = sqlx::query("UPDATE files SET name = ? WHERE id = ? AND user_id = ?").bind(name).bind(id.0).bind(user.0);
        Ok(rename.execute(&self.writer).await?.rows_affected() == 1)
    }

    /// Moves the time at which an unfinished upload is removed.
    pub async fn keep_upload(&self, user: UserId, id: FileId, expires_at: Millis) -> Result<(), SqliteError> {
        let keep = sqlx::query("UPDATE files SET expires_at = ? WHERE id = ? AND user_id = ?").bind(to_i64(expires_at));
        keep.bind(id.0).bind(user.0).execute(&self.writer).await?;
        Ok(())
    }

    /// Sets the length of an unfinished upload.
    pub async fn set_file_bytes(&self, user: UserId, id: FileId, bytes: u64) -> Result<(), SqliteError> {
        let mut tx = self.write_more(user).await?;
        let set = sqlx::query("UPDATE files SET bytes = ? WHERE id = ? AND user_id = ? AND content_id IS NULL").bind(to_i64(bytes));
        set.bind(id.0).bind(user.0).execute(&mut *tx).await?;
        tx.commit().await
    }

    /// See [`holdfast_core::ports::Files::complete_file`].
    pub async fn complete_file(&self, user: UserId, id: FileId, hash: &ContentHash, now: Millis) -> Result<(), SqliteError> {
        let mut tx = self.write_more(user).await?;
        sqlx::query(
            "INSERT INTO file_contents (user_id, hash, bytes, state, created_at)
             SELECT user_id, ?1, bytes, 'queued', ?2 FROM files WHERE id = ?3 AND user_id = ?4 ON CONFLICT DO NOTHING",
        )
        .bind(hash.as_slice())
        .bind(to_i64(now))
        .bind(id.0)
        .bind(user.0)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "UPDATE files SET content_id = (SELECT id FROM file_contents WHERE user_id = ?1 AND hash = ?2) WHERE id = ?3 AND user_id = ?1",
        )
        .bind(user.0)
        .bind(hash.as_slice())
        .bind(id.0)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// See [`holdfast_core::ports::Files::remove_file`].
    pub async fn remove_file(&self, user: UserId, id: FileId) -> Result<Option<Removed>, SqliteError> {
        let mut tx = self.write().await?;
        let content: Option<Option<i64>> = sqlx::query_scalar("DELETE FROM files WHERE id = ? AND user_id = ? RETURNING content_id")
            .bind(id.0)
            .bind(user.0)
            .fetch_optional(&mut *tx)
            .await?;
        let removed = match content {
            None => None,
            Some(None) => Some(Removed::Upload),
            Some(Some(content)) => {
                let hash: Option<Vec<u8>> = sqlx::query_scalar(
                    "DELETE FROM file_contents WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM files WHERE content_id = ?1) RETURNING hash",
                )
                .bind(content)
                .fetch_optional(&mut *tx)
                .await?;
                Some(match hash {
                    Some(hash) => Removed::Content(as_hash(hash)?),
                    None => Removed::Nothing,
                })
            }
        };
        tx.commit().await?;
        Ok(removed)
    }

    /// Returns whether a user has a content with this hash.
    pub async fn has_content(&self, user: UserId, hash: &ContentHash) -> Result<bool, SqliteError> {
        let found = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM file_contents WHERE user_id = ? AND hash = ?)");
        Ok(found.bind(user.0).bind(hash.as_slice()).fetch_one(&self.readers).await?)
    }

    /// Returns whether a user exists.
    pub async fn has_user(&self, user: UserId) -> Result<bool, SqliteError> {
        let found = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM users WHERE id = ? AND removed = 0)");
        Ok(found.bind(user.0).fetch_one(&self.readers).await?)
    }

    /// Returns unfinished uploads whose time is over.
    pub async fn expired_uploads(&self, now: Millis, most: u32) -> Result<Vec<(UserId, FileId)>, SqliteError> {
        let expired =
            sqlx::query_as("SELECT user_id, id FROM files WHERE content_id IS NULL AND expires_at <= ? ORDER BY expires_at LIMIT ?");
        let rows: Vec<(uuid::Uuid, uuid::Uuid)> = expired.bind(to_i64(now)).bind(most).fetch_all(&self.readers).await?;
        Ok(rows.into_iter().map(|(user, id)| (UserId(user), FileId(id))).collect())
    }

    /// Returns a page of a user's file.
    pub async fn file_page(&self, user: UserId, id: FileId, page: u32) -> Result<Option<Page>, SqliteError> {
        let body: Option<String> = sqlx::query_scalar(
            "SELECT body FROM files JOIN file_pages ON file_pages.content_id = files.content_id
             WHERE files.id = ? AND user_id = ? AND page = ?",
        )
        .bind(id.0)
        .bind(user.0)
        .bind(page)
        .fetch_optional(&self.readers)
        .await?;
        body.map(|body| serde_json::from_str(&body).map_err(|error| SqliteError::Corrupt(format!("page {page} of file {id}: {error}"))))
            .transpose()
    }
}

/// Returns the files that have a content.
pub(super) async fn files_with(connection: &mut SqliteConnection, content: ContentId) -> Result<Vec<FileInfo>, SqliteError> {
    let sql = sqlx::AssertSqlSafe(format!("{FILE} WHERE files.content_id = ?"));
    let rows = sqlx::query(sql).bind(content.0).fetch_all(connection).await?;
    rows.iter().map(|row| Ok(stored(row)?.info)).collect()
}

pub(super) fn as_hash(hash: Vec<u8>) -> Result<ContentHash, SqliteError> {
    hash.try_into().map_err(|hash: Vec<u8>| SqliteError::Corrupt(format!("a hash of {} bytes", hash.len())))
}

fn stored(row: &SqliteRow) -> Result<StoredFile, SqliteError> {
    let id = FileId(row.try_get("id")?);
    let state: &str = row.try_get("state")?;
    let problems: Option<&str> = row.try_get("problems")?;
    let problems: Vec<Problem> = serde_json::from_str(problems.unwrap_or("[]"))
        .map_err(|error| SqliteError::Corrupt(format!("the problems of the file {id}: {error}")))?;
    let hash: Option<Vec<u8>> = row.try_get("hash")?;
    let content: Option<i64> = row.try_get("content_id")?;
    Ok(StoredFile {
        info: FileInfo {
            id,
            name: row.try_get("name")?,
            media_type: row.try_get("media_type")?,
            bytes: to_u64(row.try_get("bytes")?),
            created_at: created_at(id),
            state: FileState::parse(state).ok_or_else(|| SqliteError::Corrupt(format!("the state {state:?} of the file {id}")))?,
            page: row.try_get::<Option<u32>, _>("page")?.filter(|page| *page > 0),
            pages: row.try_get("pages")?,
            problems,
        },
        hash: hash.map(as_hash).transpose()?,
        content: content.map(ContentId),
        expires_at: to_u64(row.try_get("expires_at")?),
    })
}

/// Returns when a file was created: the server's ids tell (UUID version 7).
fn created_at(id: FileId) -> Millis {
    id.0.get_timestamp().map_or(0, |at| {
        let (seconds, nanos) = at.to_unix();
        seconds * 1000 + u64::from(nanos) / 1_000_000
    })
}
