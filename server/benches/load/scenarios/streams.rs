//! Many sockets, and answers that stream into a part of them.

use std::{rc::Rc, time::Duration};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use holdfast_protocol::{ClientFrame, frame::Initial};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use super::{SETTLE, all_right, any_tokens, fresh, listen_in_time};
use crate::{
    crowd::Crowd,
    http,
    plan::Plan,
    process::Server,
    reading::{Reading, Words},
    report::{Aim, Figure, Meter, Used, percentile, remark},
    wire::{Fault, Socket},
};

const SOCKETS: usize = 1_000;
const ANSWERS: usize = 200;
const USERS: usize = 50;
const WORDS: usize = 1_000;
const EVERY: Duration = Duration::from_millis(10);
/// Between the beginnings of two answers, so that their words don't fall due in step.
const STAGGER: Duration = Duration::from_micros(5_300);
/// All stream by then, and none is near its end for so long: what a chunk costs is taken from this time alone.
const BEGUN: Duration = Duration::from_millis(1_600);
const STEADY: Duration = Duration::from_secs(7);
/// Handshakes at once.
const AT_ONCE: usize = 64;

/// What came of one load.
struct Load {
    words: usize,
    frames: usize,
    delays: Vec<u32>,
    first: Vec<u32>,
    /// Over all of it.
    used: Used,
    /// While nothing but chunks came, and how many words did.
    steady: Used,
    steady_words: usize,
}

impl Load {
    /// µs of the server for each word while all stream.
    fn chunk(&self) -> f64 {
        self.steady.server_time.as_secs_f64() * 1e6 / self.steady_words as f64
    }

    /// ms of the server for each answer, beside its chunks: accepting it, telling the user's other sockets, ending it.
    fn answer(&self) -> f64 {
        (self.used.server_time.as_secs_f64() * 1e3 - self.chunk() * self.words as f64 / 1e3) / ANSWERS as f64
    }

    /// µs of the server for each word, everything in it.
    fn all(&self) -> f64 {
        self.used.server_time.as_secs_f64() * 1e6 / self.words as f64
    }

    fn delay(&mut self, share: f64) -> f64 {
        percentile(&mut self.delays, share) / 1000.0
    }

    fn first(&mut self, share: f64) -> f64 {
        percentile(&mut self.first, share) / 1000.0
    }

    fn words_a_frame(&self) -> f64 {
        self.words as f64 / self.frames as f64
    }
}

pub(super) async fn run(plan: &Plan) -> Result<(), Fault> {
    let words = Rc::new(Words::new(WORDS, EVERY));
    let mut floor = {
        let server = Server::floor().await?;
        load(&server, &any_tokens(), &words).await?
    };
    let (_folder, server) = fresh(plan).await?;
    let tokens = http::guests(server.address, USERS).await?;
    let mut real = load(&server, &tokens, &words).await?;
    server.end().await?;

    remark(&format!("{SOCKETS} sockets of {USERS} users were open, {ANSWERS} answers of 100 chunks/s streamed at once"));
    all_right(ANSWERS, &words);
    Figure::new("server CPU a chunk", real.chunk(), "us").floor(floor.chunk()).aim(Aim::Times(1.5)).print();
    Figure::new("server CPU an answer, beside its chunks", real.answer(), "ms").floor(floor.answer()).print();
    Figure::new("both, for each chunk", real.all(), "us").floor(floor.all()).print();
    Figure::new("delay of a chunk, p50", real.delay(0.5), "ms").floor(floor.delay(0.5)).print();
    Figure::new("delay of a chunk, p99", real.delay(0.99), "ms").floor(floor.delay(0.99)).aim(Aim::Most(25.0)).print();
    Figure::new("message sent to first word, p50", real.first(0.5), "ms").floor(floor.first(0.5)).print();
    Figure::new("message sent to first word, p99", real.first(0.99), "ms").floor(floor.first(0.99)).print();
    Figure::new("words a frame", real.words_a_frame(), "").floor(floor.words_a_frame()).print();
    real.used.print("Holdfast");
    floor.used.print("the floor");
    Ok(())
}

async fn load(server: &Server, tokens: &[String], words: &Rc<Words>) -> Result<Load, Fault> {
    let crowd = Crowd::gather(server.address, tokens, SOCKETS - ANSWERS).await?;
    let entering = tokens.iter().cycle().take(ANSWERS).map(|token| async move {
        let initial = Initial { token: token.clone(), ..Initial::default() };
        Ok::<_, Fault>(Socket::enter(server.address, initial).await?.0)
    });
    let sockets: Vec<Socket> = stream::iter(entering).buffer_unordered(AT_ONCE).try_collect().await?;
    sleep(SETTLE).await;

    let meter = Meter::start(server);
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for (place, mut socket) in (0..).zip(sockets) {
        let words = words.clone();
        tasks.spawn_local(async move {
            sleep(STAGGER * place).await;
            let mut reading = Reading::new(&words);
            socket.say(&ClientFrame::Chat(words.asked())).await?;
            listen_in_time(&mut socket, &mut reading, &words).await?;
            Ok::<_, Fault>((reading, socket)) // the socket stays open until all are done
        });
    }
    sleep_until(began + BEGUN).await;
    let (from, steady) = (Instant::now(), Meter::start(server));
    sleep_until(began + BEGUN + STEADY).await;
    let (to, steady) = (Instant::now(), steady.stop(server));
    let mut done = Vec::with_capacity(ANSWERS);
    while let Some(result) = tasks.join_next().await {
        done.push(result.map_err(|error| Fault::Wrong(format!("a client of ours panicked: {error}")))??);
    }
    let used = meter.stop(server);
    crowd.none_lost()?;

    let steady_words = done.iter().map(|(reading, _)| reading.words_between(from, to)).sum();
    let all = ANSWERS * words.ends.len();
    let mut load = Load { words: all, frames: 0, delays: Vec::new(), first: Vec::new(), used, steady, steady_words };
    for (reading, _) in &done {
        load.frames += reading.frames;
        load.delays.extend(reading.delays());
        load.first.extend(reading.first_word().map(|time| u32::try_from(time.as_micros()).unwrap_or(u32::MAX)));
    }
    Ok(load)
}
