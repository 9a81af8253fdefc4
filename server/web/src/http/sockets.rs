//! The four addresses of the socket. HTTP authentication does not apply: the socket authenticates itself.

use std::{future::Future, sync::Arc};

use axum::{
    Json,
    extract::{
        FromRequestParts, State,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::header,
    response::{IntoResponse, Response},
};
use holdfast_protocol::{Reason, diagnosis::SocketCause};
use serde::Deserialize;

use super::{
    diagnosis::UPGRADE_LINES,
    error::{ErrorCode, ErrorResponse},
    extract::{ApiQuery, Name},
    refusals::Caller,
};
use crate::{
    listener::Intake,
    realtime::socket::{self, Own},
    state::App,
};
use holdfast_core::clock;

/// Read buffer of each socket, bytes. The default of 128 KiB would be most of an idle socket's memory.
const READ_BUFFER: usize = 2 * 1024;
const WRITE_BUFFER: usize = 4 * 1024;

#[derive(Deserialize)]
pub(super) struct Address {
    token: Option<String>,
    /// If present, the page asks over plain HTTP why its socket does not get through.
    diagnose: Option<String>,
}

/// A WebSocket request, or another request to the same address.
pub(super) struct Upgrade {
    read: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    /// Whether it is a WebSocket request. Proxies remove `Upgrade` and `Connection`, but pass on these two headers.
    is_socket: bool,
    /// Counts the bytes of the connection.
    intake: Intake,
}

impl FromRequestParts<Arc<App>> for Upgrade {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, app: &Arc<App>) -> Result<Self, Self::Rejection> {
        let is_socket = parts.headers.contains_key(header::SEC_WEBSOCKET_KEY)
            || parts.headers.get("sec-fetch-mode").is_some_and(|mode| mode == "websocket");
        let intake = parts.extensions.get::<Intake>().cloned().unwrap_or_default();
        Ok(Self { read: WebSocketUpgrade::from_request_parts(parts, app).await, is_socket, intake })
    }
}

pub(super) async fn open(State(app): State<Arc<App>>, caller: Caller, upgrade: Upgrade, ApiQuery(address): ApiQuery<Address>) -> Response {
    begin(app, caller, upgrade, Own::None, address)
}

pub(super) async fn open_conversation(
    State(app): State<Arc<App>>,
    caller: Caller,
    upgrade: Upgrade,
    Name(id): Name,
    ApiQuery(address): ApiQuery<Address>,
) -> Response {
    match id.parse() {
        Ok(id) => begin(app, caller, upgrade, Own::Id(id), address),
        Err(_) => ErrorResponse::from(Reason::ConversationNotFound).into_response(),
    }
}

pub(super) async fn open_chat(
    State(app): State<Arc<App>>,
    caller: Caller,
    upgrade: Upgrade,
    Name(name): Name,
    ApiQuery(address): ApiQuery<Address>,
) -> Response {
    match name.parse() {
        Ok(name) => begin(app, caller, upgrade, Own::Name(name), address),
        Err(_) => ErrorResponse::from(Reason::SessionIdInvalid).into_response(),
    }
}

fn begin(app: Arc<App>, caller: Caller, Upgrade { read, is_socket, intake }: Upgrade, own: Own, address: Address) -> Response {
    let now = clock::now();
    let upgrade = match read {
        Ok(upgrade) => upgrade,
        Err(_) if !is_socket && address.diagnose.is_some() => {
            return Json(app.socket_requests.diagnose(caller.address(), now)).into_response();
        }
        Err(rejection) => {
            if is_socket {
                app.refusals.note_upgrade(&caller, UPGRADE_LINES, now);
                app.socket_requests.note(caller.address(), SocketCause::Stripped, UPGRADE_LINES, now);
            }
            return not_a_socket(&rejection);
        }
    };
    app.socket_requests.arrived(caller.address(), now);
    if app.chat.is_closing() {
        return ErrorResponse::from(Reason::ServerRestarting.error().retry_after(1_000)).into_response();
    }
    let permit = match app.pending.enter(app.limits.unauthenticated()) {
        Ok(permit) => permit,
        Err(api_error) => return ErrorResponse::from(api_error).into_response(),
    };
    let token = address.token.filter(|_| app.settings.token_in_query);
    let (sockets, frame) = (app.sockets.clone(), app.settings.sizes.frame);
    upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(64 * 1024 * 1024)
        .max_message_size(frame)
        .max_frame_size(frame)
        .on_upgrade(move |socket| {
            intake.measure(frame);
            tracked(sockets, socket::serve(app, socket, intake, caller, own, token, permit))
        })
}

/// Makes the shutdown wait for the socket.
fn tracked(sockets: tokio_util::task::TaskTracker, serving: impl Future<Output = ()>) -> impl Future<Output = ()> {
    sockets.track_future(serving)
}

/// Returns the error that says what was missing, usually because a proxy removed it.
fn not_a_socket(rejection: &WebSocketUpgradeRejection) -> Response {
    let api_error = Reason::UpgradeMissing.with("detail", rejection.to_string()).with("fix", UPGRADE_LINES);
    let failure = ErrorResponse::from(api_error).with("fix", &UPGRADE_LINES);
    let mut response = ([(header::UPGRADE, "websocket")], failure).into_response();
    // A request that lost its upgrade was recorded with more details; one without any intent to upgrade is not a failed client.
    response.extensions_mut().remove::<ErrorCode>();
    response
}
