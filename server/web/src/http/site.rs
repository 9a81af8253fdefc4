//! Files of the site. They are embedded and compressed at build time; `cargo leptos watch` reads them from disk.

use std::{path::PathBuf, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, IntoResponseParts, Response},
    routing::get,
};

use holdfast_app::{Language, Plain};

use crate::state::App;

/// A file of the site, as the build embeds it.
#[derive(Debug)]
pub struct Asset {
    /// Its path, such as `pkg/holdfast.js`.
    pub path: &'static str,
    /// Its path with a hash of its content, under which it can be cached for ever.
    pub hashed: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// Its entity tag, with quotation marks.
    pub etag: &'static str,
    /// Its content.
    pub plain: &'static [u8],
    /// Its content compressed with Brotli; `None` if that is not smaller.
    pub brotli: Option<&'static [u8]>,
    /// Its content compressed with gzip; `None` if that is not smaller.
    pub gzip: Option<&'static [u8]>,
}

/// The files of the site. The binary embeds them, so that a change of the page compiles only the binary again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Site {
    /// The files; empty if none are embedded. Then they are read from disk.
    pub assets: &'static [Asset],
    /// Hash of all files; empty if none are embedded.
    pub version: &'static str,
}

/// The code of the pages other than the chat (`app/src/first_load/lazy.rs`).
const LAZY: &str = "pkg/split_lazy_page.wasm";
/// The code that shows a conversation (`app/src/first_load/conversation_bundle.rs`).
const TALK: &str = "pkg/split_conversation_bundle.wasm";
/// Prefix of files with code that both need.
const SHARED: &str = "pkg/chunk_";

/// Folders that contain all files, except those at the root of the site.
const FOLDERS: [&str; 3] = ["pkg", "lib", "icons"];

impl Site {
    /// Returns the files that a page needs in addition to the first one, as far as they are embedded.
    pub(super) fn parts(self, rest: bool, talk: bool) -> impl Iterator<Item = &'static str> {
        let is_needed = move |path: &str| rest && path == LAZY || talk && path == TALK || (rest || talk) && path.starts_with(SHARED);
        self.assets.iter().map(|asset| asset.path).filter(move |path| is_needed(path))
    }

    /// Returns the path under which a page requests a file: with a hash if the file is embedded.
    pub(super) fn href(self, path: &str) -> &str {
        self.assets.iter().find(|asset| asset.path == path).map_or(path, |asset| asset.hashed)
    }

    /// Returns what surrounds a document without scripts, for a server under `base`.
    pub(super) fn plain(self, base: &str, language: Language) -> Plain {
        let file = |path: &str| format!("{base}/{}", self.href(path));
        Plain { language, home: format!("{base}/"), css: file("pkg/holdfast.css"), favicon: file("favicon.svg") }
    }

    /// Returns the routes of all files.
    pub(super) fn router(self) -> Router<Arc<App>> {
        let mut router = Router::new();
        for folder in FOLDERS {
            let file = move |path: Path<String>, headers: HeaderMap| self.serve(format!("{folder}/{}", path.0), headers);
            router = router.route(&format!("/{folder}/{{*path}}"), get(file));
        }
        let names = self.assets.iter().flat_map(|asset| [asset.path, asset.hashed]);
        for name in names.filter(|name| !name.contains('/')) {
            router = router.route(&format!("/{name}"), get(move |headers: HeaderMap| self.serve(name.to_owned(), headers)));
        }
        if self.assets.is_empty() {
            router = router.route("/favicon.svg", get(move |headers: HeaderMap| self.serve("favicon.svg".into(), headers)));
        }
        router
    }

    async fn serve(self, path: String, headers: HeaderMap) -> Response {
        match self.assets.iter().find(|asset| asset.path == path || asset.hashed == path) {
            Some(asset) => carried(asset, asset.hashed == path, &headers),
            None if self.assets.is_empty() => from_disk(&path).await,
            None => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

/// Policy for documents without scripts: they may load only styles and images of this server.
pub(super) const PLAIN_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

fn carried(asset: &Asset, for_ever: bool, headers: &HeaderMap) -> Response {
    let cache = if for_ever { "max-age=31536000, immutable" } else { "no-cache" };
    // Such a file never changes, so browsers need not ask again.
    if for_ever {
        return sent(asset, [(header::CACHE_CONTROL, cache), (header::VARY, "accept-encoding")], headers);
    }
    let fixed = [(header::ETAG, asset.etag), (header::CACHE_CONTROL, cache), (header::VARY, "accept-encoding")];
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    if known.flat_map(|value| value.split(',')).any(|tag| tag.trim().trim_start_matches("W/") == asset.etag) {
        return (StatusCode::NOT_MODIFIED, fixed).into_response();
    }
    sent(asset, fixed, headers)
}

fn sent(asset: &Asset, fixed: impl IntoResponseParts, headers: &HeaderMap) -> Response {
    let accepts = |name: &str| {
        let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|item| {
            let (coding, quality) = item.split_once(';').unwrap_or((item, ""));
            coding.trim().eq_ignore_ascii_case(name) && !matches!(quality.trim(), "q=0" | "q=0.0")
        })
    };
    let (body, encoding) = match (asset.brotli, asset.gzip) {
        (Some(brotli), _) if accepts("br") => (brotli, Some("br")),
        (_, Some(gzip)) if accepts("gzip") => (gzip, Some("gzip")),
        _ => (asset.plain, None),
    };
    let mut response = (fixed, [(header::CONTENT_TYPE, asset.content_type)], Body::from(body)).into_response();
    if let Some(encoding) = encoding {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// During development, the site is in the folder of `cargo leptos`.
async fn from_disk(path: &str) -> Response {
    let root = PathBuf::from(std::env::var("LEPTOS_SITE_ROOT").unwrap_or_else(|_| "target/site".into()));
    if path.split('/').any(|part| part == ".." || part.is_empty()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match tokio::fs::read(root.join(path)).await {
        Ok(bytes) => ([(header::CONTENT_TYPE, content_type(path)), (header::CACHE_CONTROL, "no-cache")], bytes).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}
