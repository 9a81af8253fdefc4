use holdfast_core::accounts::stored::{Admission, Identity, LinkOutcome, NewAccount, SignInOutcome, StoredUser, UnlinkOutcome};
use holdfast_protocol::{
    UserId,
    api::{Role, User},
};
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use super::{SqliteError, Store, invitations, to_i64, users};
use holdfast_core::{clock::Millis, names};

/// Number of variants of a name that are tried; after that, the name gets a random number.
const VARIANTS: u32 = 1_000;

impl Store {
    /// Finds or creates the account of a provider's user, in one transaction.
    ///
    /// An account is found only by issuer and subject. If the name is taken, it belongs to somebody else.
    pub async fn arrive(&self, who: &Identity<'_>, new: &NewAccount<'_>, now: Millis) -> Result<SignInOutcome, SqliteError> {
        let mut tx = self.write().await?;
        if let Some(mut known) = known(&mut tx, who).await? {
            let role_before = known.user.role;
            if let Some(role) = who.role.filter(|role| *role != known.user.role) {
                // The last administrator keeps the role, because otherwise nobody could appoint another one.
                if role == Role::Admin || !users::is_last_admin(&mut tx, known.user.id).await? {
                    sqlx::query("UPDATE users SET role = ? WHERE id = ?").bind(word(role)).bind(known.user.id.0).execute(&mut *tx).await?;
                    known.user.role = role;
                }
            }
            tx.commit().await?;
            return Ok(SignInOutcome::Known { stored: known, role_before });
        }
        match new.admission {
            Admission::Open => {}
            Admission::Closed => {
                tx.rollback().await?;
                return Ok(SignInOutcome::NotAdmitted);
            }
            Admission::Invitation(code) => {
                if !invitations::spend(&mut *tx, &code, now).await? {
                    tx.rollback().await?;
                    return Ok(SignInOutcome::BadInvitation);
                }
            }
        }
        let guest = match new.guest {
            Some(id) if is_guest(&mut tx, id).await? => Some(id),
            _ => None,
        };
        let username = free_name(&mut tx, new).await?;
        let role = who.role.unwrap_or(Role::Member);
        let user = User { id: guest.unwrap_or(new.id), username, role };
        users::insert(user.id, &user.username, None, word(role), now).execute(&mut *tx).await?;
        keep(&mut tx, user.id, who, now).await?;
        tx.commit().await?;
        Ok(SignInOutcome::New { user, was_guest: guest.is_some() })
    }

    /// Links an account to a provider's user. Each account has at most one user of each provider.
    pub async fn join_identity(&self, user: UserId, who: &Identity<'_>, now: Millis) -> Result<LinkOutcome, SqliteError> {
        let mut tx = self.write().await?;
        if let Some(known) = known(&mut tx, who).await? {
            tx.rollback().await?;
            return Ok(if known.user.id == user { LinkOutcome::Done } else { LinkOutcome::Taken });
        }
        let other = sqlx::query("SELECT 1 FROM identities WHERE user_id = ? AND issuer = ?")
            .bind(user.0)
            .bind(who.issuer)
            .fetch_optional(&mut *tx)
            .await?;
        if other.is_some() {
            tx.rollback().await?;
            return Ok(LinkOutcome::Other);
        }
        keep(&mut tx, user, who, now).await?;
        tx.commit().await?;
        Ok(LinkOutcome::Done)
    }

    /// Unlinks an account from a provider, unless that is the only way to sign in. Providers that are not in `usable` do not count as a
    /// way to sign in.
    pub async fn part_identity(&self, user: UserId, issuer: &str, usable: &[&str]) -> Result<UnlinkOutcome, SqliteError> {
        let mut tx = self.write().await?;
        let done =
            sqlx::query("DELETE FROM identities WHERE user_id = ? AND issuer = ?").bind(user.0).bind(issuer).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            tx.rollback().await?;
            return Ok(UnlinkOutcome::Missing);
        }
        let password: Option<String> =
            sqlx::query_scalar("SELECT password_hash FROM users WHERE id = ?").bind(user.0).fetch_one(&mut *tx).await?;
        let left: Vec<String> =
            sqlx::query_scalar("SELECT issuer FROM identities WHERE user_id = ?").bind(user.0).fetch_all(&mut *tx).await?;
        if password.is_none() && !left.iter().any(|left| usable.contains(&left.as_str())) {
            tx.rollback().await?;
            return Ok(UnlinkOutcome::LastMethod);
        }
        tx.commit().await?;
        Ok(UnlinkOutcome::Done)
    }

    /// Returns the providers that a user is linked to.
    pub async fn issuers_of(&self, user: UserId) -> Result<Vec<String>, SqliteError> {
        Ok(sqlx::query_scalar("SELECT issuer FROM identities WHERE user_id = ? ORDER BY issuer")
            .bind(user.0)
            .fetch_all(&self.readers)
            .await?)
    }
}

async fn keep(connection: &mut SqliteConnection, user: UserId, who: &Identity<'_>, now: Millis) -> Result<(), SqliteError> {
    sqlx::query("INSERT INTO identities (issuer, subject, user_id, created_at) VALUES (?, ?, ?, ?)")
        .bind(who.issuer)
        .bind(who.subject)
        .bind(user.0)
        .bind(to_i64(now))
        .execute(connection)
        .await?;
    Ok(())
}

async fn known(connection: &mut SqliteConnection, who: &Identity<'_>) -> Result<Option<StoredUser>, SqliteError> {
    let row: Option<SqliteRow> = sqlx::query(
        "SELECT id, username, role, password_hash, suspended_at, suspended_reason
         FROM users JOIN identities ON user_id = id WHERE issuer = ? AND subject = ?",
    )
    .bind(who.issuer)
    .bind(who.subject)
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(users::stored).transpose()
}

async fn is_guest(connection: &mut SqliteConnection, id: UserId) -> Result<bool, SqliteError> {
    let found = sqlx::query("SELECT 1 FROM users WHERE id = ? AND role = 'guest' AND suspended_at IS NULL")
        .bind(id.0)
        .fetch_optional(connection)
        .await?;
    Ok(found.is_some())
}

/// Returns the preferred name, or the first of `name 2`, `name 3`, … that is free.
async fn free_name(connection: &mut SqliteConnection, new: &NewAccount<'_>) -> Result<String, SqliteError> {
    for n in 1..VARIANTS {
        let name = if n == 1 { new.name.to_owned() } else { format!("{} {n}", new.name) };
        let taken =
            sqlx::query("SELECT 1 FROM users WHERE username_key = ?").bind(names::key(&name)).fetch_optional(&mut *connection).await?;
        if taken.is_none() {
            return Ok(name);
        }
    }
    Ok(format!("User {}", new.id))
}

fn word(role: Role) -> &'static str {
    if role == Role::Admin { "admin" } else { "member" }
}
