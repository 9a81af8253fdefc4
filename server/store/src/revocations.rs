use holdfast_core::accounts::stored::Revocation;
use holdfast_protocol::{ApiError, Reason, UserId};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{SqliteError, Store};

impl Store {
    /// Asks the server, if one is running, to close a user's connections, and to stop the user's answers if `stop_answers`.
    pub async fn request_revocation(&self, user: UserId, why: &ApiError, stop_answers: bool) -> Result<(), SqliteError> {
        let why = serde_json::to_string(why).map_err(|error| SqliteError::Corrupt(error.to_string()))?;
        let insert = sqlx::query("INSERT INTO revocations (user_id, reason, stop_answers) VALUES (?, ?, ?)");
        insert.bind(user.0).bind(why).bind(stop_answers).execute(&self.writer).await?;
        Ok(())
    }

    /// The revocations that no server has carried out yet, oldest first.
    pub async fn pending_revocations(&self) -> Result<Vec<Revocation>, SqliteError> {
        let rows = sqlx::query("SELECT seq, user_id, reason, stop_answers FROM revocations ORDER BY seq").fetch_all(&self.readers).await?;
        let revocation = |row: &SqliteRow| {
            // Earlier versions stored the sentence only.
            let why: String = row.try_get("reason")?;
            let why = serde_json::from_str(&why).unwrap_or_else(|_| ApiError { error: why, ..Reason::SessionEnded.into() });
            let (seq, user) = (row.try_get("seq")?, UserId(row.try_get("user_id")?));
            Ok(Revocation { seq, user, why, stop_answers: row.try_get("stop_answers")? })
        };
        rows.iter().map(revocation).collect()
    }

    /// Deletes the revocations up to and including `seq`.
    pub async fn revocations_done(&self, seq: i64) -> Result<(), SqliteError> {
        sqlx::query("DELETE FROM revocations WHERE seq <= ?").bind(seq).execute(&self.writer).await?;
        Ok(())
    }
}
