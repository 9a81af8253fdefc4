//! A reader that reads 1 KB in a second, beside a hundred fast ones, all on the same answer.

use std::{rc::Rc, time::Duration};

use holdfast_protocol::{
    ClientFrame, ConversationId,
    frame::{Chat, Initial},
};
use tokio::{io::AsyncReadExt as _, net::TcpStream, time::sleep};

use super::{all_right, delays, fresh, watched};
use crate::{
    http,
    plan::Plan,
    process::Server,
    reading::Words,
    report::{Aim, Figure, percentile, remark},
    wire::{BenchError, Socket},
};

const FAST: usize = 100;
const WORDS: usize = 600;
const EVERY: Duration = Duration::from_millis(10);
/// Number of words (of about nine bytes) that fill the slow reader's connection beyond the kernel's buffers.
const STUFFING: usize = 600_000;
/// Time within which the provider has sent all of that and it is saved.
const SAID: Duration = Duration::from_secs(4);
/// Bytes that it reads at once, and how often: 1 KB in a second.
const SIP: usize = 64;
const SIPS: Duration = Duration::from_millis(62);

pub(super) async fn run(plan: &Plan) -> Result<(), BenchError> {
    let words = Rc::new(Words::new(WORDS, EVERY));
    let (_folder, server) = fresh(plan).await?;
    let tokens = http::guests(server.address, 1).await?;
    let token = tokens.first().ok_or(BenchError::Late("a token"))?;
    let conversation = http::conversation(server.address, token).await?;
    let (readings, _) = watched(&server, token, conversation, &words, FAST).await?;
    let mut alone = delays(&readings);

    let conversation = http::conversation(server.address, token).await?;
    let sipping = tokio::task::spawn_local(sip(stuff(&server, token, conversation).await?));
    let before = server.memory();
    let (readings, used) = watched(&server, token, conversation, &words, FAST).await?;
    let mut beside = delays(&readings);
    let grown = server.memory().saturating_sub(before);
    if sipping.is_finished() {
        remark("NOTE: the server closed the slow reader");
    }
    sipping.abort();
    server.end().await?;

    all_right(2 * FAST, &words);
    let (p50, p50_alone) = (percentile(&mut beside, 0.5) / 1000.0, percentile(&mut alone, 0.5) / 1000.0);
    let (p99, p99_alone) = (percentile(&mut beside, 0.99) / 1000.0, percentile(&mut alone, 0.99) / 1000.0);
    remark(&format!("delay of a chunk for {FAST} fast readers; instead of a floor: without the slow one"));
    Figure::new("with a slow reader, p50", p50, "ms").floor(p50_alone).print();
    Figure::new("with a slow reader, p99", p99, "ms").floor(p99_alone).aim(Aim::Times(1.2)).print();
    Figure::new("memory that the server gained meanwhile", grown as f64 / 1e6, "MB").print();
    used.print("Holdfast");
    Ok(())
}

/// Returns the connection of a reader of this conversation. It is full, so the server has to wait for the reader.
async fn stuff(server: &Server, token: &str, conversation: ConversationId) -> Result<TcpStream, BenchError> {
    let elsewhere = http::conversation(server.address, token).await?;
    let mut socket = Socket::connect_narrow(server.address, 4096).await?;
    socket.greet(Initial { token: token.to_owned(), conversation_id: Some(conversation), ..Initial::default() }).await?;
    let much = Words::new(STUFFING, Duration::ZERO);
    socket.say(&ClientFrame::Chat(Chat { conversation_id: Some(elsewhere), ..much.asked() })).await?;
    sleep(SAID).await;
    remark(&format!("the slow reader has {:.1} MB waiting for it", much.text.len() as f64 / 1e6));
    Ok(socket.into_stream())
}

async fn sip(mut stream: TcpStream) {
    let mut bytes = [0; SIP];
    while let Ok(1..) = stream.read(&mut bytes).await {
        sleep(SIPS).await;
    }
}
