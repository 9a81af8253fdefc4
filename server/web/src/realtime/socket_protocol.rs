//! The protocol of a socket, without I/O: which frames are allowed when, and how long silence may last.

use holdfast_protocol::{
    ApiError, ClientFrame, Code, ConversationId, MessageId, Reason, ServerFrame,
    frame::{Initial, Open, Received, Regenerate},
    incoming::ChatMessage,
};

use holdfast_core::clock::Millis;

/// Timeouts (ms) and sizes of a socket.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Time within which `initial` must arrive.
    pub initial: Millis,
    /// Interval of pings.
    pub heartbeat: Millis,
    /// Time within which anything must arrive after a ping.
    pub pong: Millis,
    /// How long an expired token is accepted on an open socket.
    pub grace: Millis,
    /// Maximum length of a frame, bytes.
    pub frame: usize,
}

impl Default for Terms {
    fn default() -> Self {
        Self { initial: 10_000, heartbeat: 30_000, pong: 10_000, grace: 30_000, frame: 1024 * 1024 }
    }
}

/// What the driver must do.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Nothing.
    Nothing,
    /// Send this frame.
    Reply(ServerFrame),
    /// Execute this command.
    Command(Command),
    /// Send the reason, and close.
    End(End),
}

/// A command for the rest of the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Check the token. Then call [`SocketProtocol::authenticated`].
    Authenticate(Initial),
    /// Follow a conversation.
    Open(Open),
    /// Stop following a conversation.
    Close(ConversationId),
    /// Accept a message.
    Chat(ChatMessage),
    /// Stop an answer.
    Stop(MessageId),
    /// Write more of an answer.
    Continue(More),
    /// Check a new token. Then call [`SocketProtocol::renewed`].
    Renew(String),
}

/// A request for more of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum More {
    /// Continue the same text.
    Same(MessageId),
    /// Write another answer beside it.
    Anew(Regenerate),
}

/// How to close a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Close code (RFC 6455 §7.4).
    pub code: u16,
    /// The error, whose code becomes the reason of the close frame. `None` for no reason.
    pub api_error: Option<ApiError>,
}

impl End {
    /// Closes with 1002 or 1007: the data is not a frame of the protocol (RFC 6455 §7.4.1).
    pub fn protocol(code: u16, api_error: impl Into<ApiError>) -> Self {
        Self { code, api_error: Some(api_error.into()) }
    }

    /// Closes with 1013 if the server is busy, so that the client reconnects automatically; otherwise like [`End::policy`].
    pub fn of(api_error: ApiError) -> Self {
        match api_error.code {
            Code::Busy => Self { code: 1013, api_error: Some(api_error) },
            _ => Self::policy(api_error),
        }
    }

    /// Closes with 1008: authentication or policy.
    pub fn policy(api_error: ApiError) -> Self {
        Self { code: 1008, api_error: Some(api_error) }
    }
}

/// The protocol state of one socket.
#[derive(Clone, Debug)]
pub struct SocketProtocol {
    terms: Terms,
    opened: Millis,
    /// When the token expires; `None` before `initial`.
    expires_at: Option<Millis>,
    authenticating: bool,
    pinged: Option<Millis>,
    next_ping: Millis,
}

impl SocketProtocol {
    /// Creates the state of a socket that was just opened.
    pub fn new(terms: Terms, now: Millis) -> Self {
        Self { terms, opened: now, expires_at: None, authenticating: false, pinged: None, next_ping: now + terms.heartbeat }
    }

    /// Returns whether the client is authenticated.
    pub fn is_ready(&self) -> bool {
        self.expires_at.is_some()
    }

    /// Returns the interval of pings, ms.
    pub fn heartbeat(&self) -> Millis {
        self.terms.heartbeat
    }

    /// Returns when to call [`SocketProtocol::handle_timeout`].
    pub fn poll_timeout(&self) -> Millis {
        let Some(expires_at) = self.expires_at else { return self.opened + self.terms.initial };
        let alive = self.pinged.map_or(self.next_ping, |pinged| pinged + self.terms.pong);
        alive.min(expires_at + self.terms.grace)
    }

    /// Handles a timeout.
    pub fn handle_timeout(&mut self, now: Millis) -> Output {
        let Some(expires_at) = self.expires_at else {
            if self.authenticating || now < self.opened + self.terms.initial {
                return Output::Nothing;
            }
            return Output::End(End::policy(Reason::SocketNotAuthenticated.with("seconds", self.terms.initial / 1000)));
        };
        if now >= expires_at + self.terms.grace {
            return Output::End(End::policy(Reason::TokenExpired.into()));
        }
        match self.pinged {
            Some(pinged) if now >= pinged + self.terms.pong => {
                // No error code, because the client or the network is gone.
                Output::End(End { code: 1001, api_error: None })
            }
            None if now >= self.next_ping => {
                self.pinged = Some(now);
                Output::Reply(ServerFrame::Ping)
            }
            _ => Output::Nothing,
        }
    }

    /// Records that something arrived, so the client is alive.
    pub fn handle_alive(&mut self, now: Millis) {
        if self.pinged.take().is_some() {
            self.next_ping = now + self.terms.heartbeat;
        }
    }

