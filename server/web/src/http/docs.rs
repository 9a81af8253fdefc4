//! The API's documentation: OpenAPI, AsyncAPI and their readable forms. It works without the internet.

mod asyncapi;
mod openapi;
mod reference;

use std::sync::{Arc, OnceLock};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use holdfast_app::{Language, reference_document};
use serde_json::Value;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        Components,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_swagger_ui::Config;

use super::session_cookie;
use super::{
    error::{no_such_call, try_again},
    extract::Name,
    site,
};
use crate::state::App;

#[derive(OpenApi)]
#[openapi(
    info(title = "Holdfast", description = "A chat that never drops a word. Frames of the socket are described in the manual."),
    modifiers(&Schemes)
)]
struct Document;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_with(Components::default);
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(session_cookie::NAME))));
    }
}

/// Policy for Swagger UI, which applies inline styles and shows images from its own files. Everything comes from this server.
const SWAGGER_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The finished OpenAPI document as JSON. It is made when somebody first reads it: most servers are never asked, and making it takes
/// megabytes of memory for a moment.
struct LazyDocument {
    has_metrics: bool,
    base: String,
    json: OnceLock<Bytes>,
}

impl LazyDocument {
    fn json(&self) -> &Bytes {
        self.json.get_or_init(|| {
            openapi::finish(&super::api(self.has_metrics).merge(super::files::api()).document(Document::openapi()), &self.base)
                .to_string()
                .into()
        })
    }
}

/// Returns the router for the documentation of a server under the path `base`, with or without the call for metrics.
pub(super) fn router(has_metrics: bool, base: &str) -> Router<Arc<App>> {
    // Relative to `/api/docs/`, so that it also works under a base path. No external validator is used.
    let config = Arc::new(Config::from("../openapi.json").validator_url("none"));
    let first = config.clone();
    let document = Arc::new(LazyDocument { has_metrics, base: base.to_owned(), json: OnceLock::new() });
    let reference = document.clone();
    Router::new()
        .route("/api/openapi.json", get(move || std::future::ready(openapi_json(&document))))
        .route("/api/asyncapi.json", get(|| std::future::ready(Json(asyncapi::document()))))
        // A relative redirect, which works under any base path.
        .route("/api/docs", get(|| std::future::ready((StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "docs/")]))))
        .route("/api/docs/", get(move || std::future::ready(swagger("", first))))
        .route("/api/docs/{*file}", get(move |Name(file): Name| std::future::ready(swagger(&file, config.clone()))))
        .route("/api/redoc", get(move |State(app): State<Arc<App>>| std::future::ready(reference_page(&app, &reference))))
}

fn openapi_json(document: &LazyDocument) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], document.json().clone()).into_response()
}

/// Returns a file of Swagger UI.
fn swagger(file: &str, config: Arc<Config<'static>>) -> Response {
    let found = match utoipa_swagger_ui::serve(file, config) {
        Ok(Some(found)) => found,
        Ok(None) => return no_such_call().into_response(),
        Err(error) => {
            tracing::error!(%error, file, "swagger ui file not served");
            return try_again().into_response();
        }
    };
    let mut response = Body::from(found.bytes.into_owned()).into_response();
    let headers = response.headers_mut();
    if let Ok(content_type) = HeaderValue::from_str(&found.content_type) {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    if found.gzpipped {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, SWAGGER_POLICY);
    response
}

/// Returns the reference, a page without scripts. Redoc would be 2 MB and would load an image from another site.
fn reference_page(app: &App, document: &LazyDocument) -> Response {
    let openapi: Value = serde_json::from_slice(document.json()).unwrap_or_default();
    let plain = app.site.plain(app.settings.base(), Language::En);
    let html = reference_document(&plain, reference::html(&openapi, &asyncapi::document()));
    ([(header::CONTENT_SECURITY_POLICY, site::PLAIN_POLICY)], Html(html)).into_response()
}
