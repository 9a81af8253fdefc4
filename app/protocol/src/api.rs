//! Request and reply bodies of the HTTP calls for signing in, conversations, search and chat.

use serde::{Deserialize, Serialize};

use crate::{
    error::ApiError,
    frame::Listed,
    id::{ChatName, ConversationId, FileId, MessageId, ProjectId, UserId},
    incoming::ApiKeys,
    message::{Message, Source, Status, Usage},
    settings::RawSettings,
    step::Step,
    usage::ModelPrice,
};

/// The role of a user; it decides what they may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Uses the server without an account.
    Guest,
    /// Has an account.
    Member,
    /// Has an account and administers the server.
    Admin,
}

/// A user, as the user sees themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    /// Id of the user; it never changes.
    pub id: UserId,
    /// Name of the user; `Guest` for a guest.
    pub username: String,
    /// Role of the user.
    pub role: Role,
}

/// The reply to every call that signs in: an access token and its user.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Grant {
    /// The access token (a JWT). Keep it in memory only.
    pub access_token: String,
    /// When the token expires, ms since 1970 by the server's clock.
    pub expires_at: u64,
    /// How long the token is valid from now, ms. Use this if the client's clock may be wrong.
    pub expires_in_ms: u64,
    /// The user that the token stands for.
    pub user: User,
}

impl std::fmt::Debug for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grant").field("access_token", &"…").field("expires_at", &self.expires_at).field("user", &self.user).finish()
    }
}

/// Name and password, as sent to sign in.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Credentials {
    /// Name of the account.
    pub username: String,
    /// Password of the account.
    pub password: String,
    /// The two-factor code, if the account uses two-factor authentication: a code from the authenticator app, or a recovery code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).field("password", &"…").finish_non_exhaustive()
    }
}

/// A conversation, as it appears in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationSummary {
    /// Id of the conversation.
    pub id: ConversationId,
    /// Its title. Until it is renamed, this is the beginning of its first message.
    pub title: String,
    /// When it was created, ms since 1970.
    pub created_at: u64,
    /// When it last changed, ms since 1970.
    pub updated_at: u64,
    /// Whether an answer is being written in it.
    pub answering: bool,
    /// Whether it is pinned to the top of the list.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// Whether it is archived. Archived conversations are not in the normal list.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// Name of the provider that was chosen last; absent if none was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Name of the model that was chosen last; absent if none was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Its project; absent if it belongs to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    // See `Listed::project_id`.
    #[cfg_attr(target_family = "wasm", serde(skip_deserializing))]
    pub project_id: Option<ProjectId>,
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
            project_id: summary.project_id,
        })
    }
}

/// A list of conversations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Shelf {
    /// All conversations except archived ones.
    #[default]
    List,
    /// Only pinned conversations.
    Pinned,
    /// Only archived conversations.
    Archived,
}

/// A page of conversations, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationPage {
    /// The conversations of this page; at most 100.
    pub conversations: Vec<ConversationSummary>,
    /// Pass this as `cursor` to get the next page. Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A part of a text that was searched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Piece {
    /// The part's text.
    pub text: String,
    /// Whether this part matches the search.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub found: bool,
}

/// A conversation that matches a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchResult {
    /// Id of the conversation.
    pub conversation_id: ConversationId,
    /// Title of the conversation, split into matching and other parts.
    pub title: Vec<Piece>,
    /// When the conversation last changed, ms since 1970.
    pub updated_at: u64,
    /// The newest message that matches the whole search; absent if only the title matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// An excerpt of that message, split into matching and other parts; empty if only the title matches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub place: Vec<Piece>,
}

/// A page of search results, newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchPage {
    /// The results of this page; at most 20.
    pub results: Vec<SearchResult>,
    /// Pass this as `cursor` to get the next page. Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The passages of the user's files that were found, best first; only if materials were searched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    // The page does not use it yet, and reading it would enlarge its first load.
    #[cfg_attr(target_family = "wasm", serde(skip_deserializing))]
    pub sources: Vec<Source>,
    /// Whether the index is still being built, so that results may be missing. This is the case after an update or a large import.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub building: bool,
}

/// The page of messages before a partial transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Earlier {
    /// Number of messages that precede these on the path to them; 0 if these are the first.
    pub before: usize,
    /// The messages, oldest first, together with their alternative versions and everything that follows those.
    pub messages: Vec<Message>,
}

/// A whole conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(from = "Flat")]
pub struct Conversation {
    /// What the list says about it.
    #[serde(flatten)]
    pub summary: ConversationSummary,
    /// Revision of the conversation. Open it with this cursor to receive later changes.
    pub cursor: u64,
    /// All messages of all branches, oldest first.
    pub messages: Vec<Message>,
}

impl Conversation {
    /// Returns the conversation's JSON up to its list of messages. Append [`Conversation::items`] and [`Conversation::TAIL`], so that not
    /// all messages have to be in memory at once.
    pub fn head(summary: ConversationSummary, cursor: u64) -> String {
        let text = serde_json::to_string(&Self { summary, cursor, messages: Vec::new() }).expect("text keys, and no failing serializer");
        text.strip_suffix(Self::TAIL).map(str::to_owned).unwrap_or(text)
    }

    /// Returns messages as items of that JSON list. Adds a comma before each item except the very first; sets `is_first` to false.
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

    /// The JSON that follows the messages.
    pub const TAIL: &str = "]}";
}

/// A conversation, field by field, for reading. `#[serde(flatten)]` would first read it into an intermediate tree, whose code would make
/// the browser's program larger.
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
    #[cfg_attr(target_family = "wasm", serde(skip))]
    project_id: Option<ProjectId>,
    cursor: u64,
    messages: Vec<Message>,
}

