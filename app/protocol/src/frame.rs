//! Frames of the socket. The event stream and polling carry the same frames.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::value::RawValue;

use crate::{
    by_answer::ByAnswer,
    error::{ApiError, Code, shorten},
    files::FileChange,
    id::{ConversationId, FileId, MessageId, ProjectId, UserId},
    incoming::{ChatMessage, GivenUser},
    message::{Message, Status, Usage},
    params::Params,
    reason::Reason,
    settings::RawSettings,
    sources::Sources,
    step::Step,
    strict,
};

/// Number of bytes that a reader already has of each unfinished answer.
pub type Have = ByAnswer<u64>;

/// Number of bytes that a reader already has of each step of each unfinished answer, in the order of the steps.
pub type HaveSteps = ByAnswer<Vec<u64>>;

frames! {
    /// A frame from the client. [`ClientFrame::parse`] reads it.
    pub enum ClientFrame, read with strict::from_str {
        /// Authenticates the socket. It must be the first frame.
        Initial = "initial" (Initial),
        /// Subscribes to a conversation.
        Open = "open" (Open),
        /// Unsubscribes from a conversation.
        Close = "close" {
            /// Id of the conversation.
            conversation_id: ConversationId,
        },
        /// Sends a message.
        Chat = "chat" (Chat),
        /// Stops an answer. The text so far is kept.
        Stop = "stop" {
            /// Id of the answer.
            answer_id: MessageId,
        },
        /// Continues an answer that was interrupted, failed or stopped. The new text is appended to the same answer.
        Continue = "continue" {
            /// Id of the answer.
            answer_id: MessageId,
        },
        /// Generates another answer to a message, beside the answers it has.
        Regenerate = "regenerate" (Regenerate),
        /// Replaces the access token of an open socket.
        Auth = "auth" {
            /// The new token.
            token: String,
        },
        /// Asks the server for a `pong`.
        Ping = "ping",
        /// Answers the server's `ping`.
        Pong = "pong",
    }
}

/// A frame as the server receives it. [`ClientFrame::receive`] reads it.
#[derive(Clone, Debug, PartialEq)]
pub enum Received {
    /// A message.
    Chat(ChatMessage),
    /// Any other frame.
    Frame(ClientFrame),
}

/// The `type` of a frame, read on its own.
#[derive(Deserialize)]
struct Kind {
    r#type: String,
}

/// The first frame of a socket: it authenticates the client.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Initial {
    /// Access token.
    pub token: String,
    /// Id of a conversation to open at once. Later frames without a conversation id refer to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<ConversationId>,
    /// If present, it must be the token's user. Any other value is refused with `user_mismatch`.
    #[serde(default, skip_serializing_if = "GivenUser::is_absent")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<UserId>))]
    pub user_id: GivenUser,
    /// Accepted for older clients; the server ignores it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The last cursor that the client received for that conversation; absent if it has nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<u64>,
    /// Number of bytes that the client has of each unfinished answer.
    #[serde(default, skip_serializing_if = "ByAnswer::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<MessageId, u64>))]
    pub have: Have,
    /// Number of bytes that the client has of each step of each unfinished answer, in the order of the steps.
    #[serde(default, skip_serializing_if = "ByAnswer::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<MessageId, Vec<u64>>))]
    pub have_steps: HaveSteps,
}

/// Subscribes to a conversation, starting from what the client already has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Open {
    /// Id of the conversation.
    pub conversation_id: ConversationId,
    /// The last cursor that the client received; absent to receive everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<u64>,
    /// Number of bytes that the client has of each unfinished answer.
    #[serde(default, skip_serializing_if = "ByAnswer::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<MessageId, u64>))]
    pub have: Have,
    /// Number of bytes that the client has of each step of each unfinished answer, in the order of the steps.
    #[serde(default, skip_serializing_if = "ByAnswer::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<MessageId, Vec<u64>>))]
    pub have_steps: HaveSteps,
}

