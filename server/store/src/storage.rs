//! Storage of each user, and its quotas. Triggers maintain the counters (`migrations/0020_storage.sql`).
//!
//! Removed conversations do not count against a quota, and are kept as long as they fit beside the rest. If they do not fit, the oldest
//! ones are erased. So nobody ever stores more than their quota, and removing something makes room immediately. The same holds for all
//! users together.

use std::{
    ops::{Deref, DerefMut},
    sync::PoisonError,
    time::Duration,
};

use holdfast_protocol::{
    ConversationId, UserId,
    api::Role,
    storage::{QuotaExceeded, QuotaOf, StorageInfo},
};
use sqlx::{Row as _, SqliteConnection};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};
use uuid::Uuid;

use holdfast_core::limits::Quotas;

use super::{SqliteError, Store, to_i64, to_u64, transaction::Transaction, users};

/// How long a call that adds data waits for its turn.
const PATIENCE: Duration = Duration::from_secs(30);

/// The storage of a user.
struct Stored {
    role: Role,
    bytes: u64,
    rows: u64,
    removed_bytes: u64,
    removed_rows: u64,
    /// The storage of all users together.
    total: u64,
    total_removed: u64,
}

impl Stored {
    /// Returns the bytes that count, without removed conversations.
    fn used(&self) -> u64 {
        self.bytes.saturating_sub(self.removed_bytes)
    }

    /// Returns the bytes that count of all users.
    fn used_by_all(&self) -> u64 {
        self.total.saturating_sub(self.total_removed)
    }
}

/// Checks whether `more` bytes would exceed a quota.
fn check(quotas: &Quotas, stored: &Stored, more: u64) -> Result<(), SqliteError> {
    let own = if stored.role == Role::Guest { QuotaOf::Guest } else { QuotaOf::Account };
    for (of, quota, used) in
        [(own, quotas.of(stored.role), stored.used() + more), (QuotaOf::Server, quotas.server, stored.used_by_all() + more)]
    {
        if let Some(quota) = quota.filter(|quota| used > *quota) {
            return Err(SqliteError::OverQuota(QuotaExceeded { of, used, quota }));
        }
    }
    Ok(())
}

impl Store {
    /// Sets the quotas. Existing data is kept.
    pub fn set_quotas(&self, quotas: Quotas) {
        *self.quotas.write().unwrap_or_else(PoisonError::into_inner) = quotas;
    }

    fn quotas(&self) -> Quotas {
        *self.quotas.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a user's storage and quota, or `None` if there is no such user.
    pub async fn storage(&self, user: UserId) -> Result<Option<StorageInfo>, SqliteError> {
        let stored = stored(&mut *self.readers.acquire().await?, user).await?;
        Ok(stored.map(|it| StorageInfo {
            used_bytes: it.used(),
            rows: it.rows.saturating_sub(it.removed_rows),
            quota_bytes: self.quotas().of(it.role),
        }))
    }

    /// Checks whether a user may store more, in addition to `writing` bytes of running answers.
    ///
    /// # Errors
    /// [`SqliteError::OverQuota`] if not.
    pub async fn has_room(&self, user: UserId, writing: u64) -> Result<(), SqliteError> {
        let quotas = self.quotas();
        if quotas == Quotas::default() {
            return Ok(());
        }
        match stored(&mut *self.readers.acquire().await?, user).await? {
            Some(stored) => check(&quotas, &stored, writing),
            None => Ok(()),
        }
    }

    /// Starts a write transaction that may increase a user's storage.
    pub(super) async fn write_more(&self, user: UserId) -> Result<Growing<'_>, SqliteError> {
        let quotas = self.quotas();
        let turn = timeout(PATIENCE, self.adding.clone().acquire_owned()).await.ok().and_then(Result::ok);
        let turn = turn.ok_or(SqliteError::Sqlite(sqlx::Error::PoolTimedOut))?;
        let mut transaction = self.write().await?;
        let before = match quotas == Quotas::default() {
            true => None,
            false => stored(&mut transaction, user).await?,
        };
        Ok(Growing { store: self, user, quotas, before: before.map_or(0, |it| it.used()), transaction, _turn: turn })
    }

    /// Erases removed conversations, the oldest first, until everything fits.
    pub(super) async fn make_room(&self, excess: Excess) -> Result<(), SqliteError> {
        for (of, quota) in excess.0 {
            while self.forget_oldest_removed(of, quota).await? {}
        }
        Ok(())
    }

