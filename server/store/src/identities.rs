use holdfast_protocol::{
    UserId,
    api::{Role, User},
};
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use super::{Store, StoreError, StoredUser, invitations, to_i64, users};
use holdfast_core::{clock::Millis, names};

/// Somebody whom a provider of OpenID Connect vouches for.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    /// The provider.
    pub issuer: &'a str,
    /// Who that is there: the one name that is given to nobody else.
    pub subject: &'a str,
    /// What they may do here, where the provider decides it.
    pub role: Option<Role>,
}

/// How somebody without an account may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// As they are.
    Open,
    /// By an invitation, of which this is the hash.
    Invitation([u8; 32]),
    /// Not at all.
    Closed,
}

/// The account that is made where there is none yet.
#[derive(Clone, Copy, Debug)]
pub struct NewAccount<'a> {
    /// The guest who becomes it, where there is one.
    pub guest: Option<UserId>,
    /// Its id otherwise.
    pub id: UserId,
    /// The name they would like to have.
    pub name: &'a str,
    /// Whether it may be made.
    pub admission: Admission,
}

/// What came of an arrival.
pub enum SignInOutcome {
    /// They had an account.
    Known {
        /// Whose it is, with the role that they have now.
        stored: StoredUser,
        /// The role that they had before.
        role_before: Role,
    },
    /// They have one now. It was the guest's where `was_guest`.
    New {
        /// Whose it is.
        user: User,
        /// Whether the guest became it.
        was_guest: bool,
    },
    /// They have none, and none is made.
    NotAdmitted,
    /// Their invitation does not hold.
    BadInvitation,
}

/// What came of joining an account with somebody at a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkRequest {
    /// They sign in like that from now on, or did before.
    Done,
    /// Whoever that is there signs in to another account.
    Taken,
    /// The account is somebody else's there.
    Other,
}

/// What came of parting them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parting {
    /// They don't sign in like that any more.
    Done,
    /// They never did.
    Missing,
    /// Nobody could sign in to the account any more.
    LastWay,
}

/// A name of which so many variants are taken is given with a number that nobody has.
const VARIANTS: u32 = 1_000;

impl Store {
    /// The account of somebody whom a provider vouches for, found or made, in one step.
    ///
    /// An account is found by issuer and subject and by nothing else. A name that is taken is somebody else's.
    pub async fn arrive(&self, who: &Identity<'_>, new: &NewAccount<'_>, now: Millis) -> Result<SignInOutcome, StoreError> {
        let mut tx = self.write().await?;
        if let Some(mut known) = known(&mut tx, who).await? {
            let role_before = known.user.role;
            if let Some(role) = who.role.filter(|role| *role != known.user.role) {
                // Whoever is the last to run the server goes on doing so: nobody is left to make another.
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

    /// Has an account's owner sign in through a provider from now on. Of each provider it is one person.
    pub async fn join_identity(&self, user: UserId, who: &Identity<'_>, now: Millis) -> Result<LinkRequest, StoreError> {
        let mut tx = self.write().await?;
        if let Some(known) = known(&mut tx, who).await? {
            tx.rollback().await?;
            return Ok(if known.user.id == user { LinkRequest::Done } else { LinkRequest::Taken });
        }
        let other = sqlx::query("SELECT 1 FROM identities WHERE user_id = ? AND issuer = ?")
            .bind(user.0)
            .bind(who.issuer)
            .fetch_optional(&mut *tx)
            .await?;
        if other.is_some() {
            tx.rollback().await?;
            return Ok(LinkRequest::Other);
        }
        keep(&mut tx, user, who, now).await?;
        tx.commit().await?;
        Ok(LinkRequest::Done)
    }

    /// Has an account's owner sign in through a provider no more, unless that is the only way in. Those of `usable` issuers
    /// are ways in.
    pub async fn part_identity(&self, user: UserId, issuer: &str, usable: &[&str]) -> Result<Parting, StoreError> {
        let mut tx = self.write().await?;
        let done =
            sqlx::query("DELETE FROM identities WHERE user_id = ? AND issuer = ?").bind(user.0).bind(issuer).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            tx.rollback().await?;
            return Ok(Parting::Missing);
        }
        let password: Option<String> =
            sqlx::query_scalar("SELECT password_hash FROM users WHERE id = ?").bind(user.0).fetch_one(&mut *tx).await?;
        let left: Vec<String> =
            sqlx::query_scalar("SELECT issuer FROM identities WHERE user_id = ?").bind(user.0).fetch_all(&mut *tx).await?;
        if password.is_none() && !left.iter().any(|left| usable.contains(&left.as_str())) {
            tx.rollback().await?;
            return Ok(Parting::LastWay);
        }
        tx.commit().await?;
        Ok(Parting::Done)
    }

    /// The providers through which a user signs in.
    pub async fn issuers_of(&self, user: UserId) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT issuer FROM identities WHERE user_id = ? ORDER BY issuer")
            .bind(user.0)
            .fetch_all(&self.readers)
            .await?)
    }
}

async fn keep(connection: &mut SqliteConnection, user: UserId, who: &Identity<'_>, now: Millis) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO identities (issuer, subject, user_id, created_at) VALUES (?, ?, ?, ?)")
        .bind(who.issuer)
        .bind(who.subject)
        .bind(user.0)
        .bind(to_i64(now))
        .execute(connection)
        .await?;
    Ok(())
}

async fn known(connection: &mut SqliteConnection, who: &Identity<'_>) -> Result<Option<StoredUser>, StoreError> {
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

async fn is_guest(connection: &mut SqliteConnection, id: UserId) -> Result<bool, StoreError> {
    let found = sqlx::query("SELECT 1 FROM users WHERE id = ? AND role = 'guest' AND suspended_at IS NULL")
        .bind(id.0)
        .fetch_optional(connection)
        .await?;
    Ok(found.is_some())
}

/// The name they would like, or the first of `name 2`, `name 3`, … that is free.
async fn free_name(connection: &mut SqliteConnection, new: &NewAccount<'_>) -> Result<String, StoreError> {
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
