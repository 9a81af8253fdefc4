//! An answer as a client reads it: applied by offset, compared word for word, with the arrival time of each word.

use std::{rc::Rc, time::Duration};

use holdfast_protocol::{
    Author, Message, MessageId, ServerFrame, Status,
    frame::{Chat, Complete, Have},
    rules::answer::{self, Applied},
};
use holdfast_providers::echo_text;
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    upstream,
    wire::{BenchError, Chunk, Heard, read},
};

/// The text that `echo-N-I` or the model server writes.
pub(crate) struct Words {
    provider: &'static str,
    model: String,
    /// The whole text.
    pub text: String,
    /// End of each word, bytes.
    pub ends: Vec<usize>,
    /// Time between two words.
    pub every: Duration,
}

impl Words {
    /// Creates the text of the built-in provider.
    pub(crate) fn new(words: usize, every: Duration) -> Self {
        Self::of("builtin", format!("echo-{words}-{}", every.as_millis()), words, every)
    }

    /// Creates the text of the model server.
    pub(crate) fn upstream(words: usize, every: Duration) -> Self {
        Self::of("openai", upstream::model(words, every), words, every)
    }

    fn of(provider: &'static str, model: String, words: usize, every: Duration) -> Self {
        let text = echo_text(words);
        let ends = text.char_indices().filter(|(_, c)| *c == ' ').map(|(at, _)| at + 1).collect();
        Self { provider, model, text, ends, every }
    }

    /// Returns a message that asks for this text.
    pub(crate) fn asked(&self) -> Chat {
        let mut chat = Chat::new(MessageId(Uuid::new_v4()), "Say it.");
        chat.provider = Some(self.provider.into());
        chat.model = Some(self.model.clone());
        chat
    }
}

/// The effect of a frame on the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing more than new words.
    On,
    /// The server asked for a `pong`.
    Ping,
    /// The answer is complete, and every byte is correct.
    Done,
}

/// An answer that is being read.
pub(crate) struct Reading {
    words: Rc<Words>,
    answer: Option<MessageId>,
    /// The text so far.
    pub text: String,
    /// The last received revision of the conversation.
    pub cursor: Option<u64>,
    /// Arrival time of each word, µs since `zero`.
    arrivals: Vec<u32>,
    zero: Instant,
    /// Number of frames with words.
    pub frames: usize,
}

impl Reading {
    /// Creates an empty answer.
    pub(crate) fn new(words: &Rc<Words>) -> Self {
        Self {
            words: words.clone(),
            answer: None,
            text: String::with_capacity(words.text.len()),
            cursor: None,
            arrivals: Vec::with_capacity(words.ends.len()),
            zero: Instant::now(),
            frames: 0,
        }
    }

    /// Applies a frame that has just arrived.
    pub(crate) fn take(&mut self, text: &str) -> Result<Step, BenchError> {
        match read(text)? {
            Heard::Chunk(Chunk { answer_id, at, content }) => {
                if self.answer == Some(answer_id) {
                    self.grow(at, &content)?;
                }
                Ok(Step::On)
            }
            Heard::Other(frame) => match *frame {
                ServerFrame::Accepted(accepted) => {
                    self.answer = Some(accepted.answer_id);
                    Ok(Step::On)
                }
                ServerFrame::Sync(sync) => {
                    self.cursor = Some(sync.cursor);
                    sync.messages.iter().try_fold(Step::On, |step, message| Ok(self.message(message)?.unwrap_or(step)))
                }
                ServerFrame::Message { cursor, message, .. } => {
                    self.cursor = Some(cursor);
                    Ok(self.message(&message)?.unwrap_or(Step::On))
                }
                ServerFrame::Complete(complete) if Some(complete.answer_id) == self.answer => self.complete(&complete),
                ServerFrame::Ping => Ok(Step::Ping),
                ServerFrame::Error { code, error, .. } => Err(BenchError::Refused(format!("{code}: {error}"))),
                _ => Ok(Step::On),
            },
        }
    }

    fn message(&mut self, message: &Message) -> Result<Option<Step>, BenchError> {
        if message.role != Author::Assistant {
            return Ok(None);
        }
        if self.answer.is_none() && message.status.is_unfinished() {
            self.answer = Some(message.id);
        }
        if self.answer != Some(message.id) {
            return Ok(None);
        }
        self.grow(message.at, &message.content)?;
        if message.status == Status::Complete { self.whole(&message.content).map(Some) } else { Ok(None) }
    }

    fn complete(&mut self, complete: &Complete) -> Result<Step, BenchError> {
        self.cursor = Some(complete.cursor);
        if complete.status != Status::Complete {
            let why = complete.error.as_ref().map(|fault| fault.error.as_str()).unwrap_or_default();
            return Err(BenchError::Wrong(format!("the answer ended as {}: {why}", complete.status.as_str())));
        }
        self.whole(&complete.full_response)
    }

    fn whole(&self, said: &str) -> Result<Step, BenchError> {
        if self.text != self.words.text || said != self.words.text {
            let (ours, expected) = (self.text.len(), self.words.text.len());
            return Err(BenchError::Wrong(format!("at the end there are {ours} bytes, and {} in `complete`, of {expected}", said.len())));
        }
        Ok(Step::Done)
    }

    fn grow(&mut self, at: u64, piece: &str) -> Result<(), BenchError> {
        match answer::apply(&mut self.text, at, piece) {
            Applied::Known => return Ok(()),
            Applied::Gap => return Err(BenchError::Wrong(format!("a gap: {} bytes are here, a piece begins at {at}", self.text.len()))),
            Applied::Grew => {}
        }
        // Earlier text has been compared already.
        let from = usize::try_from(at).unwrap_or(usize::MAX);
        if self.words.text.get(from..self.text.len()) != Some(piece) {
            return Err(BenchError::Wrong(format!("other words at byte {at}: {piece:?}")));
        }
        self.frames += 1;
        let now = u32::try_from(self.zero.elapsed().as_micros()).unwrap_or(u32::MAX);
        while self.words.ends.get(self.arrivals.len()).is_some_and(|end| *end <= self.text.len()) {
            self.arrivals.push(now);
        }
        Ok(())
    }

    /// Returns what to tell the server about the received text.
    pub(crate) fn have(&self) -> Have {
        self.answer.map(|answer| (answer, self.text.len() as u64)).into_iter().collect()
    }

    /// Returns the time from the creation of this value to the first word.
    pub(crate) fn first_word(&self) -> Option<Duration> {
        self.arrivals.first().map(|micros| Duration::from_micros((*micros).into()))
    }

    /// Returns the number of words that arrived between two times.
    pub(crate) fn words_between(&self, from: Instant, to: Instant) -> usize {
        let moments = self.arrivals.iter().map(|micros| self.zero + Duration::from_micros((*micros).into()));
        moments.filter(|moment| (from..to).contains(moment)).count()
    }

    /// Returns how late each word was, µs. Word k is due at t₀ + k·I, where t₀ is the latest start that no word contradicts: the minimum
    /// of arrival(k) − k·I. So the delay is measured from the fastest delivery of any word.
    pub(crate) fn delays(&self) -> impl Iterator<Item = u32> {
        let every = i64::try_from(self.words.every.as_micros()).unwrap_or(i64::MAX);
        let late = move |(k, arrival): (usize, &u32)| i64::from(*arrival) - i64::try_from(k).unwrap_or(i64::MAX).saturating_mul(every);
        let start = self.arrivals.iter().enumerate().map(late).min().unwrap_or(0);
        self.arrivals.iter().enumerate().map(move |word| u32::try_from(late(word) - start).unwrap_or(u32::MAX))
    }
}
