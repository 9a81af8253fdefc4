//! The contract, to look at: OpenAPI and its browsable form, without the internet.

use axum::{Router, response::Redirect, routing::get};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        Components,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_swagger_ui::SwaggerUi;

use crate::{auth::cookie, state::App};

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
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(cookie::NAME))));
    }
}

pub(super) fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

pub(super) fn router(document: utoipa::openapi::OpenApi) -> Router<std::sync::Arc<App>> {
    // Redoc itself is on no registry in a form that a Rust build could carry: who asks for it gets the same in Swagger UI.
    let elsewhere = get(|| async { Redirect::temporary("docs") });
    Router::from(SwaggerUi::new("/api/docs").url("/api/openapi.json", document)).route("/api/redoc", elsewhere)
}
