//! The socket's four addresses. HTTP authentication has no say here: the socket authenticates itself.

use std::{future::Future, sync::Arc};

use axum::{
    extract::{
        FromRequestParts, State,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use holdfast_protocol::{Code, Refusal};
use serde::Deserialize;

use super::{
    error::{Failure, Told},
    extract::{Asked, Name},
    refusals::Caller,
};
use crate::{
    clock,
    realtime::socket::{self, Own},
    state::App,
};

/// Room for reading, for each socket. The default of 128 KiB would be most of an idle socket's memory.
const READ_BUFFER: usize = 2 * 1024;
const WRITE_BUFFER: usize = 4 * 1024;

#[derive(Deserialize)]
pub(super) struct Address {
    token: Option<String>,
}

/// A request for a socket, or what was asked instead.
pub(super) struct Upgrade {
    result: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    /// Whether the browser asked for a socket: proxies that take `Upgrade` away leave this.
    has_key: bool,
}

impl FromRequestParts<Arc<App>> for Upgrade {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, app: &Arc<App>) -> Result<Self, Self::Rejection> {
        let has_key = parts.headers.contains_key(header::SEC_WEBSOCKET_KEY);
        Ok(Self { result: WebSocketUpgrade::from_request_parts(parts, app).await, has_key })
    }
}

pub(super) async fn open(State(app): State<Arc<App>>, caller: Caller, upgrade: Upgrade, Asked(address): Asked<Address>) -> Response {
    begin(app, caller, upgrade, Own::None, address)
}

pub(super) async fn open_conversation(
    State(app): State<Arc<App>>,
    caller: Caller,
    upgrade: Upgrade,
    Name(id): Name,
    Asked(address): Asked<Address>,
) -> Response {
    match id.parse() {
        Ok(id) => begin(app, caller, upgrade, Own::Id(id), address),
        Err(_) => Failure::from(Refusal::conversation_not_found()).into_response(),
    }
}

pub(super) async fn open_chat(
    State(app): State<Arc<App>>,
    caller: Caller,
    upgrade: Upgrade,
    Name(name): Name,
    Asked(address): Asked<Address>,
) -> Response {
    match name.parse() {
        Ok(name) => begin(app, caller, upgrade, Own::Name(name), address),
        Err(error) => Failure::from(Refusal::new(Code::BadFrame, format!("{error}."))).into_response(),
    }
}

fn begin(app: Arc<App>, caller: Caller, upgrade: Upgrade, own: Own, address: Address) -> Response {
    let upgrade = match upgrade.result {
        Ok(upgraded) => upgraded,
        Err(rejection) => return not_a_socket(&app, &caller, upgrade.has_key, &rejection),
    };
    if app.chat.is_closing() {
        return Failure::from(Refusal::new(Code::Busy, "The server is restarting. Come back in a moment.").retry_after(1_000))
            .into_response();
    }
    let place = match app.lobby.enter(app.limits.unauthenticated()) {
        Ok(place) => place,
        Err(refusal) => return Failure::from(refusal).into_response(),
    };
    let token = address.token.filter(|_| app.settings.token_in_query);
    let (sockets, frame) = (app.sockets.clone(), app.settings.sizes.frame);
    upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(64 * 1024 * 1024)
        .max_message_size(frame)
        .max_frame_size(frame)
        .on_upgrade(move |socket| tracked(sockets, socket::serve(app, socket, caller, own, token, place)))
}

/// The end of the process waits for it.
fn tracked(sockets: tokio_util::task::TaskTracker, serving: impl Future<Output = ()>) -> impl Future<Output = ()> {
    sockets.track_future(serving)
}

/// The lines that let a socket through.
const PASS_UPGRADE: &str = "nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\"; Apache: ProxyPass … upgrade=websocket";

/// Says what was missing: it is nearly always a proxy that took it away. Where a browser has asked for a socket, it certainly is.
fn not_a_socket(app: &App, caller: &Caller, asked_for_socket: bool, rejection: &WebSocketUpgradeRejection) -> Response {
    let sentence = format!(
        "This address is for WebSockets, and the request was none ({rejection}). If a browser's socket led here, a proxy in front removed the upgrade. {PASS_UPGRADE}"
    );
    let failure = Failure::from(Refusal::new(Code::BadFrame, sentence)).status(StatusCode::UPGRADE_REQUIRED).with("mend", &PASS_UPGRADE);
    let mut response = ([(header::UPGRADE, "websocket")], failure).into_response();
    if asked_for_socket {
        app.refusals.note_upgrade(caller, PASS_UPGRADE, clock::now());
        response.extensions_mut().remove::<Told>(); // it is noted, with more than the code says
    }
    response
}
