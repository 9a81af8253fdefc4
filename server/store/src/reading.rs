//! The queue of contents that are to be read, and what was read.

use holdfast_core::materials::{ContentId, Progress, Unread};
use holdfast_protocol::{UserId, files::FileInfo, materials::Problem};
use sqlx::Row as _;

use super::{
    SqliteError, Store,
    files::{as_hash, files_with},
    passages, to_i64, to_u64,
};

/// Number of problems that are kept of a content.
const MOST_PROBLEMS: usize = 1_000;

impl Store {
    /// See [`holdfast_core::ports::Files::unread`].
    pub async fn unread(&self, but: &[ContentId]) -> Result<Vec<Unread>, SqliteError> {
        let but = serde_json::to_string(&but.iter().map(|id| id.0).collect::<Vec<_>>()).unwrap_or_default();
        let rows = sqlx::query(
            "SELECT id, user_id, hash, bytes, page,
                 coalesce((SELECT name FROM files WHERE content_id = file_contents.id ORDER BY files.id LIMIT 1), '') AS name
             FROM file_contents WHERE id IN (
                 SELECT min(id) FROM file_contents
                 WHERE state IN ('queued', 'reading') AND id NOT IN (SELECT value FROM json_each(?)) GROUP BY user_id)",
        )
        .bind(but)
        .fetch_all(&self.readers)
        .await?;
        let unread = rows.into_iter().map(|row| {
            Ok(Unread {
                id: ContentId(row.try_get("id")?),
                user: UserId(row.try_get("user_id")?),
                hash: as_hash(row.try_get("hash")?)?,
                bytes: to_u64(row.try_get("bytes")?),
                name: row.try_get("name")?,
                from_page: row.try_get::<u32, _>("page")? + 1,
            })
        });
        unread.collect()
    }

    /// See [`holdfast_core::ports::Files::begin_reading`].
    pub async fn begin_reading(&self, content: ContentId) -> Result<Vec<FileInfo>, SqliteError> {
        let mut tx = self.write().await?;
        let begin = sqlx::query("UPDATE file_contents SET state = 'reading' WHERE id = ?");
        begin.bind(content.0).execute(&mut *tx).await?;
        let files = files_with(&mut tx, content).await?;
        tx.commit().await?;
        Ok(files)
    }

    /// See [`holdfast_core::ports::Files::add_progress`].
    pub async fn add_progress(&self, content: ContentId, progress: &Progress) -> Result<Vec<FileInfo>, SqliteError> {
        let mut tx = self.write().await?;
        let row = sqlx::query("SELECT page, problems FROM file_contents WHERE id = ?").bind(content.0).fetch_optional(&mut *tx).await?;
        let Some(row) = row else {
            tx.rollback().await?;
            return Ok(Vec::new());
        };
        let (mut last, mut added): (u32, u64) = (row.try_get("page")?, 0);
        let before = last;
        let mut problems: Vec<Problem> = serde_json::from_str(row.try_get("problems")?)
            .map_err(|error| SqliteError::Corrupt(format!("the problems of the content {}: {error}", content.0)))?;
        for page in &progress.read {
            if page.number <= last {
                continue;
            }
            let body = serde_json::to_string(page).map_err(|error| SqliteError::Corrupt(error.to_string()))?;
            let insert = sqlx::query("INSERT INTO file_pages (content_id, page, body) VALUES (?, ?, ?)").bind(content.0);
            insert.bind(page.number).bind(&body).execute(&mut *tx).await?;
            added += body.len() as u64;
            last = last.max(page.number);
        }
        let new: Vec<_> = progress.passages.iter().filter(|passage| passage.page > before).cloned().collect();
        added += passages::add(&mut tx, content, &new).await?;
        for problem in &progress.problems {
            // A page that can't be read counts as read, so that reading goes on behind it.
            last = last.max(problem.page.unwrap_or(0));
            if problems.len() < MOST_PROBLEMS && !problems.contains(problem) {
                problems.push(*problem);
            }
        }
        sqlx::query(
            "UPDATE file_contents SET page = ?, pages = coalesce(?, pages), problems = ?, derived_bytes = derived_bytes + ?
             WHERE id = ?",
        )
        .bind(last)
        .bind(progress.pages)
        .bind(serde_json::to_string(&problems).map_err(|error| SqliteError::Corrupt(error.to_string()))?)
        .bind(to_i64(added))
        .bind(content.0)
        .execute(&mut *tx)
        .await?;
        let files = files_with(&mut tx, content).await?;
        tx.commit().await?;
        Ok(files)
    }

    /// See [`holdfast_core::ports::Files::finish_reading`].
    pub async fn finish_reading(&self, content: ContentId) -> Result<Vec<FileInfo>, SqliteError> {
        let mut tx = self.write().await?;
        sqlx::query(
            "UPDATE file_contents SET
                 state = iif(EXISTS (SELECT 1 FROM file_pages WHERE content_id = file_contents.id
                     AND trim(json_extract(body, '$.text'), ' ' || char(10)) <> ''), 'ready', 'failed'),
                 pages = coalesce(pages, page)
             WHERE id = ?",
        )
        .bind(content.0)
        .execute(&mut *tx)
        .await?;
        let files = files_with(&mut tx, content).await?;
        tx.commit().await?;
        Ok(files)
    }
}
