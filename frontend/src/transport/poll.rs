//! Long polling.

use holdfast_client::connection::{Attempt, Millis};
use holdfast_protocol::{api::PollReply, frame::Open};

use super::TransportTask;
use crate::{
    address,
    driver::Driver,
    http::{Call, Method},
};

/// Sends a poll.
pub(crate) fn ask(driver: Driver, attempt: Attempt, open: Open, wait: Millis) -> TransportTask {
    TransportTask::run(None, async move {
        let url = address::follow(driver.base(), &open, "poll", Some(wait));
        let reply = Call::new(Method::Get, url).token(driver.token()).fetch::<PollReply>().await;
        driver.feed(|machine, now| match reply {
            Ok(reply) => machine.handle_polled(now, attempt, reply.frames),
            Err(failure) => machine.handle_ended(now, attempt, Some(failure)),
        });
    })
}
