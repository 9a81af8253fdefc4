//! What writing answers needs of the server, and what the writing tells others.

use std::{sync::Arc, time::Duration};

use holdfast_protocol::{
    ApiError, Author, Code, FileId, Message, MessageId, Reason, UserId,
    message::Source,
    settings::{PassageRef, Settings},
};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::{Flusher, Hub, LiveAnswer, generation};
use crate::{
    clock,
    limits::{
        budget::Lease,
        reading::{COPIES, LITTLE, LONGEST_PATH, ReadingBudget},
    },
    materials::{Evidence, Passages, USUAL_BYTES, evidence, verified},
    model::{Window, Windows},
    ports::Repositories,
    spending::Spending,
};

/// Number of bytes of English in a unit of a prompt.
const BYTES_PER_UNIT: usize = 4;
/// Maximum length of the passages that a model is given, bytes.
const MOST_BYTES: usize = 200_000;

/// How long an answer waits for the memory to read its conversation.
const PATH_WAIT: Duration = Duration::from_secs(60);

/// Writes answers in the background.
pub struct Generator {
    store: Arc<dyn Repositories>,
    hub: Arc<Hub>,
    pub(super) flusher: Arc<Flusher>,
    reading: Arc<ReadingBudget>,
    /// Context windows as learned from providers.
    pub(super) windows: Windows,
    pub(super) spending: Arc<Spending>,
    tasks: TaskTracker,
}

impl Generator {
    /// Creates it from these parts. `reading` is the memory for conversations that are being read.
    pub fn new(
        store: Arc<dyn Repositories>,
        hub: Arc<Hub>,
        flusher: Arc<Flusher>,
        reading: Arc<ReadingBudget>,
        spending: Arc<Spending>,
    ) -> Self {
        Self { store, hub, flusher, reading, windows: Windows::default(), spending, tasks: TaskTracker::new() }
    }

    /// Starts the task that writes an answer.
    pub(crate) fn write(self: &Arc<Self>, live: Arc<LiveAnswer>, task: generation::Task) {
        let generator = self.clone();
        self.tasks.spawn(async move {
            generation::write(task, live, &generator).await;
        });
    }

    /// Returns the context window of a model, tokens: learned from a refusal, or else `known`.
    pub(crate) fn window(&self, provider: &str, model: &str, known: Option<Window>) -> Option<u32> {
        self.windows.window(provider, model, known)
    }

    /// Returns the tasks that write answers.
    pub(crate) fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    /// Returns the messages that lead to an answer, oldest first, with the memory for them. Hold it until they are sent to a provider.
    ///
    /// # Errors
    /// There was not enough memory for a minute, or the store failed.
    pub(super) async fn path_to(&self, answer: &LiveAnswer, stored_bytes: Option<u64>) -> Result<(Vec<Message>, Option<Lease>), ApiError> {
        let stored_bytes = match stored_bytes {
            Some(bytes) => bytes,
            None => self.store.stored_bytes(answer.conversation).await?,
        };
        let bytes = usize::try_from(stored_bytes).unwrap_or(usize::MAX).min(LONGEST_PATH) + answer.len();
        let lease = if bytes <= LITTLE { None } else { Some(self.path_memory(answer, COPIES * bytes).await?) };
        Ok((self.store.path_to(answer.user, answer.id).await?, lease))
    }