/// A message of the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Chat {
    /// Id of the message, made by the client. Sending the same id again makes no second message.
    pub message_id: MessageId,
    /// Text of the message.
    #[cfg_attr(feature = "openapi", schema(pattern = r"\S"))]
    pub content: String,
    /// Id of the conversation that receives the message. If absent, the socket's own conversation receives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<ConversationId>,
    /// Id of the message that it follows. If absent, it follows the newest message. If that is a user's message, it follows the newest
    /// answer to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<MessageId>,
    /// Id of a user's message that this one replaces. It follows the same message as that one, and both are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edits: Option<MessageId>,
    /// Name of the provider that answers. If absent, the conversation's last choice answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Name of the model that answers. If absent, the conversation's last choice answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Settings for this message, which come before those of the conversation. Those of the message that creates a conversation
    /// become the conversation's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::settings::Settings>))]
    pub settings: Option<RawSettings>,
    /// The project in which the message creates a conversation; ignored if the conversation exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// Ids of the user's files that the message is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<FileId>,
}

impl Chat {
    /// Creates a message with a text and no options.
    pub fn new(message_id: MessageId, content: impl Into<String>) -> Self {
        let content = content.into();
        Self {
            message_id,
            content,
            conversation_id: None,
            parent_id: None,
            edits: None,
            provider: None,
            model: None,
            settings: None,
            project_id: None,
            attachments: Vec::new(),
        }
    }
}

/// Asks for another answer to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Regenerate {
    /// Id of the user's message, or of one of its answers.
    pub message_id: MessageId,
    /// Id of the new answer, made by the client. Sending the same id again makes no second answer.
    pub answer_id: MessageId,
    /// Name of the provider that answers. If absent, the conversation's last choice answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Name of the model that answers. If absent, the conversation's last choice answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Settings for this answer, which come before those of the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::settings::Settings>))]
    pub settings: Option<RawSettings>,
}

frames! {
    /// A frame from the server. [`ServerFrame::parse`] reads it.
    pub enum ServerFrame, read with serde_json::from_str {
        /// The first frame after a valid `initial`.
        Ready = "ready" (Ready),
        /// Everything that changed since the client's cursor.
        Sync = "sync" (Sync),
        /// The server saved a message and started its answer.
        Accepted = "accepted" (Accepted),
        /// A message was created or changed.
        Message = "message" {
            /// Id of the conversation.
            conversation_id: ConversationId,
            /// The conversation's revision after this change.
            cursor: u64,
            /// The message.
            message: Message,
        },
        /// An answer grew.
        Chunk = "chunk" {
            /// Id of the conversation.
            conversation_id: ConversationId,
            /// Id of the answer.
            answer_id: MessageId,
            /// Byte offset (UTF-8) at which `content` begins.
            at: u64,
            /// The text that was added.
            content: String,
        },
        /// A step of an answer started, grew, or changed its state.
        Step = "step" (StepFrame),
        /// An answer ended. Its steps were sent before.
        Complete = "complete" (Complete),
        /// One of the user's conversations was created, renamed, pinned, archived, removed or restored, or an answer in it started or ended.
        Conversation = "conversation" (Listed),
        /// One of the user's files was uploaded, read further, or removed.
        File = "file" (FileChange),
        /// The reply to `auth`.
        Refreshed = "refreshed" {
            /// When the new token expires, ms since 1970.
            expires_at: u64,
        },
        /// This server process is shutting down.
        Drain = "drain" {
            /// Reconnect after this long, ms.
            reconnect_in_ms: u64,
        },
        /// Asks the client for a `pong`.
        Ping = "ping",
        /// Answers the client's `ping`.
        Pong = "pong",
        /// A frame was refused.
        Error = "error" {
            /// Stable code.
            code: Code,
            /// Stable reason, finer than the code.
            #[serde(default)]
            reason: Cow<'static, str>,
            /// The values in the sentence; absent if there are none.
            #[serde(default, skip_serializing_if = "Params::is_empty")]
            params: Params,
            /// What happened and what to do about it, in one or two English sentences.
            error: String,
            /// Id of the message that was refused; absent if the error is not about a message.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            message_id: Option<MessageId>,
            /// When to try again, ms from now. Absent if trying again does not help.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            retry_after_ms: Option<u64>,
        },
    }
}

/// The current entry of a conversation in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Listed {
    /// Id of the conversation.
    pub conversation_id: ConversationId,
    /// Title of the conversation; empty if it is removed.
    pub title: String,
    /// Whether an answer is being written in it.
    pub answering: bool,
    /// Whether it was removed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
    /// Whether it is pinned to the top of the list.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// Whether it is archived. Archived conversations are not in the normal list.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// When it last changed, ms since 1970; absent if it was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<u64>,
    /// Its project; absent if it belongs to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    // The page asks for the conversations of a project when it shows them. Reading this would enlarge its first load.
    #[cfg_attr(target_family = "wasm", serde(skip_deserializing))]
    pub project_id: Option<ProjectId>,
}

