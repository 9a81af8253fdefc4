use std::collections::HashMap;

use futures::TryStreamExt as _;
use holdfast_protocol::{
    ApiError, Author, ConversationId, Message, MessageId, Status, Step, UserId,
    message::{Attachment, Source, Usage},
};
use serde::{Deserialize, Serialize};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{
    SqliteError, Store, branches,
    conversations::{SUMMARY, describe, summary},
    to_i64, to_u64,
};
use holdfast_core::{
    clock::Millis,
    conversations::{Acceptance, BeforeMessage, Begun, NewMessage},
    limits::reading::LONGEST_PATH,
};

/// Rarely used columns, as one JSON text.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Details {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<ApiError>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) usage: Option<Usage>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) sources: Vec<Source>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) attachments: Vec<Attachment>,
    #[serde(default, skip_serializing_if = "none_left_out")]
    pub(super) left_out: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) ignored: Vec<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde requires this signature
fn none_left_out(n: &u32) -> bool {
    *n == 0
}

/// Creates the conversation $1 of the user $2 with the title $3, at $4. Scripts need `$` parameters, because SQLite would make four of
/// `?4` alone.
const BEGIN: &str = "
    DELETE FROM conversations WHERE id = $1 AND user_id = $2 AND removed_at IS NOT NULL;
    INSERT INTO conversations (id, user_id, title, rev, created_at, updated_at) VALUES ($1, $2, $3, $4, $4, $4);
    INSERT INTO revisions (conversation_id, rev) VALUES ($1, $4);";

/// Adds the message $5 after $6 with the text $7 and the details $13, created at $8 with revision $9, and after it the answer $10 of the provider $11 and its
/// model $12.
const ADD: &str = "
    INSERT INTO messages (id, owner_id, conversation_id, parent_id, role, content, details, status, created_at, rev)
        VALUES ($5, $2, $1, $6, 'user', $7, $13, 'accepted', $8, $9);
    INSERT INTO messages (id, owner_id, conversation_id, parent_id, role, content, status, provider, model, created_at, rev)
        VALUES ($10, $2, $1, $5, 'assistant', '', 'streaming', $11, $12, $8 + 1, $9 + 1);
    INSERT INTO revisions (conversation_id, rev) VALUES ($1, $9 + 1);
    UPDATE conversations SET rev = $9 + 1, provider = $11, model = $12, updated_at = max(updated_at, $4) WHERE id = $1;";

/// Condition on a message: its conversation was not removed.
pub(super) const IN_SIGHT: &str =
    "EXISTS (SELECT 1 FROM conversations WHERE conversations.id = messages.conversation_id AND removed_at IS NULL)";

impl Store {
    /// Stores a message and starts its answer. The same message again has no further effect.
    ///
    /// # Errors
    /// [`SqliteError::OverQuota`] if the user's quota would be exceeded; otherwise an error of SQLite.
    pub async fn accept_message(&self, new: &NewMessage, now: Millis) -> Result<Acceptance, SqliteError> {
        if new.begin {
            self.erase_removed(new.user, new.conversation).await?;
        }
        let mut tx = self.write_more(new.user).await?;
        let place = look(&mut tx, new).await?;
        if place.is_known
            && let Some(known) = known(&mut tx, new).await?
        {
            tx.rollback().await?;
            return Ok(known);
        }
        let began = new.begin && place.rev.is_none() && !place.is_others;
        // The first revision of a conversation is the time.
        let Some(rev) = place.rev.or(began.then(|| to_i64(now))) else {
            tx.rollback().await?;
            return Ok(Acceptance::NotFound);
        };
        if place.newest.is_none() && !began {
            sqlx::query("UPDATE conversations SET title = ? WHERE id = ? AND title = ''")
                .bind(&new.title)
                .bind(new.conversation.0)
                .execute(&mut *tx)
                .await?;
        }
        let Some(parent) = branches::parent(&mut tx, new, place.newest.map(|(id, _)| id)).await? else {
            tx.rollback().await?;
            return Ok(Acceptance::NotFound);
        };
        // Strictly increasing in a conversation, so that they define an order; close to the time, so that a store restored from a backup
        // does not use a revision twice.
        let created = to_i64(now).max(place.newest.map_or(0, |(_, created)| created + 1));
        let rev = to_i64(now).max(rev + 1);
        let details = (!new.attachments.is_empty())
            .then(|| serde_json::to_string(&Details { attachments: new.attachments.clone(), ..Details::default() }))
            .transpose()
            .map_err(|error| SqliteError::Corrupt(error.to_string()))?;
        // One script, because each statement is a round trip to SQLite's thread.
        let sql = format!("{}{ADD}SELECT stored_bytes, {SUMMARY} FROM conversations WHERE id = $1", if began { BEGIN } else { "" });
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(new.conversation.0)
            .bind(new.user.0)
            .bind(&new.title)
            .bind(to_i64(now))
            .bind(new.id.0)
            .bind(parent)
            .bind(&new.content)
            .bind(created)
            .bind(rev)
            .bind(new.answer.0)
            .bind(&new.provider)
            .bind(&new.model)
            .bind(details)
            .fetch_one(&mut *tx)
            .await?;
        if began {
            describe(&mut tx, new.conversation, &new.settings, new.project).await?;
        }
        let begun = Begun { summary: summary(&row)?, stored_bytes: to_u64(row.try_get("stored_bytes")?) };
        tx.commit().await?;
        Ok(Acceptance::New { rev: to_u64(rev + 1), begun: Some(Box::new(begun)) })
    }