    /// Returns what the files that are attached to the conversation, and those of its project, hold for its newest question, as far as
    /// the settings allow. An answer that continues keeps what it was given. `room` is the number of units that the model's window has
    /// for a prompt.
    ///
    /// # Errors
    /// The store failed.
    pub(super) async fn evidence(
        &self,
        answer: &LiveAnswer,
        path: &[Message],
        settings: &Settings,
        room: Option<u32>,
    ) -> Result<Evidence, ApiError> {
        let mut files: Vec<FileId> = Vec::new();
        for attachment in path.iter().rev().flat_map(|message| &message.attachments) {
            if !files.contains(&attachment.file_id) {
                files.push(attachment.file_id);
            }
        }
        for file in self.store.project_files(answer.user, answer.conversation).await? {
            if !files.contains(&file) {
                files.push(file);
            }
        }
        let given = path.iter().find(|message| message.id == answer.id).map(|message| message.sources.clone()).unwrap_or_default();
        if given.iter().any(|source| source.n > 0) {
            return Ok(Evidence { sources: given, partly: Vec::new(), has_files: true });
        }
        if let Some(only) = &settings.materials {
            files.retain(|file| only.contains(file));
        }
        // An answer that continues without passages was begun without them.
        if files.is_empty() || !answer.is_empty() {
            return Ok(Evidence::default());
        }
        let without = self.passages_off(answer.user, settings.without_passages.as_deref().unwrap_or_default()).await?;
        let question = path.iter().rev().find(|message| message.role == Author::User).map_or("", |message| &message.content);
        // Half of the window is for the conversation.
        let bytes = room.map_or(USUAL_BYTES, |room| (room as usize / 2 * BYTES_PER_UNIT).min(MOST_BYTES));
        Ok(evidence(&*self.store, answer.user, &files, question, Passages::Within(bytes), &without).await?)
    }

    /// Returns the passages that are switched off. Those of answers that do not exist any more are left out.
    async fn passages_off(&self, user: UserId, off: &[PassageRef]) -> Result<Vec<Source>, ApiError> {
        let mut answers: Vec<MessageId> = off.iter().map(|passage| passage.answer_id).collect();
        answers.sort_unstable();
        answers.dedup();
        let mut passages = Vec::new();
        for id in answers {
            let sources = self.store.message(user, id).await?.map(|message| message.sources).unwrap_or_default();
            let is_off = |source: &Source| off.contains(&PassageRef { answer_id: id, n: source.n });
            passages.extend(sources.into_iter().filter(is_off));
        }
        Ok(passages)
    }

    /// Verifies the citations of an answer that is written. If they can't be, they stay unverified.
    pub(super) async fn cite(&self, answer: &LiveAnswer) {
        let sources = answer.sources();
        if !sources.iter().any(|source| source.n > 0) {
            return;
        }
        match verified(&*self.store, answer.user, sources, &answer.text()).await {
            Ok(sources) => answer.set_sources(sources),
            Err(cause) => warn!(%cause, "could not verify the citations of an answer"),
        }
    }

    /// The message has been accepted, so this waits longer than a page does.
    async fn path_memory(&self, answer: &LiveAnswer, bytes: usize) -> Result<Lease, ApiError> {
        let give_up = Instant::now() + PATH_WAIT;
        loop {
            match self.reading.take(answer.user, bytes).await {
                Err(api_error) if api_error.code == Code::Busy && Instant::now() < give_up => {}
                taken => return taken,
            }
        }
    }

    /// Sets what an answer without text is waiting for (`None`: nothing), and which messages and settings it is written without. If that can't be
    /// saved, it is not shown.
    pub(super) async fn tell_unfinished(&self, answer: &LiveAnswer, what: Option<ApiError>) {
        match self.store.tell_unfinished(answer.user, answer.id, what, answer.left_out(), answer.ignored(), clock::now()).await {
            Ok(Some(rev)) => self.hub.announce(answer.conversation, rev),
            Ok(None) => {}
            Err(cause) => debug!(%cause, "could not save the notice of an unfinished answer"),
        }
    }

    /// Checks whether a user may store more, in addition to running answers.
    pub(crate) async fn refuse_over_quota(&self, user: UserId) -> Result<(), ApiError> {
        Ok(self.store.has_room(user, self.hub.writing(user)).await?)
    }
}

/// Returns the error of answers that a restart interrupted.
pub fn restart_error() -> ApiError {
    Reason::Restarted.into()
}
