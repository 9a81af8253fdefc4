//! Turns a reply into the pieces of an answer, and its end into the right end.

use std::{collections::VecDeque, time::Duration};

use futures::{StreamExt, stream};
use holdfast_protocol::message::Usage;
use reqwest::{Response, Version, header};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::{endpoint::Endpoint, sse::Decoder};
use crate::providers::{Answer, Piece, ProviderError};

/// How long one waits for the cost of an answer whose text is at its end.
const AFTERMATH: Duration = Duration::from_secs(2);

/// The most that a model may think before it says something, bytes. One that never ends is ended.
const LONGEST_THOUGHT: usize = 8 * 1024 * 1024;

/// What an event did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The answer goes on, with this text (or none).
    Text(String),
    /// The model thinks: so many bytes more (or none).
    Thought(usize),
    /// The provider gave up.
    Failed(Value),
}

/// A wire format's view of one answer.
pub(super) trait Dialect: Send + 'static {
    /// Reads an event's data.
    fn hear(&mut self, data: Value) -> Heard;
    /// The text is whole: a reason for its end has come. Only the cost can follow.
    fn is_whole(&self) -> bool;
    /// Nothing can follow.
    fn is_over(&self) -> bool {
        false
    }
    /// Whether an end without a reason can be a real one.
    fn may_just_end(&self) -> bool;
    /// The cost, as far as it is known.
    fn usage(&self) -> Option<Usage>;
}

/// The answer that `response` brings. `asked_at` is when the request was made.
pub(super) fn pieces(endpoint: Endpoint, response: Response, dialect: impl Dialect, asked_at: Instant) -> Answer {
    // Without a length or chunks the end of the body and a cut look the same.
    let framed = response.version() > Version::HTTP_11
        || response.headers().contains_key(header::CONTENT_LENGTH)
        || response.headers().contains_key(header::TRANSFER_ENCODING);
    let reading = Reading {
        due: asked_at + endpoint.http.first_token_timeout,
        thought: 0,
        endpoint,
        response,
        dialect,
        framed,
        decoder: Decoder::default(),
        ready: VecDeque::new(),
        state: State::Silent,
    };
    stream::unfold(reading, |mut reading| async move { reading.next().await.map(|piece| (piece, reading)) }).boxed()
}

/// How far an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No event yet.
    Silent,
    /// Events, but no text.
    Begun,
    /// Text has come.
    Speaking,
    /// Only what is ready is left.
    Over,
}

struct Reading<D> {
    endpoint: Endpoint,
    response: Response,
    dialect: D,
    framed: bool,
    decoder: Decoder,
    /// By when something new must have come.
    due: Instant,
    /// What the model has thought so far, bytes.
    thought: usize,
    ready: VecDeque<Result<Piece, ProviderError>>,
    state: State,
}

