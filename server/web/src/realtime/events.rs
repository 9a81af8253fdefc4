//! Frames as an event stream (WHATWG HTML, "Server-sent events").

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures::{Stream, stream};
use holdfast_protocol::{ApiError, Code, ServerFrame, activity::OpenTransport, frame::Open};
use tokio::sync::Notify;
use tracing::debug;

use super::{position::TextDelivery, reader::Reader};
use crate::state::App;
use holdfast_core::answers::{UserSubscription, Wake};
use holdfast_core::auth::token::Claims;
use holdfast_core::clock;

/// Interval of heartbeats. After three seconds without one, a client assumes that a proxy holds the stream back.
const HEARTBEAT: Duration = Duration::from_secs(1);

struct Events {
    app: Arc<App>,
    reader: Reader,
    following: UserSubscription,
    wake: Wake,
    ends_at: clock::Millis,
    queue: VecDeque<ServerFrame>,
    over: bool,
    claims: Claims,
    /// Why the stream ended, if the server ended it.
    why: Option<&'static str>,
}

impl Drop for Events {
    fn drop(&mut self) {
        let why = self.why.unwrap_or("the client is gone");
        debug!(user_id = %self.claims.sub, session_id = %self.claims.sid, transport = "stream", why, "closed");
    }
}

/// Returns the frames of one conversation and of the user's list, until the token expires, the session ends or the server shuts down. The
/// first frame is a `sync`, sent immediately.
///
/// # Errors
/// The user has no such conversation, or too many connections.
pub async fn stream(app: Arc<App>, claims: Claims, open: Open) -> Result<impl Stream<Item = ServerFrame> + Send, ApiError> {
    let wake: Wake = Arc::new(Notify::new());
    let (claims, following) = app.register(claims, OpenTransport::Stream, wake.clone(), clock::now()).await?;
    let (reader, sync) = Reader::open(&app.chat, claims.sub, &open, TextDelivery::Now, wake.clone()).await?;
    debug!(user_id = %claims.sub, session_id = %claims.sid, transport = "stream", "opened");
    wake.notify_one();
    let ends_at = claims.expires_at() + app.settings.terms.grace;
    let events =
        Events { app, reader, following, wake, ends_at, queue: VecDeque::from([ServerFrame::Sync(sync)]), over: false, claims, why: None };
    Ok(stream::unfold(events, |mut events| async move { events.next().await.map(|frame| (frame, events)) }))
}

impl Events {
    async fn next(&mut self) -> Option<ServerFrame> {
        loop {
            if let Some(frame) = self.queue.pop_front() {
                return Some(frame);
            }
            if self.over || clock::now() >= self.ends_at {
                self.why.get_or_insert(Code::TokenExpired.as_str());
                return None;
            }
            tokio::select! {
                () = self.wake.notified() => self.look().await,
                () = tokio::time::sleep(HEARTBEAT) => return Some(ServerFrame::Ping),
                () = self.app.closing.cancelled() => {
                    self.look().await;
                    self.queue.push_back(ServerFrame::Drain { reconnect_in_ms: self.app.spread_return() });
                    (self.over, self.why) = (true, Some("restart"));
                }
            }
        }
    }

    async fn look(&mut self) {
        if let Some(api_error) = self.following.ending() {
            (self.over, self.why) = (true, Some(api_error.code.as_str()));
            self.queue.push_back(api_error.clone().into());
            return;
        }
        self.queue.extend(self.following.changes());
        match self.reader.next().await {
            Ok(frames) => {
                if !frames.is_empty() {
                    self.wake.notify_one(); // there may be more than fits into one frame
                }
                self.queue.extend(frames);
            }
            Err(api_error) => {
                (self.over, self.why) = (true, Some(api_error.code.as_str()));
                self.queue.push_back(api_error.into());
            }
        }
    }
}
