//! Erases removed data in pieces, so that nobody waits long for the store. The data is invisible before the first piece is erased.

use holdfast_protocol::{ConversationId, UserId};
use sqlx::SqliteConnection;
use tokio::time::Instant;
use uuid::Uuid;

use super::{SqliteError, Store, to_u64, transaction::Transaction};

/// Maximum number of messages, and of their bytes, in one transaction.
const PIECE_MESSAGES: u32 = 64;
const PIECE_BYTES: u64 = 64 * 1024;
/// Maximum number of revisions in one transaction; they are small.
const PIECE_REVISIONS: u32 = 1_000;

impl Store {
    /// Erases one piece of removed data. Returns false if nothing is left to erase.
    ///
    /// # Errors
    /// An error of SQLite. Earlier pieces stay erased.
    pub async fn erase_piece(&self) -> Result<bool, SqliteError> {
        let conversation: Option<Uuid> = sqlx::query_scalar(
            "SELECT id FROM (
                SELECT id FROM conversations WHERE erasing = 1
                UNION ALL
                SELECT conversations.id FROM users JOIN conversations ON user_id = users.id WHERE removed = 1)
             LIMIT 1",
        )
        .fetch_optional(&self.readers)
        .await?;
        if let Some(conversation) = conversation {
            self.erase_piece_of(ConversationId(conversation)).await?;
            return Ok(true);
        }
        let user: Option<Uuid> = sqlx::query_scalar("SELECT id FROM users WHERE removed = 1 LIMIT 1").fetch_optional(&self.readers).await?;
        let Some(user) = user else { return Ok(false) };
        // A conversation that was created just now is erased before its user.
        sqlx::query("DELETE FROM users WHERE id = ?1 AND removed = 1 AND NOT EXISTS (SELECT 1 FROM conversations WHERE user_id = ?1)")
            .bind(user)
            .execute(&self.writer)
            .await?;
        Ok(true)
    }

    /// Erases all removed data, with pauses for others.
    ///
    /// # Errors
    /// An error of SQLite. Earlier pieces stay erased.
    pub async fn erase_all(&self) -> Result<(), SqliteError> {
        loop {
            let since = Instant::now();
            if !self.erase_piece().await? {
                return Ok(());
            }
            // Leaves the store to others for as long as they had to wait.
            tokio::time::sleep(since.elapsed()).await;
        }
    }

    /// Erases a removed conversation of a user, so that its id can be used again. A visible one is kept.
    pub(super) async fn erase_removed(&self, user: UserId, id: ConversationId) -> Result<(), SqliteError> {
        let is_removed = sqlx::query("SELECT 1 FROM conversations WHERE id = ? AND user_id = ? AND removed_at IS NOT NULL")
            .bind(id.0)
            .bind(user.0)
            .fetch_optional(&self.readers)
            .await?;
        if is_removed.is_none() {
            return Ok(());
        }
        let marked = sqlx::query("UPDATE conversations SET erasing = 1 WHERE id = ? AND user_id = ? AND removed_at IS NOT NULL")
            .bind(id.0)
            .bind(user.0)
            .execute(&self.writer)
            .await?;
        if marked.rows_affected() == 0 {
            return Ok(());
        }
        loop {
            let since = Instant::now();
            if self.erase_piece_of(id).await? {
                return Ok(());
            }
            tokio::time::sleep(since.elapsed()).await;
        }
    }

    /// Erases a piece of a conversation that can't be restored. Returns true if it is gone.
    pub(super) async fn erase_piece_of(&self, id: ConversationId) -> Result<bool, SqliteError> {
        let _turn = self.bulk.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let mut tx = self.write().await?;
        let is_there = sqlx::query(
            "SELECT 1 FROM conversations JOIN users ON users.id = user_id WHERE conversations.id = ? AND (erasing = 1 OR removed = 1)",
        )
        .bind(id.0)
        .fetch_optional(&mut *tx)
        .await?
        .is_some();
        if !is_there {
            tx.rollback().await?;
            return Ok(true);
        }
        let is_gone = !erase_messages(&mut tx, id).await? && !erase_revisions(&mut tx, id).await?;
        if is_gone {
            sqlx::query("DELETE FROM conversations WHERE id = ?").bind(id.0).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(is_gone)
    }
}

/// Returns whether all data of a user fits into one piece.
pub(super) async fn is_small(connection: &mut SqliteConnection, user: UserId) -> Result<bool, SqliteError> {
    let (messages, bytes): (u32, i64) = sqlx::query_as(
        "SELECT count(*), coalesce(sum(octet_length(content) + coalesce(octet_length(steps), 0)), 0)
         FROM (SELECT content, steps FROM messages WHERE owner_id = ? LIMIT ?)",
    )
    .bind(user.0)
    .bind(PIECE_MESSAGES)
    .fetch_one(&mut *connection)
    .await?;
    let conversations: u32 = sqlx::query_scalar("SELECT count(*) FROM (SELECT 1 FROM conversations WHERE user_id = ? LIMIT ?)")
        .bind(user.0)
        .bind(PIECE_MESSAGES)
        .fetch_one(connection)
        .await?;
    Ok(messages < PIECE_MESSAGES && conversations < PIECE_MESSAGES && to_u64(bytes) < PIECE_BYTES)
}

