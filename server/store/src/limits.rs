use holdfast_protocol::limits::{Limit, LimitNumbers};

use super::{SqliteError, Store};

impl Store {
    /// Returns the stored limits, with default values for all others.
    pub async fn limits(&self) -> Result<LimitNumbers, SqliteError> {
        let rows: Vec<(String, u32)> = sqlx::query_as("SELECT name, value FROM limits").fetch_all(&self.readers).await?;
        let mut numbers = LimitNumbers::USUAL;
        for (name, value) in rows {
            let limit = Limit::ALL.into_iter().find(|limit| limit.as_str() == name);
            numbers.set(limit.ok_or_else(|| SqliteError::Corrupt(format!("the limit {name:?}")))?, value);
        }
        Ok(numbers)
    }

    /// Stores limits. Default values are not stored, so that they follow later changes of the defaults.
    pub async fn set_limits(&self, numbers: &LimitNumbers) -> Result<(), SqliteError> {
        let mut tx = self.write().await?;
        sqlx::query("DELETE FROM limits").execute(&mut *tx).await?;
        for limit in Limit::ALL.into_iter().filter(|limit| numbers.get(*limit) != LimitNumbers::USUAL.get(*limit)) {
            let insert = sqlx::query("INSERT INTO limits (name, value) VALUES (?, ?)").bind(limit.as_str());
            insert.bind(numbers.get(limit)).execute(&mut *tx).await?;
        }
        tx.commit().await
    }
}
