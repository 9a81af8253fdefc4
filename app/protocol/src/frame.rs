//! The frames of the socket; event stream and polling carry the same.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::value::RawValue;

use crate::{
    error::{ApiError, Code, shorten},
    id::{ConversationId, MessageId, UserId},
    incoming::{ChatMessage, GivenUser},
    message::{AnswerError, Message, Source, Status, Usage},
    strict,
};

/// How many bytes a reader already has of each unfinished answer.
pub type Have = BTreeMap<MessageId, u64>;

/// What a client sends. Read by [`ClientFrame::parse`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    /// Who is speaking. Must be first.
    Initial(Initial),
    /// Follow a conversation.
    Open(Open),
    /// Stop following it.
    Close {
        /// Which.
        conversation_id: ConversationId,
    },
    /// A message.
    Chat(Chat),
    /// End an answer where it stands.
    Stop {
        /// Which.
        answer_id: MessageId,
    },
    /// Go on with an answer that was interrupted, failed or stopped, as the same text.
    Continue {
        /// Which.
        answer_id: MessageId,
    },
    /// Answer a message anew, beside the answers it has.
    Regenerate(Regenerate),
    /// A fresh token on the living socket.
    Auth {
        /// The token.
        token: String,
    },
    /// Are you there?
    Ping,
    /// I am.
    Pong,
}

/// What came from a client. Read by [`ClientFrame::receive`].
#[derive(Clone, Debug, PartialEq)]
pub enum Received {
    /// A message.
    Chat(ChatMessage),
    /// Any other frame.
    Frame(ClientFrame),
}

/// The `type` of a frame alone.
#[derive(Deserialize)]
struct Kind {
    r#type: String,
}

/// The first frame of a socket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Initial {
    /// Access token.
    pub token: String,
    /// A conversation to open at once; it becomes the socket's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<ConversationId>,
    /// Where given, must be the token's subject. Anything else, in whatever form, is `user_mismatch`.
    #[serde(default, skip_serializing_if = "GivenUser::is_absent")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<UserId>))]
    pub user_id: GivenUser,
    /// For the log of older clients; not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The last cursor seen of that conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<u64>,
    /// What the client has of its unfinished answers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub have: Have,
}

/// Follow a conversation, from what the client has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Open {
    /// Which.
    pub conversation_id: ConversationId,
    /// The last cursor seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<u64>,
    /// What the client has of unfinished answers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub have: Have,
}

/// A message of the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Chat {
    /// Made by the client; sending it again makes no second message.
    pub message_id: MessageId,
    /// The text.
    #[cfg_attr(feature = "openapi", schema(pattern = r"\S"))]
    pub content: String,
    /// Where it goes; the socket's own conversation otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<ConversationId>,
    /// The message it follows; the newest otherwise. Where that is a user's message, its newest answer is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<MessageId>,
    /// A message of the user that this one takes the place of: it follows what that one followed, and both stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edits: Option<MessageId>,
    /// Who shall answer; the conversation's last choice otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The model that shall answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

impl Chat {
    /// A message with nothing but its text.
    pub fn new(message_id: MessageId, content: impl Into<String>) -> Self {
        Self { message_id, content: content.into(), conversation_id: None, parent_id: None, edits: None, provider: None, model: None }
    }
}

/// Another answer to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Regenerate {
    /// The user's message, or one of its answers.
    pub message_id: MessageId,
    /// The new answer's id, made by the client; sending it again makes no second answer.
    pub answer_id: MessageId,
    /// Who shall answer; the conversation's last choice otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The model that shall answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// What the server sends. Read by [`ServerFrame::parse`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// The first frame after a good `initial`.
    Ready(Ready),
    /// All that changed since the client's cursor.
    Sync(Sync),
    /// A message is saved and its answer begun.
    Accepted(Accepted),
    /// A message was made or changed.
    Message {
        /// Where.
        conversation_id: ConversationId,
        /// The conversation's revision after this change.
        cursor: u64,
        /// The message.
        message: Message,
    },
    /// An answer grew.
    Chunk {
        /// Where.
        conversation_id: ConversationId,
        /// Which.
        answer_id: MessageId,
        /// Offset in bytes of UTF-8 at which `content` begins.
        at: u64,
        /// What came.
        content: String,
    },
    /// An answer ended.
    Complete(Complete),
    /// One of the user's conversations was made, renamed, pinned, archived, removed, brought back, began or ended an answer.
    Conversation(Listed),
    /// The answer to `auth`.
    Refreshed {
        /// When the token ends, ms since 1970.
        expires_at: u64,
    },
    /// This node is going away.
    Drain {
        /// Come back after this long, ms.
        reconnect_in_ms: u64,
    },
    /// Are you there?
    Ping,
    /// I am.
    Pong,
    /// Something was refused.
    Error {
        /// Stable code.
        code: Code,
        /// One sentence that names the mend.
        error: String,
        /// The message that was refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_id: Option<MessageId>,
        /// When trying again makes sense, ms from now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
}

