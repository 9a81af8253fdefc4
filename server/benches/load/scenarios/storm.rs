//! The server restarts, and all clients reconnect at once.

use std::{cell::Cell, net::SocketAddr, rc::Rc, time::Duration};

use futures::{StreamExt as _, stream};
use holdfast_client::connection::{Backoff, SplitMix, Timing};
use holdfast_protocol::{ClientFrame, ServerFrame, frame::Initial};
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use super::{SETTLE, fresh};
use crate::{
    http,
    plan::Plan,
    process::Server,
    report::{Aim, Figure, Meter, ms, remark},
    wire::{BenchError, Socket},
};

const USERS: usize = 50;
const PATIENCE: Duration = Duration::from_secs(90);
const AT_ONCE: usize = 64;

/// What the clients experienced.
#[derive(Default)]
struct Met {
    drained: Cell<usize>,
    attempts: Cell<usize>,
    back: Cell<usize>,
    lost_again: Cell<usize>,
    came_back: Notify,
}

fn add(count: &Cell<usize>) {
    count.set(count.get() + 1);
}

pub(super) async fn run(plan: &Plan) -> Result<(), BenchError> {
    let count = plan.size(2_000, 10_000);
    let (folder, server) = fresh(plan).await?;
    let address = server.address;
    let tokens = http::guests(address, USERS).await?;
    let met = Rc::new(Met::default());
    let mut clients = JoinSet::new();
    let entering = tokens.iter().cycle().take(count).map(|token| async move { Ok::<_, BenchError>((token, enter(address, token).await?)) });
    let mut entering = stream::iter(entering).buffer_unordered(AT_ONCE);
    let mut seed = 0;
    while let Some(entered) = entering.next().await {
        let (token, socket) = entered?;
        seed += 1;
        clients.spawn_local(client(address, token.clone(), socket, met.clone(), SplitMix::new(seed)));
    }
    sleep(SETTLE).await;

    let told = Instant::now();
    server.end().await?;
    let ended = told.elapsed();
    let server = Server::holdfast(&plan.holdfast, folder.path(), address, None).await?;
    let up = told.elapsed();
    let meter = Meter::start(&server);
    let all_back = async {
        while met.back.get() < count {
            met.came_back.notified().await;
        }
    };
    let in_time = timeout(PATIENCE, all_back).await.is_ok();
    let all = told.elapsed();
    let used = meter.stop(&server);
    sleep(SETTLE).await;
    let (back, attempts) = (met.back.get(), met.attempts.get());
    remark(&format!("{} of {count} were told by `drain`; {attempts} attempts brought {back} back", met.drained.get()));
    if !in_time || met.lost_again.get() > 0 {
        return Err(BenchError::Wrong(format!("{} of {count} did not come back, {} were lost again", count - back, met.lost_again.get())));
    }
    Figure::new("told to end, to ended", ms(ended), "ms").print();
    Figure::new("told to end, to serving again", ms(up), "ms").print();
    Figure::new(format!("told to end, to all {count} ready"), all.as_secs_f64(), "s").aim(Aim::Most(10.0)).print();
    Figure::new("server CPU a socket that comes back", used.server_time.as_secs_f64() * 1e6 / count as f64, "us").print();
    used.print("the new Holdfast");
    drop(clients);
    server.end().await
}

async fn enter(address: SocketAddr, token: &str) -> Result<Socket, BenchError> {
    Ok(Socket::enter(address, Initial { token: token.to_owned(), ..Initial::default() }).await?.0)
}

/// Stays until it is sent away, waits as it was told (or as the protocol says), and reconnects.
async fn client(address: SocketAddr, token: String, mut socket: Socket, met: Rc<Met>, mut random: SplitMix) {
    let timing = Timing::default();
    let mut backoff = Backoff::new(timing.backoff_base, timing.backoff_cap);
    let told = stay(&mut socket).await;
    drop(socket);
    if told.is_some() {
        add(&met.drained);
    }
    let mut wait = told.unwrap_or_else(|| backoff.next(&mut random));
    let mut socket = loop {
        sleep(Duration::from_millis(wait)).await;
        add(&met.attempts);
        match enter(address, &token).await {
            Ok(socket) => break socket,
            Err(_) => wait = backoff.next(&mut random),
        }
    };
    add(&met.back);
    met.came_back.notify_one();
    stay(&mut socket).await;
    add(&met.lost_again);
}

/// Waits until the socket closes. Returns the waiting time in `drain`.
async fn stay(socket: &mut Socket) -> Option<u64> {
    let mut told = None;
    while let Ok(text) = socket.hear().await {
        match ServerFrame::parse(&text) {
            Ok(ServerFrame::Drain { reconnect_in_ms }) => told = Some(reconnect_in_ms),
            Ok(ServerFrame::Ping) => socket.say(&ClientFrame::Pong).await.ok()?,
            _ => {}
        }
    }
    told
}
