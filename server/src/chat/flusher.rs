//! Saves what running answers have gained, all of them in one transaction a tick.
//!
//! A tick begins as soon as there is something to save and the one before is [`TICK`] ago, so a
//! lone answer is saved at once, and under load the cost of a piece falls as pieces share a tick.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    time::Duration,
};

use holdfast_protocol::{ApiError, Code, MessageId};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::{Hub, LiveAnswer, Metrics};
use crate::store::{Ending, Store};
use holdfast_core::{clock, disk};

/// The shortest time between two saves. Longer, a chunk costs less and comes later: at this the 99th of a hundred still comes
/// within 25 ms under load (docs/performance.md).
const TICK: Duration = Duration::from_millis(15);
/// As many answers end in one save. An ending takes much longer than a gain, for its text goes into the index of words: those that
/// grow need not wait for all that end at the same time.
const ENDINGS: usize = 8;
/// After a failed save.
const RETRY: Duration = Duration::from_millis(250);
/// A disk that is full for so long is not about to have room.
const FULL: Duration = Duration::from_secs(2);
/// A store that fails for so long for another reason is not just locked.
const FAILED: Duration = Duration::from_secs(30);
const UNSAVED: &str = "The server's disk is full, so it can't save the answer. Nothing is lost: the message is kept, and its answer is saved once there is room. Send the message again then, with the same message_id, to get it. Tell whoever runs the server.";
const NOT_SAVED: &str =
    "The server can't save the answer just now. The message is kept. Send it again later, with the same message_id, to get its answer.";
/// Rows that the journal may have for the sake of one long answer.
const LONGEST_JOURNAL: i64 = 4_000;

/// Where writers report, and the task that saves.
#[derive(Debug, Default)]
pub struct Flusher {
    dirty: Mutex<Vec<Arc<LiveAnswer>>>,
    wake: Notify,
    metrics: Metrics,
    failing: Mutex<Option<Failing>>,
}

/// Since when nothing can be saved.
#[derive(Clone, Copy, Debug)]
struct Failing {
    since: Instant,
    /// Whether the disk is full.
    is_full: bool,
}

impl Flusher {
    fn dirty(&self) -> MutexGuard<'_, Vec<Arc<LiveAnswer>>> {
        self.dirty.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it has saved, and what went out of it.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Why an answer that was asked for at `asked` is not to be waited for any longer: nothing can be saved, and nothing was for so long
    /// since then that this is no matter of a moment. `None` if answers are saved.
    pub fn unable(&self, asked: Instant) -> Option<ApiError> {
        let Failing { since, is_full } = (*self.failing.lock().unwrap_or_else(PoisonError::into_inner))?;
        let since = since.max(asked);
        match is_full {
            true if since.elapsed() >= FULL => Some(ApiError { error: UNSAVED.into(), ..disk::full() }),
            false if since.elapsed() >= FAILED => Some(ApiError::new(Code::Internal, NOT_SAVED).retry_after(5_000)),
            _ => None,
        }
    }

    /// An answer has grown or come to its end.
    pub fn report(&self, answer: &Arc<LiveAnswer>) {
        if !answer.queued.swap(true, Ordering::AcqRel) {
            self.dirty().push(answer.clone());
            self.wake.notify_one();
        }
    }

    /// Saves until `done`, and then what is left.
    pub async fn run(self: Arc<Self>, store: Store, hub: Arc<Hub>, done: CancellationToken) {
        let mut journal = Journal::default();
        loop {
            let last = tokio::select! {
                () = self.wake.notified() => false,
                () = done.cancelled() => true,
            };
            let batch = std::mem::take(&mut *self.dirty());
            if batch.is_empty() {
                if last {
                    return;
                }
                continue;
            }
            let mut is_all = true;
            match self.save(&store, &hub, &mut journal, &batch).await {
                Ok(all) => {
                    is_all = all;
                    if self.set_failing(None).is_some() {
                        info!("the store saves again");
                    }
                }
                Err(cause) => {
                    if self.set_failing(Some(cause.is_full())).is_none() {
                        error!(%cause, "answers can't be saved; they wait, and nothing unsaved is shown");
                    }
                    for answer in &batch {
                        self.report(answer);
                    }
                    if last {
                        return;
                    }
                    tokio::time::sleep(RETRY).await;
                }
            }
            if !last && is_all {
                tokio::time::sleep(TICK).await;
            }
        }
    }