/// What the list says of a conversation, as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Listed {
    /// Which.
    pub conversation_id: ConversationId,
    /// Its title.
    pub title: String,
    /// Whether an answer is being written in it.
    pub answering: bool,
    /// Whether it is gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
    /// Whether it stands on top of the list.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// Whether it is out of the list, among the archived ones.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// When it last changed, ms since 1970; none of one that is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<u64>,
}

impl Listed {
    /// Says that one is gone.
    pub fn removed(conversation_id: ConversationId) -> Self {
        Self { conversation_id, title: String::new(), answering: false, removed: true, pinned: false, archived: false, updated_at: None }
    }
}

/// The socket is authenticated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ready {
    /// The token's subject.
    pub user_id: UserId,
    /// Their name.
    pub username: String,
    /// The conversation that `initial` or the address opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<ConversationId>,
    /// How often the server pings, ms.
    pub heartbeat_ms: u64,
    /// When the token ends, ms since 1970 by the server's clock.
    pub expires_at: u64,
    /// Version of the protocol.
    pub version: String,
}

/// What a follower of a conversation lacks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sync {
    /// Which.
    pub conversation_id: ConversationId,
    /// The revision that the client has after this.
    pub cursor: u64,
    /// The revision from which on `messages` is complete. 0: these are all the messages there are,
    /// and what the client holds besides is no longer true (it asked with a cursor that this
    /// server never gave, as after a restored backup).
    #[serde(default)]
    pub since: u64,
    /// Messages made or changed since, oldest first.
    pub messages: Vec<Message>,
    /// Whether another `sync` follows that goes on where this one ends: its `since` is this one's `cursor`. So a long conversation comes
    /// in pieces, and a client that loses its connection between them asks for the rest with the cursor that it has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

impl Sync {
    /// This one and the one that follows it as one.
    pub(crate) fn joined(mut self, next: Self) -> Self {
        let fresh: HashSet<MessageId> = next.messages.iter().map(|message| message.id).collect();
        // What changed between the two is in both.
        self.messages.retain(|message| !fresh.contains(&message.id));
        self.messages.extend(next.messages);
        Self { cursor: next.cursor, more: next.more, ..self }
    }
}

/// A message is saved; its answer is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Accepted {
    /// The user's message.
    pub message_id: MessageId,
    /// Where.
    pub conversation_id: ConversationId,
    /// The answer.
    pub answer_id: MessageId,
}

/// An answer ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Complete {
    /// Where.
    pub conversation_id: ConversationId,
    /// Which.
    pub answer_id: MessageId,
    /// The conversation's revision after this.
    pub cursor: u64,
    /// The whole text.
    pub full_response: String,
    /// `complete`, `stopped`, `interrupted` or `failed`.
    pub status: Status,
    /// Why it failed or broke off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<AnswerError>,
    /// Tokens that the provider counted; `None` where it did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// The passages that the answer quotes or was given; empty if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    /// How many of the conversation's first messages the model did not see, because they did not fit its window.
    #[serde(default, skip_serializing_if = "crate::message::is_none_left_out")]
    pub left_out: u32,
}

impl From<ApiError> for ServerFrame {
    fn from(api_error: ApiError) -> Self {
        api_error.for_message(None)
    }
}

impl ApiError {
    /// The `error` frame of this refusal, about a message where there is one.
    pub fn for_message(self, message_id: Option<MessageId>) -> ServerFrame {
        ServerFrame::Error { code: self.code, error: self.error, message_id, retry_after_ms: self.retry_after_ms }
    }
}

/// Reads a frame whose fields are its variant's own, with the `from_str` that is in scope.
macro_rules! read {
    ($frame:ident { $($field:ident: $type:ty),* } from $text:ident) => {{
        #[derive(Deserialize)]
        struct Fields {
            $($field: $type,)*
        }
        from_str($text).map(|Fields { $($field),* }| Self::$frame { $($field),* })
    }};
}

impl ClientFrame {
    const TYPES: [&str; 10] = ["initial", "open", "close", "chat", "stop", "continue", "regenerate", "auth", "ping", "pong"];

