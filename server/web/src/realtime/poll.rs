//! Frames as replies to polls.

use std::{sync::Arc, time::Duration};

use holdfast_protocol::{
    ApiError, Message, ServerFrame, Status,
    activity::OpenTransport,
    frame::{Open, Sync},
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use super::{position::TextDelivery, reader::Reader};
use crate::state::App;
use holdfast_core::answers::Wake;
use holdfast_core::clock;
use holdfast_core::{auth::token::Claims, limits::budget::Lease};

/// Additional time after the first news, so that a burst is sent in one reply.
const BURST: Duration = Duration::from_millis(60);

/// Returns what is new in a conversation: immediately if there is something, otherwise after `wait` at most. Also returns the memory for
/// it; hold it until the reply is sent.
///
/// # Errors
/// The user has no such conversation, or too many connections.
pub(crate) async fn poll(app: &App, claims: Claims, open: Open, wait: Duration) -> Result<(Vec<ServerFrame>, Option<Lease>), ApiError> {
    let wake: Wake = Arc::new(Notify::new());
    let (claims, mut following) = app.register(claims, OpenTransport::Poll, wake.clone(), clock::now()).await?;
    let (mut reader, sync) = Reader::open(&app.chat, claims.sub, &open, TextDelivery::Now, wake.clone()).await?;
    if is_news(&sync, &open) {
        return Ok((vec![ServerFrame::Sync(sync)], reader.into_lease()));
    }
    let mut until = Instant::now() + wait;
    let mut frames = Vec::new();
    // The client does not say in which states it has the steps, so each reply repeats them.
    let states = sync.messages.iter().any(|message| !message.steps.is_empty()).then_some(ServerFrame::Sync(sync));
    let reply = |frames: Vec<ServerFrame>| states.clone().into_iter().chain(frames).collect();
    loop {
        tokio::select! {
            () = wake.notified() => {}
            () = sleep_until(until) => return Ok((reply(frames), reader.into_lease())),
            () = app.closing.cancelled() => return Ok((reply(frames), reader.into_lease())),
        }
        if let Some(api_error) = following.ending() {
            return Err(api_error.clone());
        }
        let before = frames.len();
        frames.extend(following.changes());
        frames.extend(reader.next().await?);
        if reader.is_much() {
            return Ok((reply(frames), reader.into_lease()));
        }
        if before == 0 && !frames.is_empty() {
            until = until.min(Instant::now() + BURST);
        }
    }
}

fn is_news(sync: &Sync, open: &Open) -> bool {
    let text =
        |message: &Message| message.status != Status::Streaming || !message.content.is_empty() || !open.have.contains_key(&message.id);
    let steps = |message: &Message| {
        let known = open.have_steps.get(&message.id).map_or(0, Vec::len);
        message.steps.len() > known || message.steps.iter().any(|step| !step.content.is_empty())
    };
    open.cursor != Some(sync.cursor) || sync.since == 0 || sync.messages.iter().any(|message| text(message) || steps(message))
}
