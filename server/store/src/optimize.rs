//! Updates SQLite's statistics, by which it chooses query plans.

use super::{SqliteError, Store};

/// Minimum number of messages. Statistics of a small store mislead once it has grown, and it is fast without them.
const FROM: u32 = 10_000;

impl Store {
    /// Updates the statistics if the store has grown, from a limited number of rows of each index.
    ///
    /// # Errors
    /// An error of SQLite; only speed depends on it.
    pub async fn optimize(&self) -> Result<(), SqliteError> {
        let count: u32 =
            sqlx::query_scalar("SELECT count(*) FROM (SELECT 1 FROM messages LIMIT ?)").bind(FROM).fetch_one(&self.readers).await?;
        if count == FROM {
            // All tables (0x10000), not only those that this connection has read; tables that grew tenfold are analysed.
            sqlx::query("PRAGMA optimize = 0x10002").execute(&self.writer).await?;
        }
        Ok(())
    }
}
