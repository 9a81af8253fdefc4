use holdfast_core::accounts::stored::StoredFactor;
use holdfast_protocol::UserId;
use sqlx::Row as _;

use super::{SqliteError, Store, to_i64};

/// A used time step that is this far ahead (ten minutes) comes from a wrong clock.
const STEPS_AHEAD: i64 = 20;

impl Store {
    /// Stores a new secret, and replaces one that was never confirmed. Returns false if two-factor authentication is on.
    pub async fn begin_second_factor(&self, user: UserId, secret: &[u8]) -> Result<bool, SqliteError> {
        let done = sqlx::query(
            "INSERT INTO second_factors (user_id, secret) VALUES (?1, ?2)
             ON CONFLICT (user_id) DO UPDATE SET secret = ?2 WHERE in_force = 0",
        )
        .bind(user.0)
        .bind(secret)
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Returns the secret of an account.
    pub async fn second_factor(&self, user: UserId) -> Result<Option<StoredFactor>, SqliteError> {
        let row =
            sqlx::query("SELECT secret, in_force FROM second_factors WHERE user_id = ?").bind(user.0).fetch_optional(&self.readers).await?;
        row.map(|row| Ok(StoredFactor { secret: row.try_get("secret")?, in_force: row.try_get("in_force")? })).transpose()
    }

    /// Turns two-factor authentication on for the account with this secret, with recovery codes. Returns false if it is on already, or if
    /// another secret was stored meanwhile.
    pub async fn put_second_factor_into_force(
        &self,
        user: UserId,
        secret: &[u8],
        step: u64,
        codes: &[[u8; 32]],
    ) -> Result<bool, SqliteError> {
        let mut tx = self.write().await?;
        let done = sqlx::query("UPDATE second_factors SET in_force = 1, last_step = ? WHERE user_id = ? AND secret = ? AND in_force = 0")
            .bind(to_i64(step))
            .bind(user.0)
            .bind(secret)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() != 1 {
            tx.rollback().await?;
            return Ok(false);
        }
        for code in codes {
            sqlx::query("INSERT INTO recovery_codes (user_id, hash) VALUES (?, ?)")
                .bind(user.0)
                .bind(code.as_slice())
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Uses the code of a time step. Returns false if that step or a later one was used before. A used step that is far ahead is ignored:
    /// it was used while the clock was wrong, and would lock its owner out.
    pub async fn spend_step(&self, user: UserId, step: u64) -> Result<bool, SqliteError> {
        let done = sqlx::query("UPDATE second_factors SET last_step = ?1 WHERE user_id = ?2 AND (last_step < ?1 OR last_step > ?1 + ?3)")
            .bind(to_i64(step))
            .bind(user.0)
            .bind(STEPS_AHEAD)
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Uses a recovery code. Returns false if it does not exist or was used before.
    pub async fn spend_recovery_code(&self, user: UserId, hash: &[u8; 32]) -> Result<bool, SqliteError> {
        let done = sqlx::query("DELETE FROM recovery_codes WHERE user_id = ? AND hash = ?")
            .bind(user.0)
            .bind(hash.as_slice())
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Turns two-factor authentication off. Returns false if it was not on.
    pub async fn remove_second_factor(&self, user: UserId) -> Result<bool, SqliteError> {
        let done = sqlx::query("DELETE FROM second_factors WHERE user_id = ? AND in_force = 1").bind(user.0).execute(&self.writer).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Returns all secrets, for encrypting them again.
    pub async fn second_factors(&self) -> Result<Vec<(UserId, Vec<u8>)>, SqliteError> {
        let rows = sqlx::query("SELECT user_id, secret FROM second_factors").fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok((UserId(row.try_get("user_id")?), row.try_get("secret")?))).collect()
    }

    /// Stores a secret that was encrypted again.
    pub async fn keep_second_factor(&self, user: UserId, secret: &[u8]) -> Result<(), SqliteError> {
        sqlx::query("UPDATE second_factors SET secret = ? WHERE user_id = ?").bind(secret).bind(user.0).execute(&self.writer).await?;
        Ok(())
    }
}
