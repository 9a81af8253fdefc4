//! A write transaction that leaves nothing behind.
//!
//! SQLite ends a transaction by itself where its commit fails for want of space. sqlx then still counts it as open, and
//! what comes after is written inside of a savepoint that nobody commits: it would be told as saved, and be gone. So a
//! connection whose transaction was not brought to its end is closed, and the pool opens another.

use std::ops::{Deref, DerefMut};

use sqlx::{Sqlite, SqliteConnection, pool::PoolConnection};

use super::{Store, StoreError};

impl Store {
    /// Begins a write transaction, and waits for its turn. Dropped without a commit, it did nothing.
    ///
    /// # Errors
    /// The store is locked by someone else, full, or damaged.
    pub(super) async fn write(&self) -> Result<Transaction, StoreError> {
        let mut transaction = Transaction { connection: self.writer.acquire().await?, is_over: false };
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *transaction).await?;
        Ok(transaction)
    }
}

/// See [`Store::write`].
#[derive(Debug)]
pub(super) struct Transaction {
    connection: PoolConnection<Sqlite>,
    is_over: bool,
}

impl Transaction {
    /// What was written is kept from here on.
    ///
    /// # Errors
    /// It could not be kept, and nothing of it is.
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        sqlx::query("COMMIT").execute(&mut *self).await?;
        self.is_over = true;
        Ok(())
    }

    /// Nothing was to be written after all. The same as dropping it, but that the connection is kept.
    ///
    /// # Errors
    /// What SQLite says; nothing was written in either case.
    pub(super) async fn rollback(mut self) -> Result<(), StoreError> {
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
