//! An answer that is being written: an append-only text with a watermark.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use holdfast_protocol::{
    ApiError, ConversationId, MessageId, Status, Step, UserId,
    message::{Source, Usage},
    step::StepState,
};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use super::live_steps::{LiveSteps, StepPosition};
use crate::answers::{Ending, Gain};
use crate::clock::Millis;
use crate::spending::Spent;

/// Number of saves for which the writing time of their text is remembered, for the metrics. Readers further behind are not counted.
const MARKS: usize = 64;

/// How an answer ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// `complete`, `stopped`, `interrupted` or `failed`.
    pub status: Status,
    /// Why it is not complete; `None` if it is.
    pub error: Option<ApiError>,
}

/// Who writes an answer.
#[derive(Clone, Debug)]
pub struct Writer {
    /// Name of the provider.
    pub provider: String,
    /// Name of the model.
    pub model: String,
    /// When the writing started.
    pub since: Millis,
}

/// A running answer. One writer appends; the flusher saves the text and moves the watermark; each reader takes what is below the
/// watermark, from its own offset. So no reader sees a byte that is not saved, and no reader can slow the writer down.
#[derive(Debug)]
pub struct LiveAnswer {
    /// Id of the answer.
    pub id: MessageId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// Its user.
    pub user: UserId,
    /// Its writer.
    pub writer: Writer,
    /// Stops the writing when cancelled.
    pub stop: CancellationToken,
    /// Whether the flusher has it in its queue.
    pub(crate) queued: AtomicBool,
    inner: Mutex<Inner>,
    saved: Notify,
    /// Number of steps that readers may see. Most answers have none, and their readers need no lock to know that.
    visible_steps: AtomicUsize,
}

#[derive(Debug, Default)]
struct Inner {
    text: String,
    steps: LiveSteps,
    /// Number of bytes in the store, which readers may see.
    saved: usize,
    /// Since when there is text that no save has taken; `None` if there is none.
    waiting: Option<Instant>,
    /// Since when there is text that the current save has taken; `None` if there is none.
    saving: Option<Instant>,
    /// The last saves: where each ended, and when the oldest part of its text was written.
    marks: VecDeque<(usize, Instant)>,
    sources: Vec<Source>,
    left_out: u32,
    ignored: Vec<String>,
    usage: Option<Usage>,
    spent: Option<Spent>,
    outcome: Option<Outcome>,
    ended: bool,
}

impl LiveAnswer {
    /// Creates an answer that starts with `text` and `steps`, which are saved already.
    pub fn new(id: MessageId, conversation: ConversationId, user: UserId, writer: Writer, text: String, steps: Vec<Step>) -> Self {
        let visible_steps = AtomicUsize::new(steps.len());
        let inner = Inner { saved: text.len(), text, steps: LiveSteps::saved(steps), ..Inner::default() };
        Self {
            id,
            conversation,
            user,
            writer,
            stop: CancellationToken::new(),
            queued: AtomicBool::new(false),
            inner: Mutex::new(inner),
            saved: Notify::new(),
            visible_steps,
        }
    }

    // A poisoned lock is not possible, because nothing panics while holding it.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends text. Returns how many bytes wait to be saved.
    pub fn append(&self, piece: &str) -> usize {
        let mut inner = self.lock();
        inner.waiting.get_or_insert_with(Instant::now);
        inner.text.push_str(piece);
        inner.text.len() - inner.saved
    }

    /// Appends reasoning: to the step that is running, or to a new one at the end of the text. Returns how many bytes of steps wait to be
    /// saved.
    pub fn reason(&self, piece: &str, now: Millis) -> usize {
        let mut inner = self.lock();
        inner.waiting.get_or_insert_with(Instant::now);
        let after = inner.text.len() as u64;
        inner.steps.reason(piece, after, now);
        inner.steps.unsaved_bytes()
    }

    /// Ends the steps that have not ended. Returns whether there were any.
    pub fn end_steps(&self, state: StepState, now: Millis) -> bool {
        self.lock().steps.end(state, now)
    }

    /// Returns the length of the text and the contents of all steps, saved or not.
    pub fn written(&self) -> usize {
        let inner = self.lock();
        inner.text.len() + inner.steps.bytes()
    }

    /// Returns the length of the text, saved or not.
    pub fn len(&self) -> usize {
        self.lock().text.len()
    }