/// Erases some messages of a conversation. Returns false if it has none.
async fn erase_messages(tx: &mut Transaction, id: ConversationId) -> Result<bool, SqliteError> {
    let sql = "SELECT seq, octet_length(content) + coalesce(octet_length(steps), 0) FROM messages WHERE conversation_id = ? LIMIT ?";
    let found: Vec<(i64, i64)> = sqlx::query_as(sql).bind(id.0).bind(PIECE_MESSAGES).fetch_all(&mut **tx).await?;
    let mut bytes = 0;
    let piece: Vec<i64> = found
        .into_iter()
        .take_while(|(_, size)| {
            let fits = bytes < PIECE_BYTES;
            bytes += to_u64(*size);
            fits
        })
        .map(|(seq, _)| seq)
        .collect();
    if piece.is_empty() {
        return Ok(false);
    }
    let list = serde_json::to_string(&piece).map_err(|error| SqliteError::Corrupt(error.to_string()))?;
    sqlx::query("DELETE FROM messages WHERE seq IN (SELECT value FROM json_each(?))").bind(list).execute(&mut **tx).await?;
    Ok(true)
}

/// Erases some revisions of a conversation. Returns false if it has none.
async fn erase_revisions(tx: &mut Transaction, id: ConversationId) -> Result<bool, SqliteError> {
    let done = sqlx::query(
        "DELETE FROM revisions WHERE conversation_id = ?1 AND rev IN (SELECT rev FROM revisions WHERE conversation_id = ?1 LIMIT ?2)",
    )
    .bind(id.0)
    .bind(PIECE_REVISIONS)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use holdfast_core::accounts::stored::Change;
    use holdfast_core::conversations::NewConversation;

    const USER: UserId = UserId(Uuid::from_u128(1));
    const OTHER: UserId = UserId(Uuid::from_u128(2));

    async fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("holdfast.db")).await.unwrap();
        for user in [USER, OTHER] {
            store.add_guest(user, 0).await.unwrap();
        }
        (folder, store)
    }

    async fn conversation(store: &Store, user: UserId, n: u128, messages: u32, bytes: u32) -> ConversationId {
        let id = ConversationId(Uuid::from_u128(n));
        assert!(
            store
                .add_conversation(&NewConversation { id, user, title: "Tides".into(), settings: Default::default(), project: None }, 0)
                .await
                .unwrap()
        );
        sqlx::query(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
             INSERT INTO messages (id, owner_id, conversation_id, role, content, status, created_at, rev)
             SELECT randomblob(16), ?2, ?3, 'user', printf('%.*c', ?4, 'x'), 'accepted', n, n FROM n",
        )
        .bind(messages)
        .bind(user.0)
        .bind(id.0)
        .bind(bytes)
        .execute(&store.writer)
        .await
        .unwrap();
        id
    }

    async fn count(store: &Store, table: &'static str) -> i64 {
        let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        sqlx::query_scalar(sql).fetch_one(&store.readers).await.unwrap()
    }

    #[tokio::test]
    async fn a_user_goes_in_pieces_and_out_of_sight_at_once() {
        let (_folder, store) = store().await;
        let mine = conversation(&store, USER, 10, 200, 10).await;
        conversation(&store, USER, 11, 5, 40_000).await;
        let others = conversation(&store, OTHER, 12, 3, 10).await;
        assert_eq!(store.remove_user(USER).await.unwrap(), Change::Done);
        assert_eq!(store.remove_user(USER).await.unwrap(), Change::Missing);
        assert!(store.user(USER).await.unwrap().is_none() && store.person(USER).await.unwrap().is_none());
        assert_eq!(store.people("", true, None, 10).await.unwrap().people.len(), 1);
        let mut before = count(&store, "messages").await;
        let mut pieces = 0;
        while store.erase_piece().await.unwrap() {
            let now = count(&store, "messages").await;
            assert!(before - now <= 64, "{before} {now}");
            (before, pieces) = (now, pieces + 1);
        }
        assert!(pieces >= 200 / 64 + 3, "{pieces}");
        assert!(store.conversation(USER, mine).await.unwrap().is_none() && store.conversation(OTHER, others).await.unwrap().is_some());
        for (table, left) in [("users", 1), ("conversations", 1), ("messages", 3), ("titles", 1), ("revisions", 1)] {
            assert_eq!(count(&store, table).await, left, "{table}");
        }
    }

    #[tokio::test]
    async fn a_conversation_whose_rows_go_can_t_be_brought_back_and_its_id_is_free() {
        let (_folder, store) = store().await;
        let id = conversation(&store, USER, 10, 200, 10).await;
        assert!(store.remove_conversation(USER, id, 5).await.unwrap());
        assert!(store.restore_conversation(USER, id).await.unwrap().is_some());
        assert!(store.remove_conversation(USER, id, 5).await.unwrap());
        assert_eq!(store.forget_conversations(5, 10).await.unwrap(), 0);
        assert_eq!(store.forget_conversations(6, 10).await.unwrap(), 1);
        assert!(store.restore_conversation(USER, id).await.unwrap().is_none());
        assert!(store.erase_piece().await.unwrap());
        // Created again while it was being erased: the old data must be gone first.
        assert!(
            store
                .add_conversation(&NewConversation { id, user: USER, title: "Anew".into(), settings: Default::default(), project: None }, 7)
                .await
                .unwrap()
        );
        assert_eq!((count(&store, "messages").await, store.conversation(USER, id).await.unwrap().unwrap().0.title), (0, "Anew".into()));
        assert!(!store.erase_piece().await.unwrap());
        // A conversation of another user, or a visible one, is not erased.
        store.erase_removed(OTHER, id).await.unwrap();
        store.erase_removed(USER, id).await.unwrap();
        assert!(store.conversation(USER, id).await.unwrap().is_some());
    }
}
