//! Reads conversations in pieces, so that at most one piece of a long conversation is in memory.

use futures::TryStreamExt as _;
use holdfast_protocol::{ConversationId, Message, MessageId, UserId};
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use holdfast_core::conversations::{Changes, Outline, PIECE, Span};

use super::{SqliteError, Store, messages::message, to_i64, to_u64};

/// Size of a message in addition to its text and details, bytes.
const AROUND: usize = 256;

/// Maximum number of changed messages that are read at once; see [`Store::few_changes`].
const FEW: i64 = 8;

/// The length of a message's text, details and steps, which SQLite knows without reading them.
const BYTES: &str = "octet_length(content) + coalesce(octet_length(details), 0) + coalesce(octet_length(steps), 0)";

impl Store {
    /// Returns all messages of a conversation in order of creation, without their texts, and its revision. Returns `None` if it does not
    /// belong to this user.
    pub async fn outline(&self, user: UserId, id: ConversationId) -> Result<Option<(u64, Vec<Outline>)>, SqliteError> {
        let mut tx = self.readers.begin().await?; // one transaction, so that both are consistent
        let Some(rev) = revision(&mut tx, user, id).await? else { return Ok(None) };
        let sql = AssertSqlSafe(format!(
            "SELECT seq, id, parent_id, {BYTES} AS bytes FROM messages WHERE conversation_id = ? ORDER BY created_at"
        ));
        let mut rows = sqlx::query(sql).bind(id.0).fetch(&mut *tx);
        let mut outline = Vec::new();
        while let Some(row) = rows.try_next().await? {
            outline.push(Outline {
                seq: row.try_get("seq")?,
                id: MessageId(row.try_get("id")?),
                parent_id: row.try_get::<Option<uuid::Uuid>, _>("parent_id")?.map(MessageId),
                bytes: usize::try_from(row.try_get::<i64, _>("bytes")?).unwrap_or_default() + AROUND,
            });
        }
        Ok(Some((rev, outline)))
    }

    /// Returns the number of messages in a conversation.
    pub async fn message_count(&self, id: ConversationId) -> Result<usize, SqliteError> {
        let count: i64 =
            sqlx::query_scalar("SELECT count(*) FROM messages WHERE conversation_id = ?").bind(id.0).fetch_one(&self.readers).await?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// Returns the total length of a conversation's texts, bytes.
    pub async fn conversation_bytes(&self, id: ConversationId) -> Result<usize, SqliteError> {
        let bytes: i64 = sqlx::query_scalar("SELECT coalesce(sum(octet_length(content)), 0) FROM messages WHERE conversation_id = ?")
            .bind(id.0)
            .fetch_one(&self.readers)
            .await?;
        Ok(usize::try_from(bytes).unwrap_or_default())
    }

    /// Returns the size of a conversation with its messages, bytes.
    pub async fn stored_bytes(&self, id: ConversationId) -> Result<u64, SqliteError> {
        let bytes: Option<i64> =
            sqlx::query_scalar("SELECT stored_bytes FROM conversations WHERE id = ?").bind(id.0).fetch_optional(&self.readers).await?;
        Ok(to_u64(bytes.unwrap_or_default()))
    }

    /// Returns these messages of a user, in this order, without those that were removed meanwhile.
    pub async fn outlined(&self, user: UserId, outline: &[Outline]) -> Result<Vec<Message>, SqliteError> {
        let seqs = serde_json::to_string(&outline.iter().map(|it| it.seq).collect::<Vec<_>>()).unwrap_or_default();
        let rows = sqlx::query(
            "SELECT messages.* FROM json_each(?1) AS wanted CROSS JOIN messages ON messages.seq = wanted.value
             WHERE owner_id = ?2 AND EXISTS (SELECT 1 FROM conversations WHERE id = conversation_id AND removed_at IS NULL)
             ORDER BY wanted.key",
        )
        .bind(seqs)
        .bind(user.0)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(message).collect()
    }

    /// Returns the changes of a conversation since `cursor`. The inner `None` means that the conversation does not belong to the user.
    /// Returns `None` if more than a few messages changed, or if they have more than `most` bytes; these are read in spans
    /// ([`Store::next_span`]).
    pub async fn few_changes(
        &self,
        user: UserId,
        id: ConversationId,
        cursor: Option<u64>,
        unfinished: bool,
        most: usize,
    ) -> Result<Option<Option<Changes>>, SqliteError> {
        // One statement, so that the result is consistent.
        let rows = sqlx::query(AssertSqlSafe(format!(
            "WITH here AS MATERIALIZED (
                 SELECT rev AS now,
                     iif(?3 <= rev AND EXISTS (SELECT 1 FROM revisions WHERE conversation_id = ?1 AND rev = ?3), ?3, 0) AS since
                 FROM conversations WHERE id = ?1 AND user_id = ?2 AND removed_at IS NULL),
             changed AS MATERIALIZED (
                 SELECT seq, {AROUND} + {BYTES} AS bytes FROM messages
                 WHERE conversation_id = ?1 AND rev > (SELECT since FROM here) LIMIT {FEW} + 1)
             SELECT now, since, number, sum, messages.*
             FROM here CROSS JOIN (SELECT count(*) AS number, coalesce(sum(bytes), 0) AS sum FROM changed)
             LEFT JOIN messages ON number <= {FEW} AND sum <= ?5 AND messages.seq IN (
                 SELECT seq FROM changed UNION ALL
                 SELECT seq FROM messages INDEXED BY messages_unfinished
                 WHERE ?4 AND conversation_id = ?1 AND status = 'streaming' AND rev <= (SELECT since FROM here))
             ORDER BY messages.created_at"
        )))
        .bind(id.0)
        .bind(user.0)
        .bind(cursor.map(to_i64))
        .bind(unfinished)
        .bind(to_i64(most as u64))
        .fetch_all(&self.readers)
        .await?;
        let Some(first) = rows.first() else { return Ok(Some(None)) };
        let (number, sum): (i64, i64) = (first.try_get("number")?, first.try_get("sum")?);
        if number > FEW || sum > to_i64(most as u64) {
            return Ok(None);
        }
        let (rev, since) = (to_u64(first.try_get("now")?), to_u64(first.try_get("since")?));
        let is_none = first.try_get::<Option<i64>, _>("seq")?.is_none();
        let messages = if is_none { Vec::new() } else { rows.iter().map(message).collect::<Result<_, _>>()? };
        Ok(Some(Some(Changes { rev, since, messages, more: false })))
    }

