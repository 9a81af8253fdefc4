//! Keeping the search indexes in step with titles and texts.
//!
//! Triggers note which rows are new, have changed or are gone (`unindexed`), in the transaction of what changes. The indexes are told of
//! them soon after, many rows at once, and of a user's own rows before that user searches.

use std::time::Duration;

use holdfast_protocol::UserId;
use sqlx::{Row as _, SqliteConnection};
use tokio::time::Instant;

use super::{Store, StoreError};
use crate::fulltext::Document;

/// What the indexes are told of in one transaction: so many rows, or as many as have so many bytes.
const PIECE_ROWS: i64 = 256;
const PIECE_BYTES: usize = 64 * 1024;
/// How long a search waits for the indexes to be told of what its user wrote.
const OWN: Duration = Duration::from_millis(300);

/// A row that the indexes have yet to be told of.
struct Unindexed {
    n: i64,
    /// See `search_index`.
    place: i64,
    owner: String,
    /// `None` if it is gone.
    text: Option<String>,
}

impl Store {
    /// Tells the indexes of some rows, the newest first. Returns false if there are none.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn index_piece(&self) -> Result<bool, StoreError> {
        self.index(None).await
    }

    /// Tells the indexes of what a user wrote, as far as that is soon done. Returns true if all of it is in them.
    pub(super) async fn index_own(&self, user: UserId) -> Result<bool, StoreError> {
        let owner = owner(user);
        let since = Instant::now();
        while since.elapsed() < OWN {
            if !self.index(Some(&owner)).await? {
                return Ok(true);
            }
        }
        self.is_indexed(&owner).await
    }

    /// Whether the indexes hold all that a user wrote.
    pub(super) async fn is_indexed(&self, owner: &str) -> Result<bool, StoreError> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM unindexed WHERE owner = ?)";
        Ok(sqlx::query_scalar(sql).bind(owner).fetch_one(&self.searchers).await?)
    }

    async fn index(&self, of: Option<&str>) -> Result<bool, StoreError> {
        let rows = self.unindexed(of).await?;
        if rows.is_empty() {
            return Ok(false);
        }
        // Dividing texts into words is work for a processor, and nobody who writes waits for it.
        let documents = move || rows.into_iter().map(|row| (row.text.as_deref().map(Document::of), row)).collect::<Vec<_>>();
        let documents = tokio::task::spawn_blocking(documents).await.map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let mut tx = self.write().await?;
        for (document, row) in &documents {
            tell(&mut tx, document.as_ref(), row).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn unindexed(&self, of: Option<&str>) -> Result<Vec<Unindexed>, StoreError> {
        // A text counts where it is read, so that no more than a piece is in memory.
        let all = "SELECT n, place, owner FROM unindexed ORDER BY n DESC LIMIT ?1";
        let own = "SELECT n, place, owner FROM unindexed WHERE owner = ?2 ORDER BY n DESC LIMIT ?1";
        let mut read = self.searchers.acquire().await?;
        let found = sqlx::query(if of.is_some() { own } else { all }).bind(PIECE_ROWS).bind(of).fetch_all(&mut *read).await?;
        let (mut rows, mut bytes) = (Vec::with_capacity(found.len()), 0);
        for row in found {
            if bytes >= PIECE_BYTES {
                break;
            }
            let place: i64 = row.try_get("place")?;
            let text = if place > 0 {
                // What is a removed user's goes soon.
                sqlx::query_scalar(
                    "SELECT content FROM messages JOIN users ON users.id = owner_id WHERE seq = ? AND status <> 'streaming' AND removed = 0",
                )
                .bind(place)
            } else {
                sqlx::query_scalar("SELECT title FROM titles WHERE seq = -?").bind(place)
            };
            let text: Option<String> = text.fetch_optional(&mut *read).await?;
            bytes += text.as_ref().map_or(0, String::len);
            rows.push(Unindexed { n: row.try_get("n")?, place, owner: row.try_get("owner")?, text });
        }
        // FTS5 writes a segment of its own for each row whose id is smaller than that of the row before.
        rows.sort_unstable_by_key(|row| row.place);
        Ok(rows)
    }
}

/// Tells the indexes of one row, unless it has changed since it was read: then it is in `unindexed` again, under another number.
async fn tell(tx: &mut SqliteConnection, document: Option<&Document>, row: &Unindexed) -> Result<(), StoreError> {
    let is_the_same = sqlx::query("DELETE FROM unindexed WHERE n = ?").bind(row.n).execute(&mut *tx).await?.rows_affected() > 0;
    if !is_the_same {
        return Ok(());
    }
    for sql in ["DELETE FROM search_index WHERE rowid = ?", "DELETE FROM search_parts WHERE rowid = ?"] {
        sqlx::query(sql).bind(row.place).execute(&mut *tx).await?;
    }
    let Some(Document { content, extra, parts }) = document else { return Ok(()) };
    sqlx::query("INSERT INTO search_index (rowid, owner, content, extra) VALUES (?, ?, ?, ?)")
        .bind(row.place)
        .bind(&row.owner)
        .bind(content)
        .bind(extra)
        .execute(&mut *tx)
        .await?;
    sqlx::query("INSERT INTO search_parts (rowid, owner, parts) VALUES (?, ?, ?)")
        .bind(row.place)
        .bind(&row.owner)
        .bind(parts)
        .execute(&mut *tx)
        .await?;
    Ok(())
}

/// A user as the indexes name them.
pub(super) fn owner(user: UserId) -> String {
    format!("{:X}", user.0.as_simple())
}
