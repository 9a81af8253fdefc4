//! The HTTP server: the API, the socket's upgrade, the pages and their files.

mod account;
mod activity;
mod admin;
mod auth;
mod calls;
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

use self::calls::{Api, calls};
use crate::state::App;

/// Returns the router for everything that the server answers.
pub fn router(app: Arc<App>) -> Router {
    // Leptos needs an executor, which is set once for the process.
    _ = Executor::init_tokio();
    let has_metrics = app.settings.serves_metrics;
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
        .merge(api(has_metrics).router())
        .merge(files::router())
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

/// Returns the calls of the API, without those of files, whose router does more. `has_metrics` says whether the metrics are among them.
fn api(has_metrics: bool) -> Api {
    Api::default()
        .with(calls!(auth::guest))
        .with(calls!(auth::signup))
        .with(calls!(auth::login))
        .with(calls!(auth::refresh))
        .with(calls!(auth::logout))
        .with(calls!(auth::me, account::change))
        .with(calls!(account::remove))
        .with(calls!(second_factor::set_up))
        .with(calls!(second_factor::confirm))
        .with(calls!(second_factor::remove))
        .with(calls!(sign_in_methods::list))
        .with(calls!(sign_in_methods::link))
        .with(calls!(sign_in_methods::unlink))
        .with(calls!(account::sessions, account::sign_out_everywhere))
        .with(calls!(account::end_session))
        .with(calls!(entry::claim))
        .with(calls!(entry::new_password))
        .with(calls!(entry::look_at_invitation))
        .with(calls!(admin::users))
        .with(calls!(admin::change, admin::remove))
        .with(calls!(admin::sessions))
        .with(calls!(admin::end_session))
        .with(calls!(admin::password_link))
        .with(calls!(admin::invitations, admin::invite))
        .with(calls!(admin::withdraw))
        .with(calls!(storage::show))
        .with(calls!(activity::activity))
        .with(calls!(limits::show, limits::set))
        .with(calls!(providers::list, providers::add))
        .with(calls!(providers::change, providers::remove))
        .with(calls!(providers::test_connection))
        .with(calls!(providers::own_keys))
        .with(calls!(providers::store_own_key, providers::delete_own_key))
        .with(calls!(providers::test_own_key))
        .with(calls!(providers::confirm_own_key))
        .with(calls!(settings::own, settings::set_own))
        .with(calls!(settings::of_server, settings::set_of_server))
        .with(calls!(settings::of_conversation))
        .merge(usage::api())
        .with(calls!(projects::list, projects::create))
        .with(calls!(projects::show, projects::change, projects::remove))
        .with(calls!(projects::restore))
        .with(calls!(conversations::list, conversations::create))
        .with(calls!(conversations::show, conversations::change, conversations::remove))
        .with(calls!(conversations::earlier))
        .with(calls!(conversations::restore))
        .with(calls!(conversations::search))
        .with(calls!(transfer::export_one))
        .with(calls!(transfer::export_all))
        .with(calls!(transfer::take))
        .with(calls!(shares::make))
        .with(calls!(shares::list))
        .with(calls!(shares::withdraw))
        .with(calls!(chat::models))
        .with(calls!(chat::post_message))
        .with(calls!(chat::events))
        .with(calls!(chat::poll))
        .with(calls!(chat::stop))
        .with(calls!(chat::go_on))
        .with(calls!(chat::regenerate))
        .with(calls!(chat::whole))
        .with(calls!(health::health))
        .with(calls!(health::full))
        .merge(if has_metrics { metrics() } else { Api::default() })
}

/// Returns the router for `metrics_listen`.
pub fn metrics_router(app: Arc<App>) -> Router {
    metrics().router().with_state(app)
}

fn metrics() -> Api {
    Api::default().with(calls!(health::metrics))
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