    /// Returns the next range of changes since `cursor`: about a [`PIECE`], up to a revision that clients may use as a cursor. Returns
    /// `None` if the conversation does not belong to this user.
    pub async fn next_span(&self, user: UserId, id: ConversationId, cursor: Option<u64>) -> Result<Option<Span>, SqliteError> {
        let mut tx = self.readers.begin().await?;
        let Some(rev) = revision(&mut tx, user, id).await? else { return Ok(None) };
        let since = match cursor {
            Some(cursor) if cursor <= rev && is_given(&mut tx, id, cursor).await? => cursor,
            _ => 0,
        };
        let (end, bytes) = {
            let sql =
                AssertSqlSafe(format!("SELECT rev, {BYTES} AS bytes FROM messages WHERE conversation_id = ? AND rev > ? ORDER BY rev"));
            let mut rows = sqlx::query(sql).bind(id.0).bind(to_i64(since)).fetch(&mut *tx);
            // The last complete revision, and the one that is being read.
            let (mut whole, mut last) = (None, None);
            let mut bytes = 0;
            loop {
                let Some(row) = rows.try_next().await? else { break (None, bytes) };
                let rev = to_u64(row.try_get("rev")?);
                if last.is_some_and(|last| last != rev) {
                    whole = last;
                    if bytes > PIECE {
                        break (whole, bytes);
                    }
                }
                let this = usize::try_from(row.try_get::<i64, _>("bytes")?).unwrap_or_default() + AROUND;
                if bytes + this > PIECE && whole.is_some() && last != Some(rev) {
                    break (whole, bytes);
                }
                last = Some(rev);
                bytes += this;
            }
        };
        let upto = match end {
            Some(end) => given_near(&mut tx, id, since, end).await?.filter(|upto| *upto < rev),
            None => None,
        };
        Ok(Some(Span { since, upto, bytes }))
    }

    /// Returns the changes of a conversation in a span, oldest first; with older unfinished answers if `unfinished`. Returns `None` if
    /// the conversation does not belong to this user.
    pub async fn changes(&self, user: UserId, id: ConversationId, span: Span, unfinished: bool) -> Result<Option<Changes>, SqliteError> {
        let mut tx = self.readers.begin().await?; // one transaction, so that everything is consistent
        let Some(rev) = revision(&mut tx, user, id).await? else { return Ok(None) };
        let rows = sqlx::query(
            "SELECT * FROM messages
             WHERE conversation_id = ?1 AND ((rev > ?2 AND rev <= ?3) OR (?4 AND status = 'streaming' AND rev <= ?2)) ORDER BY created_at",
        )
        .bind(id.0)
        .bind(to_i64(span.since))
        .bind(span.upto.map_or(i64::MAX, to_i64))
        .bind(unfinished)
        .fetch_all(&mut *tx)
        .await?;
        let messages = rows.iter().map(message).collect::<Result<_, _>>()?;
        Ok(Some(Changes { rev: span.upto.unwrap_or(rev), since: span.since, messages, more: span.upto.is_some() }))
    }
}

async fn revision(connection: &mut SqliteConnection, user: UserId, id: ConversationId) -> Result<Option<u64>, SqliteError> {
    let rev: Option<i64> = sqlx::query_scalar("SELECT rev FROM conversations WHERE id = ? AND user_id = ? AND removed_at IS NULL")
        .bind(id.0)
        .bind(user.0)
        .fetch_optional(connection)
        .await?;
    Ok(rev.map(to_u64))
}

async fn is_given(connection: &mut SqliteConnection, id: ConversationId, rev: u64) -> Result<bool, SqliteError> {
    let row = sqlx::query("SELECT 1 FROM revisions WHERE conversation_id = ? AND rev = ?").bind(id.0).bind(to_i64(rev));
    Ok(row.fetch_optional(connection).await?.is_some())
}

/// Returns the last recorded revision up to `end`, or else the first one after it.
async fn given_near(connection: &mut SqliteConnection, id: ConversationId, since: u64, end: u64) -> Result<Option<u64>, SqliteError> {
    let rev: Option<i64> = sqlx::query_scalar(
        "SELECT coalesce((SELECT max(rev) FROM revisions WHERE conversation_id = ?1 AND rev > ?2 AND rev <= ?3),
                         (SELECT min(rev) FROM revisions WHERE conversation_id = ?1 AND rev > ?3))",
    )
    .bind(id.0)
    .bind(to_i64(since))
    .bind(to_i64(end))
    .fetch_one(connection)
    .await?;
    Ok(rev.map(to_u64))
}
