//! Converts a reply to the pieces of an answer, with the correct end.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use holdfast_protocol::message::Usage;
use reqwest::{Response, Version, header};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::{
    ending,
    endpoint::Endpoint,
    finish::Finish,
    json,
    reasoning::{Part, Splitter},
    sse::{Decoder, Event},
};
use holdfast_core::model::{Answer, Piece, ProviderError};

/// How long to wait for the usage after the text is complete.
const AFTERMATH: Duration = Duration::from_secs(5);

/// Maximum length of reasoning before the first text, bytes. Some models never stop.
const LONGEST_REASONING: usize = 8 * 1024 * 1024;

/// The content of a document.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Received {
    /// Text was added.
    Text(String),
    /// The model declines, with these words.
    Declined(String),
    /// Reasoning in a field of its own, with these words or none.
    Reasoning(String),
    /// The model made an image or another object that is not text.
    Picture,
    /// The model calls a tool.
    ToolCall,
    /// The model stopped writing.
    Finish(Finish),
    /// Nothing follows.
    Over,
    /// The provider failed, as this document says.
    Failed(Value),
}

/// An API's parser for one answer.
pub(super) trait Dialect: Send + 'static {
    /// Parses a document.
    fn receive(&mut self, data: Value, received: &mut Vec<Received>);
    /// Returns the usage, as far as it is known.
    fn usage(&self) -> Option<Usage>;
}

/// Returns the answer in `response`. `asked_at` is when the request was sent.
pub(super) fn pieces(endpoint: Endpoint, model: &str, response: Response, dialect: impl Dialect, asked_at: Instant) -> Answer {
    // Without a length or chunks, the end of the body can't be distinguished from a cut.
    let framed = response.version() > Version::HTTP_11
        || response.headers().contains_key(header::CONTENT_LENGTH)
        || response.headers().contains_key(header::TRANSFER_ENCODING);
    let reading = Reading {
        due: asked_at + endpoint.http.first_token_timeout,
        splitter: Splitter::new(endpoint.habits.of(model)),
        model: model.to_owned(),
        endpoint: Arc::new(endpoint),
        response,
        dialect,
        framed,
        decoder: Decoder::default(),
        ready: VecDeque::new(),
        so_far: SoFar::default(),
        is_over: false,
    };
    stream::unfold(reading, |mut reading| async move { reading.next().await.map(|piece| (piece, reading)) }).boxed()
}

/// The state of an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct SoFar {
    /// Whether an event has arrived.
    pub(super) begun: bool,
    /// Whether there was text.
    pub(super) spoke: bool,
    /// Length of the reasoning so far, bytes.
    pub(super) reasoned: usize,
    /// The last reason for stopping.
    pub(super) finish: Option<Finish>,
    /// Whether text came after a reason for stopping. Then such a reason means nothing until the body ends.
    pub(super) went_on: bool,
    /// Whether the model declined in words.
    pub(super) refused: bool,
    pub(super) picture: bool,
    pub(super) tool: bool,
    /// The first text that is not part of an event.
    pub(super) stray: Option<String>,
}

struct Reading<D> {
    endpoint: Arc<Endpoint>,
    model: String,
    response: Response,
    dialect: D,
    framed: bool,
    decoder: Decoder,
    splitter: Splitter,
    /// When new content must have arrived.
    due: Instant,
    ready: VecDeque<Result<Piece, ProviderError>>,
    so_far: SoFar,
    /// Whether only pieces in the queue are left.
    is_over: bool,
}

impl<D: Dialect> Reading<D> {
    async fn next(&mut self) -> Option<Result<Piece, ProviderError>> {
        while self.ready.is_empty() && !self.is_over {
            self.read().await;
        }
        self.ready.pop_front()
    }

    /// Reads the next bytes of the body, or its end.
    async fn read(&mut self) {
        let mut events = Vec::new();
        // Comments, pings and empty pieces keep a connection alive, but not forever.
        match timeout_at(self.due, self.response.chunk()).await {
            Ok(Ok(Some(bytes))) => {
                let decoded = self.decoder.push(&bytes, &mut events);
                self.receive_all(events);
                match () {
                    () if self.is_over => {}
                    () if decoded.is_err() => self.fail(ending::garbled(&self.endpoint)),
                    // If something always arrives, the timeout never fires during the wait.
                    () if self.ready.is_empty() && Instant::now() >= self.due => self.run_out(),
                    () => {}
                }
            }
            Ok(Ok(None)) => {
                self.decoder.finish(&mut events);
                self.receive_all(events);
                let is_whole = self.so_far.finish.is_some() && (self.framed || !self.so_far.went_on);
                match () {
                    () if self.is_over => {}
                    () if is_whole => self.end(),
                    () => self.fail(ending::cut(&self.endpoint, &self.so_far)),
                }
            }
            // The text is complete, even if the rest does not arrive.
            Ok(Err(_)) if self.so_far.finish.is_some() && !self.so_far.went_on => self.end(),
            Ok(Err(_)) => self.fail(ending::cut(&self.endpoint, &self.so_far)),
            Err(_) => self.run_out(),
        }
    }

    /// Handles that nothing new arrived in time.
    fn run_out(&mut self) {
        match () {
            () if self.so_far.finish.is_some() && !self.so_far.went_on => self.end(),
            () if self.so_far.spoke || self.so_far.reasoned > 0 => self.fail(ending::fell_silent(&self.endpoint)),
            () => self.fail(self.endpoint.late()),
        }
    }