impl Listed {
    /// Creates the entry of a removed conversation.
    pub fn removed(conversation_id: ConversationId) -> Self {
        Self {
            conversation_id,
            title: String::new(),
            answering: false,
            removed: true,
            pinned: false,
            archived: false,
            updated_at: None,
            project_id: None,
        }
    }
}

/// Confirms that the socket is authenticated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ready {
    /// Id of the token's user.
    pub user_id: UserId,
    /// Name of that user.
    pub username: String,
    /// Id of the conversation that `initial` or the address opened; absent if none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<ConversationId>,
    /// Interval of the server's pings, ms.
    pub heartbeat_ms: u64,
    /// When the token expires, ms since 1970 by the server's clock.
    pub expires_at: u64,
    /// Version of the protocol.
    pub version: String,
}

/// The changes that a subscriber of a conversation has missed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sync {
    /// Id of the conversation.
    pub conversation_id: ConversationId,
    /// The client's cursor after it has applied this frame.
    pub cursor: u64,
    /// The revision from which on `messages` is complete. 0 means that these are all messages: the client must drop any others that it
    /// holds. This happens if the server does not know the client's cursor, for example after a backup was restored.
    #[serde(default)]
    pub since: u64,
    /// Messages that were created or changed since then, oldest first.
    pub messages: Vec<Message>,
    /// Whether another `sync` follows; its `since` is this one's `cursor`. A long conversation is sent in several pieces. A client that
    /// loses its connection between them requests the rest with the cursor that it has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// Confirms that a message is saved and its answer has started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Accepted {
    /// Id of the user's message.
    pub message_id: MessageId,
    /// Id of the conversation.
    pub conversation_id: ConversationId,
    /// Id of the answer.
    pub answer_id: MessageId,
}

/// Reports a step of an answer, with its content from byte `at` on.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepFrame {
    /// Id of the conversation.
    pub conversation_id: ConversationId,
    /// Id of the answer.
    pub answer_id: MessageId,
    /// The step.
    #[serde(flatten)]
    pub step: Step,
}

impl<'de> Deserialize<'de> for StepFrame {
    /// Reads the step from the same text as the ids. serde's own code for a flattened field would make the browser's program larger.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Of {
            conversation_id: ConversationId,
            answer_id: MessageId,
        }
        let text = Box::<RawValue>::deserialize(from)?;
        let Of { conversation_id, answer_id } = serde_json::from_str(text.get()).map_err(D::Error::custom)?;
        let step = serde_json::from_str(text.get()).map_err(D::Error::custom)?;
        Ok(Self { conversation_id, answer_id, step })
    }
}

/// Reports that an answer ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Complete {
    /// Id of the conversation.
    pub conversation_id: ConversationId,
    /// Id of the answer.
    pub answer_id: MessageId,
    /// The conversation's revision after this change.
    pub cursor: u64,
    /// The whole text of the answer.
    pub full_response: String,
    /// How it ended: `complete`, `stopped`, `interrupted` or `failed`.
    pub status: Status,
    /// Why it failed or was interrupted; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ApiError>,
    /// Number of tokens that the provider counted; absent if it did not report any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// Passages that the answer quotes or was given; empty if there are none.
    #[serde(default, skip_serializing_if = "Sources::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<crate::message::Source>))]
    pub sources: Sources,
    /// Number of messages at the beginning of the conversation that were not sent to the model, because they did not fit its context
    /// window.
    #[serde(default, skip_serializing_if = "crate::message::is_none_left_out")]
    pub left_out: u32,
}

impl From<ApiError> for ServerFrame {
    fn from(api_error: ApiError) -> Self {
        api_error.for_message(None)
    }
}

impl ApiError {
    /// Turns the error into an `error` frame. `message_id` is the message that was refused, if there is one.
    pub fn for_message(self, message_id: Option<MessageId>) -> ServerFrame {
        let Self { code, reason, params, error, retry_after_ms } = self;
        ServerFrame::Error { code, reason, params, error, message_id, retry_after_ms }
    }
}

