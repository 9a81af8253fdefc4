//! Renders pages with conversations on threads of their own, with limits on their number and time.
//!
//! The time of rendering grows with the text, and the runtime can't interrupt it. So it does not run on the threads that answer requests.

use std::{panic::resume_unwind, time::Duration};

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use holdfast_app::{Plain, busy_document};
use holdfast_protocol::{ApiError, Reason, UserId};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::error::ErrorResponse;
use holdfast_core::limits::budget::{Budget, Lease};

/// How long a page waits for its turn.
const WAIT: Duration = Duration::from_secs(10);

/// Advice to clients that did not get a turn: when to try again, ms.
const COME_BACK: u64 = 5_000;

/// The rendering slots.
pub struct Rendering {
    places: Budget,
    within: Duration,
}

impl Rendering {
    /// Creates the slots; `within` is the time limit of a page.
    pub fn new(within: Duration) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX)).max(2);
        Self { places: Budget::new(cores, cores / 2), within }
    }

    /// Waits for a slot to render a page of this user.
    ///
    /// # Errors
    /// There was none for too long.
    pub(super) async fn lease(&self, user: UserId) -> Result<Lease, ApiError> {
        let busy = || Reason::TooManyRendering.error();
        self.places.take(user, 1, WAIT).await.ok_or_else(|| busy().retry_after(COME_BACK))
    }

    /// Renders in a slot, on a thread for blocking work. If the returned future is dropped because the client has left, `render` is told
    /// that its time is over, and its result is dropped.
    pub(super) async fn run<T: Send + 'static>(&self, place: Lease, render: impl FnOnce(Allowance) -> T + Send + 'static) -> T {
        let left = CancellationToken::new();
        let allowance = Allowance { until: Instant::now() + self.within, left: left.clone() };
        let _left_when_dropped = left.drop_guard();
        let rendered = tokio::task::spawn_blocking(move || {
            let _place = place;
            render(allowance)
        });
        rendered.await.unwrap_or_else(|error| resume_unwind(error.into_panic()))
    }
}

/// The time that a page may take.
#[derive(Clone, Debug)]
pub(super) struct Allowance {
    until: Instant,
    left: CancellationToken,
}

impl Allowance {
    /// Returns whether the time is over.
    pub(super) fn is_over(&self) -> bool {
        self.left.is_cancelled() || Instant::now() >= self.until
    }
}

/// Returns an error as a page.
pub(super) fn busy_page(busy: impl Into<ErrorResponse>, plain: &Plain) -> Response {
    let mut response = busy.into().into_response();
    *response.body_mut() = Body::from(busy_document(plain));
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::mpsc;

    use uuid::Uuid;

    use super::*;

    const USER: UserId = UserId(Uuid::from_u128(1));

    #[tokio::test]
    async fn what_is_rendered_ends_when_the_visitor_leaves() {
        let rendering = Rendering::new(Duration::from_secs(3_600));
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (ended, has_ended) = mpsc::channel();
        let place = rendering.lease(USER).await.unwrap();
        let render = rendering.run(place, move |allowance| {
            begun.send(()).unwrap();
            while !allowance.is_over() {
                std::thread::yield_now();
            }
            ended.send(()).unwrap();
        });
        tokio::select! {
            () = render => panic!("it ended by itself"),
            begun = has_begun => begun.unwrap(),
        }
        has_ended.recv_timeout(Duration::from_secs(60)).unwrap();
    }

    #[tokio::test]
    async fn who_gets_no_turn_reads_when_to_come_back() {
        let plain = Plain { language: Default::default(), home: "/".into(), css: "/css".into(), favicon: "/icon".into() };
        let response = busy_page(Reason::TooManyRendering.error().retry_after(COME_BACK), &plain);
        assert_eq!((response.status().as_u16(), &response.headers()[header::RETRY_AFTER]), (503, &HeaderValue::from_static("5")));
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        let body = axum::body::to_bytes(response.into_body(), 64 * 1024).await.unwrap();
        assert!(std::str::from_utf8(&body).unwrap().contains("The server is busy"));
    }

    #[tokio::test]
    async fn no_time_is_over_at_once() {
        let rendering = Rendering::new(Duration::ZERO);
        let place = rendering.lease(USER).await.unwrap();
        assert!(rendering.run(place, |allowance| allowance.is_over()).await);
    }
}