    fn receive_all(&mut self, events: Vec<Event>) {
        let mut received = Vec::new();
        for event in events {
            if self.is_over {
                return;
            }
            match event {
                Event::Data(data) => self.receive(&data, &mut received),
                // For example, a web page that a proxy appended.
                Event::Page if self.so_far.begun => self.fail(ending::cut(&self.endpoint, &self.so_far)),
                Event::Page => self.fail(ending::page(&self.endpoint)),
                Event::Error(data) => {
                    let said = json::read(&data).unwrap_or_else(|| data.into());
                    self.fail(self.endpoint.gave_up(&said, self.so_far.spoke));
                }
                Event::Stray(line) => _ = self.so_far.stray.get_or_insert(line),
            }
        }
    }

    /// Parses the data of an event.
    fn receive(&mut self, data: &str, received: &mut Vec<Received>) {
        let data = data.trim();
        if data.is_empty() {
            return;
        }
        if data.eq_ignore_ascii_case("[DONE]") {
            return self.end();
        }
        let Some(document) = json::read(data) else {
            return self.fail(match data.as_bytes().first() {
                // The beginning of a document whose end did not arrive.
                Some(b'{' | b'[') if self.so_far.spoke => ending::cut(&self.endpoint, &self.so_far),
                Some(b'{' | b'[') => ending::garbled(&self.endpoint),
                // An error in plain text.
                _ => self.endpoint.gave_up(&Value::from(data), self.so_far.spoke),
            });
        };
        if !std::mem::replace(&mut self.so_far.begun, true) {
            self.due = self.due.max(Instant::now() + self.endpoint.http.idle_timeout);
        }
        let documents = match document {
            Value::Array(all) => all,
            // A document in a string: an error that was serialized twice.
            Value::String(text) if text.contains('{') => return self.fail(self.endpoint.gave_up(&text.into(), self.so_far.spoke)),
            document => vec![document],
        };
        for document in documents {
            self.dialect.receive(document, received);
        }
        let had_spoken = self.so_far.spoke;
        let is_text = |received: &Received| matches!(received, Received::Text(_) | Received::Declined(_));
        let has_text = received.iter().any(is_text);
        if has_text && self.so_far.finish.is_some() {
            self.so_far.went_on = true;
        }
        for received in received.drain(..) {
            if self.is_over {
                return;
            }
            match received {
                Received::Text(text) => self.take(&text),
                Received::Declined(text) => {
                    // A separate paragraph, whatever came before.
                    let apart = if self.so_far.spoke && !self.so_far.refused { "\n\n" } else { "" };
                    self.so_far.refused = true;
                    self.take(&format!("{apart}{text}"));
                }
                Received::Reasoning(text) => {
                    let mut parts = Vec::new();
                    if !text.is_empty() {
                        self.splitter.reasoning_is_apart(&mut parts);
                    }
                    parts.push(Part::Reasoning(text));
                    self.give(parts);
                }
                Received::Picture => self.so_far.picture = true,
                Received::ToolCall => self.so_far.tool = true,
                Received::Finish(finish) => {
                    // A reason that comes with text, or before any, may come with each piece.
                    let is_last = had_spoken && !has_text && !self.so_far.went_on;
                    let idle = self.endpoint.http.idle_timeout;
                    self.due = if is_last { Instant::now() + AFTERMATH.min(idle) } else { self.due.max(Instant::now() + idle) };
                    self.so_far.finish = Some(finish);
                }
                Received::Over => self.end(),
                Received::Failed(document) => self.fail(self.endpoint.gave_up(&document, self.so_far.spoke)),
            }
        }
    }

    /// Adds text, which may contain reasoning.
    fn take(&mut self, text: &str) {
        let mut parts = Vec::new();
        self.splitter.push(text, &mut parts);
        self.due = Instant::now() + self.endpoint.http.idle_timeout;
        self.give(parts);
    }

    fn give(&mut self, parts: Vec<Part>) {
        for part in parts {
            match part {
                Part::Text(text) => {
                    self.so_far.spoke = true;
                    self.ready.push_back(Ok(Piece::Text(text)));
                }
                Part::Reasoning(text) if text.is_empty() => {}
                Part::Reasoning(text) => {
                    self.so_far.reasoned += text.len();
                    // The first token may still arrive within its timeout.
                    self.due = self.due.max(Instant::now() + self.endpoint.http.idle_timeout);
                    self.ready.push_back(Ok(Piece::Reasoning(text)));
                }
            }
        }
        if self.so_far.reasoned + self.splitter.held() > LONGEST_REASONING {
            self.fail(ending::never_done(&self.endpoint));
        }
    }

    fn end(&mut self) {
        self.close();
        if let Some(fault) = ending::fault(&self.endpoint, &self.so_far) {
            self.ready.push_back(Err(fault));
        }
    }

    fn fail(&mut self, mut fault: ProviderError) {
        self.close();
        fault.retryable &= !self.so_far.spoke && self.so_far.reasoned == 0;
        self.ready.push_back(Err(fault));
    }

    /// Emits withheld text and the usage, and stops reading.
    fn close(&mut self) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        let mut parts = Vec::new();
        self.splitter.finish(&mut parts);
        self.endpoint.habits.learn(&self.model, self.splitter.shown());
        self.give(parts);
        self.ready.extend(self.dialect.usage().map(|usage| Ok(Piece::Usage(usage))));
    }
}
