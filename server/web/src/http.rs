//! The HTTP server: the API, the socket's upgrade, the pages and their files.

mod account;
mod activity;
mod admin;
mod auth;
mod chat;
pub mod client;
mod conversations;
pub mod diagnosis;
mod docs;
mod entry;
pub mod error;
mod extract;
mod files;
mod forwarded;
mod headers;
pub mod health;
pub mod host;
mod language;
mod limits;
mod offline;
mod oidc;
pub mod origin;
mod pages;
mod projects;
mod providers;
pub mod public_address;
pub mod refusals;
pub mod rendering;
mod second_factor;
pub mod session_cookie;
mod settings;
pub mod share_cache;
mod shares;
mod sign_in_methods;
pub mod site;
mod sockets;
mod storage;
mod streamed;
mod transfer;
mod usage;

use std::{sync::Arc, time::Duration};

use any_spawner::Executor;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware,
    routing::get,
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    timeout::RequestBodyTimeoutLayer,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::App;

/// Returns the router for everything that the server answers.
pub fn router(app: Arc<App>) -> Router {
    // Leptos needs an executor, which is set once for the process.
    _ = Executor::init_tokio();
    let has_metrics = app.settings.serves_metrics;
    let (api, _) = api(has_metrics).split_for_parts();
    let sockets = Router::new()
        .route("/ws", get(sockets::open))
        .route("/api/chat/ws", get(sockets::open))
        .route("/ws/conversations/{conversation_id}", get(sockets::open_conversation))
        .route("/ws/chat/{session_id}", get(sockets::open_chat));
    let sockets = sockets.merge(oidc::router());
    let site = Router::new()
        .merge(docs::router(has_metrics, app.settings.base()))
        .merge(offline::router())
        .route("/s/{token}", get(shares::show))
        .fallback(pages::page)
        .method_not_allowed_fallback(error::wrong_method)
        .layer(CompressionLayer::new().br(true).gzip(true).quality(tower_http::CompressionLevel::Precise(5)));
    Router::new()
        .merge(sockets)
        .merge(api)
        .merge(app.site.router())
        .method_not_allowed_fallback(error::wrong_method)
        .fallback_service(site.with_state(app.clone()))
        .layer(middleware::from_fn_with_state(app.clone(), origin::guard))
        .layer(middleware::from_fn(host::require))
        .layer(middleware::from_fn_with_state(app.clone(), refusals::watch))
        .layer(DefaultBodyLimit::max(app.settings.sizes.body))
        .layer(RequestBodyTimeoutLayer::new(Duration::from_millis(app.settings.read_within)))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(middleware::from_fn_with_state(app.clone(), headers::add))
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .with_state(app)
}

/// Returns the calls of the API with their documentation. `has_metrics` says whether the metrics are among them.
fn api(has_metrics: bool) -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(docs::document())
        .routes(routes!(auth::guest))
        .routes(routes!(auth::signup))
        .routes(routes!(auth::login))
        .routes(routes!(auth::refresh))
        .routes(routes!(auth::logout))
        .routes(routes!(auth::me, account::change))
        .routes(routes!(account::remove))
        .routes(routes!(second_factor::set_up))
        .routes(routes!(second_factor::confirm))
        .routes(routes!(second_factor::remove))
        .routes(routes!(sign_in_methods::list))
        .routes(routes!(sign_in_methods::link))
        .routes(routes!(sign_in_methods::unlink))
        .routes(routes!(account::sessions, account::sign_out_everywhere))
        .routes(routes!(account::end_session))
        .routes(routes!(entry::claim))
        .routes(routes!(entry::new_password))
        .routes(routes!(entry::look_at_invitation))
        .routes(routes!(admin::users))
        .routes(routes!(admin::change, admin::remove))
        .routes(routes!(admin::sessions))
        .routes(routes!(admin::end_session))
        .routes(routes!(admin::password_link))
        .routes(routes!(admin::invitations, admin::invite))
        .routes(routes!(admin::withdraw))
        .routes(routes!(storage::show))
        .routes(routes!(activity::activity))
        .routes(routes!(limits::show, limits::set))
        .routes(routes!(providers::list, providers::add))
        .routes(routes!(providers::change, providers::remove))
        .routes(routes!(providers::test_connection))
        .routes(routes!(providers::own_keys))
        .routes(routes!(providers::store_own_key, providers::delete_own_key))
        .routes(routes!(providers::test_own_key))
        .routes(routes!(providers::confirm_own_key))
        .routes(routes!(settings::own, settings::set_own))
        .routes(routes!(settings::of_server, settings::set_of_server))
        .routes(routes!(settings::of_conversation))
        .merge(usage::router())
        .routes(routes!(projects::list, projects::create))
        .routes(routes!(projects::show, projects::change, projects::remove))
        .routes(routes!(projects::restore))
        .routes(routes!(conversations::list, conversations::create))
        .routes(routes!(conversations::show, conversations::change, conversations::remove))
        .routes(routes!(conversations::earlier))
        .routes(routes!(conversations::restore))
        .routes(routes!(conversations::search))
        .routes(routes!(transfer::export_one))
        .routes(routes!(transfer::export_all))
        .routes(routes!(transfer::take))
        .merge(files::router())
        .routes(routes!(shares::make))
        .routes(routes!(shares::list))
        .routes(routes!(shares::withdraw))
        .routes(routes!(chat::models))
        .routes(routes!(chat::post_message))
        .routes(routes!(chat::events))
        .routes(routes!(chat::poll))
        .routes(routes!(chat::stop))
        .routes(routes!(chat::go_on))
        .routes(routes!(chat::regenerate))
        .routes(routes!(chat::whole))
        .routes(routes!(health::health))
        .routes(routes!(health::full))
        .merge(if has_metrics { metrics() } else { OpenApiRouter::new() })
}

/// Returns the router for `metrics_listen`.
pub fn metrics_router(app: Arc<App>) -> Router {
    metrics().with_state(app).into()
}

fn metrics() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(health::metrics))
}

/// Removes the base path from a request's path, if a proxy has not removed it.
pub fn strip_base<B>(base: &str, mut request: Request<B>) -> Request<B> {
    if base.is_empty() {
        return request;
    }
    let uri = request.uri();
    let Some(rest) = uri.path().strip_prefix(base).filter(|rest| rest.is_empty() || rest.starts_with('/')) else { return request };
    let path = if rest.is_empty() { "/" } else { rest };
    let with_query = uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    if let Ok(stripped) = with_query.parse() {
        *request.uri_mut() = stripped;
    }
    request
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_prefix_is_taken_off_where_it_is_there() {
        let strip = |uri: &str| strip_base("/chat", Request::builder().uri(uri).body(()).unwrap()).uri().to_string();
        assert_eq!(strip("/chat/ws?token=x"), "/ws?token=x");
        assert_eq!(strip("/chat"), "/");
        assert_eq!(strip("/chatter"), "/chatter");
        assert_eq!(strip("/ws"), "/ws");
    }
}