    /// Erases the oldest removed conversation of a user, or of all users, if more than `most` bytes are stored. Returns false if there
    /// was nothing to erase.
    async fn forget_oldest_removed(&self, user: Option<UserId>, most: u64) -> Result<bool, SqliteError> {
        let (of, stored) = match user {
            Some(_) => ("user_id = ?1 AND ", "storage WHERE user_id = ?1"),
            None => ("", "storage_total"),
        };
        let sql = format!(
            "UPDATE conversations SET erasing = 1 WHERE id = (
                 SELECT id FROM conversations WHERE {of}removed_at IS NOT NULL AND importing = 0 AND (SELECT bytes FROM {stored}) > ?2
                 ORDER BY removed_at LIMIT 1)
             RETURNING id"
        );
        let oldest: Option<Uuid> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(user.map(|user| user.0))
            .bind(to_i64(most))
            .fetch_optional(&self.writer)
            .await?;
        let Some(id) = oldest.map(ConversationId) else { return Ok(false) };
        while !self.erase_piece_of(id).await? {}
        Ok(true)
    }

    /// Counts the storage of all users again, and corrects the counters. Returns how many conversations and users were wrong. Triggers
    /// keep the counters correct; this is for stores that another program changed.
    pub async fn repair_storage(&self) -> Result<u64, SqliteError> {
        let conversations = self.repair("conversations", "id", CONVERSATION).await?;
        let mut tx = self.write().await?;
        sqlx::query("INSERT INTO storage (user_id) SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM storage)")
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        let users = self.repair("storage", "user_id", USER).await?;
        let total = sqlx::query(
            "UPDATE storage_total SET bytes = (SELECT coalesce(sum(bytes), 0) FROM storage),
                 removed_bytes = (SELECT coalesce(sum(removed_bytes), 0) FROM storage)
             WHERE bytes <> (SELECT coalesce(sum(bytes), 0) FROM storage)
                 OR removed_bytes <> (SELECT coalesce(sum(removed_bytes), 0) FROM storage)",
        )
        .execute(&self.writer)
        .await?;
        Ok(conversations + users + total.rows_affected())
    }

    /// Sets columns of a table to what is counted, where they differ. Reading does not block writers.
    async fn repair(&self, table: &str, id: &str, counted: &[(&str, &str)]) -> Result<u64, SqliteError> {
        let set = counted.iter().map(|(column, value)| format!("{column} = {value}")).collect::<Vec<_>>();
        let look = format!("SELECT {id}, {} FROM {table} WHERE {id} > ? ORDER BY {id} LIMIT 100", set.join(" AND "));
        let correct = format!("UPDATE {table} SET {} WHERE {id} = ?", set.join(", "));
        let (mut last, mut wrong) = (Uuid::nil(), 0);
        loop {
            let rows: Vec<(Uuid, bool)> = sqlx::query_as(sqlx::AssertSqlSafe(look.clone())).bind(last).fetch_all(&self.readers).await?;
            let Some((newest, _)) = rows.last() else { return Ok(wrong) };
            last = *newest;
            for (row, _) in rows.iter().filter(|(_, is_right)| !is_right) {
                let mut tx = self.write().await?;
                sqlx::query(sqlx::AssertSqlSafe(correct.clone())).bind(row).execute(&mut *tx).await?;
                tx.commit().await?;
                wrong += 1;
            }
        }
    }
}

/// The counters of a conversation.
const CONVERSATION: &[(&str, &str)] = &[
    (
        "stored_bytes",
        "(512 + octet_length(title) + coalesce(octet_length(settings), 0) + 64 * (SELECT count(*) FROM revisions WHERE conversation_id = conversations.id)
          + coalesce((SELECT sum(512 + iif(status = 'streaming', 0, octet_length(content) + coalesce(octet_length(steps), 0))
              + coalesce(octet_length(details), 0))
                      FROM messages WHERE conversation_id = conversations.id), 0))",
    ),
    ("stored_rows", "(1 + (SELECT count(*) FROM messages WHERE conversation_id = conversations.id))"),
];

