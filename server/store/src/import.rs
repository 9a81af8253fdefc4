//! Writes imported conversations in pieces, so that nobody waits long for the store.

use std::collections::HashMap;

use holdfast_protocol::{Author, ConversationId, Step, UserId};
use sqlx::SqliteConnection;
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    SqliteError, Store,
    messages::{Details, give_out, next_rev, steps_json},
    to_i64,
};
use holdfast_core::{
    clock::Millis,
    imported::{BoundedConversation, GoOn, ImportOutcome, ImportedConversation, ImportedMessage},
};

/// Maximum number of messages, and of their bytes, in one transaction.
const PIECE_MESSAGES: usize = 64;
const PIECE_BYTES: usize = 64 * 1024;
/// Number of ids that are looked up in one query.
const LOOKED_UP: usize = 500;

/// What the store has of a conversation.
struct Here {
    id: ConversationId,
    /// `None` if it does not exist.
    state: Option<State>,
    /// Its messages: creation time, and whether they were interrupted.
    messages: HashMap<Uuid, (i64, bool)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Shown,
    Removed,
    /// An import that ended early left it.
    Importing,
}

/// What is to be written, with the messages' ids in the store.
struct Plan {
    fresh: Vec<(Uuid, ImportedMessage)>,
    longer: Vec<(Uuid, ImportedMessage)>,
    /// The id in the store for each id in the file.
    names: HashMap<Uuid, Uuid>,
}

impl Store {
    /// Imports a conversation, or the new messages of an existing one. Returns the result and the revision. A new conversation is
    /// invisible until all of it is written.
    ///
    /// # Errors
    /// [`SqliteError::OverQuota`] if the user's quota would be exceeded, or an error of the store. The written part of a new conversation
    /// is removed.
    pub async fn import(
        &self,
        user: UserId,
        conversation: BoundedConversation,
        now: Millis,
        go_on: &mut GoOn<'_>,
    ) -> Result<(ConversationId, u64, ImportOutcome), SqliteError> {
        let mut conversation = conversation.into_inner();
        let messages = std::mem::take(&mut conversation.messages);
        let mut here = self.look(user, &conversation).await?;
        let plan = self.plan(user, &here, messages).await?;
        if here.state == Some(State::Shown) && plan.fresh.is_empty() && plan.longer.is_empty() {
            return Ok((here.id, 0, ImportOutcome::Same));
        }
        let mut times = Times::default();
        here.messages.values().for_each(|(at, _)| _ = times.take(*at));
        let mut made: HashMap<Uuid, i64> = here.messages.drain().map(|(id, (at, _))| (id, at)).collect();
        let Plan { fresh, longer, names } = plan;
        let mut writes = fresh.into_iter().map(Write::Insert).chain(longer.into_iter().map(Write::Lengthen)).peekable();
        let mut rev = None;
        loop {
            let turn = self.bulk.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
            let mut tx = self.write_more(user).await?;
            let since = Instant::now();
            let last = match rev {
                None => {
                    begin(&mut tx, user, &conversation, &here, now).await?;
                    i64::MAX
                }
                Some(rev) => to_i64(rev),
            };
            // Messages that others wrote between the pieces.
            let others: Vec<i64> = sqlx::query_scalar("SELECT created_at FROM messages WHERE conversation_id = ? AND rev > ?")
                .bind(here.id.0)
                .bind(last)
                .fetch_all(&mut *tx)
                .await?;
            others.into_iter().for_each(|at| _ = times.take(at));
            let this = next_rev(&mut tx, here.id, now).await?;
            rev = Some(this);
            let (mut count, mut bytes) = (0, 0);
            while count < PIECE_MESSAGES
                && bytes < PIECE_BYTES
                && let Some(write) = writes.next()
            {
                count += 1;
                match write {
                    Write::Insert((name, message)) => {
                        bytes += message.content.len() + message.steps.iter().map(Step::bytes).sum::<usize>();
                        // The parent is in the store already, so there can be no cycle.
                        let parent = message.parent.map(|parent| names.get(&parent).copied().unwrap_or(parent));
                        let parent = parent.filter(|parent| made.contains_key(parent));
                        // Messages are ordered by time, so times are unique, and a message is later than its parent.
                        let earliest = parent.and_then(|parent| made.get(&parent)).map_or(0, |at| at + 1);
                        let at = times.take(to_i64(message.created_at).max(earliest));
                        made.insert(name, at);
                        insert(&mut tx, user, here.id, (name, parent, at, this), &message).await?;
                    }
                    Write::Lengthen((name, message)) => {
                        bytes += message.content.len() + message.steps.iter().map(Step::bytes).sum::<usize>();
                        lengthen(&mut tx, user, (name, this), &message).await?;
                    }
                }
            }
            let is_done = writes.peek().is_none();
            if is_done && here.state != Some(State::Shown) {
                sqlx::query("UPDATE conversations SET removed_at = NULL, importing = 0, erasing = 0 WHERE id = ?")
                    .bind(here.id.0)
                    .execute(&mut *tx)
                    .await?;
            }
            let kept = tx.keep().await;
            // Making room takes its own turns.
            drop(turn);
            match kept {
                Ok(excess) => self.make_room(excess).await?,
                Err(error) => {
                    self.take_back(user, &here).await?;
                    return Err(error);
                }
            }
            if is_done {
                let is_new = here.state.is_none_or(|state| state == State::Importing);
                return Ok((here.id, this, if is_new { ImportOutcome::Added } else { ImportOutcome::Grown }));
            }
            if go_on().is_break() {
                return Ok((here.id, this, ImportOutcome::Stopped));
            }
            // Leaves the store to others for as long as they had to wait.
            tokio::time::sleep(since.elapsed()).await;
        }
    }

