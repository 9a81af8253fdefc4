//! Answers of a model server over HTTP: steadily, and when all start at once. The floor relays the same stream.

use std::{rc::Rc, time::Duration};

use super::{
    ANYWHERE, all_right, any_tokens,
    streaming::{Shape, load},
};
use crate::{
    http,
    plan::Plan,
    process::Server,
    reading::Words,
    report::{Aim, Figure, remark},
    wire::BenchError,
};

const USERS: usize = 50;
const ANSWERS: usize = 100;
const EVERY: Duration = Duration::from_millis(10);

const STEADY: Shape = Shape {
    sockets: ANSWERS,
    answers: ANSWERS,
    // So that the words of two answers are not due at the same times.
    stagger: Duration::from_micros(10_300),
    begun: Duration::from_millis(1_600),
    steady: Duration::from_secs(7),
};

const BURST: Shape = Shape { stagger: Duration::ZERO, begun: Duration::from_millis(1_000), steady: Duration::from_millis(1_500), ..STEADY };

pub(super) async fn run(plan: &Plan) -> Result<(), BenchError> {
    let upstream = Server::upstream().await?;
    one(plan, &upstream, "steady", 1_000, STEADY, 25.0).await?;
    one(plan, &upstream, "burst", 300, BURST, 40.0).await
}

async fn one(plan: &Plan, upstream: &Server, name: &str, words: usize, shape: Shape, late: f64) -> Result<(), BenchError> {
    let words = Rc::new(Words::upstream(words, EVERY));
    let mut floor = {
        let server = Server::floor(Some(upstream.address)).await?;
        load(&server, &any_tokens(), &words, shape).await?
    };
    let folder = tempfile::tempdir()?;
    let server = Server::holdfast(&plan.holdfast, folder.path(), ANYWHERE, Some(upstream.address)).await?;
    let tokens = http::guests(server.address, USERS).await?;
    let mut real = load(&server, &tokens, &words, shape).await?;
    server.end().await?;

    let begin = if shape.stagger.is_zero() { "all began at once" } else { "they began one after the other" };
    remark(&format!("{name}: {ANSWERS} answers of 100 chunks/s to {USERS} users came from a model server over HTTP; {begin}"));
    all_right(ANSWERS, &words);
    let figure = |what: &str, value, unit| Figure::new(format!("{name}: {what}"), value, unit);
    figure("server CPU a chunk", real.chunk(), "us").floor(floor.chunk()).aim(Aim::Times(2.0)).print();
    figure("server CPU an answer, beside its chunks", real.answer(), "ms").floor(floor.answer()).aim(Aim::Most(1.0)).print();
    figure("delay of a chunk, p50", real.delay(0.5), "ms").floor(floor.delay(0.5)).print();
    figure("delay of a chunk, p99", real.delay(0.99), "ms").floor(floor.delay(0.99)).aim(Aim::Most(late)).print();
    figure("message sent to first word, p50", real.first(0.5), "ms").floor(floor.first(0.5)).print();
    figure("message sent to first word, p99", real.first(0.99), "ms").floor(floor.first(0.99)).print();
    figure("words a frame", real.words_a_frame(), "").floor(floor.words_a_frame()).print();
    real.used.print("Holdfast");
    floor.used.print("the floor");
    Ok(())
}
