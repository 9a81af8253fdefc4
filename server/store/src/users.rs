use holdfast_protocol::{
    UserId,
    api::{Role, User},
};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{Store, StoreError, erase, to_i64};
use holdfast_core::{clock::Millis, names};

/// A user with what only the server may see.
#[derive(Clone)]
pub struct StoredUser {
    /// What others may see.
    pub user: User,
    /// PHC string; none for guests, and for who signs in through a provider alone.
    pub password_hash: Option<String>,
    /// Why they are suspended, where that is so.
    pub suspended: Option<String>,
}

/// What came of a change that may leave nobody in charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is done.
    Done,
    /// There is no such user.
    Missing,
    /// They are the only administrator.
    LastAdmin,
}

impl Store {
    /// Adds a guest.
    pub async fn add_guest(&self, id: UserId, now: Millis) -> Result<User, StoreError> {
        let user = User { id, username: "Guest".into(), role: Role::Guest };
        sqlx::query("INSERT INTO users (id, username, role, created_at) VALUES (?, ?, 'guest', ?)")
            .bind(id.0)
            .bind(&user.username)
            .bind(to_i64(now))
            .execute(&self.writer)
            .await?;
        Ok(user)
    }

    /// Adds a member, or makes one of a guest, who keeps everything. None where the name is taken.
    pub async fn add_member(&self, id: UserId, username: &str, password_hash: &str, now: Millis) -> Result<Option<User>, StoreError> {
        let done = insert(id, username, Some(password_hash), "member", now).execute(&self.writer).await;
        let made = if_free(done)?;
        Ok(made.then(|| User { id, username: username.to_owned(), role: Role::Member }))
    }

    /// The user with this name.
    pub async fn user_by_name(&self, username: &str) -> Result<Option<StoredUser>, StoreError> {
        let row = sqlx::query("SELECT id, username, role, password_hash, suspended_at, suspended_reason FROM users WHERE username_key = ?")
            .bind(names::key(username))
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(stored).transpose()
    }

    /// The user with this id.
    pub async fn user(&self, id: UserId) -> Result<Option<StoredUser>, StoreError> {
        let row =
            sqlx::query("SELECT id, username, role, password_hash, suspended_at, suspended_reason FROM users WHERE id = ? AND removed = 0")
                .bind(id.0)
                .fetch_optional(&self.readers)
                .await?;
        row.as_ref().map(stored).transpose()
    }

    /// Gives a user another name. False where it is taken.
    pub async fn rename_user(&self, id: UserId, username: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE users SET username = ?, username_key = ? WHERE id = ? AND role <> 'guest'")
            .bind(username)
            .bind(names::key(username))
            .bind(id.0)
            .execute(&self.writer)
            .await;
        if_free(done)
    }

    /// Gives a user another password. Links that would do so end.
    pub async fn set_password(&self, id: UserId, password_hash: &str) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE users SET password_hash = ? WHERE id = ? AND role <> 'guest'")
            .bind(password_hash)
            .bind(id.0)
            .execute(&mut *tx)
            .await?;
        sqlx::query("DELETE FROM links WHERE user_id = ?").bind(id.0).execute(&mut *tx).await?;
        tx.commit().await
    }

    /// Removes a user: they are out of everybody's sight, can't sign in, and their name is free. What is theirs is erased after that
    /// (see [`Store::erase_piece`]), or at once if it is little.
    pub async fn remove_user(&self, id: UserId) -> Result<Change, StoreError> {
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

    /// Removes guests whom nobody has used since a time, at most `limit` of them; gives who they were.
    pub async fn remove_idle_guests(&self, since: Millis, limit: u32) -> Result<Vec<UserId>, StoreError> {
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

/// Takes a user out of sight, with what they sign in by. They count as a suspended guest, whose links show nothing. Returns false if they
/// were not there.
async fn remove(connection: &mut SqliteConnection, id: UserId) -> Result<bool, StoreError> {
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

/// The statement that adds an account, or makes one of a guest.
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

/// Whether a statement that gives a name changed something. A name that is taken is no failure.
pub(super) fn if_free(done: Result<sqlx::sqlite::SqliteQueryResult, sqlx::Error>) -> Result<bool, StoreError> {
    match done {
        Ok(done) => Ok(done.rows_affected() == 1),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Whether a user is an administrator who can come in, and nobody else is.
pub(super) async fn is_last_admin(connection: &mut SqliteConnection, id: UserId) -> Result<bool, StoreError> {
    let others: Option<i64> = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM users WHERE role = 'admin' AND suspended_at IS NULL AND id <> ?1)
         FROM users WHERE id = ?1 AND role = 'admin' AND suspended_at IS NULL",
    )
    .bind(id.0)
    .fetch_optional(connection)
    .await?;
    Ok(others == Some(0))
}

pub(super) fn stored(row: &SqliteRow) -> Result<StoredUser, StoreError> {
    Ok(StoredUser { user: user(row)?, password_hash: row.try_get("password_hash")?, suspended: suspended(row)? })
}

pub(super) fn suspended(row: &SqliteRow) -> Result<Option<String>, StoreError> {
    let at: Option<i64> = row.try_get("suspended_at")?;
    let reason: Option<String> = row.try_get("suspended_reason")?;
    Ok(at.map(|_| reason.unwrap_or_default()))
}

pub(super) fn user(row: &SqliteRow) -> Result<User, StoreError> {
    Ok(User { id: UserId(row.try_get("id")?), username: row.try_get("username")?, role: role(row)? })
}

pub(super) fn role(row: &SqliteRow) -> Result<Role, StoreError> {
    match row.try_get("role")? {
        "guest" => Ok(Role::Guest),
        "member" => Ok(Role::Member),
        "admin" => Ok(Role::Admin),
        other => Err(StoreError::Corrupt(format!("the role {other:?}"))),
    }
}