    /// Removes what was written of a conversation whose import failed, unless it was visible before.
    async fn take_back(&self, user: UserId, here: &Here) -> Result<(), SqliteError> {
        match here.state {
            Some(State::Shown) => {}
            Some(State::Removed) => {
                sqlx::query("UPDATE conversations SET importing = 0 WHERE id = ?").bind(here.id.0).execute(&self.writer).await?;
            }
            Some(State::Importing) | None => self.erase_removed(user, here.id).await?,
        }
        Ok(())
    }

    /// Returns what the store has of the conversation.
    async fn look(&self, user: UserId, conversation: &ImportedConversation) -> Result<Here, SqliteError> {
        let mut here = Here { id: ConversationId(conversation.id), state: None, messages: HashMap::new() };
        for candidate in conversation.original.into_iter().chain([here.id]) {
            let found: Option<(bool, bool, bool)> =
                sqlx::query_as("SELECT removed_at IS NOT NULL, importing, erasing FROM conversations WHERE id = ? AND user_id = ?")
                    .bind(candidate.0)
                    .bind(user.0)
                    .fetch_optional(&self.readers)
                    .await?;
            if let Some((_, _, true)) = found {
                self.erase_removed(user, candidate).await?;
                continue;
            }
            if let Some((is_removed, is_importing, _)) = found {
                here.id = candidate;
                here.state = Some(match (is_removed, is_importing) {
                    (_, true) => State::Importing,
                    (true, false) => State::Removed,
                    (false, false) => State::Shown,
                });
                let rows: Vec<(Uuid, i64, bool)> =
                    sqlx::query_as("SELECT id, created_at, status = 'interrupted' FROM messages WHERE conversation_id = ?")
                        .bind(candidate.0)
                        .fetch_all(&self.readers)
                        .await?;
                here.messages = rows.into_iter().map(|(id, at, is_cut)| (id, (at, is_cut))).collect();
                break;
            }
        }
        Ok(here)
    }

    /// Returns which of these messages to write.
    async fn plan(&self, user: UserId, here: &Here, messages: Vec<ImportedMessage>) -> Result<Plan, SqliteError> {
        let mut plan = Plan { fresh: Vec::new(), longer: Vec::new(), names: HashMap::with_capacity(messages.len()) };
        let mut messages = messages.into_iter().peekable();
        while messages.peek().is_some() {
            let mut reader = self.readers.acquire().await?;
            for message in messages.by_ref().take(LOOKED_UP) {
                let mut name = message.id;
                if !here.messages.contains_key(&name) {
                    // An id that is used in another conversation of this user is replaced, by the same one at each import.
                    let taken = sqlx::query("SELECT 1 FROM messages WHERE owner_id = ? AND id = ?").bind(user.0).bind(name);
                    if taken.fetch_optional(&mut *reader).await?.is_some() {
                        name = Uuid::new_v5(&here.id.0, name.as_bytes());
                    }
                }
                // The same id twice in a file is one message.
                if plan.names.insert(message.id, name).is_some() {
                    continue;
                }
                match here.messages.get(&name) {
                    None => plan.fresh.push((name, message)),
                    // It was being written when it was exported the last time.
                    Some((_, true)) => {
                        let text: Option<String> = sqlx::query_scalar("SELECT content FROM messages WHERE owner_id = ? AND id = ?")
                            .bind(user.0)
                            .bind(name)
                            .fetch_optional(&mut *reader)
                            .await?;
                        if text.is_some_and(|text| message.content.len() > text.len() && message.content.starts_with(&text)) {
                            plan.longer.push((name, message));
                        }
                    }
                    Some((_, false)) => {}
                }
            }
        }
        Ok(plan)
    }
}

