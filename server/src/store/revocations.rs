use holdfast_protocol::UserId;
use sqlx::Row as _;

use super::{Store, StoreError};

/// What another process did to a user: the running server ends what they have open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Its place in the order of things.
    pub seq: i64,
    /// Whom it concerns.
    pub user: UserId,
    /// Why, in words for them.
    pub why: String,
}

impl Store {
    /// Tells the server, should one run, to end what a user has open.
    pub async fn order_revocation(&self, user: UserId, why: &str) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO revocations (user_id, why) VALUES (?, ?)").bind(user.0).bind(why).execute(&self.writer).await?;
        Ok(())
    }

    /// What was ordered and not yet done.
    pub async fn ordered_endings(&self) -> Result<Vec<Revocation>, StoreError> {
        let rows = sqlx::query("SELECT seq, user_id, why FROM revocations ORDER BY seq").fetch_all(&self.readers).await?;
        rows.iter()
            .map(|row| Ok(Revocation { seq: row.try_get("seq")?, user: UserId(row.try_get("user_id")?), why: row.try_get("why")? }))
            .collect()
    }

    /// Forgets what is done, up to a place.
    pub async fn endings_done(&self, seq: i64) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM revocations WHERE seq <= ?").bind(seq).execute(&self.writer).await?;
        Ok(())
    }
}
