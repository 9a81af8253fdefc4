//! Writing imported conversations.

use std::collections::HashMap;

use holdfast_protocol::{ConversationId, Role, UserId};
use uuid::Uuid;

use super::{
    ImportedConversation, ImportedMessage, Store, StoreError,
    messages::{Details, give_out, next_rev},
    to_i64,
    unspaced::apart,
};
use crate::clock::Millis;

/// What came of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// It is new.
    Added,
    /// It was here, or had been removed, and has more now.
    Grown,
    /// It was here as it is.
    Same,
}

impl Store {
    /// Takes a conversation from elsewhere, or what is new of one that is here. Says which it is, and its revision.
    ///
    /// # Errors
    /// Something in it is out of bounds, or the store failed.
    pub async fn import(
        &self,
        user: UserId,
        conversation: ImportedConversation,
        now: Millis,
    ) -> Result<(ConversationId, u64, ImportOutcome), StoreError> {
        let conversation = conversation.bounded(now)?;
        let mut tx = self.write().await?;
        let here = "SELECT removed_at IS NOT NULL FROM conversations WHERE id = ? AND user_id = ?";
        let (mut id, mut was_removed) = (ConversationId(conversation.id), None);
        for candidate in conversation.original.into_iter().chain([id]) {
            was_removed = sqlx::query_scalar::<_, bool>(here).bind(candidate.0).bind(user.0).fetch_optional(&mut *tx).await?;
            if was_removed.is_some() {
                id = candidate;
                break;
            }
        }
        let known: Vec<(Uuid, i64)> =
            sqlx::query_as("SELECT id, created_at FROM messages WHERE conversation_id = ?").bind(id.0).fetch_all(&mut *tx).await?;
        let mut times = Times::default();
        for (_, at) in &known {
            times.take(*at);
        }
        let mut known: HashMap<Uuid, i64> = known.into_iter().collect();
        let cut: Vec<(Uuid, String)> =
            sqlx::query_as("SELECT id, content FROM messages WHERE conversation_id = ? AND status = 'interrupted'")
                .bind(id.0)
                .fetch_all(&mut *tx)
                .await?;
        let cut: HashMap<Uuid, String> = cut.into_iter().collect();

        // An id that another conversation of this user has is given anew, the same each time.
        let mut names: HashMap<Uuid, Uuid> = HashMap::with_capacity(conversation.messages.len());
        let (mut fresh, mut longer) = (Vec::new(), Vec::new());
        for message in conversation.messages {
            let mut name = message.id;
            if !known.contains_key(&name) {
                let taken = sqlx::query("SELECT 1 FROM messages WHERE owner_id = ? AND id = ?").bind(user.0).bind(name);
                if taken.fetch_optional(&mut *tx).await?.is_some() {
                    name = Uuid::new_v5(&id.0, name.as_bytes());
                }
            }
            // The same id twice in one file is one message.
            if names.insert(message.id, name).is_some() {
                continue;
            }
            if !known.contains_key(&name) {
                fresh.push(message);
            } else if cut.get(&name).is_some_and(|text| message.content.len() > text.len() && message.content.starts_with(text)) {
                longer.push(message);
            }
        }
        if was_removed == Some(false) && fresh.is_empty() && longer.is_empty() {
            tx.rollback().await?;
            return Ok((id, 0, ImportOutcome::Same));
        }

        let imported = if was_removed.is_some() {
            sqlx::query("UPDATE conversations SET removed_at = NULL, updated_at = max(updated_at, ?) WHERE id = ?")
                .bind(to_i64(conversation.updated_at))
                .bind(id.0)
                .execute(&mut *tx)
                .await?;
            ImportOutcome::Grown
        } else {
            sqlx::query(
                "INSERT INTO conversations (id, user_id, title, title_apart, pinned, archived, provider, model, rev, created_at, updated_at)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(id.0)
            .bind(user.0)
            .bind(&conversation.title)
            .bind(apart(&conversation.title))
            .bind(conversation.pinned)
            .bind(conversation.archived)
            .bind(&conversation.provider)
            .bind(&conversation.model)
            .bind(to_i64(now))
            .bind(to_i64(conversation.created_at))
            .bind(to_i64(conversation.updated_at))
            .execute(&mut *tx)
            .await?;
            give_out(&mut tx, id, to_i64(now)).await?;
            ImportOutcome::Added
        };
        let rev = next_rev(&mut tx, id, now).await?;
        // The order in which they were made is the order of their times: no two are the same, and none is before what it
        // follows.
        for message in fresh {
            // What it follows is here already, so that none leads back to itself.
            let parent = message.parent.map(|parent| names.get(&parent).copied().unwrap_or(parent));
            let parent = parent.filter(|parent| known.contains_key(parent));
            let earliest = parent.and_then(|parent| known.get(&parent)).map_or(0, |at| at + 1);
            let at = times.take(to_i64(message.created_at).max(earliest));
            known.insert(names[&message.id], at);
            sqlx::query(
                "INSERT INTO messages
                    (id, owner_id, conversation_id, parent_id, role, content, apart, status, provider, model, created_at, rev, details)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(names[&message.id])
            .bind(user.0)
            .bind(id.0)
            .bind(parent)
            .bind(if message.role == Role::User { "user" } else { "assistant" })
            .bind(&message.content)
            .bind(apart(&message.content))
            .bind(message.status.as_str())
            .bind(&message.provider)
            .bind(&message.model)
            .bind(at)
            .bind(to_i64(rev))
            .bind(details(&message))
            .execute(&mut *tx)
            .await?;
        }
        // What was being written when it was taken along the last time.
        for message in longer {
            sqlx::query("UPDATE messages SET content = ?, apart = ?, status = ?, details = ?, rev = ? WHERE id = ? AND owner_id = ?")
                .bind(&message.content)
                .bind(apart(&message.content))
                .bind(message.status.as_str())
                .bind(details(&message))
                .bind(to_i64(rev))
                .bind(names[&message.id])
                .bind(user.0)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok((id, rev, imported))
    }
}

/// What is rarely there of a message, as it is stored.
fn details(message: &ImportedMessage) -> Option<String> {
    let details = Details { error: message.error.clone(), usage: message.usage, sources: message.sources.clone() };
    serde_json::to_string(&details).ok().filter(|text| text != "{}")
}

/// Times that are taken, each by one message. Finding a free one costs the same however many are: a file may give all of its
/// messages one time, and nobody else writes meanwhile.
#[derive(Default)]
struct Times(HashMap<i64, i64>);

impl Times {
    /// Takes `at`, or the first one after it that is free.
    fn take(&mut self, at: i64) -> i64 {
        let (mut free, mut passed) = (at, Vec::new());
        while let Some(next) = self.0.get(&free) {
            passed.push(free);
            free = *next;
        }
        for taken in passed.into_iter().chain([free]) {
            self.0.insert(taken, free + 1);
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_is_taken_once_and_in_no_time() {
        let mut times = Times::default();
        assert_eq!([5, 5, 7, 5, 6, 4].map(|at| times.take(at)), [5, 6, 7, 8, 9, 4]);
        for n in 0..200_000 {
            assert_eq!(times.take(100), 100 + n);
        }
        for n in 0..200_000 {
            assert_eq!(times.take(100 + n), 200_100 + n);
        }
    }
}