    /// Returns what must be known before a user's message is accepted.
    pub async fn before_message(&self, user: UserId, id: MessageId, conversation: ConversationId) -> Result<BeforeMessage, SqliteError> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!(
            "SELECT EXISTS (SELECT 1 FROM messages WHERE owner_id = ?1 AND id = ?2 AND {IN_SIGHT}) AS known, stored_bytes, provider, model
             FROM (SELECT 1) LEFT JOIN conversations ON conversations.id = ?3 AND user_id = ?1 AND removed_at IS NULL"
        )))
        .bind(user.0)
        .bind(id.0)
        .bind(conversation.0)
        .fetch_one(&self.readers)
        .await?;
        let (provider, model): (_, Option<String>) = (row.try_get("provider")?, row.try_get("model")?);
        Ok(BeforeMessage {
            is_known: row.try_get("known")?,
            stored_bytes: row.try_get::<Option<i64>, _>("stored_bytes")?.map(to_u64),
            model: model.map(|model| (provider, model)),
        })
    }

    /// Returns a message of a user.
    pub async fn message(&self, user: UserId, id: MessageId) -> Result<Option<Message>, SqliteError> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT * FROM messages WHERE owner_id = ? AND id = ? AND {IN_SIGHT}"));
        let row = sqlx::query(sql).bind(user.0).bind(id.0).fetch_optional(&self.readers).await?;
        row.as_ref().map(message).transpose()
    }

    /// Returns the messages that lead to `id`, including itself, oldest first, each once; an imported message may be its own ancestor. If
    /// they have more than [`LONGEST_PATH`] bytes, returns only the newest ones. They come without their steps.
    pub async fn path_to(&self, user: UserId, id: MessageId) -> Result<Vec<Message>, SqliteError> {
        // Only ids and lengths are read until the path is known.
        let rows = sqlx::query(
            "WITH RECURSIVE path (seq, parent_id, conversation_id, depth, bytes) AS (
                 SELECT seq, parent_id, conversation_id, 0, 0 FROM messages WHERE owner_id = ?1 AND id = ?2
                 UNION ALL
                 SELECT messages.seq, messages.parent_id, messages.conversation_id, depth + 1,
                        bytes + 256 + octet_length(messages.content) + coalesce(octet_length(messages.details), 0)
                 FROM path CROSS JOIN messages ON messages.owner_id = ?1 AND messages.id = path.parent_id
                 WHERE messages.conversation_id = path.conversation_id
                   AND bytes + 256 + octet_length(messages.content) + coalesce(octet_length(messages.details), 0) <= ?3)
             SELECT id, messages.conversation_id, parent_id, role, content, status, provider, model, created_at, rev, details, NULL AS steps
             FROM (SELECT seq, min(depth) AS depth FROM path GROUP BY seq) AS path
             CROSS JOIN messages ON messages.seq = path.seq ORDER BY path.depth DESC",
        )
        .bind(user.0)
        .bind(id.0)
        .bind(to_i64(LONGEST_PATH as u64))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(message).collect()
    }

    /// Returns the steps of the answers in a conversation of a user, without answers that have none. If they have more than
    /// [`LONGEST_PATH`] bytes, returns only those of the newest answers.
    pub async fn steps_in(&self, user: UserId, id: ConversationId) -> Result<HashMap<MessageId, Vec<Step>>, SqliteError> {
        let sql =
            "SELECT id, steps FROM messages WHERE owner_id = ? AND conversation_id = ? AND steps IS NOT NULL ORDER BY created_at DESC";
        let mut rows = sqlx::query(sql).bind(user.0).bind(id.0).fetch(&self.readers);
        let (mut all, mut bytes) = (HashMap::new(), 0);
        while let Some(row) = rows.try_next().await? {
            bytes += row.try_get::<&str, _>("steps")?.len();
            if bytes > LONGEST_PATH {
                break;
            }
            all.insert(MessageId(row.try_get("id")?), read_steps(&row)?);
        }
        Ok(all)
    }

    /// Reopens an answer that ended early, so that it can be continued. Returns it with the conversation's revision, or `None` if there
    /// is no such answer, or if it is complete or being written.
    pub async fn reopen_answer(&self, user: UserId, id: MessageId, now: Millis) -> Result<Option<(Message, u64)>, SqliteError> {
        let mut tx = self.write().await?;
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT * FROM messages WHERE owner_id = ? AND id = ? AND role = 'assistant' AND status IN ('interrupted', 'failed', 'stopped')
             AND {IN_SIGHT}"
        ));
        let row = sqlx::query(sql).bind(user.0).bind(id.0).fetch_optional(&mut *tx).await?;
        let Some(mut found) = row.as_ref().map(message).transpose()? else {
            tx.rollback().await?;
            return Ok(None);
        };
        let rev = next_rev(&mut tx, found.conversation_id, now).await?;
        let details = found.usage.map(|usage| serde_json::to_string(&Details { usage: Some(usage), ..Details::default() })).transpose();
        let details = details.map_err(|error| SqliteError::Corrupt(error.to_string()))?;
        sqlx::query("UPDATE messages SET status = 'streaming', details = ?, rev = ? WHERE owner_id = ? AND id = ?")
            .bind(details)
            .bind(to_i64(rev))
            .bind(user.0)
            .bind(id.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        found.status = Status::Streaming;
        found.rev = rev;
        found.error = None;
        Ok(Some((found, rev)))
    }
}

