use holdfast_core::accounts::stored::Change;
use holdfast_protocol::{
    UserId,
    api::{Role, User},
    people::{People, Person},
};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{SqliteError, Store, to_i64, to_u64, users};
use holdfast_core::clock::Millis;

const PERSON: &str = "id, username, role, created_at, suspended_at, suspended_reason,
    (SELECT max(rotated_at) FROM sessions WHERE user_id = users.id) AS used_at,
    EXISTS (SELECT 1 FROM second_factors WHERE user_id = users.id AND in_force = 1) AS second_factor,
    (SELECT count(*) FROM conversations WHERE user_id = users.id AND removed_at IS NULL) AS conversations,
    (SELECT bytes - removed_bytes FROM storage WHERE user_id = users.id) AS stored_bytes";

impl Store {
    /// Returns a page of users whose name contains `search`, newest first; guests only if `guests`.
    pub async fn people(&self, search: &str, guests: bool, after: Option<UserId>, limit: u32) -> Result<People, SqliteError> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {PERSON} FROM users WHERE id < ?1 AND removed = 0 AND (?2 OR role <> 'guest') AND instr(coalesce(username_key, ''), ?3) > 0
             ORDER BY id DESC LIMIT ?4"
        ));
        let rows = sqlx::query(sql)
            .bind(after.map_or(uuid::Uuid::max(), |after| after.0))
            .bind(guests)
            .bind(search.to_lowercase())
            .bind(i64::from(limit) + 1)
            .fetch_all(&self.readers)
            .await?;
        let mut people = rows.iter().map(person).collect::<Result<Vec<_>, _>>()?;
        let more = people.len() > limit as usize;
        people.truncate(limit as usize);
        let next = people.last().filter(|_| more).map(|last| last.id);
        Ok(People { people, next })
    }

    /// Returns those of these users that exist.
    pub async fn users(&self, ids: &[UserId]) -> Result<Vec<User>, SqliteError> {
        let mut query = sqlx::QueryBuilder::<sqlx::Sqlite>::new("SELECT id, username, role FROM users WHERE removed = 0 AND id IN (");
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(id.0);
        }
        list.push_unseparated(")");
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter().map(users::user).collect()
    }

    /// Returns a user as administrators see them.
    pub async fn person(&self, id: UserId) -> Result<Option<Person>, SqliteError> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {PERSON} FROM users WHERE id = ? AND removed = 0"));
        let row = sqlx::query(sql).bind(id.0).fetch_optional(&self.readers).await?;
        row.as_ref().map(person).transpose()
    }

    /// Changes the role of an account. A guest has no account.
    pub async fn set_role(&self, id: UserId, role: Role) -> Result<Change, SqliteError> {
        let mut tx = self.write().await?;
        if role != Role::Admin && users::is_last_admin(&mut tx, id).await? {
            return Ok(Change::LastAdmin);
        }
        let role = if role == Role::Admin { "admin" } else { "member" };
        let done =
            sqlx::query("UPDATE users SET role = ? WHERE id = ? AND role <> 'guest'").bind(role).bind(id.0).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(if done.rows_affected() == 1 { Change::Done } else { Change::Missing })
    }

    /// Suspends a user with a reason, or ends the suspension.
    pub async fn set_suspended(&self, id: UserId, reason: Option<&str>, now: Millis) -> Result<Change, SqliteError> {
        let mut tx = self.write().await?;
        if reason.is_some() && users::is_last_admin(&mut tx, id).await? {
            return Ok(Change::LastAdmin);
        }
        let done = sqlx::query("UPDATE users SET suspended_at = ?, suspended_reason = ? WHERE id = ? AND removed = 0")
            .bind(reason.map(|_| to_i64(now)))
            .bind(reason)
            .bind(id.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(if done.rows_affected() == 1 { Change::Done } else { Change::Missing })
    }
}

fn person(row: &SqliteRow) -> Result<Person, SqliteError> {
    let used_at: Option<i64> = row.try_get("used_at")?;
    Ok(Person {
        id: UserId(row.try_get("id")?),
        username: row.try_get("username")?,
        role: users::role(row)?,
        created_at: to_u64(row.try_get("created_at")?),
        used_at: used_at.map(to_u64),
        conversations: to_u64(row.try_get("conversations")?),
        stored_bytes: row.try_get::<Option<i64>, _>("stored_bytes")?.map_or(0, to_u64),
        second_factor: row.try_get("second_factor")?,
        suspended: users::suspended(row)?,
    })
}
