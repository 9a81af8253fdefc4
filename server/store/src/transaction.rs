//! Write transactions that always end completely.
//!
//! SQLite ends a transaction on its own if its commit fails because the disk is full. sqlx still counts it as open, so that later writes
//! would go to a savepoint that nobody commits: they would be reported as saved, and be lost. So the connection of a transaction without
//! a proper end is closed, and the pool opens another.

use std::ops::{Deref, DerefMut};

use sqlx::{Sqlite, SqliteConnection, pool::PoolConnection};

use super::{SqliteError, Store};

impl Store {
    /// Waits for its turn, and starts a write transaction. Dropping it without a commit rolls it back.
    ///
    /// # Errors
    /// The store is locked, full or damaged.
    pub(super) async fn write(&self) -> Result<Transaction, SqliteError> {
        let mut transaction = Transaction { connection: self.writer.acquire().await?, is_over: false };
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *transaction).await?;
        Ok(transaction)
    }
}

/// A write transaction; see [`Store::write`].
#[derive(Debug)]
pub(super) struct Transaction {
    connection: PoolConnection<Sqlite>,
    is_over: bool,
}

impl Transaction {
    /// Commits.
    ///
    /// # Errors
    /// It failed, and nothing was written.
    pub(super) async fn commit(mut self) -> Result<(), SqliteError> {
        sqlx::query("COMMIT").execute(&mut *self).await?;
        self.is_over = true;
        Ok(())
    }

    /// Rolls back, and keeps the connection.
    ///
    /// # Errors
    /// An error of SQLite; nothing was written in either case.
    pub(super) async fn rollback(mut self) -> Result<(), SqliteError> {
        sqlx::query("ROLLBACK").execute(&mut *self).await?;
        self.is_over = true;
        Ok(())
    }
}

impl Deref for Transaction {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if !self.is_over {
            self.connection.close_on_drop();
        }
    }
}