async fn known(connection: &mut SqliteConnection, new: &NewMessage) -> Result<Option<Acceptance>, SqliteError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT conversation_id, content, role, {IN_SIGHT} AS in_sight FROM messages WHERE owner_id = ? AND id = ?"
    ));
    let row = sqlx::query(sql).bind(new.user.0).bind(new.id.0).fetch_optional(&mut *connection).await?;
    let Some(row) = row else { return Ok(None) };
    if !row.try_get::<bool, _>("in_sight")? {
        return Ok(Some(Acceptance::NotFound));
    }
    let conversation = ConversationId(row.try_get("conversation_id")?);
    let same =
        conversation == new.conversation && row.try_get::<&str, _>("content")? == new.content && row.try_get::<&str, _>("role")? == "user";
    if !same {
        return Ok(Some(Acceptance::Conflict));
    }
    let answer: Option<uuid::Uuid> = sqlx::query_scalar(
        "SELECT id FROM messages WHERE owner_id = ? AND conversation_id = ? AND parent_id = ? AND role = 'assistant' ORDER BY seq LIMIT 1",
    )
    .bind(new.user.0)
    .bind(conversation.0)
    .bind(new.id.0)
    .fetch_optional(&mut *connection)
    .await?;
    // An imported message may have no answer.
    Ok(Some(answer.map_or(Acceptance::Conflict, |answer| Acceptance::Known { conversation, answer: MessageId(answer) })))
}

/// What a new message depends on.
struct MessagePlace {
    /// Whether the user has a message with its id.
    is_known: bool,
    /// Revision of its conversation; `None` if the user has no such conversation.
    rev: Option<i64>,
    /// Whether its conversation belongs to another user.
    is_others: bool,
    /// The newest message there, and its time.
    newest: Option<(uuid::Uuid, i64)>,
}

