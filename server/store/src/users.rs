use holdfast_core::accounts::stored::{Change, StoredUser};
use holdfast_protocol::{
    UserId,
    api::{Role, User},
};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{SqliteError, Store, erase, to_i64};
use holdfast_core::{clock::Millis, names};

impl Store {
    /// Creates a guest.
    pub async fn add_guest(&self, id: UserId, now: Millis) -> Result<User, SqliteError> {
        let user = User { id, username: "Guest".into(), role: Role::Guest };
        sqlx::query("INSERT INTO users (id, username, role, created_at) VALUES (?, ?, 'guest', ?)")
            .bind(id.0)
            .bind(&user.username)
            .bind(to_i64(now))
            .execute(&self.writer)
            .await?;
        Ok(user)
    }

    /// Creates an account, or turns a guest into one, who keeps all data. Returns `None` if the name is taken.
    pub async fn add_member(&self, id: UserId, username: &str, password_hash: &str, now: Millis) -> Result<Option<User>, SqliteError> {
        let done = insert(id, username, Some(password_hash), "member", now).execute(&self.writer).await;
        let made = if_free(done)?;
        Ok(made.then(|| User { id, username: username.to_owned(), role: Role::Member }))
    }

    /// Returns the user with this name.
    pub async fn user_by_name(&self, username: &str) -> Result<Option<StoredUser>, SqliteError> {
        let row = sqlx::query("SELECT id, username, role, password_hash, suspended_at, suspended_reason FROM users WHERE username_key = ?")
            .bind(names::key(username))
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(stored).transpose()
    }

    /// Returns the user with this id.
    pub async fn user(&self, id: UserId) -> Result<Option<StoredUser>, SqliteError> {
        let row =
            sqlx::query("SELECT id, username, role, password_hash, suspended_at, suspended_reason FROM users WHERE id = ? AND removed = 0")
                .bind(id.0)
                .fetch_optional(&self.readers)
                .await?;
        row.as_ref().map(stored).transpose()
    }

    /// Renames a user. Returns false if the name is taken.
    pub async fn rename_user(&self, id: UserId, username: &str) -> Result<bool, SqliteError> {
        let done = sqlx::query("UPDATE users SET username = ?, username_key = ? WHERE id = ? AND role <> 'guest'")
            .bind(username)
            .bind(names::key(username))
            .bind(id.0)
            .execute(&self.writer)
            .await;
        if_free(done)
    }

    /// Changes a user's password. Links to set it become invalid.
    pub async fn set_password(&self, id: UserId, password_hash: &str) -> Result<(), SqliteError> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE users SET password_hash = ? WHERE id = ? AND role <> 'guest'")
            .bind(password_hash)
            .bind(id.0)
            .execute(&mut *tx)
            .await?;
        sqlx::query("DELETE FROM links WHERE user_id = ?").bind(id.0).execute(&mut *tx).await?;
        tx.commit().await
    }

    /// Removes a user: the user is invisible, can't sign in, and the name is free. The user's data is erased later (see
    /// [`Store::erase_piece`]), or at once if it is little.
    pub async fn remove_user(&self, id: UserId) -> Result<Change, SqliteError> {
        let mut tx = self.write().await?;
        if is_last_admin(&mut tx, id).await? {
            return Ok(Change::LastAdmin);
        }
        let was_there = remove(&mut tx, id).await?;
        if erase::is_small(&mut tx, id).await? {
            sqlx::query("DELETE FROM users WHERE id = ?").bind(id.0).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(if was_there { Change::Done } else { Change::Missing })
    }

    /// Removes guests that were not used since a time, at most `limit`. Returns their ids.
    pub async fn remove_idle_guests(&self, since: Millis, limit: u32) -> Result<Vec<UserId>, SqliteError> {
        let mut tx = self.write().await?;
        let ids: Vec<uuid::Uuid> = sqlx::query_scalar(
            "SELECT id FROM users WHERE role = 'guest' AND removed = 0 AND created_at < ?1
             AND NOT EXISTS (SELECT 1 FROM sessions WHERE user_id = users.id AND rotated_at >= ?1) LIMIT ?2",
        )
        .bind(to_i64(since))
        .bind(limit)
        .fetch_all(&mut *tx)
        .await?;
        let ids: Vec<UserId> = ids.into_iter().map(UserId).collect();
        for id in &ids {
            remove(&mut tx, *id).await?;
        }
        tx.commit().await?;
        Ok(ids)
    }
}