impl ClientFrame {
    /// Reads a frame in the form in which this crate's client sends it.
    ///
    /// # Errors
    /// The same as [`ClientFrame::receive`]; in addition, a message without an id is an error.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        match Self::receive(text)? {
            Received::Chat(ChatMessage { message_id: None, .. }) => Err(Reason::MessageIdMissing.into()),
            Received::Chat(message) => Ok(Self::Chat(message.with_id(MessageId(uuid::Uuid::nil())).0)),
            Received::Frame(frame) => Ok(frame),
        }
    }

    /// Reads a frame that any client may have sent, by the rules of [`strict`]. Ignores unknown fields.
    ///
    /// # Errors
    /// [`Code::UnknownType`] for an unknown type, [`Code::BadFrame`] for anything else that is not a valid frame; the sentence says what
    /// is wrong and where.
    pub fn receive(text: &str) -> Result<Received, ApiError> {
        let bad = |error: serde_json::Error| Reason::FrameInvalid.with("detail", shorten(&error.to_string(), 200));
        let kind = strict::from_str::<Kind>(text).map_err(bad)?.r#type;
        if kind == "chat" {
            return strict::from_str(text).map(Received::Chat).map_err(bad);
        }
        let Some(frame) = Self::read(&kind, text) else {
            return Err(Reason::FrameTypeUnknown.with("type", shorten(&kind, 40)).with("types", Self::TYPES.join(", ")));
        };
        frame.map(Received::Frame).map_err(bad)
    }
}

impl ServerFrame {
    /// Reads a frame. An unknown type is an error; ignore it, because a newer server may send more types.
    ///
    /// # Errors
    /// The text is not a valid frame.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let kind = serde_json::from_str::<Kind>(text)?.r#type;
        let unknown = || Err(serde_json::Error::custom(format_args!("no frame of the type {:?}", shorten(&kind, 40))));
        Self::read(&kind, text).unwrap_or_else(unknown)
    }
}

/// Reads a list of frames.
///
/// # Errors
/// The value is not a list, or one of its items is not a valid frame.
pub(crate) fn several<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<ServerFrame>, D::Error> {
    let texts = Vec::<Box<RawValue>>::deserialize(from)?;
    texts.iter().map(|text| ServerFrame::parse(text.get()).map_err(D::Error::custom)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{
        files::FileState,
        materials::{Problem, ProblemReason},
        message::Source,
        step::StepKind,
    };

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
        let step = Step {
            name: Some("weather".into()),
            input: Some(serde_json::json!({"place": ["Bern", 1.5, null]})),
            error: Some(Reason::StoreBusy.into()),
            ended_at: Some(10),
            ..Step::started(0, StepKind::Tool, 4, 9)
        };
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
            error: Some(Reason::ProviderRateLimitedFor.with("vendor", "OpenAI").with("wait", "3 s")),
            usage: Some(Usage { input_tokens: 4, output_tokens: 5, cached_tokens: Some(3), ..Usage::default() }),
            sources: vec![Source { title: "Manual".into(), location: None, excerpt: "…".into(), ..Source::default() }],
            steps: vec![step.clone()],
            attachments: vec![],
            left_out: 6,
            ignored: Vec::new(),
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
            ServerFrame::Step(StepFrame { conversation_id, answer_id, step: Step { at: 3, content: "\"\n".into(), ..step } }),
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
            ServerFrame::File(FileChange {
                file_id: crate::FileId(uuid::Uuid::from_u128(2)),
                state: Some(FileState::Reading),
                page: Some(118),
                pages: Some(412),
                problems: vec![Problem { page: Some(3), reason: ProblemReason::NoText }],
            }),
            ServerFrame::Refreshed { expires_at: 7 },
            ServerFrame::Drain { reconnect_in_ms: 8 },
            ServerFrame::Ping,
            ServerFrame::Pong,
            Reason::TooManyAnswers.with("most", 4_u32).retry_after(5).for_message(Some(message_id)),
            ApiError::from(Reason::StoreBusy).into(),
        ];
        let mut types = std::collections::HashSet::new();
        for frame in &frames {
            assert_eq!(ServerFrame::parse(&frame.to_json()).unwrap(), *frame);
            types.insert(serde_json::from_str::<Kind>(&frame.to_json()).unwrap().r#type);
        }
        assert!(ServerFrame::TYPES.iter().all(|name| types.contains(*name)), "{types:?}");
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
        let frame: ServerFrame = Reason::TooManyConnections.with("most", 20_u32).retry_after(5).into();
        assert_eq!(
            frame.to_json(),
            r#"{"type":"error","code":"busy","reason":"too_many_connections","params":{"most":20},"error":"You have the maximum number of connections open (20). Close a tab.","retry_after_ms":5}"#
        );
    }
}