    /// Reads a frame as this crate's client sends it.
    ///
    /// # Errors
    /// As [`ClientFrame::receive`], and for a message without an id.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        match Self::receive(text)? {
            Received::Chat(ChatMessage { message_id: None, .. }) => Err(ApiError::new(Code::BadFrame, "The message has no message_id.")),
            Received::Chat(message) => Ok(Self::Chat(message.with_id(MessageId(uuid::Uuid::nil())).0)),
            Received::Frame(frame) => Ok(frame),
        }
    }

    /// Reads a frame, by the rules of [`strict`]. Unknown fields are ignored.
    ///
    /// # Errors
    /// [`Code::UnknownType`] for a type that does not exist, [`Code::BadFrame`] for anything else
    /// that is no frame; the sentence says what was wrong and where.
    pub fn receive(text: &str) -> Result<Received, ApiError> {
        use strict::from_str;

        let bad = |error: serde_json::Error| ApiError::new(Code::BadFrame, format!("Not a frame: {}.", shorten(&error.to_string(), 200)));
        // First the type, then the same text once more as what it says, as in [`ServerFrame::parse`].
        let frame = match from_str::<Kind>(text).map_err(bad)?.r#type.as_str() {
            "initial" => from_str(text).map(Self::Initial),
            "open" => from_str(text).map(Self::Open),
            "close" => read!(Close { conversation_id: ConversationId } from text),
            "chat" => return from_str(text).map(Received::Chat).map_err(bad),
            "stop" => read!(Stop { answer_id: MessageId } from text),
            "continue" => read!(Continue { answer_id: MessageId } from text),
            "regenerate" => from_str(text).map(Self::Regenerate),
            "auth" => read!(Auth { token: String } from text),
            "ping" => Ok(Self::Ping),
            "pong" => Ok(Self::Pong),
            other => {
                let types = Self::TYPES.join(", ");
                let sentence = format!("There is no frame of the type {:?}. There are: {types}.", shorten(other, 40));
                return Err(ApiError::new(Code::UnknownType, sentence));
            }
        };
        frame.map(Received::Frame).map_err(bad)
    }

    /// The frame as it goes over the wire.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a frame has no maps with keys that are not text, and no failing serializer")
    }
}

impl ServerFrame {
    /// Reads a frame. A type that this version does not know is none: a newer server may have more.
    ///
    /// # Errors
    /// The text is no frame.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        use serde_json::from_str;

        // First the type, then the same text once more as what it says. What serde derives for an enum that is told by a tag reads
        // into a tree of its own first, and has everything in it compiled a second time, to be read from there: a browser loads that.
        match from_str::<Kind>(text)?.r#type.as_str() {
            "ready" => from_str(text).map(Self::Ready),
            "sync" => from_str(text).map(Self::Sync),
            "accepted" => from_str(text).map(Self::Accepted),
            "message" => read!(Message { conversation_id: ConversationId, cursor: u64, message: Message } from text),
            "chunk" => read!(Chunk { conversation_id: ConversationId, answer_id: MessageId, at: u64, content: String } from text),
            "complete" => from_str(text).map(Self::Complete),
            "conversation" => from_str(text).map(Self::Conversation),
            "refreshed" => read!(Refreshed { expires_at: u64 } from text),
            "drain" => read!(Drain { reconnect_in_ms: u64 } from text),
            "ping" => Ok(Self::Ping),
            "pong" => Ok(Self::Pong),
            "error" => read!(Error { code: Code, error: String, message_id: Option<MessageId>, retry_after_ms: Option<u64> } from text),
            other => Err(serde_json::Error::custom(format_args!("no frame of the type {:?}", shorten(other, 40)))),
        }
    }

    /// The frame as it goes over the wire.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a frame has no maps with keys that are not text, and no failing serializer")
    }
}

