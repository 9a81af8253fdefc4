//! Reads that are interrupted when they take too long, or when their caller has gone away.
//!
//! SQLite asks between its steps whether to continue. Otherwise a statement without a caller would run to its end, and occupy a
//! connection and a core until then.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::{Sqlite, SqliteConnection, pool::PoolConnection};
use tokio::time::Instant;

use super::{SqliteError, Store};

/// Number of SQLite steps between two such questions. A full-text index does much work in few steps, so the number is small.
const STEPS: i32 = 100;

/// A read transaction with a time limit. If it is dropped before [`BoundedRead::end`], its statement is interrupted and its connection is
/// closed.
#[derive(Debug)]
pub(super) struct BoundedRead {
    connection: PoolConnection<Sqlite>,
    shared: Arc<Shared>,
    is_over: bool,
}

#[derive(Debug, Default)]
struct Shared {
    /// Whether the caller has gone away.
    is_left: AtomicBool,
    /// Whether SQLite was told to stop.
    is_interrupted: AtomicBool,
}

impl Store {
    /// Starts a read with this time limit.
    ///
    /// # Errors
    /// All connections for such reads are in use, or the store can't be read.
    pub(super) async fn read_within(&self, within: Duration) -> Result<BoundedRead, SqliteError> {
        let mut connection = self.searchers.acquire().await?;
        let shared = Arc::new(Shared::default());
        let (asked, until) = (shared.clone(), Instant::now() + within);
        connection.lock_handle().await?.set_progress_handler(STEPS, move || {
            let goes_on = !asked.is_left.load(Ordering::Relaxed) && Instant::now() < until;
            if !goes_on {
                asked.is_interrupted.store(true, Ordering::Release);
            }
            goes_on
        });
        let mut read = BoundedRead { connection, shared, is_over: false };
        let begun = sqlx::query("BEGIN").execute(&mut *read).await;
        read.told(begun)?;
        Ok(read)
    }
}

impl BoundedRead {
    /// Returns the result of a statement, or [`SqliteError::TooLong`] if it was interrupted.
    pub(super) fn told<T>(&self, result: Result<T, sqlx::Error>) -> Result<T, SqliteError> {
        result.map_err(|error| if self.shared.is_interrupted.load(Ordering::Acquire) { SqliteError::TooLong } else { error.into() })
    }

    /// Returns the connection to the pool.
    ///
    /// # Errors
    /// An error of SQLite.
    pub(super) async fn end(mut self) -> Result<(), SqliteError> {
        self.connection.lock_handle().await?.remove_progress_handler();
        sqlx::query("COMMIT").execute(&mut *self).await?;
        self.is_over = true;
        Ok(())
    }
}

impl Deref for BoundedRead {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for BoundedRead {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}

impl Drop for BoundedRead {
    fn drop(&mut self) {
        if !self.is_over {
            self.shared.is_left.store(true, Ordering::Relaxed);
            self.connection.close_on_drop();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ENDLESS: &str = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n) SELECT count(*) FROM n";

    async fn store(folder: &tempfile::TempDir) -> Store {
        Store::open(&folder.path().join("holdfast.db")).await.unwrap()
    }

    /// Takes all connections for bounded reads at once, which shows that none is busy.
    async fn all_are_free(store: &Store) {
        let mut reads = Vec::new();
        for _ in 0..store.searchers.options().get_max_connections() {
            reads.push(store.read_within(Duration::from_secs(60)).await.unwrap());
        }
        for mut read in reads {
            let one: i64 = sqlx::query_scalar("SELECT 1").fetch_one(&mut *read).await.unwrap();
            read.end().await.unwrap();
            assert_eq!(one, 1);
        }
    }

    #[tokio::test]
    async fn a_read_that_takes_too_long_is_interrupted() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        for _ in 0..8 {
            let mut read = store.read_within(Duration::from_millis(20)).await.unwrap();
            let endless = sqlx::query_scalar::<_, i64>(ENDLESS).fetch_one(&mut *read).await;
            assert!(matches!(read.told(endless), Err(SqliteError::TooLong)));
        }
        all_are_free(&store).await;
    }

    #[tokio::test]
    async fn a_read_that_nobody_waits_for_is_interrupted() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        for _ in 0..8 {
            let mut read = store.read_within(Duration::from_secs(3_600)).await.unwrap();
            let endless = sqlx::query_scalar::<_, i64>(ENDLESS).fetch_one(&mut *read);
            assert!(tokio::time::timeout(Duration::from_millis(20), endless).await.is_err());
        }
        all_are_free(&store).await;
    }
}
