//! A client loses its connection during an answer, reconnects, and catches up.

use std::{cell::Cell, rc::Rc, time::Duration};

use holdfast_client::connection::SplitMix;
use holdfast_protocol::{ClientFrame, ConversationId, frame::Initial};
use tokio::time::{Instant, timeout};

use super::{all_right, fresh, listen_in_time};
use crate::{
    http,
    plan::Plan,
    process::Server,
    reading::{Reading, Step, Words},
    report::{Aim, Figure, median_ms},
    wire::{BenchError, Socket},
};

const ROUNDS: usize = 50;
const WORDS: usize = 600;
const EVERY: Duration = Duration::from_millis(10);

pub(super) async fn run(plan: &Plan) -> Result<(), BenchError> {
    let words = Rc::new(Words::new(WORDS, EVERY));
    let (_folder, server) = fresh(plan).await?;
    let tokens = http::guests(server.address, 1).await?;
    let token = tokens.first().ok_or(BenchError::Late("a token"))?;
    let conversation = http::conversation(server.address, token).await?;
    let (ready, mut level) = resume(&server, token, conversation, &words).await?;
    server.end().await?;

    let floor = Server::floor(None).await?;
    let mut trips = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let _socket = Socket::enter(floor.address, Initial::default()).await?;
        trips.push(began.elapsed());
    }
    all_right(2, &words);
    let bare = median_ms(&trips);
    Figure::new("connect to `ready`, median", median_ms(&ready), "ms").floor(bare).print();
    Figure::new("connect to level, median", median_ms(&level), "ms").floor(bare).print();
    Figure::new("connect to level, beyond the round trips", median_ms(&level) - bare, "ms").aim(Aim::Most(20.0)).print();
    level.sort_unstable();
    let worst = level.last().copied().unwrap_or_default();
    Figure::new(format!("connect to level, worst of {ROUNDS}"), worst.as_secs_f64() * 1000.0, "ms").print();
    Ok(())
}

async fn resume(
    server: &Server,
    token: &str,
    conversation_id: ConversationId,
    words: &Rc<Words>,
) -> Result<(Vec<Duration>, Vec<Duration>), BenchError> {
    let initial = || Initial { token: token.to_owned(), conversation_id: Some(conversation_id), ..Initial::default() };
    // The witness stays connected: its text is what a returning client must have.
    let (mut witness, _) = Socket::enter(server.address, initial()).await?;
    let (mut socket, _) = Socket::enter(server.address, initial()).await?;
    witness.say(&ClientFrame::Chat(words.asked())).await?;
    let seen = Rc::new(Cell::new(0));
    let watching = tokio::task::spawn_local(watch(witness, words.clone(), seen.clone()));

    let mut reading = Reading::new(words);
    let mut random = SplitMix::new(1);
    let (mut ready, mut level) = (Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS));
    while reading.text.is_empty() {
        hear(&mut socket, &mut reading).await?;
    }
    for _ in 0..ROUNDS {
        let stay = Duration::from_millis(40 + random.below(50));
        let ended = timeout(stay, async { while !matches!(hear(&mut socket, &mut reading).await, Ok(Step::Done) | Err(_)) {} }).await;
        if ended.is_ok() {
            return Err(BenchError::Wrong("the answer ended, or its socket, while it was being resumed".into()));
        }
        drop(socket);
        let began = Instant::now();
        let initial = Initial { cursor: reading.cursor, have: reading.have(), ..initial() };
        (socket, _) = Socket::enter(server.address, initial).await?;
        ready.push(began.elapsed());
        // The client's own `sync` must arrive, whatever the witness has.
        hear(&mut socket, &mut reading).await?;
        while reading.text.len() < seen.get() {
            hear(&mut socket, &mut reading).await?;
        }
        level.push(began.elapsed());
    }
    listen_in_time(&mut socket, &mut reading, words).await?;
    watching.await.map_err(|error| BenchError::Wrong(format!("a client of ours panicked: {error}")))??;
    Ok((ready, level))
}

async fn hear(socket: &mut Socket, reading: &mut Reading) -> Result<Step, BenchError> {
    let text = socket.hear().await?;
    let step = reading.take(&text)?;
    if step == Step::Ping {
        socket.say(&ClientFrame::Pong).await?;
    }
    Ok(step)
}

/// Reads to the end, and reports its progress.
async fn watch(mut socket: Socket, words: Rc<Words>, seen: Rc<Cell<usize>>) -> Result<(), BenchError> {
    let mut reading = Reading::new(&words);
    while hear(&mut socket, &mut reading).await? != Step::Done {
        seen.set(reading.text.len());
    }
    Ok(())
}