/// Makes a user invisible, and deletes what they sign in with. They count as a suspended guest, whose links show nothing. Returns false
/// if there is no such user.
async fn remove(connection: &mut SqliteConnection, id: UserId) -> Result<bool, SqliteError> {
    let done = sqlx::query(
        "UPDATE users SET removed = 1, username = '', username_key = NULL, password_hash = NULL, role = 'guest', suspended_at = 0,
             suspended_reason = NULL
         WHERE id = ? AND removed = 0",
    )
    .bind(id.0)
    .execute(&mut *connection)
    .await?;
    for forget in [
        "DELETE FROM sessions WHERE user_id = ?",
        "DELETE FROM identities WHERE user_id = ?",
        "DELETE FROM second_factors WHERE user_id = ?",
        "DELETE FROM links WHERE user_id = ?",
        "DELETE FROM own_keys WHERE user_id = ?",
    ] {
        sqlx::query(forget).bind(id.0).execute(&mut *connection).await?;
    }
    Ok(done.rows_affected() == 1)
}

/// Returns the statement that creates an account, or turns a guest into one.
pub(super) fn insert<'q>(
    id: UserId,
    username: &'q str,
    password_hash: Option<&'q str>,
    role: &'static str,
    now: Millis,
) -> sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments> {
    sqlx::query(
        "INSERT INTO users (id, username, username_key, password_hash, role, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO UPDATE SET username = ?2, username_key = ?3, password_hash = ?4, role = ?5 WHERE role = 'guest' AND removed = 0",
    )
    .bind(id.0)
    .bind(username)
    .bind(names::key(username))
    .bind(password_hash)
    .bind(role)
    .bind(to_i64(now))
}

/// Returns whether a statement that sets a name changed something. A name that is taken is not an error.
pub(super) fn if_free(done: Result<sqlx::sqlite::SqliteQueryResult, sqlx::Error>) -> Result<bool, SqliteError> {
    match done {
        Ok(done) => Ok(done.rows_affected() == 1),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Returns whether a user is the only administrator who can sign in.
pub(super) async fn is_last_admin(connection: &mut SqliteConnection, id: UserId) -> Result<bool, SqliteError> {
    let others: Option<i64> = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM users WHERE role = 'admin' AND suspended_at IS NULL AND id <> ?1)
         FROM users WHERE id = ?1 AND role = 'admin' AND suspended_at IS NULL",
    )
    .bind(id.0)
    .fetch_optional(connection)
    .await?;
    Ok(others == Some(0))
}

pub(super) fn stored(row: &SqliteRow) -> Result<StoredUser, SqliteError> {
    Ok(StoredUser { user: user(row)?, password_hash: row.try_get("password_hash")?, suspended: suspended(row)? })
}

pub(super) fn suspended(row: &SqliteRow) -> Result<Option<String>, SqliteError> {
    let at: Option<i64> = row.try_get("suspended_at")?;
    let reason: Option<String> = row.try_get("suspended_reason")?;
    Ok(at.map(|_| reason.unwrap_or_default()))
}

pub(super) fn user(row: &SqliteRow) -> Result<User, SqliteError> {
    Ok(User { id: UserId(row.try_get("id")?), username: row.try_get("username")?, role: role(row)? })
}

pub(super) fn role(row: &SqliteRow) -> Result<Role, SqliteError> {
    match row.try_get("role")? {
        "guest" => Ok(Role::Guest),
        "member" => Ok(Role::Member),
        "admin" => Ok(Role::Admin),
        other => Err(SqliteError::Corrupt(format!("the role {other:?}"))),
    }
}
