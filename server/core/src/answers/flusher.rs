//! Saves the new text of all running answers, in one transaction for each tick.
//!
//! A tick starts as soon as there is something to save and [`TICK`] has passed since the last one. So a single answer is saved
//! immediately, and under load many answers share a tick, which makes each piece cheaper.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    time::Duration,
};

use holdfast_protocol::{ApiError, MessageId, Reason};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::{Hub, LiveAnswer, Metrics, live::Unsaved};
use crate::answers::{Checkpoint, Ending, StepGain};
use crate::clock;
use crate::ports::{Answers, StoreError};

/// Shortest time between two saves. A longer time makes a chunk cheaper and later; with this value, 99 % arrive within 25 ms under load
/// (docs/performance.md).
const TICK: Duration = Duration::from_millis(15);
/// Maximum number of answers that end in one save. Ending an answer takes much longer than adding text, because its text is added to the
/// search index. This way, running answers do not wait for many that end at the same time.
const ENDINGS: usize = 8;
/// Waiting time after a failed save.
const RETRY: Duration = Duration::from_millis(250);
/// A disk that has been full for this long is not expected to have space soon.
const FULL: Duration = Duration::from_secs(2);
/// A store that has failed for this long for another reason is not just locked.
const FAILED: Duration = Duration::from_secs(30);
/// Maximum number of journal rows that are kept for one long answer.
const LONGEST_JOURNAL: i64 = 4_000;

/// The queue of answers with new text, and the task that saves it.
#[derive(Debug, Default)]
pub struct Flusher {
    dirty: Mutex<Vec<Arc<LiveAnswer>>>,
    wake: Notify,
    metrics: Metrics,
    failing: Mutex<Option<Failing>>,
}

/// Since when saving has failed.
#[derive(Clone, Copy, Debug)]
struct Failing {
    since: Instant,
    /// Whether the reason is a full disk.
    is_full: bool,
}

impl Flusher {
    fn dirty(&self) -> MutexGuard<'_, Vec<Arc<LiveAnswer>>> {
        self.dirty.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the metrics of saved and sent text.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Returns the error with which to end the wait for an answer requested at `asked`: saving fails, and has failed for too long since
    /// then. Returns `None` if the wait may go on.
    pub fn unable(&self, asked: Instant) -> Option<ApiError> {
        let Failing { since, is_full } = (*self.failing.lock().unwrap_or_else(PoisonError::into_inner))?;
        let since = since.max(asked);
        match is_full {
            true if since.elapsed() >= FULL => Some(Reason::AnswerWaitsForDisk.error().retry_after(10_000)),
            false if since.elapsed() >= FAILED => Some(Reason::AnswerNotSaved.error().retry_after(5_000)),
            _ => None,
        }
    }

    /// Reports that an answer has grown or ended.
    pub fn report(&self, answer: &Arc<LiveAnswer>) {
        if !answer.queued.swap(true, Ordering::AcqRel) {
            self.dirty().push(answer.clone());
            self.wake.notify_one();
        }
    }

    /// Saves until `done` is cancelled, and then saves what is left.
    pub async fn run(self: Arc<Self>, store: Arc<dyn Answers>, hub: Arc<Hub>, done: CancellationToken) {
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
            match self.save(&*store, &hub, &mut journal, &batch).await {
                Ok(all) => {
                    is_all = all;
                    if self.set_failing(None).is_some() {
                        info!("store saves again");
                    }
                }
                Err(cause) => {
                    if self.set_failing(Some(matches!(cause, StoreError::Full(_)))).is_none() {
                        error!(%cause, "answers can't be saved; they wait, and unsaved text is not shown");
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

    /// Sets whether saving fails, and whether because of a full disk. Returns the previous state.
    fn set_failing(&self, is_full: Option<bool>) -> Option<Failing> {
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *failing;
        let since = before.map_or_else(Instant::now, |before| before.since);
        *failing = is_full.map(|is_full| Failing { since, is_full });
        before
    }

    /// Saves the new text of these answers, and the end of some. Returns whether all of them were saved completely.
    async fn save(&self, store: &dyn Answers, hub: &Hub, journal: &mut Journal, batch: &[Arc<LiveAnswer>]) -> Result<bool, StoreError> {
        let (mut gains, mut step_gains) = (Vec::with_capacity(batch.len()), Vec::new());
        let mut endings: Vec<Ending> = Vec::new();
        let (mut growing, mut ending) = (Vec::with_capacity(batch.len()), Vec::new());
        let mut rest = Vec::new();
        for answer in batch {
            answer.queued.store(false, Ordering::Release); // text that arrives from here on belongs to the next tick
            let may_end = endings.len() < ENDINGS;
            if !may_end && answer.is_finished() {
                rest.push(answer);
            }
            match answer.unsaved(may_end) {
                Unsaved::End(end) => {
                    endings.push(*end);
                    ending.push(answer);
                }
                Unsaved::Growth(None, steps) if steps.is_empty() => {}
                Unsaved::Growth(gain, steps) => {
                    growing.push((answer, gain.as_ref().map_or(0, |gain| gain.1 as usize + gain.2.len()), steps.len()));
                    gains.extend(gain);
                    step_gains.extend(steps.into_iter().map(|step| StepGain(answer.id, step)));
                }
            }
        }
        let ended = |id: &MessageId| endings.iter().any(|ending| ending.answer == *id);
        let keep_from = (!endings.is_empty() || journal.trim).then(|| {
            let needed = journal.first_row.iter().filter(|(id, _)| !ended(id)).map(|(_, (row, _))| *row).min();
            needed.unwrap_or(journal.newest + 1)
        });
        let (ended, row) = store.save_answers(&gains, &step_gains, &endings, keep_from, clock::now()).await?;
        journal.trim = false;
        journal.newest = journal.newest.max(row);
        let mut step_gains = step_gains.into_iter().map(|StepGain(_, step)| step);
        for (answer, to, steps) in growing {
            journal.first_row.entry(answer.id).or_insert_with(|| (row, answer.clone()));
            let steps: Vec<_> = step_gains.by_ref().take(steps).collect();
            if let Some(took) = answer.saved_to(to, &steps) {
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
            let running: Vec<_> = journal.first_row.values().map(|(_, answer)| checkpoint(answer)).collect();
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

/// Which rows of the journal are still needed, and for which answers.
#[derive(Default)]
struct Journal {
    first_row: HashMap<MessageId, (i64, Arc<LiveAnswer>)>,
    newest: i64,
    /// Whether rows may have become unnecessary although no answer ended.
    trim: bool,
}

impl Journal {
    fn oldest_needed(&self) -> i64 {
        self.first_row.values().map(|(row, _)| *row).min().unwrap_or(self.newest + 1)
    }
}

fn checkpoint(answer: &LiveAnswer) -> Checkpoint {
    let content = answer.read(0, usize::MAX).unwrap_or_default();
    Checkpoint { user: answer.user, answer: answer.id, content, steps: answer.read_steps(&[], usize::MAX) }
}
