//! Updates the search indexes.
//!
//! Triggers record which rows are new, changed or removed (`unindexed`), in the transaction of the change. The indexes are updated soon
//! after, many rows at once, and with a user's own rows before that user searches.

use std::{collections::HashSet, time::Duration};

use holdfast_protocol::UserId;
use serde::Serialize;
use sqlx::{Row as _, SqliteConnection};
use tokio::time::Instant;

use super::{SqliteError, Store};
use holdfast_core::fulltext::Document;

/// Maximum number of rows, and of their bytes, that are indexed in one transaction.
const PIECE_ROWS: i64 = 256;
const PIECE_BYTES: usize = 64 * 1024;
/// How long a search waits for its user's texts to be indexed.
const OWN: Duration = Duration::from_millis(150);
/// If this many rows of a user are not indexed yet, a search waits only for the newest piece, because indexing all of them takes too long.
const OWN_ROWS: i64 = 2_000;

/// A row that is not indexed yet.
struct Unindexed {
    /// Its number in the table `unindexed`.
    n: i64,
    /// Its row id in the index: the message's number, or the negative number of a conversation's title.
    place: i64,
    owner: String,
    /// `None` if the row was removed.
    text: Option<String>,
}

impl Store {
    /// Indexes some rows, the newest first. Returns false if there are none.
    ///
    /// # Errors
    /// An error of SQLite.
    pub async fn index_piece(&self) -> Result<bool, SqliteError> {
        self.index(None).await
    }

    /// Indexes a user's texts for a limited time ([`OWN`]). Returns true if all of them are indexed.
    pub(super) async fn index_own(&self, user: UserId) -> Result<bool, SqliteError> {
        let owner = owner(user);
        let since = Instant::now();
        while self.index(Some(&owner)).await? {
            if since.elapsed() >= OWN || self.lacks_many(&owner).await? {
                return self.is_indexed(&owner).await;
            }
        }
        Ok(true)
    }

    /// Returns whether all texts of a user are indexed.
    pub(super) async fn is_indexed(&self, owner: &str) -> Result<bool, SqliteError> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM unindexed WHERE owner = ?)";
        Ok(sqlx::query_scalar(sql).bind(owner).fetch_one(&self.searchers).await?)
    }

    async fn lacks_many(&self, owner: &str) -> Result<bool, SqliteError> {
        let sql = "SELECT count(*) FROM (SELECT 1 FROM unindexed WHERE owner = ? LIMIT ?)";
        let rows: i64 = sqlx::query_scalar(sql).bind(owner).bind(OWN_ROWS).fetch_one(&self.searchers).await?;
        Ok(rows == OWN_ROWS)
    }

    async fn index(&self, of: Option<&str>) -> Result<bool, SqliteError> {
        let rows = self.unindexed(of).await?;
        if rows.is_empty() {
            return Ok(false);
        }
        // Splitting texts into words uses the CPU, and no writer waits for it.
        let documents = move || rows.into_iter().map(|row| (row.text.as_deref().map(Document::of), row)).collect::<Vec<_>>();
        let documents = tokio::task::spawn_blocking(documents).await.map_err(|error| SqliteError::Corrupt(error.to_string()))?;
        let mut tx = self.write().await?;
        tell(&mut tx, &documents).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn unindexed(&self, of: Option<&str>) -> Result<Vec<Unindexed>, SqliteError> {
        // Texts are read one by one, so that only one piece is in memory.
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
                // Data of removed users will be erased soon.
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
        // FTS5 writes a separate segment for each row whose id is smaller than that of the row before.
        rows.sort_unstable_by_key(|row| row.place);
        Ok(rows)
    }
}

/// A row and its words to index; `None` if it was removed.
type Told = (Option<Document>, Unindexed);

/// Updates the indexes for some rows, except for those that have changed since they were read: these are in `unindexed` again, with other
/// numbers. Uses few statements for all rows, because each statement is a round trip to SQLite's thread.
async fn tell(tx: &mut SqliteConnection, documents: &[Told]) -> Result<(), SqliteError> {
    let numbers = json(&documents.iter().map(|(_, row)| row.n).collect::<Vec<_>>())?;
    let sql = "DELETE FROM unindexed WHERE n IN (SELECT value FROM json_each(?)) RETURNING n";
    let same: HashSet<i64> = sqlx::query_scalar(sql).bind(numbers).fetch_all(&mut *tx).await?.into_iter().collect();
    let told = || documents.iter().filter(|(_, row)| same.contains(&row.n));
    let places = json(&told().map(|(_, row)| row.place).collect::<Vec<_>>())?;
    let rows = told().filter_map(|(document, row)| {
        let Document { content, extra, parts } = document.as_ref()?;
        Some((row.place, &row.owner, content, extra, parts))
    });
    let rows = json(&rows.collect::<Vec<_>>())?;
    // In the order of their places; see `unindexed`.
    sqlx::query(
        "DELETE FROM search_index WHERE rowid IN (SELECT value FROM json_each($1));
         DELETE FROM search_parts WHERE rowid IN (SELECT value FROM json_each($1));
         INSERT INTO search_index (rowid, owner, content, extra)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each($2);
         INSERT INTO search_parts (rowid, owner, parts) SELECT value ->> 0, value ->> 1, value ->> 4 FROM json_each($2);",
    )
    .bind(places)
    .bind(rows)
    .execute(tx)
    .await?;
    Ok(())
}

fn json(list: &impl Serialize) -> Result<String, SqliteError> {
    serde_json::to_string(list).map_err(|error| SqliteError::Corrupt(error.to_string()))
}

/// Returns a user's id as it is written in the indexes.
pub(super) fn owner(user: UserId) -> String {
    format!("{:X}", user.0.as_simple())
}