    /// Handles a text frame.
    pub fn handle_text(&mut self, now: Millis, text: &str) -> Output {
        self.handle_alive(now);
        if text.len() > self.terms.frame {
            return Output::End(End { code: 1009, api_error: Some(too_large(text.len(), self.terms.frame)) });
        }
        let frame = ClientFrame::receive(text);
        if self.expires_at.is_none() {
            return match frame {
                Ok(Received::Frame(ClientFrame::Initial(initial))) if !self.authenticating => {
                    self.authenticating = true;
                    Output::Command(Command::Authenticate(initial))
                }
                _ => Output::End(End::policy(Reason::FirstFrameNotInitial.into())),
            };
        }
        let frame = match frame {
            Err(api_error) => return Output::Reply(api_error.into()),
            Ok(Received::Chat(message)) => return Output::Command(Command::Chat(message)),
            Ok(Received::Frame(frame)) => frame,
        };
        match frame {
            ClientFrame::Initial(_) => Output::Reply(Reason::AlreadyAuthenticated.error().into()),
            ClientFrame::Open(open) => Output::Command(Command::Open(open)),
            ClientFrame::Close { conversation_id } => Output::Command(Command::Close(conversation_id)),
            // Handled above, as a message.
            ClientFrame::Chat(_) => Output::Nothing,
            ClientFrame::Stop { answer_id } => Output::Command(Command::Stop(answer_id)),
            ClientFrame::Continue { answer_id } => Output::Command(Command::Continue(More::Same(answer_id))),
            ClientFrame::Regenerate(again) => Output::Command(Command::Continue(More::Anew(again))),
            ClientFrame::Auth { token } => Output::Command(Command::Renew(token)),
            ClientFrame::Ping => Output::Reply(ServerFrame::Pong),
            ClientFrame::Pong => Output::Nothing,
        }
    }

    /// Records that the client is authenticated, and when its token expires.
    pub fn authenticated(&mut self, now: Millis, expires_at: Millis) {
        self.authenticating = false;
        self.expires_at = Some(expires_at);
        self.next_ping = now + self.terms.heartbeat;
    }

    /// Records that a new token was valid.
    pub fn renewed(&mut self, expires_at: Millis) {
        self.expires_at = Some(self.expires_at.map_or(expires_at, |before| before.max(expires_at)));
    }
}

/// Returns the error for a frame that is too large.
pub fn too_large(bytes: usize, most: usize) -> ApiError {
    Reason::FrameTooLarge.with("bytes", bytes).with("most", most)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const INITIAL: &str = r#"{"type":"initial","token":"t"}"#;

    fn ready() -> SocketProtocol {
        let mut socket_protocol = SocketProtocol::new(Terms::default(), 0);
        assert!(matches!(socket_protocol.handle_text(1, INITIAL), Output::Command(Command::Authenticate(_))));
        socket_protocol.authenticated(2, 1_800_000);
        socket_protocol
    }

    fn ends(step: &Output) -> (u16, Option<Code>) {
        let Output::End(end) = step else { panic!("{step:?}") };
        (end.code, end.api_error.as_ref().map(|api_error| api_error.code))
    }

    #[test]
    fn nothing_is_heard_before_initial() {
        for text in [r#"{"type":"ping"}"#, r#"{"type":"chat"}"#, "nonsense", r#"{"type":"open","conversation_id":"x"}"#] {
            let step = SocketProtocol::new(Terms::default(), 0).handle_text(1, text);
            assert_eq!(ends(&step), (1008, Some(Code::AuthRequired)), "{text}");
        }
    }

    #[test]
    fn silence_before_initial_ends_after_ten_seconds() {
        let mut socket_protocol = SocketProtocol::new(Terms::default(), 0);
        assert_eq!(socket_protocol.poll_timeout(), 10_000);
        assert_eq!(ends(&socket_protocol.handle_timeout(10_000)), (1008, Some(Code::AuthTimeout)));
    }

    #[test]
    fn a_ping_must_be_answered() {
        let mut socket_protocol = ready();
        assert_eq!(socket_protocol.poll_timeout(), 30_002);
        assert_eq!(socket_protocol.handle_timeout(30_002), Output::Reply(ServerFrame::Ping));
        assert_eq!(socket_protocol.poll_timeout(), 40_002);
        let mut dead = socket_protocol.clone();
        assert_eq!(ends(&dead.handle_timeout(40_002)), (1001, None));
        socket_protocol.handle_text(40_001, r#"{"type":"pong"}"#);
        assert_eq!(socket_protocol.poll_timeout(), 70_001);
    }

    #[test]
    fn a_token_ends_the_socket_after_its_grace_unless_renewed() {
        let mut socket_protocol = ready();
        socket_protocol.handle_alive(1_829_000);
        socket_protocol.next_ping = 9_999_999;
        assert_eq!(socket_protocol.handle_timeout(1_829_999), Output::Nothing);
        assert_eq!(ends(&socket_protocol.clone().handle_timeout(1_830_000)), (1008, Some(Code::TokenExpired)));
        socket_protocol.renewed(3_000_000);
        assert_eq!(socket_protocol.handle_timeout(1_830_000), Output::Nothing);
    }

    #[test]
    fn an_unknown_type_ends_nothing() {
        let mut socket_protocol = ready();
        assert!(matches!(
            socket_protocol.handle_text(3, r#"{"type":"dance"}"#),
            Output::Reply(ServerFrame::Error { code: Code::UnknownType, .. })
        ));
        assert_eq!(socket_protocol.handle_text(4, r#"{"type":"ping"}"#), Output::Reply(ServerFrame::Pong));
    }
}
