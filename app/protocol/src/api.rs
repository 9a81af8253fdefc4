//! Bodies of the HTTP calls.

use serde::{Deserialize, Serialize};

use crate::{
    frame::Listed,
    id::{ChatName, ConversationId, MessageId, UserId},
    incoming::ApiKeys,
    message::{AnswerError, Message, Source, Status, Usage},
};

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Came without an account.
    Guest,
    /// Has an account.
    Member,
    /// Runs the server.
    Admin,
}

/// A user as they see themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    /// Stable id.
    pub id: UserId,
    /// Their name; `Guest` for a guest.
    pub username: String,
    /// What they may do.
    pub role: Role,
}

/// The answer of every call that signs in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Grant {
    /// The access token (JWT). Keep it in memory only.
    pub access_token: String,
    /// When it ends, ms since 1970 by the server's clock.
    pub expires_at: u64,
    /// How long it lasts from now, ms. For clients whose clock is off.
    pub expires_in_ms: u64,
    /// Whose it is.
    pub user: User,
}

impl std::fmt::Debug for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grant").field("access_token", &"…").field("expires_at", &self.expires_at).field("user", &self.user).finish()
    }
}

/// Name and password, of sign-up and login.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Credentials {
    /// The account's name.
    pub username: String,
    /// The account's password.
    pub password: String,
    /// Of the second factor, where the account has one: what its app shows, or a code for an emergency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).field("password", &"…").finish_non_exhaustive()
    }
}

/// A conversation in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationSummary {
    /// Which.
    pub id: ConversationId,
    /// Its title; the first message's beginning until renamed.
    pub title: String,
    /// When it was begun, ms since 1970.
    pub created_at: u64,
    /// When it last changed, ms since 1970.
    pub updated_at: u64,
    /// Whether an answer is being written in it.
    pub answering: bool,
    /// Whether it stands on top of the list.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// Whether it is out of the list, among the archived ones.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// The provider chosen last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The model chosen last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

impl From<ConversationSummary> for crate::ServerFrame {
    fn from(summary: ConversationSummary) -> Self {
        Self::Conversation(Listed {
            conversation_id: summary.id,
            title: summary.title,
            answering: summary.answering,
            removed: false,
            pinned: summary.pinned,
            archived: summary.archived,
            updated_at: Some(summary.updated_at),
        })
    }
}

/// Which conversations are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Shelf {
    /// All but the archived ones.
    #[default]
    List,
    /// Those of them that are pinned.
    Pinned,
    /// The archived ones.
    Archived,
}

/// A page of conversations, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationPage {
    /// At most 100.
    pub conversations: Vec<ConversationSummary>,
    /// Give this as `cursor` for the next page; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A piece of a text in which something was looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Piece {
    /// The piece.
    pub text: String,
    /// Whether it is what was looked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub found: bool,
}

/// A conversation that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchResult {
    /// Which.
    pub conversation_id: ConversationId,
    /// Its title, in pieces.
    pub title: Vec<Piece>,
    /// When it last changed, ms since 1970.
    pub updated_at: u64,
    /// The newest message in which everything was found; none where that was the title alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// The place in that message, in pieces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub place: Vec<Piece>,
}

/// A page of what was found, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchPage {
    /// At most 20.
    pub results: Vec<SearchResult>,
    /// Give this as `cursor` for the next page; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Whether the index does not hold all that the user wrote yet, so that results are missing: after an update or a large import.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub building: bool,
}

/// Messages that lead to one, of which a client has what follows from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Earlier {
    /// How many messages lead to these.
    pub before: usize,
    /// Oldest first; with those that took each other's place, and what follows from them.
    pub messages: Vec<Message>,
}

/// One conversation, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(from = "Flat")]
pub struct Conversation {
    /// What the list says of it.
    #[serde(flatten)]
    pub summary: ConversationSummary,
    /// Its revision: where to follow it from.
    pub cursor: u64,
    /// All messages, oldest first.
    pub messages: Vec<Message>,
}

