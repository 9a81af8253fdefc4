//! The store's records of time. See [`holdfast_core::age`].

use std::sync::atomic::Ordering;

use sqlx::Row as _;

use super::{SqliteError, Store, to_i64, to_u64};
use holdfast_core::{age::ClockJump, clock::Millis};

/// Maximum number of jumps that are read, the newest first.
const MOST: i64 = 1_000;

impl Store {
    /// Returns when a server last ran on this store, or when something in it last changed, ms since 1970. Returns `None` for a new store.
    pub async fn seen_at(&self) -> Result<Option<Millis>, SqliteError> {
        let seen: Option<i64> = sqlx::query_scalar("SELECT seen_at FROM clock").fetch_optional(&self.readers).await?;
        Ok(seen.map(to_u64))
    }

    /// Records that a server runs at `now`, and new jumps of the clock.
    pub async fn note_time(&self, now: Millis, jumps: &[ClockJump]) -> Result<(), SqliteError> {
        let mut tx = self.write().await?;
        for ClockJump { from, to } in jumps {
            sqlx::query("INSERT INTO clock_jumps (from_at, to_at) VALUES (?, ?)")
                .bind(to_i64(*from))
                .bind(to_i64(*to))
                .execute(&mut *tx)
                .await?;
        }
        sqlx::query("INSERT INTO clock (id, seen_at) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET seen_at = ?1")
            .bind(to_i64(now))
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Returns the recorded jumps of the clock.
    pub async fn clock_jumps(&self) -> Result<Vec<ClockJump>, SqliteError> {
        let rows =
            sqlx::query("SELECT from_at, to_at FROM clock_jumps ORDER BY seq DESC LIMIT ?").bind(MOST).fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok(ClockJump { from: to_u64(row.try_get("from_at")?), to: to_u64(row.try_get("to_at")?) })).collect()
    }

    /// Sets how much of the time before now does not count as age, ms.
    pub fn set_uncounted(&self, uncounted: Millis) {
        self.uncounted.store(uncounted, Ordering::Release);
    }

    /// Returns `now` without the time that does not count as age. Something last used at `t` has the age `age_now(now) - t`.
    pub fn age_now(&self, now: Millis) -> Millis {
        now.saturating_sub(self.uncounted.load(Ordering::Acquire))
    }
}
