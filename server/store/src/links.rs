use holdfast_core::accounts::stored::{Claimed, NewAdmin};
use holdfast_protocol::{
    UserId,
    api::{Role, User},
};
use sqlx::SqliteConnection;

use super::{SqliteError, Store, to_i64, users};
use holdfast_core::clock::Millis;

impl Store {
    /// Returns whether there is an administrator.
    pub async fn has_admin(&self) -> Result<bool, SqliteError> {
        Ok(sqlx::query("SELECT 1 FROM users WHERE role = 'admin' LIMIT 1").fetch_optional(&self.readers).await?.is_some())
    }

    /// Stores the link for the first administrator. Earlier links become invalid.
    pub async fn keep_claim(&self, hash: &[u8; 32], now: Millis) -> Result<(), SqliteError> {
        let mut tx = self.write().await?;
        sqlx::query("DELETE FROM links WHERE user_id IS NULL").execute(&mut *tx).await?;
        keep(&mut tx, hash, None, now, Millis::MAX).await?;
        tx.commit().await
    }

    /// Makes the first administrator and invalidates the link, in one transaction, so that a link can't be used twice.
    pub async fn claim(&self, hash: &[u8; 32], who: &NewAdmin<'_>, now: Millis) -> Result<Claimed, SqliteError> {
        let mut tx = self.write().await?;
        let used = sqlx::query("DELETE FROM links WHERE hash = ? AND user_id IS NULL AND expires_at > ?")
            .bind(hash.as_slice())
            .bind(to_i64(now))
            .execute(&mut *tx)
            .await?;
        let admin = sqlx::query("SELECT 1 FROM users WHERE role = 'admin' LIMIT 1").fetch_optional(&mut *tx).await?;
        if used.rows_affected() != 1 || admin.is_some() {
            return Ok(Claimed::BadLink);
        }
        let id = match who {
            NewAdmin::Raised(id) => {
                let done =
                    sqlx::query("UPDATE users SET role = 'admin' WHERE id = ? AND role = 'member'").bind(id.0).execute(&mut *tx).await?;
                if done.rows_affected() != 1 {
                    return Ok(Claimed::BadLink);
                }
                *id
            }
            NewAdmin::Made { id, username, password_hash } => {
                let done = users::insert(*id, username, Some(password_hash), "admin", now).execute(&mut *tx).await;
                if !users::if_free(done)? {
                    return Ok(Claimed::NameTaken);
                }
                *id
            }
        };
        let username: String = sqlx::query_scalar("SELECT username FROM users WHERE id = ?").bind(id.0).fetch_one(&mut *tx).await?;
        tx.commit().await?;
        Ok(Claimed::Admin(User { id, username, role: Role::Admin }))
    }

    /// Stores a link to set a user's password. An earlier one becomes invalid. Returns false if there is no such account.
    pub async fn keep_password_link(&self, user: UserId, hash: &[u8; 32], now: Millis, expires_at: Millis) -> Result<bool, SqliteError> {
        let mut tx = self.write().await?;
        let known = sqlx::query("SELECT 1 FROM users WHERE id = ? AND role <> 'guest'").bind(user.0).fetch_optional(&mut *tx).await?;
        if known.is_none() {
            return Ok(false);
        }
        sqlx::query("DELETE FROM links WHERE user_id = ?").bind(user.0).execute(&mut *tx).await?;
        keep(&mut tx, hash, Some(user), now, expires_at).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Returns the account for which a link sets the password, if the link is valid.
    pub async fn password_link_for(&self, hash: &[u8; 32], now: Millis) -> Result<Option<User>, SqliteError> {
        let row =
            sqlx::query("SELECT users.id, username, role FROM links JOIN users ON users.id = user_id WHERE hash = ? AND expires_at > ?")
                .bind(hash.as_slice())
                .bind(to_i64(now))
                .fetch_optional(&self.readers)
                .await?;
        row.as_ref().map(users::user).transpose()
    }

    /// Sets a password with a link, invalidates the link, and ends all of the user's sessions. Returns `None` if the link is not valid.
    pub async fn use_password_link(&self, hash: &[u8; 32], password_hash: &str, now: Millis) -> Result<Option<User>, SqliteError> {
        let mut tx = self.write().await?;
        let user: Option<uuid::Uuid> =
            sqlx::query_scalar("DELETE FROM links WHERE hash = ? AND user_id IS NOT NULL AND expires_at > ? RETURNING user_id")
                .bind(hash.as_slice())
                .bind(to_i64(now))
                .fetch_optional(&mut *tx)
                .await?;
        let Some(user) = user else { return Ok(None) };
        let row = sqlx::query("UPDATE users SET password_hash = ? WHERE id = ? RETURNING id, username, role")
            .bind(password_hash)
            .bind(user)
            .fetch_one(&mut *tx)
            .await?;
        sqlx::query("UPDATE sessions SET revoked_at = ? WHERE user_id = ? AND revoked_at IS NULL")
            .bind(to_i64(now))
            .bind(user)
            .execute(&mut *tx)
            .await?;
        let user = users::user(&row)?;
        tx.commit().await?;
        Ok(Some(user))
    }
}

async fn keep(
    connection: &mut SqliteConnection,
    hash: &[u8; 32],
    user: Option<UserId>,
    now: Millis,
    expires_at: Millis,
) -> Result<(), SqliteError> {
    sqlx::query("INSERT INTO links (hash, user_id, created_at, expires_at) VALUES (?, ?, ?, ?)")
        .bind(hash.as_slice())
        .bind(user.map(|user| user.0))
        .bind(to_i64(now))
        .bind(to_i64(expires_at))
        .execute(connection)
        .await?;
    Ok(())
}