/// Frames in a list.
///
/// # Errors
/// One of them is no frame, or it is no list.
pub(crate) fn several<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<ServerFrame>, D::Error> {
    let texts = Vec::<Box<RawValue>>::deserialize(from)?;
    texts.iter().map(|text| ServerFrame::parse(text.get()).map_err(D::Error::custom)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn unknown_types_and_bad_fields_are_told_apart() {
        assert_eq!(ClientFrame::parse(r#"{"type":"dance"}"#).unwrap_err().code, Code::UnknownType);
        for bad in ["", "nonsense", "[]", "{}", r#"{"type":7}"#, r#"{"type":"stop"}"#, r#"{"type":"chat","message_id":"x","content":""}"#] {
            assert_eq!(ClientFrame::parse(bad).unwrap_err().code, Code::BadFrame, "{bad}");
        }
        for bad in [r#"["ping"]"#, r#"["initial","t"]"#, r#"["initial",{"token":"t"}]"#, r#"{"initial":{"token":"t"}}"#] {
            assert_eq!(ClientFrame::parse(bad).unwrap_err().code, Code::BadFrame, "{bad}");
        }
        for known in ClientFrame::TYPES {
            let frame = ClientFrame::parse(&format!(r#"{{"type":"{known}"}}"#));
            assert!(frame.is_ok() || frame.unwrap_err().code == Code::BadFrame, "{known}");
        }
        assert_eq!(ClientFrame::parse(&format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000))).unwrap_err().code, Code::BadFrame);
    }

    #[test]
    fn what_the_server_sends_is_read_as_it_was_written() {
        let [conversation_id, message_id, answer_id] = [7, 8, 9].map(uuid::Uuid::from_u128);
        let (conversation_id, message_id, answer_id) = (ConversationId(conversation_id), MessageId(message_id), MessageId(answer_id));
        let message = Message {
            id: answer_id,
            conversation_id,
            parent_id: Some(message_id),
            role: crate::Author::Assistant,
            content: "Oats".into(),
            status: Status::Failed,
            provider: Some("builtin".into()),
            model: None,
            created_at: 1,
            rev: 2,
            at: 3,
            error: Some(AnswerError::new(Code::ProviderRefused, "No.")),
            usage: Some(Usage { input_tokens: 4, output_tokens: 5 }),
            sources: vec![Source { title: "Manual".into(), location: None, excerpt: "…".into(), score: 0.5 }],
            left_out: 6,
        };
        let frames = [
            ServerFrame::Ready(Ready {
                user_id: UserId(uuid::Uuid::from_u128(1)),
                username: "ada".into(),
                conversation_id: Some(conversation_id),
                heartbeat_ms: 1,
                expires_at: 2,
                version: "1".into(),
            }),
            ServerFrame::Sync(Sync { conversation_id, cursor: 4, since: 0, messages: vec![message.clone()], more: false }),
            ServerFrame::Accepted(Accepted { message_id, conversation_id, answer_id }),
            ServerFrame::Message { conversation_id, cursor: 4, message: message.clone() },
            ServerFrame::Chunk { conversation_id, answer_id, at: 5, content: "\"\n".into() },
            ServerFrame::Complete(Complete {
                conversation_id,
                answer_id,
                cursor: 6,
                full_response: "Oats".into(),
                status: Status::Interrupted,
                error: message.error,
                usage: message.usage,
                sources: message.sources,
                left_out: message.left_out,
            }),
            ServerFrame::Conversation(Listed::removed(conversation_id)),
            ServerFrame::Refreshed { expires_at: 7 },
            ServerFrame::Drain { reconnect_in_ms: 8 },
            ServerFrame::Ping,
            ServerFrame::Pong,
            ApiError::new(Code::Busy, "Later.").retry_after(5).for_message(Some(message_id)),
            ApiError::new(Code::Busy, "Later.").into(),
        ];
        for frame in &frames {
            assert_eq!(ServerFrame::parse(&frame.to_json()).unwrap(), *frame);
        }
        let reply = crate::api::PollReply { frames: frames.to_vec() };
        assert_eq!(serde_json::from_str::<crate::api::PollReply>(&serde_json::to_string(&reply).unwrap()).unwrap(), reply);
    }

    #[test]
    fn what_is_no_frame_of_the_server_is_none() {
        for bad in ["", "[]", "{}", r#"{"type":7}"#, r#"{"type":"dance"}"#, r#"{"type":"chunk"}"#, r#"{"type":"ping"} {}"#] {
            assert!(ServerFrame::parse(bad).is_err(), "{bad}");
            assert!(serde_json::from_str::<crate::api::PollReply>(&format!(r#"{{"frames":[{bad}]}}"#)).is_err() || bad.is_empty(), "{bad}");
        }
        assert_eq!(ServerFrame::parse(r#"{"extra":{"type":1},"type":"ping"}"#).unwrap(), ServerFrame::Ping);
    }

    #[test]
    fn unknown_fields_are_ignored() {
        assert_eq!(ClientFrame::parse(r#"{"type":"ping","extra":{"a":[1]}}"#).unwrap(), ClientFrame::Ping);
    }

    #[test]
    fn initial_needs_no_more_than_a_token() {
        let frame = ClientFrame::parse(r#"{"type":"initial","token":"t"}"#).unwrap();
        assert_eq!(frame, ClientFrame::Initial(Initial { token: "t".into(), ..Initial::default() }));
        assert_eq!(frame.to_json(), r#"{"type":"initial","token":"t"}"#);
    }

    #[test]
    fn a_refusal_becomes_an_error_frame() {
        let frame: ServerFrame = ApiError::new(Code::Busy, "Later.").retry_after(5).into();
        assert_eq!(frame.to_json(), r#"{"type":"error","code":"busy","error":"Later.","retry_after_ms":5}"#);
    }
}
