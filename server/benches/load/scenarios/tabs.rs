//! Ten tabs on one answer, compared with one.

use std::{rc::Rc, time::Duration};

use super::{all_right, fresh, relayed, watched};
use crate::{
    http,
    plan::Plan,
    process::Server,
    reading::Words,
    report::{Aim, Figure, Used},
    wire::BenchError,
};

const TABS: usize = 10;
const WORDS: usize = 800;
const EVERY: Duration = Duration::from_millis(10);

pub(super) async fn run(plan: &Plan) -> Result<(), BenchError> {
    let words = Rc::new(Words::new(WORDS, EVERY));
    let (_folder, server) = fresh(plan).await?;
    let tokens = http::guests(server.address, 1).await?;
    let token = tokens.first().ok_or(BenchError::Late("a token"))?;
    let conversation = http::conversation(server.address, token).await?;
    let (_, one) = watched(&server, token, conversation, &words, 1).await?;
    let conversation = http::conversation(server.address, token).await?;
    let (_, ten) = watched(&server, token, conversation, &words, TABS).await?;
    server.end().await?;
    let floor = Server::floor(None).await?;
    let least_one = relayed(&floor, &words, 1).await?;
    let least_ten = relayed(&floor, &words, TABS).await?;

    all_right(1 + TABS, &words);
    let each = |used: &Used| used.server_time.as_secs_f64() * 1e6 / WORDS as f64;
    Figure::new("server CPU a chunk, one tab", each(&one), "us").floor(each(&least_one)).print();
    Figure::new("server CPU a chunk, ten tabs", each(&ten), "us").floor(each(&least_ten)).print();
    let times = each(&ten) / each(&one);
    Figure::new("ten tabs against one", times, "x").floor(each(&least_ten) / each(&least_one)).aim(Aim::Most(3.0)).print();
    Ok(())
}
