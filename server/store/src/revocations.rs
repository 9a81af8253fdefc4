use holdfast_core::accounts::stored::Revocation;
use holdfast_protocol::{ApiError, Reason, UserId};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{SqliteError, Store};

impl Store {
    /// Asks the server, if one is running, to close a user's connections.
    pub async fn request_revocation(&self, user: UserId, why: &ApiError) -> Result<(), SqliteError> {
        let why = serde_json::to_string(why).map_err(|error| SqliteError::Corrupt(error.to_string()))?;
        sqlx::query("INSERT INTO revocations (user_id, reason) VALUES (?, ?)").bind(user.0).bind(why).execute(&self.writer).await?;
        Ok(())
    }

    /// The revocations that no server has carried out yet, oldest first.
    pub async fn pending_revocations(&self) -> Result<Vec<Revocation>, SqliteError> {
        let rows = sqlx::query("SELECT seq, user_id, reason FROM revocations ORDER BY seq").fetch_all(&self.readers).await?;
        let revocation = |row: &SqliteRow| {
            // Earlier versions stored the sentence only.
            let why: String = row.try_get("reason")?;
            let why = serde_json::from_str(&why).unwrap_or_else(|_| ApiError { error: why, ..Reason::SessionEnded.into() });
            Ok(Revocation { seq: row.try_get("seq")?, user: UserId(row.try_get("user_id")?), why })
        };
        rows.iter().map(revocation).collect()
    }

    /// Deletes the revocations up to and including `seq`.
    pub async fn revocations_done(&self, seq: i64) -> Result<(), SqliteError> {
        sqlx::query("DELETE FROM revocations WHERE seq <= ?").bind(seq).execute(&self.writer).await?;
        Ok(())
    }
}
