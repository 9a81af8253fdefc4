//! What SQLite knows of how much is in the store, by which it chooses how to look for things.

use super::{Store, StoreError};

/// From so many messages on. Figures of a small store mislead once it has grown, and it is fast without.
const FROM: u32 = 10_000;

impl Store {
    /// Brings SQLite's figures up to date where the store has grown, by a bounded number of rows of each index.
    ///
    /// # Errors
    /// What SQLite says. Nothing depends on it but speed.
    pub async fn optimize(&self) -> Result<(), StoreError> {
        let count: u32 =
            sqlx::query_scalar("SELECT count(*) FROM (SELECT 1 FROM messages LIMIT ?)").bind(FROM).fetch_one(&self.readers).await?;
        if count == FROM {
            // All tables (0x10000), not only those that this connection has read from; what grew tenfold is looked through.
            sqlx::query("PRAGMA optimize = 0x10002").execute(&self.writer).await?;
        }
        Ok(())
    }
}