/// The counters of a user.
const USER: &[(&str, &str)] = &[
    (
        "bytes",
        "(coalesce((SELECT sum(stored_bytes) FROM conversations WHERE user_id = storage.user_id), 0)
          + 512 * (SELECT count(*) FROM shares WHERE user_id = storage.user_id)
          + 512 * (SELECT count(*) FROM sessions WHERE user_id = storage.user_id)
          + coalesce((SELECT sum(512 + octet_length(key)) FROM own_keys WHERE user_id = storage.user_id), 0)
          + coalesce((SELECT sum(512 + iif(content_id IS NULL, bytes, 0)) FROM files WHERE user_id = storage.user_id), 0)
          + coalesce((SELECT sum(512 + bytes + derived_bytes) FROM file_contents WHERE user_id = storage.user_id), 0)
          + coalesce((SELECT octet_length(settings) FROM users WHERE id = storage.user_id), 0)
          + coalesce((SELECT sum(512 + octet_length(name) + coalesce(octet_length(settings), 0)) FROM projects
                      WHERE user_id = storage.user_id), 0))",
    ),
    (
        "rows",
        "(coalesce((SELECT sum(stored_rows) FROM conversations WHERE user_id = storage.user_id), 0)
          + (SELECT count(*) FROM shares WHERE user_id = storage.user_id)
          + (SELECT count(*) FROM sessions WHERE user_id = storage.user_id)
          + (SELECT count(*) FROM own_keys WHERE user_id = storage.user_id)
          + (SELECT count(*) FROM files WHERE user_id = storage.user_id)
          + (SELECT count(*) FROM file_contents WHERE user_id = storage.user_id)
          + (SELECT count(*) FROM projects WHERE user_id = storage.user_id))",
    ),
    (
        "removed_bytes",
        "coalesce((SELECT sum(stored_bytes) FROM conversations
                   WHERE user_id = storage.user_id AND removed_at IS NOT NULL AND importing = 0), 0)",
    ),
    (
        "removed_rows",
        "coalesce((SELECT sum(stored_rows) FROM conversations
                   WHERE user_id = storage.user_id AND removed_at IS NOT NULL AND importing = 0), 0)",
    ),
];

/// Who exceeds a quota, including removed conversations: a user, or all users together.
#[must_use]
pub(super) struct Excess(Vec<(Option<UserId>, u64)>);

/// A write transaction that may increase a user's storage. See [`Store::write_more`].
pub(super) struct Growing<'a> {
    store: &'a Store,
    user: UserId,
    quotas: Quotas,
    before: u64,
    transaction: Transaction,
    _turn: OwnedSemaphorePermit,
}

impl Growing<'_> {
    /// Commits if the quotas allow it, and makes room.
    ///
    /// # Errors
    /// [`SqliteError::OverQuota`] if the user would store more than before and more than allowed. Nothing is written then.
    pub(super) async fn commit(self) -> Result<(), SqliteError> {
        let store = self.store;
        let excess = self.keep().await?;
        store.make_room(excess).await
    }

    /// Commits without making room; pass the result to [`Store::make_room`].
    pub(super) async fn keep(mut self) -> Result<Excess, SqliteError> {
        let mut excess = Excess(Vec::new());
        if self.quotas == Quotas::default() {
            self.transaction.commit().await?;
            return Ok(excess);
        }
        let now = stored(&mut self.transaction, self.user).await?;
        if let Some(now) = &now
            && now.used() > self.before
            && let Err(full) = check(&self.quotas, now, 0)
        {
            self.transaction.rollback().await?;
            return Err(full);
        }
        self.transaction.commit().await?;
        if let Some(now) = now {
            for (quota, stored, of) in [(self.quotas.of(now.role), now.bytes, Some(self.user)), (self.quotas.server, now.total, None)] {
                excess.0.extend(quota.filter(|quota| stored > *quota).map(|quota| (of, quota)));
            }
        }
        Ok(excess)
    }

    /// Rolls back.
    ///
    /// # Errors
    /// An error of SQLite; nothing was written in either case.
    pub(super) async fn rollback(self) -> Result<(), SqliteError> {
        self.transaction.rollback().await
    }
}

impl Deref for Growing<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.transaction
    }
}

impl DerefMut for Growing<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }
}

/// Returns a user's storage, or `None` if there is no such user.
async fn stored(connection: &mut SqliteConnection, user: UserId) -> Result<Option<Stored>, SqliteError> {
    let row = sqlx::query(
        "SELECT role, storage.bytes, rows, storage.removed_bytes, removed_rows, storage_total.bytes AS total,
             storage_total.removed_bytes AS total_removed
         FROM users JOIN storage ON storage.user_id = users.id CROSS JOIN storage_total WHERE users.id = ?",
    )
    .bind(user.0)
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(Stored {
            role: users::role(&row)?,
            bytes: to_u64(row.try_get("bytes")?),
            rows: to_u64(row.try_get("rows")?),
            removed_bytes: to_u64(row.try_get("removed_bytes")?),
            removed_rows: to_u64(row.try_get("removed_rows")?),
            total: to_u64(row.try_get("total")?),
            total_removed: to_u64(row.try_get("total_removed")?),
        })
    })
    .transpose()
}
