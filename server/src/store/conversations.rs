use std::{fmt, str::FromStr};

use holdfast_protocol::{
    ConversationId, UserId,
    api::{ConversationPage, ConversationSummary},
};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{Store, StoreError, to_i64, to_u64};
use crate::clock::Millis;

/// A conversation to be.
pub struct NewConversation {
    /// Its id.
    pub id: ConversationId,
    /// Whose.
    pub user: UserId,
    /// Its title.
    pub title: String,
}

/// A place in the list of conversations: `updated_at` and id of the last one seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor(pub(super) Millis, pub(super) ConversationId);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

impl FromStr for Cursor {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (time, id) = text.split_once('.').ok_or(())?;
        Ok(Self(time.parse().map_err(|_| ())?, id.parse().map_err(|_| ())?))
    }
}

const SUMMARY: &str = "id, title, provider, model, created_at, updated_at,
    EXISTS (SELECT 1 FROM messages WHERE conversation_id = conversations.id AND status = 'streaming') AS answering";

impl Store {
    /// Adds a conversation; one that is there already and is the user's stays as it is.
    /// False where it is somebody else's.
    pub async fn add_conversation(&self, new: &NewConversation, now: Millis) -> Result<bool, StoreError> {
        let mut writer = self.writer.acquire().await?;
        insert(&mut writer, new, now).await?;
        let owner: Option<uuid::Uuid> =
            sqlx::query_scalar("SELECT user_id FROM conversations WHERE id = ?").bind(new.id.0).fetch_optional(&mut *writer).await?;
        Ok(owner == Some(new.user.0))
    }

    /// One conversation of a user, with its revision.
    pub async fn conversation(&self, user: UserId, id: ConversationId) -> Result<Option<(ConversationSummary, u64)>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT rev, {SUMMARY} FROM conversations WHERE id = ? AND user_id = ?"));
        let row = sqlx::query(sql).bind(id.0).bind(user.0).fetch_optional(&self.readers).await?;
        row.map(|row| Ok((summary(&row)?, to_u64(row.try_get("rev")?)))).transpose()
    }

    /// Whether a conversation is this user's.
    pub async fn owns(&self, user: UserId, id: ConversationId) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT 1 FROM conversations WHERE id = ? AND user_id = ?")
            .bind(id.0)
            .bind(user.0)
            .fetch_optional(&self.readers)
            .await?;
        Ok(row.is_some())
    }

    /// A page of a user's conversations, newest first.
    pub async fn conversations(&self, user: UserId, after: Option<Cursor>, limit: u32) -> Result<ConversationPage, StoreError> {
        let Cursor(time, id) = after.unwrap_or(Cursor(Millis::MAX, ConversationId(uuid::Uuid::max())));
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {SUMMARY} FROM conversations WHERE user_id = ? AND (updated_at, id) < (?, ?)
             ORDER BY updated_at DESC, id DESC LIMIT ?"
        ));
        let rows = sqlx::query(sql).bind(user.0).bind(to_i64(time)).bind(id.0).bind(i64::from(limit) + 1).fetch_all(&self.readers).await?;
        let mut conversations = rows.iter().map(summary).collect::<Result<Vec<_>, _>>()?;
        let more = conversations.len() > limit as usize;
        conversations.truncate(limit as usize);
        let next = conversations.last().filter(|_| more).map(|last| Cursor(last.updated_at, last.id).to_string());
        Ok(ConversationPage { conversations, next })
    }

    /// Renames a conversation. False where it is not the user's.
    pub async fn rename_conversation(&self, user: UserId, id: ConversationId, title: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE conversations SET title = ? WHERE id = ? AND user_id = ?")
            .bind(title)
            .bind(id.0)
            .bind(user.0)
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Removes a conversation with all its messages. False where it is not the user's.
    pub async fn remove_conversation(&self, user: UserId, id: ConversationId) -> Result<bool, StoreError> {
        let done =
            sqlx::query("DELETE FROM conversations WHERE id = ? AND user_id = ?").bind(id.0).bind(user.0).execute(&self.writer).await?;
        Ok(done.rows_affected() == 1)
    }
}

pub(super) async fn insert(connection: &mut SqliteConnection, new: &NewConversation, now: Millis) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO conversations (id, user_id, title, rev, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(new.id.0)
    .bind(new.user.0)
    .bind(&new.title)
    .bind(to_i64(now))
    .bind(to_i64(now))
    .bind(to_i64(now))
    .execute(&mut *connection)
    .await?;
    sqlx::query("INSERT INTO revisions SELECT id, rev FROM conversations WHERE id = ? ON CONFLICT DO NOTHING")
        .bind(new.id.0)
        .execute(connection)
        .await?;
    Ok(())
}

fn summary(row: &SqliteRow) -> Result<ConversationSummary, StoreError> {
    Ok(ConversationSummary {
        id: ConversationId(row.try_get("id")?),
        title: row.try_get("title")?,
        created_at: to_u64(row.try_get("created_at")?),
        updated_at: to_u64(row.try_get("updated_at")?),
        answering: row.try_get("answering")?,
        provider: row.try_get("provider")?,
        model: row.try_get("model")?,
    })
}
