use holdfast_core::accounts::stored::{Joined, NewInvitation};
use holdfast_protocol::{
    InvitationId, UserId,
    api::{Role, User},
    people::{Invitation, InvitationState},
};
use sqlx::{Row as _, SqliteExecutor, sqlite::SqliteRow};

use super::{SqliteError, Store, to_i64, to_u64, users};
use holdfast_core::clock::Millis;

impl Store {
    /// Stores an invitation.
    pub async fn add_invitation(&self, new: &NewInvitation, now: Millis) -> Result<Invitation, SqliteError> {
        sqlx::query("INSERT INTO invitations (id, hash, note, uses, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)")
            .bind(new.id.0)
            .bind(new.hash.as_slice())
            .bind(&new.note)
            .bind(new.uses)
            .bind(to_i64(now))
            .bind(to_i64(new.expires_at))
            .execute(&self.writer)
            .await?;
        Ok(Invitation { id: new.id, note: new.note.clone(), uses: new.uses, used: 0, created_at: now, expires_at: new.expires_at })
    }

    /// Returns the invitations that can still be used, newest first.
    pub async fn invitations(&self, now: Millis) -> Result<Vec<Invitation>, SqliteError> {
        let rows = sqlx::query(
            "SELECT id, note, uses, used, created_at, expires_at FROM invitations WHERE used < uses AND expires_at > ? ORDER BY id DESC",
        )
        .bind(to_i64(now))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(invitation).collect()
    }

    /// Returns whether an invitation can be used.
    pub async fn invitation_state(&self, code: &[u8; 32], now: Millis) -> Result<InvitationState, SqliteError> {
        state(&self.readers, code, now).await
    }

    /// Withdraws an invitation. Returns false if there is none with this id.
    pub async fn withdraw_invitation(&self, id: InvitationId) -> Result<bool, SqliteError> {
        let done = sqlx::query("DELETE FROM invitations WHERE id = ?").bind(id.0).execute(&self.writer).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Creates an account with an invitation, like [`Store::add_member`] without one.
    pub async fn join(&self, code: &[u8; 32], id: UserId, username: &str, password_hash: &str, now: Millis) -> Result<Joined, SqliteError> {
        let mut tx = self.write().await?;
        if !spend(&mut *tx, code, now).await? {
            return Ok(Joined::BadInvitation(state(&mut *tx, code, now).await?));
        }
        let done = users::insert(id, username, Some(password_hash), "member", now).execute(&mut *tx).await;
        if !users::if_free(done)? {
            return Ok(Joined::NameTaken);
        }
        tx.commit().await?;
        Ok(Joined::Member(User { id, username: username.to_owned(), role: Role::Member }))
    }
}

/// Counts one use of an invitation. Returns false if it can't be used any more.
pub(super) async fn spend(store: impl SqliteExecutor<'_>, code: &[u8; 32], now: Millis) -> Result<bool, SqliteError> {
    let used = sqlx::query("UPDATE invitations SET used = used + 1 WHERE hash = ? AND used < uses AND expires_at > ?")
        .bind(code.as_slice())
        .bind(to_i64(now))
        .execute(store)
        .await?;
    Ok(used.rows_affected() == 1)
}

async fn state(store: impl SqliteExecutor<'_>, code: &[u8; 32], now: Millis) -> Result<InvitationState, SqliteError> {
    let query = sqlx::query_as("SELECT used >= uses, expires_at <= ? FROM invitations WHERE hash = ?");
    let found: Option<(bool, bool)> = query.bind(to_i64(now)).bind(code.as_slice()).fetch_optional(store).await?;
    Ok(match found {
        None => InvitationState::Unknown,
        Some((true, _)) => InvitationState::UsedUp,
        Some((_, true)) => InvitationState::Expired,
        Some(_) => InvitationState::Good,
    })
}

fn invitation(row: &SqliteRow) -> Result<Invitation, SqliteError> {
    Ok(Invitation {
        id: InvitationId(row.try_get("id")?),
        note: row.try_get("note")?,
        uses: row.try_get("uses")?,
        used: row.try_get("used")?,
        created_at: to_u64(row.try_get("created_at")?),
        expires_at: to_u64(row.try_get("expires_at")?),
    })
}