    /// Remembers whether saving fails, and whether it does for a full disk. Returns what was the case before.
    fn set_failing(&self, is_full: Option<bool>) -> Option<Failing> {
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *failing;
        let since = before.map_or_else(Instant::now, |before| before.since);
        *failing = is_full.map(|is_full| Failing { since, is_full });
        before
    }

    /// Saves what these answers have gained, and some of those that end. Returns whether that were all of them.
    async fn save(
        &self,
        store: &Store,
        hub: &Hub,
        journal: &mut Journal,
        batch: &[Arc<LiveAnswer>],
    ) -> Result<bool, crate::store::StoreError> {
        let mut gains = Vec::with_capacity(batch.len());
        let mut revocations: Vec<Ending> = Vec::new();
        let (mut growing, mut ending) = (Vec::with_capacity(batch.len()), Vec::new());
        let mut rest = Vec::new();
        for answer in batch {
            answer.queued.store(false, Ordering::Release); // what comes from here on is for the next tick
            let may_end = revocations.len() < ENDINGS;
            if !may_end && answer.is_finished() {
                rest.push(answer);
            }
            match answer.unsaved(may_end) {
                (_, Some(end)) => {
                    revocations.push(end);
                    ending.push(answer);
                }
                (Some(gain), None) => {
                    growing.push((answer, gain.1 as usize + gain.2.len()));
                    gains.push(gain);
                }
                (None, None) => {}
            }
        }
        let ended = |id: &MessageId| revocations.iter().any(|ending| ending.answer == *id);
        let keep_from = (!revocations.is_empty() || journal.trim).then(|| {
            let needed = journal.first_row.iter().filter(|(id, _)| !ended(id)).map(|(_, (row, _))| *row).min();
            needed.unwrap_or(journal.newest + 1)
        });
        let (ended, row) = store.save_answers(&gains, &revocations, keep_from, clock::now()).await?;
        journal.trim = false;
        journal.newest = journal.newest.max(row);
        for (answer, to) in growing {
            journal.first_row.entry(answer.id).or_insert_with(|| (row, answer.clone()));
            if let Some(took) = answer.saved_to(to) {
                self.metrics.saved(took);
            }
            hub.wake_all(answer.conversation);
        }
        for (answer, ended) in ending.into_iter().zip(ended) {
            journal.first_row.remove(&answer.id);
            if let Some(took) = answer.ended() {
                self.metrics.saved(took);
            }
            hub.announce(answer.conversation, ended.rev);
            hub.remove_answer(answer);
            if let Some(summary) = ended.summary {
                hub.list_changed(answer.user, summary.into());
            }
        }
        if journal.newest - journal.oldest_needed() > LONGEST_JOURNAL {
            let running: Vec<_> = journal.first_row.values().map(|(_, answer)| (answer.user, answer.id, saved_text(answer))).collect();
            store.checkpoint_answers(&running).await?;
            let next = journal.newest + 1;
            for (row, _) in journal.first_row.values_mut() {
                *row = next;
            }
            journal.trim = true;
        }
        for answer in &rest {
            self.report(answer);
        }
        Ok(rest.is_empty())
    }
}

/// Which rows of the journal are still needed, and by whom.
#[derive(Default)]
struct Journal {
    first_row: HashMap<MessageId, (i64, Arc<LiveAnswer>)>,
    newest: i64,
    /// Rows may have become needless without an answer's ending.
    trim: bool,
}

impl Journal {
    fn oldest_needed(&self) -> i64 {
        self.first_row.values().map(|(row, _)| *row).min().unwrap_or(self.newest + 1)
    }
}

fn saved_text(answer: &LiveAnswer) -> String {
    answer.read(0, usize::MAX).unwrap_or_default()
}