    /// Returns whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the whole text, saved or not.
    pub fn text(&self) -> String {
        self.lock().text.clone()
    }

    /// Returns the passages that the answer is based on.
    pub fn sources(&self) -> Vec<Source> {
        self.lock().sources.clone()
    }

    /// Sets the passages that the answer is based on.
    pub fn set_sources(&self, sources: Vec<Source>) {
        self.lock().sources = sources;
    }

    /// Sets how many messages at the beginning of the conversation are not sent to the model, and the names of the settings that are
    /// left out because it does not accept them. Returns whether anything changed.
    pub fn set_omitted(&self, messages: u32, ignored: Vec<String>) -> bool {
        let mut inner = self.lock();
        let changed = inner.left_out != messages || inner.ignored != ignored;
        (inner.left_out, inner.ignored) = (messages, ignored);
        changed
    }

    /// Returns the names of the settings that the model does not accept.
    pub fn ignored(&self) -> Vec<String> {
        self.lock().ignored.clone()
    }

    /// Returns how many messages at the beginning of the conversation are not sent to the model.
    pub fn left_out(&self) -> u32 {
        self.lock().left_out
    }

    /// Adds tokens and their cost to those that the answer has from before it was continued. `spent` is what of them counts in the month
    /// of its user.
    pub fn add_usage(&self, usage: &Usage, spent: Option<Spent>) {
        let mut inner = self.lock();
        inner.usage.get_or_insert_default().add(usage);
        if spent.is_some() {
            inner.spent = spent;
        }
    }

    /// Marks the writing as ended, and its steps with it. Readers are told once this is saved.
    pub fn finish(&self, outcome: Outcome, now: Millis) {
        let mut inner = self.lock();
        inner.steps.end_with(outcome.status, now);
        inner.outcome.get_or_insert(outcome);
    }

    /// Returns whether the writing has ended.
    pub fn is_finished(&self) -> bool {
        self.lock().outcome.is_some()
    }

    /// Returns what must be saved: the end of the answer if `may_end`, or else new text and what is new of its steps.
    pub(crate) fn unsaved(&self, may_end: bool) -> Unsaved {
        let mut inner = self.lock();
        // Text of a failed save is still to be saved.
        inner.saving = inner.saving.or(inner.waiting);
        inner.waiting = None;
        if let (Some(outcome), false, true) = (&inner.outcome, inner.ended, may_end) {
            let ending = Ending {
                answer: self.id,
                user: self.user,
                conversation: self.conversation,
                content: inner.text.clone(),
                steps: inner.steps.written(),
                status: outcome.status,
                error: outcome.error.clone(),
                usage: inner.usage,
                spent: inner.spent.clone(),
                sources: inner.sources.clone(),
                left_out: inner.left_out,
                ignored: inner.ignored.clone(),
            };
            return Unsaved::End(Box::new(ending));
        }
        let gain = inner.text.get(inner.saved..).filter(|text| !text.is_empty());
        let gain = gain.map(|text| Gain(self.id, inner.saved as u64, text.to_owned()));
        Unsaved::Growth(gain, inner.steps.unsaved())
    }

    /// Records that the text is saved up to this byte, and these pieces of steps. Returns how long ago the oldest part of it was written.
    pub(crate) fn saved_to(&self, bytes: usize, steps: &[Step]) -> Option<Duration> {
        let mut inner = self.lock();
        inner.saved = inner.saved.max(bytes);
        if !steps.is_empty() {
            inner.steps.saved_pieces(steps);
            self.visible_steps.store(inner.steps.visible(), Ordering::Release);
        }
        let took = inner.mark();
        drop(inner);
        self.saved.notify_waiters();
        took
    }

    /// Records that the end is saved. Returns how long ago the oldest part of it was written.
    pub(crate) fn ended(&self) -> Option<Duration> {
        let mut inner = self.lock();
        inner.saved = inner.text.len();
        inner.steps.saved_all();
        self.visible_steps.store(inner.steps.visible(), Ordering::Release);
        inner.ended = true;
        let took = inner.mark();
        drop(inner);
        self.saved.notify_waiters();
        took
    }

    /// Returns the maximum time since the text at `from` was written, or `None` if that is not known any more.
    pub fn age(&self, from: u64) -> Option<Duration> {
        let inner = self.lock();
        let known_from = if inner.marks.len() < MARKS { 0 } else { inner.marks.front()?.0 as u64 };
        let (_, written) = inner.marks.iter().find(|(to, _)| *to as u64 > from).filter(|_| from >= known_from)?;
        Some(written.elapsed())
    }

