//! When something that is looked up in the background is due, under way and done.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

/// The times of one thing that is looked up again and again. At most one look is under way.
pub(super) struct Renewal {
    times: Mutex<Times>,
    done: watch::Sender<()>,
}

#[derive(Default)]
struct Times {
    /// When the look under way began.
    began: Option<Instant>,
    /// When the next one is due; `None` before the first.
    due: Option<Instant>,
}

impl Default for Renewal {
    fn default() -> Self {
        Self { times: Mutex::default(), done: watch::Sender::new(()) }
    }
}

impl Renewal {
    /// Whether the caller is to begin a look: one is due, and none is under way.
    pub(super) fn begin(&self) -> bool {
        let mut times = self.lock();
        let now = Instant::now();
        if times.began.is_some() || times.due.is_some_and(|due| now < due) {
            return false;
        }
        times.began = Some(now);
        true
    }

    /// The look under way is done; the next one is due after this long.
    pub(super) fn end(&self, next: Duration) {
        let mut times = self.lock();
        times.began = None;
        times.due = Some(Instant::now() + next);
        drop(times);
        self.done.send_replace(());
    }

    /// Whether no look has come to its end yet.
    pub(super) fn is_first(&self) -> bool {
        self.lock().due.is_none()
    }

    /// Waits for the look under way, until `within` after its beginning.
    pub(super) async fn wait(&self, within: Duration) {
        let mut done = self.done.subscribe();
        let Some(began) = self.lock().began else { return };
        // The sender lives as long as `self`.
        let _ = timeout_at(began + within, done.changed()).await;
    }

    // Nothing panics while it holds this lock.
    fn lock(&self) -> MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