impl<D: Dialect> Reading<D> {
    async fn next(&mut self) -> Option<Result<Piece, ProviderError>> {
        while self.ready.is_empty() && self.state != State::Over {
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
                    () if self.state == State::Over => {}
                    () if decoded.is_err() => self.fail(garbled(&self.endpoint)),
                    // Where something always comes, the time is never up while it is waited for.
                    () if self.ready.is_empty() && Instant::now() >= self.due => self.run_out(),
                    () => {}
                }
            }
            Ok(Ok(None)) => {
                let decoded = self.decoder.finish(&mut events);
                self.hear_all(events);
                let ended = self.framed && self.dialect.may_just_end() && self.state != State::Silent;
                match () {
                    () if self.state == State::Over => {}
                    () if self.dialect.is_whole() => self.end(),
                    () if decoded.is_err() => self.fail(garbled(&self.endpoint)),
                    () if ended => self.end(),
                    () if self.state == State::Silent => self.fail(self.endpoint.strange()),
                    () => self.fail(broken_off(&self.endpoint)),
                }
            }
            // The text is whole; that the rest does not come takes nothing from it.
            Ok(Err(_)) if self.dialect.is_whole() => self.end(),
            Ok(Err(_)) => self.fail(broken_off(&self.endpoint)),
            Err(_) => self.run_out(),
        }
    }

    /// Nothing new has come in time.
    fn run_out(&mut self) {
        match () {
            () if self.dialect.is_whole() => self.end(),
            () if self.state == State::Speaking || self.thought > 0 => self.fail(fell_silent(&self.endpoint)),
            () => self.fail(self.endpoint.late()),
        }
    }

    fn hear_all(&mut self, events: Vec<String>) {
        for data in events {
            if self.state == State::Over {
                return;
            }
            if data.trim() == "[DONE]" {
                return self.end();
            }
            let Ok(data) = serde_json::from_str(&data) else { return self.fail(garbled(&self.endpoint)) };
            let was_whole = self.dialect.is_whole();
            if self.state == State::Silent {
                self.state = State::Begun;
                self.due = self.due.max(Instant::now() + self.endpoint.http.idle_timeout);
            }
            match self.dialect.hear(data) {
                Heard::Text(text) if text.is_empty() => {}
                Heard::Thought(0) => {}
                Heard::Text(text) => {
                    self.state = State::Speaking;
                    self.due = Instant::now() + self.endpoint.http.idle_timeout;
                    self.ready.push_back(Ok(Piece::Text(text)));
                }
                Heard::Thought(bytes) => {
                    self.thought += bytes;
                    if self.thought > LONGEST_THOUGHT {
                        return self.fail(never_done(&self.endpoint));
                    }
                    // What was to come within the time for the first word may still do so.
                    self.due = self.due.max(Instant::now() + self.endpoint.http.idle_timeout);
                }
                Heard::Failed(body) => return self.fail(self.endpoint.gave_up(&body, self.state == State::Speaking)),
            }
            if self.dialect.is_over() {
                return self.end();
            }
            if self.dialect.is_whole() && !was_whole {
                self.due = Instant::now() + AFTERMATH;
            }
        }
    }

    fn end(&mut self) {
        self.ready.extend(self.dialect.usage().map(|usage| Ok(Piece::Usage(usage))));
        self.state = State::Over;
    }

    fn fail(&mut self, mut fault: ProviderError) {
        fault.retryable &= self.state != State::Speaking;
        self.ready.push_back(Err(fault));
        self.state = State::Over;
    }
}

fn broken_off(endpoint: &Endpoint) -> ProviderError {
    let (title, shown) = (&endpoint.words.title, &endpoint.shown);
    let what = "broke off in the middle of the answer. Ask it to continue.";
    ProviderError::unavailable(format!("{title} {what}")).with_detail(format!("{title} at {shown} {what}")).for_good()
}

fn fell_silent(endpoint: &Endpoint) -> ProviderError {
    let (title, shown, s) = (&endpoint.words.title, &endpoint.shown, endpoint.http.idle_timeout.as_secs_f32());
    let what = format!("fell silent for {s} s in the middle of the answer. Ask it to continue.");
    ProviderError::unavailable(format!("{title} {what}")).with_detail(format!("{title} at {shown} {what}")).for_good()
}

fn never_done(endpoint: &Endpoint) -> ProviderError {
    let (title, shown) = (&endpoint.words.title, &endpoint.shown);
    let what = "thought for more than 8 MiB and was ended. Ask something smaller, or choose another model.";
    ProviderError::unavailable(format!("{title} {what}")).with_detail(format!("{title} at {shown} {what}")).for_good()
}

fn garbled(endpoint: &Endpoint) -> ProviderError {
    let (title, shown, url) = (&endpoint.words.title, &endpoint.shown, &endpoint.words.url);
    ProviderError::unavailable(endpoint.words.failed(""))
        .with_detail(format!("{title} at {shown} sent something that is no answer. Try again; if it stays, check {url}."))
        .for_good()
}
