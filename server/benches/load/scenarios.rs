//! Runs the scenarios one after the other, each with its own servers.

mod first_load;
mod idle;
mod large;
mod resume;
mod slow;
mod start;
mod storm;
mod streaming;
mod streams;
mod tabs;
mod upstream;

use std::{net::SocketAddr, process::ExitCode, rc::Rc, time::Duration};

use futures::future::try_join_all;
use holdfast_protocol::{ClientFrame, ConversationId, frame::Initial};
use tempfile::TempDir;
use tokio::time::{Instant, timeout};

use crate::{
    plan::{ALL, Plan},
    process::{Server, cores},
    reading::{Reading, Step, Words},
    report::{Meter, Outcome, Used, remark},
    wire::{BenchError, Socket},
};

/// Any port on this machine.
const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);
/// Pause between the preparation of a scenario and the measurement.
const SETTLE: Duration = Duration::from_millis(500);

/// Runs the planned scenarios.
pub(crate) async fn run(plan: &Plan) -> ExitCode {
    let began = Instant::now();
    let size = if plan.full { "full" } else { "quick" };
    println!("Holdfast under load ({size}, {} cores): {}", cores(), plan.holdfast.display());
    let mut outcome = Outcome::default();
    for name in ALL.into_iter().filter(|name| plan.wants(name)) {
        println!("\n{name}");
        let result = match name {
            "start" => start::run(plan).await,
            "streams" => streams::run(plan).await,
            "upstream" => upstream::run(plan).await,
            "idle" => idle::run(plan).await,
            "storm" => storm::run(plan).await,
            "resume" => resume::run(plan).await,
            "slow" => slow::run(plan).await,
            "tabs" => tabs::run(plan).await,
            "large" => large::run(plan).await,
            _ => first_load::run(plan).await,
        };
        outcome.note(name, result);
    }
    println!("\n{:.0} s in all", began.elapsed().as_secs_f64());
    if outcome.is_right() {
        println!("Every word was right, and no socket was lost.");
        return ExitCode::SUCCESS;
    }
    println!("Something was WRONG; see above.");
    ExitCode::FAILURE
}

/// Starts the real server with a new data folder, which is removed with the result.
async fn fresh(plan: &Plan) -> Result<(TempDir, Server), BenchError> {
    let folder = tempfile::tempdir()?;
    let server = Server::holdfast(&plan.holdfast, folder.path(), ANYWHERE, None).await?;
    Ok((folder, server))
}

/// Returns tokens for the floor, which does not check them.
fn any_tokens() -> Vec<String> {
    vec![String::from("any")]
}

/// Reads an answer to its end.
async fn listen(socket: &mut Socket, reading: &mut Reading) -> Result<(), BenchError> {
    loop {
        let text = socket.hear().await?;
        match reading.take(&text)? {
            Step::On => {}
            Step::Ping => socket.say(&ClientFrame::Pong).await?,
            Step::Done => return Ok(()),
        }
    }
}

/// Reads an answer to its end, with a timeout.
async fn listen_in_time(socket: &mut Socket, reading: &mut Reading, words: &Words) -> Result<(), BenchError> {
    let every = u32::try_from(words.ends.len()).unwrap_or(u32::MAX);
    let patience = words.every * every + Duration::from_secs(60);
    timeout(patience, listen(socket, reading)).await.map_err(|_| BenchError::Late("the rest of an answer"))?
}

/// Measures one answer of the real server with this many sockets of one user.
async fn watched(
    server: &Server,
    token: &str,
    conversation: ConversationId,
    words: &Rc<Words>,
    sockets: usize,
) -> Result<(Vec<Reading>, Used), BenchError> {
    let initial = Initial { token: token.to_owned(), conversation_id: Some(conversation), ..Initial::default() };
    let mut open = Vec::with_capacity(sockets);
    for _ in 0..sockets {
        open.push(Socket::enter(server.address, initial.clone()).await?.0);
    }
    tokio::time::sleep(SETTLE).await;
    let meter = Meter::start(server);
    if let Some(first) = open.first_mut() {
        first.say(&ClientFrame::Chat(words.asked())).await?;
    }
    let readings = try_join_all(open.into_iter().map(|socket| spawn(socket, words))).await?;
    Ok((readings, meter.stop(server)))
}

/// Measures simultaneous answers of the floor, each on its own socket.
async fn relayed(floor: &Server, words: &Rc<Words>, sockets: usize) -> Result<Used, BenchError> {
    let mut open = Vec::with_capacity(sockets);
    for _ in 0..sockets {
        open.push(Socket::enter(floor.address, Initial::default()).await?.0);
    }
    tokio::time::sleep(SETTLE).await;
    let meter = Meter::start(floor);
    for socket in &mut open {
        socket.say(&ClientFrame::Chat(words.asked())).await?;
    }
    try_join_all(open.into_iter().map(|socket| spawn(socket, words))).await?;
    Ok(meter.stop(floor))
}

/// Reads an answer in its own task, which is woken alone; a single future for many would poll all of them.
async fn spawn(mut socket: Socket, words: &Rc<Words>) -> Result<Reading, BenchError> {
    let words = words.clone();
    let task = tokio::task::spawn_local(async move {
        let mut reading = Reading::new(&words);
        listen_in_time(&mut socket, &mut reading, &words).await?;
        Ok(reading)
    });
    task.await.unwrap_or_else(|error| Err(BenchError::Wrong(format!("a client of ours panicked: {error}"))))
}

/// Returns the delays of all readings.
fn delays(readings: &[Reading]) -> Vec<u32> {
    readings.iter().flat_map(Reading::delays).collect()
}

/// Prints that all words were correct.
fn all_right(readings: usize, words: &Words) {
    remark(&format!("{readings} readers had each of {} words right, byte for byte", words.ends.len()));
}
