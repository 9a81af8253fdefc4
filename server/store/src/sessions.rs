use holdfast_core::accounts::stored::{CookieRotation, NewSession, Rotation, SessionState, StoredSession};
use holdfast_protocol::{SessionId, UserId, api::Role, people::SessionInfo};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{SqliteError, Store, to_i64, to_u64, users};
use holdfast_core::{clock::Millis, sessions};

/// How long the previous cookie is accepted after a rotation, ms: two tabs may refresh at the same time, and the reply with the new cookie
/// may be lost.
const ROTATION_GRACE: Millis = 60_000;

/// Maximum number of sessions of a user, including those that have ended.
const MOST_SESSIONS: u32 = 200;

impl Store {
    /// Stores a new session. A user has at most [`MOST_SESSIONS`]. Surplus ones are deleted: first those that have ended, then the least
    /// recently used.
    pub async fn add_session(&self, session: &NewSession, now: Millis) -> Result<(), SqliteError> {
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO sessions (id, user_id, cookie_hash, rotated_at, created_at, expires_at, device, family_hash, proved_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(session.id.0)
        .bind(session.user.0)
        .bind(session.cookie_hash.as_slice())
        .bind(to_i64(now))
        .bind(to_i64(now))
        .bind(to_i64(session.expires_at))
        .bind(&session.device)
        .bind(session.family_hash.as_slice())
        .bind(session.proved.then(|| to_i64(now)))
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "DELETE FROM sessions WHERE id IN (
                 SELECT id FROM sessions WHERE user_id = ?1 AND id <> ?2
                 ORDER BY revoked_at IS NULL AND expires_at > ?3 DESC, rotated_at DESC LIMIT -1 OFFSET ?4)",
        )
        .bind(session.user.0)
        .bind(session.id.0)
        .bind(to_i64(now))
        .bind(MOST_SESSIONS - 1)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// Gives an existing session new cookies, and a new beginning, end and device. Returns false if the session was ended, or belongs to
    /// another user.
    pub async fn begin_session_anew(&self, session: &NewSession, now: Millis) -> Result<bool, SqliteError> {
        let done = sqlx::query(
            "UPDATE sessions SET cookie_hash = ?, family_hash = ?, previous_hash = NULL, rotated_at = ?, created_at = ?, expires_at = ?,
                 device = ?, proved_at = coalesce(?, proved_at)
             WHERE id = ? AND user_id = ? AND revoked_at IS NULL",
        )
        .bind(session.cookie_hash.as_slice())
        .bind(session.family_hash.as_slice())
        .bind(to_i64(now))
        .bind(to_i64(now))
        .bind(to_i64(session.expires_at))
        .bind(&session.device)
        .bind(session.proved.then(|| to_i64(now)))
        .bind(session.id.0)
        .bind(session.user.0)
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Returns a session. Returns `None` if there is none with this id, or if it was ended.
    pub async fn session(&self, id: SessionId, now: Millis) -> Result<Option<SessionState>, SqliteError> {
        let row = sqlx::query(
            "SELECT sessions.id AS session, expires_at, users.id, username, role, suspended_at, suspended_reason
             FROM sessions JOIN users ON users.id = user_id
             WHERE sessions.id = ? AND revoked_at IS NULL",
        )
        .bind(id.0)
        .fetch_optional(&self.session_readers)
        .await?;
        row.as_ref().map(|row| self.session_state(row, now)).transpose()
    }

    /// Returns when the user of a session last proved who they are in it. Returns `None` if they never did.
    pub async fn session_proved(&self, id: SessionId) -> Result<Option<Millis>, SqliteError> {
        let at: Option<Option<i64>> =
            sqlx::query_scalar("SELECT proved_at FROM sessions WHERE id = ?").bind(id.0).fetch_optional(&self.session_readers).await?;
        Ok(at.flatten().map(to_u64))
    }

    /// Returns the session of a cookie without rotating the cookie, to render pages. Returns `None` if there is none, or if it was ended.
    pub async fn session_by_cookie(&self, cookie_hash: &[u8; 32], now: Millis) -> Result<Option<SessionState>, SqliteError> {
        let row = sqlx::query(
            "SELECT sessions.id AS session, expires_at, users.id, username, role, suspended_at, suspended_reason
             FROM sessions JOIN users ON users.id = user_id
             WHERE (cookie_hash = ?1 OR (previous_hash = ?1 AND rotated_at BETWEEN ?2 AND ?3)) AND revoked_at IS NULL",
        )
        .bind(cookie_hash.as_slice())
        .bind(to_i64(now.saturating_sub(ROTATION_GRACE) + 1))
        .bind(to_i64(now.saturating_add(ROTATION_GRACE)))
        .fetch_optional(&self.session_readers)
        .await?;
        row.as_ref().map(|row| self.session_state(row, now)).transpose()
    }

    /// Replaces a session's cookie, and extends the session. An account's session never lasts longer than `longest`, ms; `None` for no such
    /// limit.
    ///
    /// A cookie is replaced at most once a minute. During that minute, a tab may still send the previous cookie. After it, the previous
    /// cookie is taken as stolen; any older one always is. The session of a stolen cookie is ended.
    pub async fn rotate_session(&self, cookies: &CookieRotation, now: Millis, longest: Option<Millis>) -> Result<Rotation, SqliteError> {
        // Look for the cookie without the write lock first, so that requests with invented cookies do not delay writers.
        let is_known: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM sessions WHERE (cookie_hash = ?1 OR previous_hash = ?1 OR family_hash = ?2) AND revoked_at IS NULL)",
        )
        .bind(cookies.old.as_slice())
        .bind(cookies.family.as_slice())
        .fetch_one(&self.session_readers)
        .await?;
        if !is_known {
            return Ok(Rotation::Gone);
        }
        let mut tx = self.write().await?;
        let row = sqlx::query(
            "SELECT sessions.id AS session, sessions.created_at AS began, expires_at, users.id, username, role, suspended_at, suspended_reason,
                 cookie_hash = ?1 AS current, coalesce(previous_hash = ?1, FALSE) AS before,
                 previous_hash IS NOT NULL AND rotated_at BETWEEN ?3 AND ?4 AS recent
             FROM sessions JOIN users ON users.id = user_id
             WHERE (cookie_hash = ?1 OR previous_hash = ?1 OR family_hash = ?2) AND revoked_at IS NULL",
        )
        .bind(cookies.old.as_slice())
        .bind(cookies.family.as_slice())
        .bind(to_i64(now.saturating_sub(ROTATION_GRACE) + 1))
        .bind(to_i64(now.saturating_add(ROTATION_GRACE)))
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = row else {
            tx.rollback().await?;
            return Ok(Rotation::Gone);
        };
        let SessionState::Open(session) = self.session_state(&row, now)? else {
            tx.rollback().await?;
            return Ok(Rotation::Expired);
        };
        let longest = longest.filter(|_| session.user.role != Role::Guest);
        let expires_at = sessions::ends_at(to_u64(row.try_get("began")?), now, longest);
        let (current, before, recent): (bool, bool, bool) = (row.try_get("current")?, row.try_get("before")?, row.try_get("recent")?);
        // A suspended user gets no new cookie, because the present one must work again when the suspension ends.
        if recent && (current || before) || current && session.suspended.is_some() {
            tx.rollback().await?;
            return Ok(Rotation::Recent(session));
        }
        if expires_at <= now && current {
            // `longest` may have been configured differently when the session was last used.
            sqlx::query("UPDATE sessions SET expires_at = ? WHERE id = ?")
                .bind(to_i64(expires_at))
                .bind(session.id.0)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            return Ok(Rotation::Expired);
        }
        if current {
            sqlx::query(
                "UPDATE sessions SET previous_hash = cookie_hash, cookie_hash = ?, family_hash = ?, rotated_at = ?, expires_at = ? WHERE id = ?",
            )
            .bind(cookies.new.as_slice())
            .bind(cookies.family.as_slice())
            .bind(to_i64(now))
            .bind(to_i64(expires_at))
            .bind(session.id.0)
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            return Ok(Rotation::Rotated(session));
        }
        sqlx::query("UPDATE sessions SET revoked_at = ? WHERE id = ?").bind(to_i64(now)).bind(session.id.0).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(Rotation::Stolen(session.id, session.user.id))
    }

    /// Ends a session.
    pub async fn revoke_session(&self, id: SessionId, now: Millis) -> Result<(), SqliteError> {
        sqlx::query("UPDATE sessions SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL")
            .bind(to_i64(now))
            .bind(id.0)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// Returns a user's valid sessions, the most recently used first. `current` is the session that asks.
    pub async fn sessions_of(&self, user: UserId, current: SessionId, now: Millis) -> Result<Vec<SessionInfo>, SqliteError> {
        let rows = sqlx::query(
            "SELECT id, device, created_at, rotated_at FROM sessions
             WHERE user_id = ? AND revoked_at IS NULL AND expires_at > ? ORDER BY rotated_at DESC, id DESC LIMIT 500",
        )
        .bind(user.0)
        .bind(to_i64(now))
        .fetch_all(&self.session_readers)
        .await?;
        let session = |row: &SqliteRow| {
            let id = SessionId(row.try_get("id")?);
            let (created_at, used_at) = (to_u64(row.try_get("created_at")?), to_u64(row.try_get("rotated_at")?));
            Ok(SessionInfo { id, device: row.try_get("device")?, created_at, used_at, current: id == current })
        };
        rows.iter().map(session).collect()
    }

    /// Ends one of a user's sessions. Returns false if the user has no open session with this id.
    pub async fn revoke_session_of(&self, user: UserId, id: SessionId, now: Millis) -> Result<bool, SqliteError> {
        let done = sqlx::query("UPDATE sessions SET revoked_at = ? WHERE id = ? AND user_id = ? AND revoked_at IS NULL")
            .bind(to_i64(now))
            .bind(id.0)
            .bind(user.0)
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends all of a user's sessions except `but`.
    pub async fn revoke_sessions(&self, user: UserId, but: Option<SessionId>, now: Millis) -> Result<(), SqliteError> {
        sqlx::query("UPDATE sessions SET revoked_at = ? WHERE user_id = ? AND revoked_at IS NULL AND id IS NOT ?")
            .bind(to_i64(now))
            .bind(user.0)
            .bind(but.map(|id| id.0))
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// Deletes sessions that expired or were ended before a time. Returns their number.
    pub async fn forget_sessions(&self, before: Millis) -> Result<u64, SqliteError> {
        let done =
            sqlx::query("DELETE FROM sessions WHERE expires_at < ?1 OR revoked_at < ?1").bind(to_i64(before)).execute(&self.writer).await?;
        Ok(done.rows_affected())
    }

    /// Returns the state of a row's session. A guest can't sign in again, so jumps of the clock do not let a guest's session expire.
    fn session_state(&self, row: &SqliteRow, now: Millis) -> Result<SessionState, SqliteError> {
        let user = users::user(row)?;
        let now = if user.role == Role::Guest { self.age_now(now) } else { now };
        if to_u64(row.try_get("expires_at")?) <= now {
            return Ok(SessionState::Expired);
        }
        Ok(SessionState::Open(StoredSession { id: SessionId(row.try_get("session")?), user, suspended: users::suspended(row)? }))
    }
}
