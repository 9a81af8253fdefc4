//! Read-only links to conversations.

use holdfast_core::conversations::{NewShare, Shared};
use holdfast_protocol::{ConversationId, MessageId, ShareId, UserId, transfer::Share};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{SqliteError, Store, to_i64, to_u64};
use holdfast_core::clock::Millis;

const SHARE: &str = "SELECT shares.id, conversation_id, title, shares.created_at, expires_at
    FROM shares JOIN conversations ON conversations.id = conversation_id";

impl Store {
    /// Stores a link.
    ///
    /// # Errors
    /// [`SqliteError::OverQuota`] if the user's quota would be exceeded; otherwise an error of SQLite.
    pub async fn add_share(&self, new: &NewShare, now: Millis) -> Result<(), SqliteError> {
        let mut tx = self.write_more(new.user).await?;
        sqlx::query(
            "INSERT INTO shares (id, hash, user_id, conversation_id, message_id, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(new.id.0)
        .bind(new.hash.as_slice())
        .bind(new.user.0)
        .bind(new.conversation.0)
        .bind(new.message.0)
        .bind(to_i64(now))
        .bind(to_i64(new.expires_at))
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// Returns a user's valid links, newest first.
    pub async fn shares_of(&self, user: UserId, now: Millis) -> Result<Vec<Share>, SqliteError> {
        let sql = sqlx::AssertSqlSafe(format!(
            "{SHARE} WHERE shares.user_id = ? AND expires_at > ? AND removed_at IS NULL ORDER BY shares.id DESC LIMIT 500"
        ));
        let rows = sqlx::query(sql).bind(user.0).bind(to_i64(now)).fetch_all(&self.readers).await?;
        rows.iter().map(share).collect()
    }

    /// Withdraws a user's link. Returns false if the user has none with this id.
    pub async fn withdraw_share(&self, user: UserId, id: ShareId) -> Result<bool, SqliteError> {
        let done = sqlx::query("DELETE FROM shares WHERE id = ? AND user_id = ?").bind(id.0).bind(user.0).execute(&self.writer).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Returns what a valid link shows. Links of suspended users show nothing.
    pub async fn shared(&self, hash: &[u8; 32], now: Millis) -> Result<Option<Shared>, SqliteError> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT users.id AS owner, message_id, rev, found.* FROM ({SHARE} WHERE hash = ?1 AND expires_at > ?2 AND removed_at IS NULL) AS found
             JOIN shares ON shares.id = found.id JOIN users ON users.id = shares.user_id
             JOIN conversations ON conversations.id = found.conversation_id WHERE suspended_at IS NULL"
        ));
        let row = sqlx::query(sql).bind(hash.as_slice()).bind(to_i64(now)).fetch_optional(&self.readers).await?;
        row.map(|row| {
            Ok(Shared {
                share: share(&row)?,
                owner: UserId(row.try_get("owner")?),
                message: MessageId(row.try_get("message_id")?),
                rev: to_u64(row.try_get("rev")?),
            })
        })
        .transpose()
    }

    /// Deletes expired links.
    pub async fn forget_shares(&self, now: Millis) -> Result<u64, SqliteError> {
        let done = sqlx::query("DELETE FROM shares WHERE expires_at <= ?").bind(to_i64(now)).execute(&self.writer).await?;
        Ok(done.rows_affected())
    }
}

fn share(row: &SqliteRow) -> Result<Share, SqliteError> {
    Ok(Share {
        id: ShareId(row.try_get("id")?),
        conversation_id: ConversationId(row.try_get("conversation_id")?),
        title: row.try_get("title")?,
        created_at: to_u64(row.try_get("created_at")?),
        expires_at: to_u64(row.try_get("expires_at")?),
    })
}
