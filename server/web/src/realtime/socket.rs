//! Drives a [`SocketProtocol`] over a WebSocket.

use std::{sync::Arc, time::Duration};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures::{SinkExt as _, future::BoxFuture};
use holdfast_protocol::{
    Code, ConversationId, MessageId, Reason, ServerFrame, UserId, VERSION,
    activity::OpenTransport,
    api::NewConversation,
    frame::{Accepted, Initial, Open, Ready},
    id::ChatName,
};
use tokio::{sync::Notify, time::timeout};
use tokio_tungstenite::tungstenite::{
    Error as SocketError,
    error::{CapacityError, ProtocolError},
};
use tracing::debug;

use super::{
    pending::Permit,
    position::{TextDelivery, told_late},
    reader::Reader,
    socket_protocol::{Command, End, More, Output, SocketProtocol, too_large},
};
use crate::{
    http::refusals::Caller,
    listener::{BEFORE_SIGN_IN, FRAMES, Intake, TooMuch},
    state::App,
};
use holdfast_core::answers::{UserSubscription, Wake};
use holdfast_core::auth::token::Claims;
use holdfast_core::clock;

/// How long to wait for the peer's close frame.
const LISTENER: Duration = Duration::from_secs(2);
/// How long to wait for it if another socket needs the permit of this one.
const STRANGER: Duration = Duration::from_millis(100);
/// Maximum number of conversations that a socket may follow.
const MOST_FOLLOWED: usize = 50;

/// The conversation that a socket's URL names.
#[derive(Clone, Debug)]
pub enum Own {
    /// None.
    None,
    /// By its id.
    Id(ConversationId),
    /// By the client's own name for it.
    Name(ChatName),
}

/// Serves one socket until it closes. `token` is the access token in the socket's URL, or `None` if there is none.
pub(crate) async fn serve(
    app: Arc<App>,
    socket: WebSocket,
    intake: Intake,
    caller: Caller,
    own: Own,
    token: Option<String>,
    permit: Permit,
) {
    let socket_protocol = SocketProtocol::new(app.settings.terms, clock::now());
    let mut driver = Driver { socket_protocol, app, socket, intake, caller, wake: Arc::new(Notify::new()), user: None };
    let served = match driver.greet(&own, token, &permit).await {
        Ok(()) => {
            drop(permit);
            driver.run().await
        }
        Err(end) => Err(end),
    };
    if let Err(end) = served {
        driver.log_end(&end);
        driver.close(end).await;
    }
}

struct Driver {
    app: Arc<App>,
    socket: WebSocket,
    intake: Intake,
    caller: Caller,
    socket_protocol: SocketProtocol,
    wake: Wake,
    user: Option<User>,
}

struct User {
    claims: Claims,
    following: UserSubscription,
    readers: Vec<Reader>,
    own: Option<ConversationId>,
}

/// How to close the socket; without a close frame if the peer is gone.
enum Stop {
    End(End),
    /// The peer closes, and its close frame must be answered (RFC 6455 §5.5.1).
    Closed,
    Gone,
}

impl From<End> for Stop {
    fn from(end: End) -> Self {
        Self::End(end)
    }
}

impl From<axum::Error> for Stop {
    fn from(error: axum::Error) -> Self {
        debug!(%error, "socket failed");
        Self::Gone
    }
}

impl Driver {
    /// Returns the write timeout. A client that reads nothing for this long is disconnected, and resumes later.
    fn stalled(&self) -> Duration {
        Duration::from_millis(self.app.settings.stalled)
    }

    /// Waits until the client is authenticated.
    async fn greet(&mut self, own: &Own, token: Option<String>, permit: &Permit) -> Result<(), Stop> {
        if let Some(token) = token {
            self.authenticate(Initial { token, ..Initial::default() }, own).await?;
        }
        while !self.socket_protocol.is_ready() {
            let step = tokio::select! {
                step = self.receive() => step?,
                api_error = permit.needed() => Output::End(End { code: 1013, api_error: Some(api_error) }),
            };
            match step {
                Output::Command(Command::Authenticate(initial)) => self.authenticate(initial, own).await?,
                Output::Reply(frame) => self.send([frame]).await?,
                Output::End(end) => return Err(end.into()),
                Output::Command(_) | Output::Nothing => {}
            }
        }
        Ok(())
    }

    async fn run(&mut self) -> Result<(), Stop> {
        let closing = self.app.closing.clone();
        loop {
            let wake = self.wake.clone();
            let step = tokio::select! {
                step = self.receive() => step?,
                () = wake.notified() => {
                    self.bring_level().await?;
                    continue;
                }
                () = closing.cancelled() => return self.drain().await,
            };
            match step {
                Output::Nothing => {}
                Output::Reply(frame) => {
                    // A client that answers only WebSocket pings is alive too.
                    let ping = frame == ServerFrame::Ping;
                    self.send([frame]).await?;
                    if ping {
                        self.put(Message::Ping(Vec::new().into())).await?;
                    }
                }
                // Boxed, so that idle sockets do not carry the size of a running request.
                Output::Command(ask) => self.answer(ask).await?,
                Output::End(end) => return Err(end.into()),
            }
        }
    }