impl Conversation {
    /// The conversation as JSON up to its list of messages, which is followed by [`Conversation::TAIL`]: for whoever writes the messages
    /// one by one.
    pub fn head(summary: ConversationSummary, cursor: u64) -> String {
        let text = serde_json::to_string(&Self { summary, cursor, messages: Vec::new() }).expect("text keys, and no failing serializer");
        text.strip_suffix(Self::TAIL).map(str::to_owned).unwrap_or(text)
    }

    /// Messages as items of that list, each but the very first with a comma before it.
    pub fn items(messages: &[Message], is_first: &mut bool) -> String {
        let mut text = String::new();
        for message in messages {
            if !std::mem::take(is_first) {
                text.push(',');
            }
            text.push_str(&serde_json::to_string(message).expect("text keys, and no failing serializer"));
        }
        text
    }

    /// What follows the messages.
    pub const TAIL: &str = "]}";
}

/// A conversation as it is read: field by field. `flatten` would read it into a tree of its own first, and have a browser load what
/// takes that apart.
#[derive(Deserialize)]
struct Flat {
    id: ConversationId,
    title: String,
    created_at: u64,
    updated_at: u64,
    answering: bool,
    #[serde(default)]
    pinned: bool,
    #[serde(default)]
    archived: bool,
    provider: Option<String>,
    model: Option<String>,
    cursor: u64,
    messages: Vec<Message>,
}

impl From<Flat> for Conversation {
    fn from(flat: Flat) -> Self {
        let Flat { id, title, created_at, updated_at, answering, pinned, archived, provider, model, cursor, messages } = flat;
        let summary = ConversationSummary { id, title, created_at, updated_at, answering, pinned, archived, provider, model };
        Self { summary, cursor, messages }
    }
}

/// Begins a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewConversation {
    /// A title; from the first message otherwise.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 200, pattern = r"\S"))]
    pub title: Option<String>,
}

/// Changes a conversation. What is not named stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationPatch {
    /// The new title, 1–200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 200, pattern = r"\S"))]
    pub title: Option<String>,
    /// On top of the list, or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<bool>,
    /// Out of the list, or in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
}

/// A model that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Model {
    /// Whose it is.
    pub provider: String,
    /// Its name with that provider.
    pub model: String,
    /// Whether it answers where nothing else is chosen. At most one has it.
    pub default: bool,
    /// Whether it can chat, as far as its provider's list or its name says. Those that can't come last, and can be asked all the same.
    #[serde(default = "yes", skip_serializing_if = "std::clone::Clone::clone")]
    pub chats: bool,
}

fn yes() -> bool {
    true
}

/// `POST /api/chat`: the whole answer in one reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatRequest {
    /// The text.
    #[cfg_attr(feature = "openapi", schema(pattern = r"\S"))]
    pub content: String,
    /// Where it goes.
    #[serde(default)]
    pub conversation_id: Option<ConversationId>,
    /// Where it goes, by the client's own name for it.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, pattern = "^[A-Za-z0-9_-]{1,128}$"))]
    pub session_id: Option<ChatName>,
    /// Makes trying again safe.
    #[serde(default)]
    pub message_id: Option<MessageId>,
    /// Who shall answer.
    #[serde(default)]
    pub provider: Option<String>,
    /// The model that shall answer. Without a provider it may be `provider/model`.
    #[serde(default)]
    pub model: Option<String>,
    /// Keys for this answer alone, as in the frame `chat`.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<std::collections::HashMap<String, Option<String>>>))]
    pub api_keys: ApiKeys,
}

/// The reply to [`ChatRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatReply {
    /// Where.
    pub conversation_id: ConversationId,
    /// The message.
    pub message_id: MessageId,
    /// The answer.
    pub answer_id: MessageId,
    /// The whole text.
    pub full_response: String,
    /// How it ended.
    pub status: Status,
    /// Why, where it did not simply come to its end.
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

/// `POST /api/messages/{id}/regenerate`: the fields of the frame `regenerate`, but for the message, which the path names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegenerateRequest {
    /// The new answer's id, made by the client; sending it again makes no second answer.
    pub answer_id: MessageId,
    /// Who shall answer; the conversation's last choice otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The model that shall answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// What one poll brings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PollReply {
    /// In order.
    #[serde(deserialize_with = "crate::frame::several")]
    pub frames: Vec<crate::ServerFrame>,
}