impl From<Flat> for Conversation {
    fn from(flat: Flat) -> Self {
        let Flat { id, title, created_at, updated_at, answering, pinned, archived, provider, model, project_id, cursor, messages } = flat;
        let summary = ConversationSummary { id, title, created_at, updated_at, answering, pinned, archived, provider, model, project_id };
        Self { summary, cursor, messages }
    }
}

/// Creates a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewConversation {
    /// Title, 1–200 characters. If absent, the first message gives the title.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 200, pattern = r"\S"))]
    pub title: Option<String>,
    /// Its settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::settings::Settings>))]
    pub settings: Option<RawSettings>,
    /// The project that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
}

/// Changes a conversation. Absent fields stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationPatch {
    /// The new title, 1–200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 200, pattern = r"\S"))]
    pub title: Option<String>,
    /// `true` pins the conversation to the top of the list, `false` unpins it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<bool>,
    /// `true` archives the conversation, `false` returns it to the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// Changes of its settings: fields that are `null` are removed, absent ones stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::settings::Settings>))]
    pub settings: Option<RawSettings>,
    /// The project that it moves to; `null` takes it out of its project.
    #[serde(default, deserialize_with = "crate::projects::present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<ProjectId>))]
    pub project_id: Option<Option<ProjectId>>,
}

/// What a model accepts beside text, as far as is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Accepts {
    /// Images.
    pub images: bool,
    /// Files: the server reads them, and gives the model passages.
    pub files: bool,
    /// Tools that it may call.
    pub tools: bool,
    /// A setting of how much it reasons.
    pub reasoning: bool,
}

/// A model that the user may choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Model {
    /// Name of its provider.
    pub provider: String,
    /// The provider's name for people, if it is not the usual one of a provider with this name: the program or the host that answers at
    /// a configured address, such as `llama.cpp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_title: Option<String>,
    /// Name of the model, as its provider calls it.
    pub model: String,
    /// Whether this model answers if the client chooses none. At most one model is the default.
    pub default: bool,
    /// Whether the model can chat, as far as its provider's list or its name tells. Models that can't come last in the list; they can
    /// still be chosen.
    #[serde(default = "yes", skip_serializing_if = "std::clone::Clone::clone")]
    pub chats: bool,
    /// Largest context window, tokens; absent if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    // The page does not use it yet, and reading it would enlarge its first load.
    #[cfg_attr(target_family = "wasm", serde(skip_deserializing))]
    pub context_tokens: Option<u32>,
    /// What it accepts beside text. Replies always contain it; the page itself does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    // As above.
    #[cfg_attr(target_family = "wasm", serde(skip_deserializing))]
    pub accepts: Option<Accepts>,
    /// What it costs now; absent if no price is set for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    // As above.
    #[cfg_attr(target_family = "wasm", serde(skip_deserializing))]
    pub price: Option<ModelPrice>,
}

fn yes() -> bool {
    true
}

/// Body of `POST /api/chat`, which returns the whole answer in one reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatRequest {
    /// Text of the message.
    #[cfg_attr(feature = "openapi", schema(pattern = r"\S"))]
    pub content: String,
    /// Id of the conversation that receives the message.
    #[serde(default)]
    pub conversation_id: Option<ConversationId>,
    /// The client's own name for the conversation, instead of `conversation_id`. If both are absent, a new conversation is created.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, pattern = "^[A-Za-z0-9_-]{1,128}$"))]
    pub session_id: Option<ChatName>,
    /// Id of the message, made by the client. Sending the same id again makes no second message, so a request can be repeated safely.
    #[serde(default)]
    pub message_id: Option<MessageId>,
    /// Name of the provider that answers. If absent, the conversation's last choice answers, or else the default.
    #[serde(default)]
    pub provider: Option<String>,
    /// Name of the model that answers. Without `provider`, this may be `provider/model`.
    #[serde(default)]
    pub model: Option<String>,
    /// Settings for this message, which come before those of the conversation. Those of the message that creates a conversation
    /// become the conversation's.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::settings::Settings>))]
    pub settings: Option<RawSettings>,
    /// The project in which the message creates a conversation; ignored if the conversation exists.
    #[serde(default)]
    pub project_id: Option<ProjectId>,
    /// Ids of the user's files that the message is about.
    #[serde(default)]
    pub attachments: Vec<FileId>,
    /// API keys for this answer only, by provider name; as in the frame `chat`.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<std::collections::HashMap<String, Option<String>>>))]
    pub api_keys: ApiKeys,
}

/// The reply to [`ChatRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatReply {
    /// Id of the conversation.
    pub conversation_id: ConversationId,
    /// Id of the user's message.
    pub message_id: MessageId,
    /// Id of the answer.
    pub answer_id: MessageId,
    /// The whole text of the answer.
    pub full_response: String,
    /// How the answer ended.
    pub status: Status,
    /// Why the answer is not complete; absent if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ApiError>,
    /// Number of tokens that the provider counted; absent if it did not report any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// Passages that the answer quotes or was given; empty if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    /// Steps of the answer; empty if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Number of messages at the beginning of the conversation that were not sent to the model, because they did not fit its context
    /// window.
    #[serde(default, skip_serializing_if = "crate::message::is_none_left_out")]
    pub left_out: u32,
    /// Names of the settings that the model does not accept, so that they were left out of the request; empty if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<String>,
}

/// Body of `POST /api/messages/{id}/regenerate`: the fields of the frame `regenerate`, except for the message, which the path names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegenerateRequest {
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

/// The reply to a long poll.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PollReply {
    /// Frames in the order in which they happened; empty if nothing happened.
    #[serde(deserialize_with = "crate::frame::several")]
    pub frames: Vec<crate::ServerFrame>,
}
