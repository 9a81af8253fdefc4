//! Conversations that come from elsewhere.

use std::collections::HashMap;

use holdfast_protocol::{ConversationId, Message, Role, Status, UserId};
use uuid::Uuid;

use super::{
    Store, StoreError,
    messages::{Details, give_out, next_rev},
    to_i64,
    unspaced::apart,
};
use crate::clock::Millis;

/// Longest text of a message that comes from elsewhere, bytes.
const LONGEST: usize = 1024 * 1024;

/// A conversation that comes from elsewhere.
pub struct Arrival {
    /// Its id, where it was one of ours: counts where it still is this user's.
    pub original: Option<ConversationId>,
    /// Its id otherwise.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// When it was begun.
    pub created_at: Millis,
    /// When it last changed.
    pub updated_at: Millis,
    /// Whether it stands on top of the list.
    pub pinned: bool,
    /// Whether it is out of the list.
    pub archived: bool,
    /// The provider chosen last.
    pub provider: Option<String>,
    /// The model chosen last.
    pub model: Option<String>,
    /// Its messages, none before what it follows.
    pub messages: Vec<ArrivingMessage>,
}

/// One of its messages.
pub struct ArrivingMessage {
    /// Its id: the same each time.
    pub id: Uuid,
    /// What it follows.
    pub parent: Option<Uuid>,
    /// Who speaks.
    pub role: Role,
    /// The text.
    pub content: String,
    /// Where it stands.
    pub status: Status,
    /// Who answered.
    pub provider: Option<String>,
    /// The model that answered.
    pub model: Option<String>,
    /// When it was made.
    pub created_at: Millis,
    /// What is rarely there, as it is kept.
    pub details: Option<String>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imported {
    /// It is new.
    Added,
    /// It was here, or had been removed, and has more now.
    Grown,
    /// It was here as it is.
    Same,
}

/// What is rarely there of a message, as it is kept.
pub fn details_of(message: &Message) -> Option<String> {
    let details = Details { error: message.error.clone(), usage: message.usage, sources: message.sources.clone() };
    serde_json::to_string(&details).ok().filter(|text| text != "{}")
}

impl Store {
    /// The ids of all of a user's conversations, newest first.
    pub async fn conversation_ids(&self, user: UserId) -> Result<Vec<ConversationId>, StoreError> {
        let ids: Vec<Uuid> =
            sqlx::query_scalar("SELECT id FROM conversations WHERE user_id = ? AND removed_at IS NULL ORDER BY updated_at DESC, id DESC")
                .bind(user.0)
                .fetch_all(&self.readers)
                .await?;
        Ok(ids.into_iter().map(ConversationId).collect())
    }

    /// Takes a conversation from elsewhere, or what is new of one that is here. Says which it is, and its revision.
    pub async fn import(&self, user: UserId, arrival: Arrival, now: Millis) -> Result<(ConversationId, u64, Imported), StoreError> {
        if arrival.messages.iter().any(|message| message.content.len() > LONGEST) {
            return Err(StoreError::Corrupt("one of its messages is longer than 1 MB.".into()));
        }
        let mut tx = self.write().await?;
        let here = "SELECT removed_at IS NOT NULL FROM conversations WHERE id = ? AND user_id = ?";
        let (mut id, mut was_removed) = (ConversationId(arrival.id), None);
        for candidate in arrival.original.into_iter().chain([id]) {
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
        let mut names: HashMap<Uuid, Uuid> = HashMap::with_capacity(arrival.messages.len());
        let (mut fresh, mut longer) = (Vec::new(), Vec::new());
        for message in arrival.messages {
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
            return Ok((id, 0, Imported::Same));
        }

        let imported = if was_removed.is_some() {
            sqlx::query("UPDATE conversations SET removed_at = NULL, updated_at = max(updated_at, ?) WHERE id = ?")
                .bind(to_i64(arrival.updated_at.min(now)))
                .bind(id.0)
                .execute(&mut *tx)
                .await?;
            Imported::Grown
        } else {
            sqlx::query(
                "INSERT INTO conversations (id, user_id, title, title_apart, pinned, archived, provider, model, rev, created_at, updated_at)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(id.0)
            .bind(user.0)
            .bind(&arrival.title)
            .bind(apart(&arrival.title))
            .bind(arrival.pinned)
            .bind(arrival.archived)
            .bind(&arrival.provider)
            .bind(&arrival.model)
            .bind(to_i64(now))
            .bind(to_i64(arrival.created_at.min(now)))
            .bind(to_i64(arrival.updated_at.min(now)))
            .execute(&mut *tx)
            .await?;
            give_out(&mut tx, id, to_i64(now)).await?;
            Imported::Added
        };
        let rev = next_rev(&mut tx, id, now).await?;
        // The order in which they were made is the order of their times: no two are the same, and none is before what it
        // follows.
        for message in fresh {
            let parent = message.parent.map(|parent| names.get(&parent).copied().unwrap_or(parent));
            let earliest = parent.and_then(|parent| known.get(&parent)).map_or(0, |at| at + 1);
            let at = times.take(to_i64(message.created_at.min(now)).max(earliest));
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
            .bind(&message.details)
            .execute(&mut *tx)
            .await?;
        }
        // What was being written when it was taken along the last time.
        for message in longer {
            sqlx::query("UPDATE messages SET content = ?, apart = ?, status = ?, details = ?, rev = ? WHERE id = ? AND owner_id = ?")
                .bind(&message.content)
                .bind(apart(&message.content))
                .bind(message.status.as_str())
                .bind(&message.details)
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