    /// Waits for the next frame or timeout.
    async fn receive(&mut self) -> Result<Output, Stop> {
        let wait = self.socket_protocol.poll_timeout().saturating_sub(clock::now());
        let Ok(message) = timeout(Duration::from_millis(wait), self.socket.recv()).await else {
            return Ok(self.socket_protocol.handle_timeout(clock::now()));
        };
        let now = clock::now();
        match message {
            None => Err(Stop::Gone),
            Some(Err(error)) => self.broken(error).map(Output::End),
            Some(Ok(Message::Text(text))) => Ok(self.socket_protocol.handle_text(now, &text)),
            Some(Ok(Message::Binary(_))) if self.socket_protocol.is_ready() => {
                self.socket_protocol.handle_alive(now);
                Ok(Output::Reply(Reason::FrameBinary.error().into()))
            }
            Some(Ok(Message::Binary(_))) => Ok(self.socket_protocol.handle_text(now, "")),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                if self.socket_protocol.is_ready() {
                    self.socket_protocol.handle_alive(now);
                }
                Ok(Output::Nothing)
            }
            Some(Ok(Message::Close(_))) => Err(Stop::Closed),
        }
    }

    /// Returns how to close after a read error; nothing is sent if the peer is gone.
    fn broken(&self, error: axum::Error) -> Result<End, Stop> {
        let error = match error.into_inner().downcast::<SocketError>() {
            Ok(error) => *error,
            Err(error) => return Err(axum::Error::new(error).into()),
        };
        let most = self.app.settings.sizes.frame;
        match error {
            SocketError::Capacity(CapacityError::MessageTooLong { size, .. }) => {
                Ok(End { code: 1009, api_error: Some(too_large(size, most)) })
            }
            SocketError::Utf8(_) => Ok(End::protocol(1007, Reason::FrameNotText)),
            // The connection was cut, so there is nobody left to send an error to.
            SocketError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Err(Stop::Gone),
            SocketError::Protocol(violation) => Ok(End::protocol(1002, Reason::FrameViolation.with("detail", violation.to_string()))),
            SocketError::Io(error) => match TooMuch::behind(&error) {
                Some(TooMuch::BeforeSignIn) => {
                    Ok(End { code: 1009, api_error: Some(Reason::TooMuchBeforeSignIn.with("most", BEFORE_SIGN_IN)) })
                }
                Some(TooMuch::Frames) => Ok(End::policy(Reason::FramesTooFast.with("most", FRAMES).limited(1_000))),
                Some(TooMuch::Bytes) => Ok(End::policy(Reason::BytesTooFast.with("most", most).limited(1_000))),
                None => Err(axum::Error::new(error).into()),
            },
            other => Err(axum::Error::new(other).into()),
        }
    }

    fn authenticate<'a>(&'a mut self, initial: Initial, own: &'a Own) -> BoxFuture<'a, Result<(), Stop>> {
        Box::pin(async move {
            let now = clock::now();
            let claims = self.app.accounts.tokens.check(&initial.token, now, 0).map_err(End::policy)?;
            if initial.user_id.contradicts(claims.sub) {
                return Err(End::policy(Reason::UserIdWrong.into()).into());
            }
            let (claims, following) = self.app.register(claims, OpenTransport::Socket, self.wake.clone(), now).await.map_err(End::of)?;
            let own = match own {
                Own::None => initial.conversation_id,
                Own::Id(id) => Some(*id),
                Own::Name(name) => {
                    let id = ConversationId::named(claims.sub, name);
                    self.app.chat.begin(claims.sub, id, &NewConversation::default()).await.map_err(|api_error| match api_error.code {
                        Code::RateLimited => End { code: 1013, api_error: Some(api_error) },
                        _ => End::policy(api_error),
                    })?;
                    Some(id)
                }
            };
            let opened = match own {
                None => None,
                Some(conversation_id) => {
                    let open = Open { conversation_id, cursor: initial.cursor, have: initial.have, have_steps: initial.have_steps };
                    let opened = Reader::open(&self.app.chat, claims.sub, &open, TextDelivery::Now, self.wake.clone()).await;
                    Some(opened.map_err(End::of)?)
                }
            };
            self.socket_protocol.authenticated(clock::now(), claims.expires_at());
            self.intake.signed_in();
            debug!(user_id = %claims.sub, session_id = %claims.sid, transport = "socket", "opened");
            let ready = ServerFrame::Ready(Ready {
                user_id: claims.sub,
                username: claims.name.clone(),
                conversation_id: own,
                heartbeat_ms: self.socket_protocol.heartbeat(),
                expires_at: claims.expires_at(),
                version: VERSION.into(),
            });
            let mut readers = Vec::new();
            let mut frames = vec![ready];
            if let Some((reader, sync)) = opened {
                readers.push(reader);
                frames.push(ServerFrame::Sync(sync));
            }
            self.user = Some(User { claims, following, readers, own });
            self.wake.notify_one();
            self.send(frames).await
        })
    }

    fn answer(&mut self, ask: Command) -> BoxFuture<'_, Result<(), Stop>> {
        Box::pin(async move {
            let Some(user) = &mut self.user else { return Ok(()) };
            let id = user.claims.sub;
            match ask {
                Command::Authenticate(_) => Ok(()),
                Command::Open(open) => {
                    let frame = self.open(id, open, TextDelivery::Now).await?;
                    self.send([frame]).await
                }
                Command::Close(conversation) => {
                    user.readers.retain(|reader| reader.conversation() != conversation);
                    Ok(())
                }
                Command::Chat(chat) => {
                    let (chat, keys) = chat.with_id(MessageId(clock::id()));
                    let message = chat.message_id;
                    let (target, begin) = match chat.conversation_id.or(user.own) {
                        Some(target) => (target, false),
                        None => (ConversationId::created_by(id, message), true),
                    };
                    match self.app.chat.send(id, chat, target, begin, &keys).await {
                        Ok(accepted) => {
                            self.send([ServerFrame::Accepted(accepted)]).await?;
                            self.follow_chat(id, accepted).await
                        }
                        Err(api_error) => self.send([api_error.for_message(Some(message))]).await,
                    }
                }
                Command::Stop(answer) => match self.app.chat.stop(id, answer).await {
                    Ok(()) => Ok(()),
                    // Names the answer; otherwise the error would mean that a conversation is missing.
                    Err(api_error) => self.send([api_error.for_message(Some(answer))]).await,
                },
                Command::Continue(More::Anew(again)) => {
                    let answer = again.answer_id;
                    match self.app.chat.regenerate(id, again).await {
                        Ok(accepted) => {
                            self.send([ServerFrame::Accepted(accepted)]).await?;
                            self.follow_chat(id, accepted).await
                        }
                        Err(api_error) => self.send([api_error.for_message(Some(answer))]).await,
                    }
                }
                Command::Continue(More::Same(answer)) => match self.app.chat.go_on(id, answer).await {
                    Ok(accepted) => self.follow_chat(id, accepted).await,
                    Err(api_error) => self.send([api_error.for_message(Some(answer))]).await,
                },
                Command::Renew(token) => {
                    let frame = match self.app.accounts.authenticate(&token, clock::now(), 0).await {
                        Ok(claims) if claims.sub == id && claims.sid == user.claims.sid => {
                            self.socket_protocol.renewed(claims.expires_at());
                            ServerFrame::Refreshed { expires_at: claims.expires_at() }
                        }
                        Ok(_) => Reason::TokenOfOtherSession.error().into(),
                        Err(api_error) => api_error.into(),
                    };
                    self.send([frame]).await
                }
            }
        })
    }

    async fn open(&mut self, user: UserId, open: Open, words: TextDelivery) -> Result<ServerFrame, Stop> {
        let Some(own) = &mut self.user else { return Ok(ServerFrame::Pong) };
        own.readers.retain(|reader| reader.conversation() != open.conversation_id);
        if own.readers.len() >= MOST_FOLLOWED {
            return Ok(Reason::TooManyFollowed.with("most", MOST_FOLLOWED).into());
        }
        match Reader::open(&self.app.chat, user, &open, words, self.wake.clone()).await {
            Ok((reader, sync)) => {
                own.readers.push(reader);
                self.wake.notify_one();
                Ok(ServerFrame::Sync(sync))
            }
            // The client reconnects and receives what it lacks then.
            Err(api_error) if api_error.code == Code::Busy => Err(End::of(api_error).into()),
            Err(api_error) => Ok(api_error.into()),
        }
    }

    /// Follows the conversation of a message that was accepted, if the socket does not follow it already.
    async fn follow_chat(&mut self, user: UserId, accepted: Accepted) -> Result<(), Stop> {
        let Some(own) = &mut self.user else { return Ok(()) };
        let conversation_id = accepted.conversation_id;
        own.own.get_or_insert(conversation_id);
        if own.readers.iter().any(|reader| reader.conversation() == conversation_id) {
            return Ok(());
        }
        let open = Open { conversation_id, cursor: None, have: Default::default(), have_steps: Default::default() };
        let frame = self.open(user, open, TextDelivery::Later).await?;
        let Some(own) = &mut self.user else { return Ok(()) };
        if let Some(reader) = own.readers.iter_mut().find(|reader| reader.conversation() == conversation_id) {
            reader.owe(accepted.answer_id);
        }
        let ended = match &frame {
            ServerFrame::Sync(sync) => sync.messages.iter().find(|it| it.id == accepted.answer_id && !it.status.is_unfinished()).cloned(),
            _ => None,
        };
        self.send([frame].into_iter().chain(ended.into_iter().flat_map(told_late))).await
    }

    /// Sends everything that the client lacks, after a wake.
    async fn bring_level(&mut self) -> Result<(), Stop> {
        loop {
            let Some(user) = &mut self.user else { return Ok(()) };
            if let Some(api_error) = user.following.ending() {
                return Err(End::policy(api_error.clone()).into());
            }
            let mut frames = user.following.changes();
            let mut gone = None;
            for (at, reader) in user.readers.iter_mut().enumerate() {
                match reader.next().await {
                    Ok(more) => frames.extend(more),
                    Err(api_error) if api_error.code == Code::Busy => return Err(End::of(api_error).into()),
                    Err(api_error) => {
                        gone = Some(at);
                        frames.push(api_error.into());
                    }
                }
            }
            if let Some(at) = gone {
                user.readers.swap_remove(at);
            }
            if frames.is_empty() {
                return Ok(());
            }
            self.send(frames).await?;
        }
    }

    async fn drain(&mut self) -> Result<(), Stop> {
        self.bring_level().await?;
        let reconnect_in_ms = self.app.spread_return();
        self.send([ServerFrame::Drain { reconnect_in_ms }]).await?;
        Err(End { code: 1012, api_error: None }.into())
    }

    async fn send(&mut self, frames: impl IntoIterator<Item = ServerFrame>) -> Result<(), Stop> {
        for frame in frames {
            if let ServerFrame::Error { code, .. } = &frame {
                self.app.refusals.note(&self.caller, *code, clock::now());
            }
            let sent = timeout(self.stalled(), self.socket.feed(Message::Text(frame.to_json().into()))).await;
            sent.map_err(|_| Stop::Gone)??;
        }
        timeout(self.stalled(), self.socket.flush()).await.map_err(|_| Stop::Gone)?.map_err(Stop::from)
    }

    async fn put(&mut self, message: Message) -> Result<(), Stop> {
        timeout(self.stalled(), self.socket.send(message)).await.map_err(|_| Stop::Gone)?.map_err(Stop::from)
    }

    /// Logs the user of the socket and how it ended, without any content.
    fn log_end(&self, stop: &Stop) {
        let user = self.user.as_ref().map(|user| &user.claims);
        let (close, why) = match stop {
            Stop::End(End { code, api_error: Some(api_error) }) => (Some(*code), api_error.code.as_str()),
            Stop::End(End { code, api_error: None }) => (Some(*code), if *code == 1012 { "restart" } else { "gone" }),
            Stop::Closed => (None, "the client closed it"),
            Stop::Gone => (None, "the client is gone, or read nothing for the timeout"),
        };
        debug!(
            user_id = user.map(|it| display(it.sub)),
            session_id = user.map(|it| display(it.sid)),
            transport = "socket",
            close,
            why,
            "closed"
        );
    }

    /// Sends the reason, and closes.
    async fn close(&mut self, stop: Stop) {
        let (code, api_error) = match stop {
            Stop::End(End { code, api_error }) => (code, api_error),
            Stop::Closed => {
                // The answer is in the buffer; only sending it is left.
                let _ = timeout(LISTENER, self.socket.flush()).await;
                return;
            }
            Stop::Gone => return,
        };
        let stranger = code == 1013 && !self.socket_protocol.is_ready();
        let reason = match &api_error {
            Some(api_error) => api_error.code.as_str(),
            None if code == 1012 => "restart",
            None => "gone",
        };
        if let Some(api_error) = &api_error {
            self.app.refusals.note(&self.caller, api_error.code, clock::now());
        }
        let last = async {
            if let Some(api_error) = api_error.clone() {
                self.socket.feed(Message::Text(ServerFrame::from(api_error).to_json().into())).await?;
            }
            self.socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await?;
            // Wait for the peer's close frame; otherwise a reset may overtake our reason.
            while let Some(Ok(message)) = self.socket.recv().await {
                if matches!(message, Message::Close(_)) {
                    break;
                }
            }
            Ok::<_, axum::Error>(())
        };
        // Do not wait longer for a client that reads nothing. Unauthenticated sockets must close quickly.
        let _ = timeout(if stranger { STRANGER } else { LISTENER }, last).await;
    }
}
