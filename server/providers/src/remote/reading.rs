//! Turns a reply into the pieces of an answer, and its end into the right end.

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

/// How long one waits for the cost of an answer whose text is at its end.
const AFTERMATH: Duration = Duration::from_secs(5);

/// The most that a model may think before it says something, bytes. One that never ends is ended.
const LONGEST_REASONING: usize = 8 * 1024 * 1024;

/// What a document did.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Heard {
    /// The text goes on.
    Text(String),
    /// The model declines, in these words.
    ApiError(String),
    /// The model thinks, in these words (or none), which come apart from the text.
    Reasoning(String),
    /// The model made a picture or another thing that is no text.
    Picture,
    /// The model calls a tool.
    ToolCall,
    /// The model stopped writing.
    Finish(Finish),
    /// Nothing follows.
    Over,
    /// The provider gave up, as this document says.
    Failed(Value),
}

/// A wire format's view of one answer.
pub(super) trait Dialect: Send + 'static {
    /// Reads a document.
    fn hear(&mut self, data: Value, heard: &mut Vec<Heard>);
    /// The cost, as far as it is known.
    fn usage(&self) -> Option<Usage>;
}

/// The answer that `response` brings. `asked_at` is when the request was made.
pub(super) fn pieces(endpoint: Endpoint, model: &str, response: Response, dialect: impl Dialect, asked_at: Instant) -> Answer {
    // Without a length or chunks the end of the body and a cut look the same.
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

/// What is known of an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct SoFar {
    /// An event has come.
    pub(super) begun: bool,
    /// Text was given.
    pub(super) spoke: bool,
    /// What the model has reasoned, bytes.
    pub(super) reasoned: usize,
    /// Why it stopped, by what came last.
    pub(super) finish: Option<Finish>,
    /// Text came after a reason to stop. So such a reason says nothing as long as the body goes on.
    pub(super) went_on: bool,
    /// It declined in words.
    pub(super) refused: bool,
    pub(super) picture: bool,
    pub(super) tool: bool,
    /// What came first that is neither an event nor part of one.
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
    /// By when something new must have come.
    due: Instant,
    ready: VecDeque<Result<Piece, ProviderError>>,
    so_far: SoFar,
    /// Only what is ready is left.
    is_over: bool,
}

impl<D: Dialect> Reading<D> {
    async fn next(&mut self) -> Option<Result<Piece, ProviderError>> {
        while self.ready.is_empty() && !self.is_over {
            self.read().await;
        }
        self.ready.pop_front()
    }

    /// Takes the next bytes of the body, or its end.
    async fn read(&mut self) {
        let mut events = Vec::new();
        // Comments, pings and empty pieces keep a connection alive, but nobody waits for them for ever.
        match timeout_at(self.due, self.response.chunk()).await {
            Ok(Ok(Some(bytes))) => {
                let decoded = self.decoder.push(&bytes, &mut events);
                self.hear_all(events);
                match () {
                    () if self.is_over => {}
                    () if decoded.is_err() => self.fail(ending::garbled(&self.endpoint)),
                    // Where something always comes, the time is never up while it is waited for.
                    () if self.ready.is_empty() && Instant::now() >= self.due => self.run_out(),
                    () => {}
                }
            }
            Ok(Ok(None)) => {
                self.decoder.finish(&mut events);
                self.hear_all(events);
                let is_whole = self.so_far.finish.is_some() && (self.framed || !self.so_far.went_on);
                match () {
                    () if self.is_over => {}
                    () if is_whole => self.end(),
                    () => self.fail(ending::cut(&self.endpoint, &self.so_far)),
                }
            }
            // The text is whole; that the rest does not come takes nothing from it.
            Ok(Err(_)) if self.so_far.finish.is_some() && !self.so_far.went_on => self.end(),
            Ok(Err(_)) => self.fail(ending::cut(&self.endpoint, &self.so_far)),
            Err(_) => self.run_out(),
        }
    }

    /// Nothing new has come in time.
    fn run_out(&mut self) {
        match () {
            () if self.so_far.finish.is_some() && !self.so_far.went_on => self.end(),
            () if self.so_far.spoke || self.so_far.reasoned > 0 => self.fail(ending::fell_silent(&self.endpoint)),
            () => self.fail(self.endpoint.late()),
        }
    }

    fn hear_all(&mut self, events: Vec<Event>) {
        let mut heard = Vec::new();
        for event in events {
            if self.is_over {
                return;
            }
            match event {
                Event::Data(data) => self.hear(&data, &mut heard),
                // A web page, say, that a proxy puts behind what came.
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

    /// Reads the data of an event.
    fn hear(&mut self, data: &str, heard: &mut Vec<Heard>) {
        let data = data.trim();
        if data.is_empty() {
            return;
        }
        if data.eq_ignore_ascii_case("[DONE]") {
            return self.end();
        }
        let Some(document) = json::read(data) else {
            return self.fail(match data.as_bytes().first() {
                // The beginning of a document, whose end did not come.
                Some(b'{' | b'[') if self.so_far.spoke => ending::cut(&self.endpoint, &self.so_far),
                Some(b'{' | b'[') => ending::garbled(&self.endpoint),
                // An error, in words.
                _ => self.endpoint.gave_up(&Value::from(data), self.so_far.spoke),
            });
        };
        if !std::mem::replace(&mut self.so_far.begun, true) {
            self.due = self.due.max(Instant::now() + self.endpoint.http.idle_timeout);
        }
        let documents = match document {
            Value::Array(all) => all,
            // A document in a text: an error that was written down twice.
            Value::String(text) if text.contains('{') => return self.fail(self.endpoint.gave_up(&text.into(), self.so_far.spoke)),
            document => vec![document],
        };
        for document in documents {
            self.dialect.hear(document, heard);
        }
        let had_spoken = self.so_far.spoke;
        let is_text = |heard: &Heard| matches!(heard, Heard::Text(_) | Heard::ApiError(_));
        let has_text = heard.iter().any(is_text);
        if has_text && self.so_far.finish.is_some() {
            self.so_far.went_on = true;
        }
        for heard in heard.drain(..) {
            if self.is_over {
                return;
            }
            match heard {
                Heard::Text(text) => self.take(&text),
                Heard::ApiError(text) => {
                    // Words of its own, whatever was begun before.
                    let apart = if self.so_far.spoke && !self.so_far.refused { "\n\n" } else { "" };
                    self.so_far.refused = true;
                    self.take(&format!("{apart}{text}"));
                }
                Heard::Reasoning(text) => {
                    let mut parts = Vec::new();
                    if !text.is_empty() {
                        self.splitter.reasoning_is_apart(&mut parts);
                    }
                    parts.push(Part::Reasoning(text));
                    self.give(parts);
                }
                Heard::Picture => self.so_far.picture = true,
                Heard::ToolCall => self.so_far.tool = true,
                Heard::Finish(finish) => {
                    // One that comes with text, or before any, may come with each piece of it.
                    let is_last = had_spoken && !has_text && !self.so_far.went_on;
                    let idle = self.endpoint.http.idle_timeout;
                    self.due = if is_last { Instant::now() + AFTERMATH.min(idle) } else { self.due.max(Instant::now() + idle) };
                    self.so_far.finish = Some(finish);
                }
                Heard::Over => self.end(),
                Heard::Failed(document) => self.fail(self.endpoint.gave_up(&document, self.so_far.spoke)),
            }
        }
    }

    /// Takes text, of which some may be thinking.
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
                    // What was to come within the time for the first word may still do so.
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

    /// Gives what was withheld and the cost: nothing more is read.
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