    /// Waits until less than `limit` bytes wait to be saved, so that a provider can't outrun the disk without limit.
    pub(crate) async fn wait_for_space(&self, limit: usize) {
        loop {
            let saved = self.saved.notified();
            {
                let inner = self.lock();
                if inner.text.len() - inner.saved + inner.steps.unsaved_bytes() < limit || inner.ended {
                    return;
                }
            }
            saved.await;
        }
    }

    /// Returns the number of saved bytes.
    pub fn watermark(&self) -> u64 {
        self.lock().saved as u64
    }

    /// Returns the text between `from` and the watermark, at most about `most` bytes. Returns `None` if there is none, or if `from` is
    /// not a valid offset.
    pub fn read(&self, from: u64, most: usize) -> Option<String> {
        let inner = self.lock();
        let from = usize::try_from(from).ok()?;
        let mut to = inner.saved.min(from.checked_add(most)?);
        while to > from && !inner.text.is_char_boundary(to) {
            to -= 1;
        }
        inner.text.get(from..to).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// Returns the saved steps that differ from what a reader has of them, each from where the reader's content ends; in total at most
    /// about `most` bytes of content.
    pub fn read_steps(&self, has: &[StepPosition], most: usize) -> Vec<Step> {
        if self.visible_steps.load(Ordering::Acquire) == 0 {
            return Vec::new();
        }
        self.lock().steps.read(has, most)
    }
}

/// What of an answer must be saved.
pub(crate) enum Unsaved {
    /// New text, if there is any, and pieces of steps.
    Growth(Option<Gain>, Vec<Step>),
    /// Its end.
    End(Box<Ending>),
}

impl Inner {
    /// Records when the oldest part of the saved text was written, and returns how long ago that was.
    fn mark(&mut self) -> Option<Duration> {
        let written = self.saving.take()?;
        if self.marks.len() == MARKS {
            self.marks.pop_front();
        }
        self.marks.push_back((self.saved, written));
        Some(written.elapsed())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use uuid::Uuid;

    use super::*;

    fn answer() -> LiveAnswer {
        let id = Uuid::from_u128(1);
        let writer = Writer { provider: "builtin".into(), model: "echo".into(), since: 0 };
        LiveAnswer::new(MessageId(id), ConversationId(id), UserId(id), writer, String::new(), Vec::new())
    }

    #[test]
    fn nothing_is_read_before_it_is_saved() {
        let answer = answer();
        answer.append("häuser");
        assert_eq!(answer.read(0, 100), None);
        answer.saved_to(3, &[]);
        assert_eq!(answer.read(0, 100).unwrap(), "hä");
        assert_eq!(answer.read(3, 100), None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_age_of_a_word_counts_from_its_being_written() {
        let answer = answer();
        assert_eq!(answer.age(0), None);
        answer.append("one");
        tokio::time::advance(Duration::from_millis(10)).await;
        answer.unsaved(true);
        answer.append("two"); // while a save is running
        tokio::time::advance(Duration::from_millis(5)).await;
        answer.unsaved(true); // that save failed; this one takes everything
        assert_eq!(answer.saved_to(6, &[]), Some(Duration::from_millis(15)));
        answer.append("three");
        answer.unsaved(true);
        tokio::time::advance(Duration::from_millis(2)).await;
        assert_eq!(answer.saved_to(11, &[]), Some(Duration::from_millis(2)));
        assert_eq!(answer.age(5), Some(Duration::from_millis(17)));
        assert_eq!(answer.age(6), Some(Duration::from_millis(2)));
        assert_eq!(answer.age(11), None);
        for more in 0..MARKS {
            answer.append("x");
            answer.unsaved(true);
            answer.saved_to(12 + more, &[]);
        }
        assert_eq!(answer.age(5), None, "forgotten");
        assert!(answer.age(12).is_some());
    }

    #[test]
    fn a_piece_never_cuts_a_character() {
        let answer = answer();
        answer.append("aä漢");
        answer.saved_to(answer.len(), &[]);
        assert_eq!(answer.read(0, 2).unwrap(), "a");
        assert_eq!(answer.read(1, 4).unwrap(), "ä");
        assert_eq!(answer.read(2, 9), None, "the middle of a character is no place");
        assert_eq!(answer.read(99, 9), None);
    }
}
