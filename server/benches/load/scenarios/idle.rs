//! Measures the cost of an idle socket.

use tokio::time::{Instant, sleep};

use super::{SETTLE, any_tokens, fresh};
use crate::{
    crowd::Crowd,
    http,
    plan::Plan,
    process::Server,
    report::{Aim, Figure},
    wire::BenchError,
};

const USERS: usize = 50;
/// Number of sockets opened before the measurement, so that one-time costs (thread stacks, store connections) do not count.
const WARM: usize = 50;

pub(super) async fn run(plan: &Plan) -> Result<(), BenchError> {
    one(plan, 1_000, 20.0).await?;
    if plan.full {
        one(plan, 15_000, 10.0).await?;
    }
    Ok(())
}

async fn one(plan: &Plan, count: usize, aim: f64) -> Result<(), BenchError> {
    let (_folder, server) = fresh(plan).await?;
    let tokens = http::guests(server.address, USERS).await?;
    let (real, rate) = weigh(&server, &tokens, count).await?;
    server.end().await?;
    let floor = Server::floor(None).await?;
    let (least, least_rate) = weigh(&floor, &any_tokens(), count).await?;
    Figure::new(format!("memory an idle socket, of {count}"), real, "KB").floor(least).aim(Aim::Most(aim)).print();
    Figure::new(format!("sockets opened a second, of {count}"), rate, "/s").floor(least_rate).print();
    Ok(())
}

/// Returns kilobytes for each socket, and sockets opened in a second.
async fn weigh(server: &Server, tokens: &[String], count: usize) -> Result<(f64, f64), BenchError> {
    let _warm = Crowd::gather(server.address, tokens, WARM).await?;
    sleep(SETTLE).await;
    let before = server.memory();
    let began = Instant::now();
    let crowd = Crowd::gather(server.address, tokens, count).await?;
    let rate = count as f64 / began.elapsed().as_secs_f64();
    sleep(SETTLE).await;
    let bytes = server.memory().saturating_sub(before);
    crowd.none_lost()?;
    Ok((bytes as f64 / 1000.0 / count as f64, rate))
}
