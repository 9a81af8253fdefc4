//! Lets a provider write an answer, whether anybody is listening or not. The provider's adapter handles silence, because it knows what
//! silence means.

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;
use holdfast_protocol::{ApiError, Author, Code, Reason, Status, settings::Settings, step::StepState};
use tracing::{debug, info, warn};

use super::{
    Generator, LiveAnswer, Outcome,
    trimming::Trimming,
    turns::{Unanswered, turns},
};
use crate::{
    clock,
    model::{Piece, Provider, ProviderError},
    spending::Meter,
};

/// Number of attempts before the first token. After it, another attempt would repeat text.
const TRIES: u32 = 3;
/// Number of bytes that may wait to be saved; then the provider has to wait.
const AHEAD: usize = 1024 * 1024;
/// Maximum length of an answer with its steps, bytes. The answer is ended there, because some models never stop.
const LONGEST: usize = 8 * 1024 * 1024;

/// Number of bytes after which the user's quota is checked again.
const LOOK_EVERY: usize = 64 * 1024;

/// What is needed to write an answer.
pub(crate) struct Task {
    /// The provider that answers.
    pub(crate) provider: Arc<dyn Provider>,
    /// Name of the model.
    pub(crate) model: String,
    /// Size of the conversation, bytes; `None` if it is not known.
    pub(crate) stored_bytes: Option<u64>,
    /// The settings that apply.
    pub(crate) settings: Settings,
}

impl Task {
    /// Returns the names of the settings that are set, and that the model does not accept.
    fn ignored(&self) -> Vec<String> {
        let ignored = self.provider.ignored(&self.model, &self.settings);
        self.settings.names().filter(|name| ignored.contains(name)).map(str::to_owned).collect()
    }
}

/// Why an answer ended early.
enum Cut {
    /// The provider failed.
    Provider(ProviderError),
    /// The server refuses: the quota is used up, or the conversation can't be read.
    Refused(ApiError),
}