enum Write {
    Insert((Uuid, ImportedMessage)),
    Lengthen((Uuid, ImportedMessage)),
}

/// Creates the conversation, invisible; or prevents an existing one from being erased meanwhile.
async fn begin(tx: &mut SqliteConnection, user: UserId, new: &ImportedConversation, here: &Here, now: Millis) -> Result<(), SqliteError> {
    if here.state.is_some() {
        // A visible one stays visible. A removed one counts as stored again.
        sqlx::query(
            "UPDATE conversations SET removed_at = iif(removed_at IS NULL, NULL, ?1), importing = iif(removed_at IS NULL, importing, 1),
                 updated_at = max(updated_at, ?2)
             WHERE id = ?3",
        )
        .bind(to_i64(now))
        .bind(to_i64(new.updated_at))
        .bind(here.id.0)
        .execute(&mut *tx)
        .await?;
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO conversations
            (id, user_id, title, pinned, archived, provider, model, rev, created_at, updated_at, removed_at, importing)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
    )
    .bind(here.id.0)
    .bind(user.0)
    .bind(&new.title)
    .bind(new.pinned)
    .bind(new.archived)
    .bind(&new.provider)
    .bind(&new.model)
    .bind(to_i64(now))
    .bind(to_i64(new.created_at))
    .bind(to_i64(new.updated_at))
    .bind(to_i64(now))
    .execute(&mut *tx)
    .await?;
    give_out(tx, here.id, to_i64(now)).await
}

async fn insert(
    tx: &mut SqliteConnection,
    user: UserId,
    conversation: ConversationId,
    (name, parent, at, rev): (Uuid, Option<Uuid>, i64, u64),
    message: &ImportedMessage,
) -> Result<(), SqliteError> {
    sqlx::query(
        "INSERT INTO messages
            (id, owner_id, conversation_id, parent_id, role, content, status, provider, model, created_at, rev, details, steps)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(name)
    .bind(user.0)
    .bind(conversation.0)
    .bind(parent)
    .bind(if message.role == Author::User { "user" } else { "assistant" })
    .bind(&message.content)
    .bind(message.status.as_str())
    .bind(&message.provider)
    .bind(&message.model)
    .bind(at)
    .bind(to_i64(rev))
    .bind(details(message))
    .bind(steps_json(&message.steps)?)
    .execute(&mut *tx)
    .await?;
    Ok(())
}

async fn lengthen(tx: &mut SqliteConnection, user: UserId, (name, rev): (Uuid, u64), message: &ImportedMessage) -> Result<(), SqliteError> {
    // Only while nobody has continued it.
    sqlx::query(
        "UPDATE messages SET content = ?, status = ?, details = ?, steps = ?, rev = ?
         WHERE id = ? AND owner_id = ? AND status = 'interrupted'",
    )
    .bind(&message.content)
    .bind(message.status.as_str())
    .bind(details(message))
    .bind(steps_json(&message.steps)?)
    .bind(to_i64(rev))
    .bind(name)
    .bind(user.0)
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Returns the rarely used properties of a message in stored form.
fn details(message: &ImportedMessage) -> Option<String> {
    let (error, sources) = (message.error.clone(), message.sources.clone());
    let details = Details {
        error,
        usage: message.usage,
        sources,
        left_out: message.left_out,
        ignored: message.ignored.clone(),
        ..Details::default()
    };
    serde_json::to_string(&details).ok().filter(|text| text != "{}")
}

/// Times in use, each by one message. Finding a free one takes constant time, even if all messages of a file have the same time; nobody
/// else writes meanwhile.
#[derive(Default)]
struct Times(HashMap<i64, i64>);

impl Times {
    /// Takes `at`, or the next free time after it.
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
