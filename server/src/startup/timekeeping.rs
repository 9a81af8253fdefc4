//! Detects jumps of the system clock, so that nothing is removed because of them.

use std::time::Duration;

use tokio::time::Instant;
use tracing::{info, warn};

use holdfast_core::{
    age::{ClockJump, uncounted},
    clock::Millis,
};
use holdfast_store::{SqliteError, Store};

/// Interval at which the current time is recorded in the store.
const NOTE_EVERY: Duration = Duration::from_secs(300);
/// How far a clock may be behind without a warning.
const BEHIND: Millis = 3_600_000;
/// Length of a jump from which on a warning is logged, days. Shorter ones mean that the server was off.
const WARN_FROM: u64 = 3;

/// Compares the system clock with a monotonic clock, and records both in the store.
#[derive(Debug)]
pub(super) struct Timekeeper {
    jumps: Vec<ClockJump>,
    /// The last check: the system time, and the monotonic time.
    seen: (Millis, Instant),
    /// When the time was last recorded in the store; `None` before the first time.
    noted: Option<Instant>,
    /// Jumps that are not recorded in the store yet.
    unnoted: Vec<ClockJump>,
    /// Whether the store refused the last record. Only the first refusal is logged.
    is_refused: bool,
}

impl Timekeeper {
    /// Compares the clock with the newest record in the store. Call this before anything is removed or expires by the clock.
    ///
    /// # Errors
    /// The store can't be read.
    pub(super) async fn begin(store: &Store, now: Millis, instant: Instant) -> Result<Self, SqliteError> {
        let seen = (store.seen_at().await?.unwrap_or(now), instant);
        let mut keeper = Self { jumps: store.clock_jumps().await?, seen, noted: None, unnoted: Vec::new(), is_refused: false };
        keeper.look(store, now, instant).await;
        Ok(keeper)
    }

    /// Checks whether the clock jumped since the last check, and records time that does not count as age.
    pub(super) async fn look(&mut self, store: &Store, now: Millis, instant: Instant) {
        let passed = u64::try_from(instant.duration_since(self.seen.1).as_millis()).unwrap_or(u64::MAX);
        let expected = self.seen.0.saturating_add(passed);
        self.seen = (now, instant);
        if let Some(jump) = ClockJump::between(expected, now) {
            self.jumps.push(jump);
            self.unnoted.push(jump);
            warn_of(jump);
        } else if expected.saturating_sub(now) > BEHIND {
            warn!(
                clock = %shown(now),
                newest_entry = %shown(expected),
                "the clock is behind the newest entry in the store: new conversations are sorted below older ones, and sessions last longer. If the clock is wrong, set it (timedatectl set-ntp true)"
            );
        }
        store.set_uncounted(uncounted(&self.jumps, now));
        if self.unnoted.is_empty() && self.noted.is_some_and(|noted| instant.duration_since(noted) < NOTE_EVERY) {
            return;
        }
        match store.note_time(now, &self.unnoted).await {
            Ok(()) => {
                self.noted = Some(instant);
                self.unnoted.clear();
                self.is_refused = false;
            }
            Err(cause) if !self.is_refused => {
                info!(%cause, "could not store the current time; next attempt in a second");
                self.is_refused = true;
            }
            Err(_) => {}
        }
    }
}

fn warn_of(jump: ClockJump) {
    let days = jump.days();
    if days < WARN_FROM {
        info!(days, "server was off for more than a day, or the clock was changed; this time does not count as age");
        return;
    }
    warn!(
        clock = %shown(jump.to),
        newest_entry = %shown(jump.from),
        days,
        "the clock is far ahead of the newest entry in the store: nothing is removed because of it. If the server was off for so long, nothing is to be done. Otherwise set the clock (timedatectl set-ntp true) and restart"
    );
}

/// Returns a time in readable form.
pub(super) fn shown(at: Millis) -> String {
    let seconds = i64::try_from(at / 1000).unwrap_or(i64::MAX);
    match time::OffsetDateTime::from_unix_timestamp(seconds) {
        Ok(date) => {
            format!("{}-{:02}-{:02} {:02}:{:02} UTC", date.year(), u8::from(date.month()), date.day(), date.hour(), date.minute())
        }
        Err(_) => format!("{seconds} s since 1970"),
    }
}