impl From<ProviderError> for Cut {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

/// Writes `answer` until it is complete, stopped or failed.
pub(crate) async fn write(task: Task, answer: Arc<LiveAnswer>, generator: &Generator) {
    let mut meter = Meter::new(generator.spending.clone(), &answer, &*task.provider, &task.model);
    let outcome = tokio::select! {
        biased;
        () = answer.stop.cancelled() => Outcome { status: Status::Stopped, error: None },
        outcome = run(&task, &answer, generator, &mut meter) => outcome,
    };
    if let Some((usage, spent)) = meter.finish() {
        answer.add_usage(&usage, spent);
    }
    generator.cite(&answer).await;
    answer.finish(outcome, clock::now());
    generator.flusher.report(&answer);
}

async fn run(task: &Task, answer: &Arc<LiveAnswer>, generator: &Generator, meter: &mut Meter) -> Outcome {
    let mut tries = 0;
    let begun_with = answer.len();
    let mut trimming = Trimming::new(&generator.windows, task).await;
    let (mut unanswered, mut joins) = (Unanswered::Join, false);
    loop {
        tries += 1;
        // What an attempt before this one thought is not what this one thinks.
        answer.end_steps(StepState::Interrupted, clock::now());
        let mut error = match once(task, answer, generator, meter, &mut trimming, unanswered, &mut joins).await {
            Ok(()) if answer.is_empty() => {
                return cut(answer, Reason::AnswerEmpty.into());
            }
            Ok(()) => return Outcome { status: Status::Complete, error: None },
            // The provider had nothing to add, so the answer is complete.
            Err(Cut::Provider(error)) if error.code() == Code::EmptyAnswer && !answer.is_empty() => {
                return Outcome { status: Status::Complete, error: None };
            }
            Err(Cut::Provider(error)) => error,
            Err(Cut::Refused(api_error)) => return cut(answer, api_error),
        };
        let began = answer.len() > begun_with;
        if let (false, Some(overflow)) = (began, error.overflow) {
            match trimming.refused(overflow) {
                Ok(()) => {
                    tries = 0;
                    continue;
                }
                Err(full) => error = full.with_detail(error.detail()),
            }
        }
        // A message without an answer may be the reason for the failure.
        if !began && error.of_question && joins && unanswered == Unanswered::Join {
            unanswered = Unanswered::LeaveOut;
            info!(provider = task.provider.name(), model = task.model, %error, "provider refused the conversation; retrying without messages that have no answer");
            continue;
        }
        if !began && error.retryable && tries < TRIES {
            // Rate limits (429) are counted in seconds at least.
            let step = if error.code() == Code::ProviderRefused { 1_000 } else { 300 };
            let wait = Duration::from_millis(error.api_error.retry_after_ms.unwrap_or(step * u64::from(tries)));
            if wait <= Duration::from_secs(10) {
                debug!(provider = task.provider.name(), %error, "retrying the provider");
                tokio::time::sleep(wait).await;
                continue;
            }
        }
        warn!(provider = task.provider.name(), model = task.model, %error, "answer interrupted");
        return cut(answer, *error.api_error);
    }
}

/// Returns how an answer ends early, keeping its text.
fn cut(answer: &LiveAnswer, error: ApiError) -> Outcome {
    let status = if answer.is_empty() { Status::Failed } else { Status::Interrupted };
    Outcome { status, error: Some(error) }
}

/// Sends one request. `joins` is set to whether unanswered messages were sent together with the newest one.
async fn once(
    task: &Task,
    answer: &Arc<LiveAnswer>,
    generator: &Generator,
    meter: &mut Meter,
    trimming: &mut Trimming<'_>,
    unanswered: Unanswered,
    joins: &mut bool,
) -> Result<(), Cut> {
    // The memory for the conversation is held until it is sent, but not during the answer.
    let (path, memory) = generator.path_to(answer, task.stored_bytes).await.map_err(Cut::Refused)?;
    let mut memory = Some(memory);
    let unanswered = if task.provider.repeats_itself() { Unanswered::Apart } else { unanswered };
    let evidence = generator.evidence(answer, &path, &task.settings, trimming.room()).await.map_err(Cut::Refused)?;
    let (mut turns, joined) = turns(path, answer.id, unanswered);
    *joins = joined;
    if !task.provider.repeats_itself()
        && let Some(question) = turns.iter_mut().rfind(|turn| turn.role == Author::User)
    {
        question.content = evidence.ask(&question.content);
    }
    answer.set_sources(evidence.sources.clone());
    let (mut prompt, mut known) = trimming.prompt(answer, turns);
    prompt.materials = evidence;
    let mut looked_at = answer.written();
    let (mut is_waiting, mut is_reasoning) = (false, false);
    meter.ask(prompt.tokens).await.map_err(Cut::Refused)?;
    let mut pieces = task.provider.answer(prompt).await?;
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        // Record this before the first text is saved, so that the answer says so however it ends.
        if !matches!(piece, Piece::Waiting(_)) && memory.take().is_some() && answer.set_omitted(trimming.left_out(), task.ignored()) {
            generator.tell_unfinished(answer, None).await;
            is_waiting = false;
        }
        match piece {
            Piece::Text(text) => {
                let text = skip(&text, &mut known);
                if text.is_empty() {
                    continue;
                }
                if std::mem::take(&mut is_waiting) {
                    generator.tell_unfinished(answer, None).await;
                }
                if std::mem::take(&mut is_reasoning) {
                    answer.end_steps(StepState::Done, clock::now());
                }
                let (text, ends) = paid(meter, text).await;
                let waiting = answer.append(text);
                keep_up(answer, generator, waiting, &mut looked_at).await?;
                ends?;
            }
            Piece::Reasoning(text) => {
                if std::mem::take(&mut is_waiting) {
                    generator.tell_unfinished(answer, None).await;
                }
                is_reasoning = true;
                let (text, ends) = paid(meter, &text).await;
                if !text.is_empty() {
                    let waiting = answer.reason(text, clock::now());
                    keep_up(answer, generator, waiting, &mut looked_at).await?;
                }
                ends?;
            }
            Piece::Waiting(what) => {
                generator.tell_unfinished(answer, Some(what)).await;
                is_waiting = true;
            }
            // The user's materials come before what a provider has of its own.
            Piece::Sources(sources) if answer.sources().is_empty() => answer.set_sources(sources),
            Piece::Sources(_) => {}
            Piece::Usage(usage) => {
                trimming.counted(usage);
                meter.counted(usage);
            }
        }
    }
    answer.end_steps(StepState::Done, clock::now());
    Ok(())
}

/// Returns what of a piece the user's budget has room for, and whether the answer goes on.
async fn paid<'a>(meter: &mut Meter, piece: &'a str) -> (&'a str, Result<(), Cut>) {
    match meter.write(piece).await {
        Ok(()) => (piece, Ok(())),
        Err((bytes, api_error)) => (piece.get(..bytes).unwrap_or_default(), Err(Cut::Refused(api_error))),
    }
}

/// Has what was appended saved, and waits while too much waits for that. `looked_at` is the length at which the quota was checked last.
///
/// # Errors
/// The answer is too long, or the quota is used up.
async fn keep_up(answer: &Arc<LiveAnswer>, generator: &Generator, waiting: usize, looked_at: &mut usize) -> Result<(), Cut> {
    generator.flusher.report(answer);
    if waiting > AHEAD {
        answer.wait_for_space(AHEAD).await;
    }
    let written = answer.written();
    if written > LONGEST {
        return Err(ProviderError::from(Reason::AnswerTooLong).into());
    }
    if written - *looked_at > LOOK_EVERY {
        *looked_at = written;
        // If the store can't tell now, the flusher deals with that.
        if let Err(full) = generator.refuse_over_quota(answer.user).await
            && full.code == Code::QuotaExceeded
        {
            return Err(Cut::Refused(full));
        }
    }
    Ok(())
}

fn skip<'a>(text: &'a str, known: &mut usize) -> &'a str {
    let here = (*known).min(text.len());
    *known -= here;
    text.get(here..).unwrap_or_default()
}
