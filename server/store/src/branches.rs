//! Regenerated answers, and the position of messages in the tree.

use holdfast_protocol::{ConversationId, Status};
use sqlx::{Row as _, SqliteConnection};
use uuid::Uuid;

use super::{
    SqliteError, Store,
    messages::{IN_SIGHT, next_rev},
    to_i64,
};
use holdfast_core::{
    clock::Millis,
    conversations::{Acceptance, NewAnswer, NewMessage},
};

impl Store {
    /// Stores a new answer. The same request again has no further effect.
    ///
    /// # Errors
    /// [`SqliteError::OverQuota`] if the user's quota would be exceeded; otherwise an error of SQLite.
    pub async fn accept_answer(&self, new: &NewAnswer, now: Millis) -> Result<Acceptance, SqliteError> {
        let mut tx = self.write_more(new.user).await?;
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT conversation_id FROM messages WHERE owner_id = ? AND id = ? AND role = 'user' AND {IN_SIGHT}"
        ));
        let row = sqlx::query(sql).bind(new.user.0).bind(new.message.0).fetch_optional(&mut *tx).await?;
        let Some(row) = row else {
            tx.rollback().await?;
            return Ok(Acceptance::NotFound);
        };
        let conversation = ConversationId(row.try_get("conversation_id")?);
        let known = sqlx::query("SELECT parent_id, role FROM messages WHERE owner_id = ? AND id = ?")
            .bind(new.user.0)
            .bind(new.id.0)
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(known) = known {
            let same =
                known.try_get::<Option<Uuid>, _>("parent_id")? == Some(new.message.0) && known.try_get::<&str, _>("role")? == "assistant";
            tx.rollback().await?;
            return Ok(if same { Acceptance::Known { conversation, answer: new.id } } else { Acceptance::Conflict });
        }
        let newest: i64 = sqlx::query_scalar("SELECT max(created_at) FROM messages WHERE conversation_id = ?")
            .bind(conversation.0)
            .fetch_one(&mut *tx)
            .await?;
        let rev = next_rev(&mut tx, conversation, now).await?;
        sqlx::query(
            "INSERT INTO messages (id, owner_id, conversation_id, parent_id, role, content, status, provider, model, created_at, rev)
             VALUES (?, ?, ?, ?, 'assistant', '', ?, ?, ?, ?, ?)",
        )
        .bind(new.id.0)
        .bind(new.user.0)
        .bind(conversation.0)
        .bind(new.message.0)
        .bind(Status::Streaming.as_str())
        .bind(&new.provider)
        .bind(&new.model)
        .bind(to_i64(now).max(newest + 1))
        .bind(to_i64(rev))
        .execute(&mut *tx)
        .await?;
        sqlx::query("UPDATE conversations SET provider = ?, model = ?, updated_at = max(updated_at, ?) WHERE id = ?")
            .bind(&new.provider)
            .bind(&new.model)
            .bind(to_i64(now))
            .bind(conversation.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Acceptance::New { rev, begun: None })
    }
}

/// Returns the parent of a new message; `newest` is the newest message of the conversation. Returns `None` if the named parent does not
/// exist, `Some(None)` for a first message.
pub(super) async fn parent(
    connection: &mut SqliteConnection,
    new: &NewMessage,
    newest: Option<Uuid>,
) -> Result<Option<Option<Uuid>>, SqliteError> {
    let named = match (new.edits, new.parent) {
        (Some(edited), _) => edited,
        (None, Some(parent)) => parent,
        (None, None) => return Ok(Some(newest)),
    };
    let row = sqlx::query("SELECT parent_id, role FROM messages WHERE owner_id = ? AND id = ? AND conversation_id = ?")
        .bind(new.user.0)
        .bind(named.0)
        .bind(new.conversation.0)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let is_users = row.try_get::<&str, _>("role")? == "user";
    if new.edits.is_some() {
        return Ok(if is_users { Some(row.try_get("parent_id")?) } else { None });
    }
    if !is_users {
        return Ok(Some(Some(named.0)));
    }
    let answer: Option<Uuid> = sqlx::query_scalar(
        "SELECT id FROM messages WHERE owner_id = ? AND conversation_id = ? AND parent_id = ? AND role = 'assistant'
         ORDER BY created_at DESC LIMIT 1",
    )
    .bind(new.user.0)
    .bind(new.conversation.0)
    .bind(named.0)
    .fetch_optional(connection)
    .await?;
    Ok(Some(Some(answer.unwrap_or(named.0))))
}
