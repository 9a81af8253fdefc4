//! Answers that stream into a part of many sockets, and the results. Shared by scenarios that differ in who writes the answers.

use std::{rc::Rc, time::Duration};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use holdfast_protocol::{ClientFrame, frame::Initial};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use super::{SETTLE, listen_in_time};
use crate::{
    crowd::Crowd,
    process::Server,
    reading::{Reading, Words},
    report::{Meter, Used, percentile},
    wire::{BenchError, Socket},
};

/// Number of simultaneous handshakes.
const AT_ONCE: usize = 64;

/// A load: number of sockets and answers, and when the answers start.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// Number of open sockets.
    pub sockets: usize,
    /// Number of answers, each on its own socket.
    pub answers: usize,
    /// Time between the starts of two answers.
    pub stagger: Duration,
    /// Time from the first start until all answers stream.
    pub begun: Duration,
    /// Time after that during which no answer is near its end. The cost of a chunk is measured in this time.
    pub steady: Duration,
}

/// The results of a load.
pub(super) struct Load {
    answers: usize,
    words: usize,
    frames: usize,
    delays: Vec<u32>,
    first: Vec<u32>,
    /// Use of resources during the whole load.
    pub used: Used,
    /// Use of resources while only chunks were sent, and the number of words in that time.
    steady: Used,
    steady_words: usize,
}

impl Load {
    /// Returns the server's µs for each word while all answers stream.
    pub(super) fn chunk(&self) -> f64 {
        self.steady.server_time.as_secs_f64() * 1e6 / self.steady_words as f64
    }

    /// Returns the server's ms for each answer apart from its chunks: accepting it, notifying the user's other sockets, ending it.
    pub(super) fn answer(&self) -> f64 {
        (self.used.server_time.as_secs_f64() * 1e3 - self.chunk() * self.words as f64 / 1e3) / self.answers as f64
    }

    /// Returns the server's µs for each word, including everything.
    pub(super) fn all(&self) -> f64 {
        self.used.server_time.as_secs_f64() * 1e6 / self.words as f64
    }

    /// Returns the maximum delay of this share of the chunks, ms.
    pub(super) fn delay(&mut self, share: f64) -> f64 {
        percentile(&mut self.delays, share) / 1000.0
    }

    /// Returns the maximum time from a message to the first word of its answer for this share of the answers, ms.
    pub(super) fn first(&mut self, share: f64) -> f64 {
        percentile(&mut self.first, share) / 1000.0
    }

    /// Returns the number of words in a frame.
    pub(super) fn words_a_frame(&self) -> f64 {
        self.words as f64 / self.frames as f64
    }
}

/// Applies this load to a server.
pub(super) async fn load(server: &Server, tokens: &[String], words: &Rc<Words>, shape: Shape) -> Result<Load, BenchError> {
    let Shape { sockets, answers, stagger, begun, steady } = shape;
    let crowd = Crowd::gather(server.address, tokens, sockets - answers).await?;
    let entering = tokens.iter().cycle().take(answers).map(|token| async move {
        let initial = Initial { token: token.clone(), ..Initial::default() };
        Ok::<_, BenchError>(Socket::enter(server.address, initial).await?.0)
    });
    let entered: Vec<Socket> = stream::iter(entering).buffer_unordered(AT_ONCE).try_collect().await?;
    sleep(SETTLE).await;

    let meter = Meter::start(server);
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for (place, mut socket) in (0..).zip(entered) {
        let words = words.clone();
        tasks.spawn_local(async move {
            sleep(stagger * place).await;
            let mut reading = Reading::new(&words);
            socket.say(&ClientFrame::Chat(words.asked())).await?;
            listen_in_time(&mut socket, &mut reading, &words).await?;
            Ok::<_, BenchError>((reading, socket)) // the socket stays open until all are done
        });
    }
    sleep_until(began + begun).await;
    let (from, meanwhile) = (Instant::now(), Meter::start(server));
    sleep_until(began + begun + steady).await;
    let (to, steady) = (Instant::now(), meanwhile.stop(server));
    let mut done = Vec::with_capacity(answers);
    while let Some(result) = tasks.join_next().await {
        done.push(result.map_err(|error| BenchError::Wrong(format!("a client of ours panicked: {error}")))??);
    }
    let used = meter.stop(server);
    crowd.none_lost()?;

    let steady_words = done.iter().map(|(reading, _)| reading.words_between(from, to)).sum();
    let all = answers * words.ends.len();
    let mut load = Load { answers, words: all, frames: 0, delays: Vec::new(), first: Vec::new(), used, steady, steady_words };
    for (reading, _) in &done {
        load.frames += reading.frames;
        load.delays.extend(reading.delays());
        load.first.extend(reading.first_word().map(|time| u32::try_from(time.as_micros()).unwrap_or(u32::MAX)));
    }
    Ok(load)
}
