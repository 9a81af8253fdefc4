//! Measures the start of the process up to its first answers, and its memory at rest.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{ANYWHERE, fresh};
use crate::{
    http,
    plan::Plan,
    process::Server,
    report::{Aim, Figure, median_ms},
    wire::BenchError,
};

const TRIES: usize = 5;
const REST: Duration = Duration::from_secs(1);

/// Times until the process started, `/health` answered, and a page answered.
struct Times {
    health: Vec<Duration>,
    page: Vec<Duration>,
}

impl Times {
    async fn look(&mut self, began: Instant, server: &Server) -> Result<(), BenchError> {
        http::succeed(server.address, "GET /health", &[], "").await?;
        self.health.push(began.elapsed());
        http::succeed(server.address, "GET /", &[], "").await?;
        self.page.push(began.elapsed());
        Ok(())
    }
}

pub(super) async fn run(plan: &Plan) -> Result<(), BenchError> {
    let (mut first, mut again, mut floors) = (times(), times(), times());
    let (mut memory, mut floor_memory) = (0, 0);
    for _ in 0..TRIES {
        let began = Instant::now();
        let (folder, server) = fresh(plan).await?;
        first.look(began, &server).await?;
        server.end().await?;

        let began = Instant::now();
        let server = Server::holdfast(&plan.holdfast, folder.path(), ANYWHERE, None).await?;
        again.look(began, &server).await?;
        if memory == 0 {
            sleep(REST).await;
            memory = server.memory();
        }
        server.end().await?;

        let began = Instant::now();
        let floor = Server::floor(None).await?;
        floors.look(began, &floor).await?;
        if floor_memory == 0 {
            sleep(REST).await;
            floor_memory = floor.memory();
        }
    }
    let figure = |name: &str, times: &[Duration], floor: &[Duration]| {
        Figure::new(name, median_ms(times), "ms").floor(median_ms(floor)).aim(Aim::Most(50.0)).print();
    };
    figure("start to the first GET /health, new data folder", &first.health, &floors.health);
    figure("start to the first GET /, new data folder", &first.page, &floors.page);
    figure("start to the first GET /, over its data", &again.page, &floors.page);
    let mb = |bytes: u64| bytes as f64 / 1e6;
    Figure::new("memory at rest", mb(memory), "MB").floor(mb(floor_memory)).aim(Aim::Most(30.0)).print();
    Ok(())
}

fn times() -> Times {
    Times { health: Vec::with_capacity(TRIES), page: Vec::with_capacity(TRIES) }
}
