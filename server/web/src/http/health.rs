//! Health checks and metrics.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use holdfast_protocol::{Code, activity::OpenTransport};
use serde::Serialize;
use tokio::{sync::Mutex, time::Instant};
use utoipa::ToSchema;

use crate::state::App;
use holdfast_core::clock;

const TAG: &str = "Operations";

/// The state of the server.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`, or `draining` while it is shutting down.
    status: &'static str,
}

/// The state of one part.
#[derive(Serialize, ToSchema)]
pub(super) struct Part {
    name: String,
    ok: bool,
    /// Duration of its check, ms.
    ms: u64,
}

/// The state of all parts.
#[derive(Serialize, ToSchema)]
pub(super) struct FullHealth {
    status: &'static str,
    parts: Vec<Part>,
}

/// The latest check of store and disk. It writes and anybody may request it, so it runs at most once a second.
#[derive(Debug, Default)]
pub struct Probes(Mutex<Option<(Instant, Probed)>>);

#[derive(Clone, Copy, Debug)]
struct Probed {
    /// Whether the store can be read and written.
    store: bool,
    /// Whether a file can be written and enough space is free.
    disk: bool,
    ms: u64,
}

const PROBE_EVERY: Duration = Duration::from_secs(1);
/// A store that takes longer is not healthy.
const PROBE_WITHIN: Duration = Duration::from_secs(5);

impl Probes {
    async fn probe(&self, app: &App) -> Probed {
        let mut newest = self.0.lock().await;
        if let Some((at, probed)) = &*newest
            && at.elapsed() < PROBE_EVERY
        {
            return *probed;
        }
        let begun = Instant::now();
        let disk = app.disk.clone();
        let (store, file) = tokio::join!(
            tokio::time::timeout(PROBE_WITHIN, app.store.probe()),
            tokio::time::timeout(PROBE_WITHIN, tokio::task::spawn_blocking(move || disk.probe()))
        );
        let has_file = matches!(file, Ok(Ok(Ok(()))));
        app.disk.look();
        let probed = Probed {
            store: matches!(store, Ok(Ok(()))) && has_file,
            disk: has_file && !app.disk.is_short(),
            ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        };
        *newest = Some((Instant::now(), probed));
        probed
    }
}

/// Check that the server can serve requests
#[utoipa::path(get, path = "/health", tag = TAG, responses((status = 200, body = Health), (status = 503, body = Health)))]
pub(super) async fn health(State(app): State<Arc<App>>) -> impl IntoResponse {
    let (code, status) = state(&app);
    (code, Json(Health { status }))
}

/// Check each part of the server
///
/// Store and disk are checked by writing, at most once a second.
#[utoipa::path(get, path = "/health/full", tag = TAG, responses((status = 200, body = FullHealth), (status = 503, body = FullHealth)))]
pub(super) async fn full(State(app): State<Arc<App>>) -> impl IntoResponse {
    let (mut code, mut status) = state(&app);
    let Probed { store, disk, ms } = app.probes.probe(&app).await;
    let mut parts = vec![Part { name: "store".into(), ok: store, ms }, Part { name: "disk".into(), ok: disk, ms }];
    if !store || !disk {
        (code, status) = (StatusCode::SERVICE_UNAVAILABLE, "failing");
    }
    let files = app.files.are_enough();
    parts.push(Part { name: "files".into(), ok: files, ms: 0 });
    if !files && store {
        (code, status) = (StatusCode::SERVICE_UNAVAILABLE, "failing");
    }
    let providers = app.providers.health().await;
    parts.extend(providers.into_iter().map(|health| Part { name: format!("provider {}", health.name), ok: health.ok, ms: health.ms }));
    (code, Json(FullHealth { status, parts }))
}

/// Get metrics in Prometheus's format
#[utoipa::path(get, path = "/metrics", tag = TAG, responses((status = 200, content_type = "text/plain", body = String)))]
pub(super) async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    let mut text = String::new();
    let gauges = [
        ("holdfast_listeners", "Sockets, event streams and polls of authenticated users", app.chat.hub().listeners()),
        ("holdfast_unauthenticated_sockets", "Sockets that have not authenticated yet", app.pending.count()),
        ("holdfast_answers_running", "Answers that are being written", app.chat.hub().answers().len()),
        (
            "holdfast_refused_origins_recent",
            "Upgrades and changes refused lately for their origin",
            app.refusals.list(clock::now()).iter().filter(|refused| refused.code == Code::OriginNotAllowed).count(),
        ),
    ];
    for (name, help, value) in gauges {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}"); // writing to a String can't fail
    }
    // The names that Prometheus's own client libraries use.
    let of_process = [
        ("process_max_fds", "The most files that may be open; each connection is one", Some(app.files.limit())),
        ("process_open_fds", "Files that are open", app.files.open()),
    ];
    for (name, help, value) in of_process.into_iter().filter_map(|(name, help, value)| Some((name, help, value?))) {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
    }
    let present = app.chat.hub().present();
    let _ = writeln!(text, "# HELP holdfast_connections Open connections by transport\n# TYPE holdfast_connections gauge");
    for (transport, name) in [(OpenTransport::Socket, "socket"), (OpenTransport::Stream, "stream"), (OpenTransport::Poll, "poll")] {
        let open = present.iter().flat_map(|(_, open)| open).filter(|connection| connection.transport == transport).count();
        let _ = writeln!(text, "holdfast_connections{{transport=\"{name}\"}} {open}");
    }
    let _ =
        writeln!(text, "# HELP holdfast_refused_total Calls and frames that were refused, by code\n# TYPE holdfast_refused_total counter");
    for (code, count) in app.refusals.counts() {
        let _ = writeln!(text, "holdfast_refused_total{{code=\"{code}\"}} {count}");
    }
    app.chat.metrics().write(&mut text);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}

fn state(app: &App) -> (StatusCode, &'static str) {
    if app.chat.is_closing() { (StatusCode::SERVICE_UNAVAILABLE, "draining") } else { (StatusCode::OK, "ok") }
}
