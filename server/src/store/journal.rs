use std::collections::HashMap;

use holdfast_protocol::{
    ConversationId, MessageId, Status, UserId, answer,
    message::{Fault, Source, Usage},
};
use serde::{Deserialize, Serialize};
use sqlx::{Row as _, SqliteConnection};
use uuid::Uuid;

use super::{
    Store, StoreError,
    messages::{Details, next_rev},
    to_i64,
};
use crate::clock::Millis;

/// What an answer has gained since it was last saved.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Gain(
    /// The answer.
    pub MessageId,
    /// Offset in bytes at which the text begins.
    pub u64,
    /// The text.
    pub String,
);

/// How an answer ends, with its whole text.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The answer.
    pub answer: MessageId,
    /// Whose.
    pub user: UserId,
    /// Where.
    pub conversation: ConversationId,
    /// The whole text.
    pub content: String,
    /// How it ended.
    pub status: Status,
    /// Why, where it failed.
    pub error: Option<Fault>,
    /// What it cost.
    pub usage: Option<Usage>,
    /// What it rests on.
    pub sources: Vec<Source>,
}

impl Store {
    /// Saves, in one transaction, what all running answers have gained, and those that end.
    /// Gives the revision of each ending's conversation, and the journal's newest row.
    ///
    /// Rows of the journal before `keep_from` are dropped: no running answer needs them.
    pub async fn save_answers(
        &self,
        gains: &[Gain],
        endings: &[Ending],
        keep_from: Option<i64>,
        now: Millis,
    ) -> Result<(Vec<u64>, i64), StoreError> {
        let mut tx = self.write().await?;
        let mut row = 0;
        if !gains.is_empty() {
            let gains = serde_json::to_string(gains).map_err(|error| StoreError::Corrupt(error.to_string()))?;
            row = sqlx::query("INSERT INTO journal (gains) VALUES (?)").bind(gains).execute(&mut *tx).await?.last_insert_rowid();
        }
        let mut revs = Vec::with_capacity(endings.len());
        for ending in endings {
            revs.push(end(&mut tx, ending, now).await?);
        }
        if let Some(keep_from) = keep_from {
            sqlx::query("DELETE FROM journal WHERE seq < ?").bind(keep_from).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok((revs, row))
    }

    /// At the start: answers that were being written when the server ended become `interrupted`,
    /// with every byte that was saved. Says how many there were.
    pub async fn recover_answers(&self, fault: &Fault, now: Millis) -> Result<usize, StoreError> {
        let mut tx = self.write().await?;
        let unfinished = sqlx::query("SELECT id, owner_id, conversation_id, content, details FROM messages WHERE status = 'streaming'")
            .fetch_all(&mut *tx)
            .await?;
        let mut endings = HashMap::new();
        for row in &unfinished {
            let answer = MessageId(row.try_get("id")?);
            let ending = Ending {
                answer,
                user: UserId(row.try_get("owner_id")?),
                conversation: ConversationId(row.try_get("conversation_id")?),
                content: row.try_get("content")?,
                status: Status::Interrupted,
                error: Some(fault.clone()),
                usage: None,
                sources: Vec::new(),
            };
            endings.insert(answer, ending);
        }
        let journal: Vec<String> = sqlx::query_scalar("SELECT gains FROM journal ORDER BY seq").fetch_all(&mut *tx).await?;
        for gains in journal {
            let gains: Vec<Gain> = serde_json::from_str(&gains).map_err(|error| StoreError::Corrupt(format!("the journal: {error}")))?;
            for Gain(answer, at, text) in gains {
                if let Some(ending) = endings.get_mut(&answer) {
                    answer::apply(&mut ending.content, at, &text);
                }
            }
        }
        for ending in endings.values() {
            end(&mut tx, ending, now).await?;
        }
        sqlx::query("DELETE FROM journal").execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(endings.len())
    }

    /// Moves the text of running answers into their messages, so that the journal's rows so far
    /// can be dropped.
    pub async fn checkpoint_answers(&self, answers: &[(UserId, MessageId, String)]) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        for (user, answer, content) in answers {
            sqlx::query("UPDATE messages SET content = ? WHERE owner_id = ? AND id = ? AND status = 'streaming'")
                .bind(content)
                .bind(user.0)
                .bind(answer.0)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// An answer whose conversation was removed meanwhile ends where nobody looks; its revision is then told as 0.
async fn end(connection: &mut SqliteConnection, ending: &Ending, now: Millis) -> Result<u64, StoreError> {
    let rev = next_rev(connection, ending.conversation, now).await?;
    let details = Details { error: ending.error.clone(), usage: ending.usage, sources: ending.sources.clone() };
    let details = serde_json::to_string(&details).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    sqlx::query("UPDATE messages SET content = ?, status = ?, details = ?, rev = ? WHERE owner_id = ? AND id = ?")
        .bind(&ending.content)
        .bind(ending.status.as_str())
        .bind(details)
        .bind(to_i64(rev))
        .bind(ending.user.0)
        .bind::<Uuid>(ending.answer.0)
        .execute(&mut *connection)
        .await?;
    let in_sight = sqlx::query("SELECT 1 FROM conversations WHERE id = ? AND removed_at IS NULL")
        .bind(ending.conversation.0)
        .fetch_optional(connection)
        .await?;
    Ok(if in_sight.is_some() { rev } else { 0 })
}
