//! The manifest, with which the page can be installed, and the service worker, which opens it without a network.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, header},
    response::{Html, IntoResponse},
    routing::get,
};
use holdfast_app::away_document;
use serde_json::{Value, json};

use super::{language::Spoken, site};
use crate::state::App;

const WORKER: &str = include_str!("../../../../browser/worker/worker.js");

/// Policy for the worker: it may only request pages and files of this server.
const WORKER_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; connect-src 'self'");
/// Browsers ask for it each time, so that they notice a new version.
const FRESH: HeaderValue = HeaderValue::from_static("no-cache");

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/worker.js", get(worker)).route("/manifest.webmanifest", get(manifest)).route("/offline", get(away))
}

/// Returns the path of the worker, or `None` if the site's files have no hashed names.
pub(super) fn worker_path(app: &App) -> Option<String> {
    (!app.site.version.is_empty()).then(|| format!("{}/worker.js", app.settings.base()))
}

/// Each language has its own worker, so that stored pages are requested again after a change.
async fn worker(State(app): State<Arc<App>>, spoken: Spoken) -> impl IntoResponse {
    let content_type = HeaderValue::from_static("text/javascript; charset=utf-8");
    let headers = [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, FRESH), (header::CONTENT_SECURITY_POLICY, WORKER_POLICY)];
    let parts: Vec<&str> = app.site.parts(false, true).chain(["lib/rescue.js"]).map(|path| app.site.href(path)).collect();
    let script = format!("const VERSION = '{}-{}';\nconst PARTS = {};\n{WORKER}", app.site.version, spoken.language.tag(), json!(parts));
    spoken.mark_response((headers, script))
}

/// The manifest; see <https://www.w3.org/TR/appmanifest/>.
async fn manifest(State(app): State<Arc<App>>) -> impl IntoResponse {
    let base = app.settings.base();
    let icon = |path: &str, sizes: &str, purpose: &str| -> Value {
        let kind = if path.ends_with(".svg") { "image/svg+xml" } else { "image/png" };
        json!({ "src": format!("{base}/{}", app.site.href(path)), "sizes": sizes, "type": kind, "purpose": purpose })
    };
    let manifest = json!({
        "id": format!("{base}/"),
        "name": "Holdfast",
        "short_name": "Holdfast",
        "description": "An AI chat that never drops a word.",
        "start_url": format!("{base}/"),
        "scope": format!("{base}/"),
        "display": "standalone",
        "background_color": "#fbfaf7",
        "theme_color": "#0f6b5c",
        "categories": ["productivity"],
        "icons": [
            icon("favicon.svg", "any", "any"),
            icon("icons/app-192.png", "192x192", "any"),
            icon("icons/app-512.png", "512x512", "any"),
            icon("icons/maskable-512.png", "512x512", "maskable"),
        ],
    });
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static("application/manifest+json")), (header::CACHE_CONTROL, FRESH)];
    (headers, manifest.to_string())
}

async fn away(State(app): State<Arc<App>>, spoken: Spoken) -> impl IntoResponse {
    let html = away_document(&app.site.plain(app.settings.base(), spoken.language));
    spoken.mark_response(([(header::CACHE_CONTROL, FRESH), (header::CONTENT_SECURITY_POLICY, site::PLAIN_POLICY)], Html(html)))
}