async fn look(connection: &mut SqliteConnection, new: &NewMessage) -> Result<MessagePlace, SqliteError> {
    let row = sqlx::query(
        "SELECT EXISTS (SELECT 1 FROM messages WHERE owner_id = ?1 AND id = ?2) AS known,
             iif(user_id = ?1 AND removed_at IS NULL, rev, NULL) AS rev, coalesce(user_id <> ?1, 0) AS others, newest.id, newest.created_at
         FROM (SELECT 1) LEFT JOIN conversations ON conversations.id = ?3
         LEFT JOIN (SELECT id, created_at FROM messages WHERE conversation_id = ?3 ORDER BY created_at DESC LIMIT 1) AS newest",
    )
    .bind(new.user.0)
    .bind(new.id.0)
    .bind(new.conversation.0)
    .fetch_one(connection)
    .await?;
    let newest: Option<uuid::Uuid> = row.try_get("id")?;
    Ok(MessagePlace {
        is_known: row.try_get("known")?,
        rev: row.try_get("rev")?,
        is_others: row.try_get("others")?,
        newest: newest.map(|id| Ok::<_, SqliteError>((id, row.try_get("created_at")?))).transpose()?,
    })
}

/// Increments the revision of a conversation.
pub(super) async fn next_rev(connection: &mut SqliteConnection, id: ConversationId, now: Millis) -> Result<u64, SqliteError> {
    let rev: Option<i64> = sqlx::query_scalar("UPDATE conversations SET rev = max(rev + 1, ?) WHERE id = ? RETURNING rev")
        .bind(to_i64(now))
        .bind(id.0)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(rev) = rev else { return Ok(0) };
    give_out(connection, id, rev).await?;
    Ok(to_u64(rev))
}

/// Records a revision that clients may use as a cursor.
pub(super) async fn give_out(connection: &mut SqliteConnection, id: ConversationId, rev: i64) -> Result<(), SqliteError> {
    sqlx::query("INSERT INTO revisions (conversation_id, rev) VALUES (?, ?)").bind(id.0).bind(rev).execute(connection).await?;
    Ok(())
}

/// Returns the steps of a message from its column `steps`.
pub(super) fn read_steps(row: &SqliteRow) -> Result<Vec<Step>, SqliteError> {
    let steps: Option<&str> = row.try_get("steps")?;
    let steps = steps.map(serde_json::from_str).transpose();
    Ok(steps.map_err(|error| SqliteError::Corrupt(format!("the steps of an answer: {error}")))?.unwrap_or_default())
}

/// Returns steps in stored form; `None` if there are none.
pub(super) fn steps_json(steps: &[Step]) -> Result<Option<String>, SqliteError> {
    let json = (!steps.is_empty()).then(|| serde_json::to_string(steps));
    json.transpose().map_err(|error| SqliteError::Corrupt(error.to_string()))
}

pub(super) fn message(row: &SqliteRow) -> Result<Message, SqliteError> {
    let role = match row.try_get("role")? {
        "user" => Author::User,
        "assistant" => Author::Assistant,
        other => return Err(SqliteError::Corrupt(format!("the role {other:?}"))),
    };
    let status: &str = row.try_get("status")?;
    let details: Option<&str> = row.try_get("details")?;
    let details: Details = details.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    Ok(Message {
        id: MessageId(row.try_get("id")?),
        conversation_id: ConversationId(row.try_get("conversation_id")?),
        parent_id: row.try_get::<Option<uuid::Uuid>, _>("parent_id")?.map(MessageId),
        role,
        content: row.try_get("content")?,
        status: Status::parse(status).ok_or_else(|| SqliteError::Corrupt(format!("the status {status:?}")))?,
        provider: row.try_get("provider")?,
        model: row.try_get("model")?,
        created_at: to_u64(row.try_get("created_at")?),
        rev: to_u64(row.try_get("rev")?),
        at: 0,
        error: details.error.map(ApiError::with_reason),
        usage: details.usage,
        sources: details.sources,
        steps: read_steps(row)?,
        attachments: details.attachments,
        left_out: details.left_out,
        ignored: details.ignored,
    })
}
