//! Schedules something that is read again and again in the background.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

/// The schedule. At most one attempt runs at a time.
pub(super) struct Renewal {
    times: Mutex<Times>,
    done: watch::Sender<()>,
}

#[derive(Default)]
struct Times {
    /// When the current attempt started; `None` if there is none.
    began: Option<Instant>,
    /// When the next attempt is due; `None` before the first.
    due: Option<Instant>,
}

impl Default for Renewal {
    fn default() -> Self {
        Self { times: Mutex::default(), done: watch::Sender::new(()) }
    }
}

impl Renewal {
    /// Returns whether the caller must start an attempt: one is due, and none is running.
    pub(super) fn begin(&self) -> bool {
        let mut times = self.lock();
        let now = Instant::now();
        if times.began.is_some() || times.due.is_some_and(|due| now < due) {
            return false;
        }
        times.began = Some(now);
        true
    }

    /// Records that the attempt has ended; the next is due after this time.
    pub(super) fn end(&self, next: Duration) {
        let mut times = self.lock();
        times.began = None;
        times.due = Some(Instant::now() + next);
        drop(times);
        self.done.send_replace(());
    }

    /// Returns whether no attempt has ended yet.
    pub(super) fn is_first(&self) -> bool {
        self.lock().due.is_none()
    }

    /// Waits for the current attempt, until `within` after its start.
    pub(super) async fn wait(&self, within: Duration) {
        let mut done = self.done.subscribe();
        let Some(began) = self.lock().began else { return };
        // The sender lives as long as `self`.
        let _ = timeout_at(began + within, done.changed()).await;
    }

    // A poisoned lock is not possible, because nothing panics while holding it.
    fn lock(&self) -> MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
