//! Many sockets, and answers that stream into a part of them.

use std::{rc::Rc, time::Duration};

use super::{
    all_right, any_tokens, fresh,
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
const WORDS: usize = 1_000;
const EVERY: Duration = Duration::from_millis(10);
const SHAPE: Shape = Shape {
    sockets: 1_000,
    answers: 200,
    // So that the words of two answers are not due at the same times.
    stagger: Duration::from_micros(5_300),
    begun: Duration::from_millis(1_600),
    steady: Duration::from_secs(7),
};

pub(super) async fn run(plan: &Plan) -> Result<(), BenchError> {
    let words = Rc::new(Words::new(WORDS, EVERY));
    let mut floor = {
        let server = Server::floor(None).await?;
        load(&server, &any_tokens(), &words, SHAPE).await?
    };
    let (_folder, server) = fresh(plan).await?;
    let tokens = http::guests(server.address, USERS).await?;
    let mut real = load(&server, &tokens, &words, SHAPE).await?;
    server.end().await?;

    let Shape { sockets, answers, .. } = SHAPE;
    remark(&format!("{sockets} sockets of {USERS} users were open, {answers} answers of 100 chunks/s streamed at once"));
    all_right(answers, &words);
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
